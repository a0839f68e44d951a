"""Servers of one store list the same sandboxes, and warn if they build different ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest
from valkey.asyncio import Valkey

from mockserver.homes.stored_home import StoredHome
from mockserver.homes.valkey import ValkeyStore
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.homes import respond, stored_home


@pytest.fixture
async def url(engine_url: str) -> str:
    """The URL of an empty store."""
    url = f"{engine_url}?db=9000"
    async with Valkey.from_url(url) as engine:
        await engine.flushdb()
    return url


@pytest.fixture
async def replicas(url: str) -> AsyncIterator[Sequence[StoredHome]]:
    """Three servers of one store."""
    homes = [stored_home(ValkeyStore(url)) for _ in range(3)]
    yield homes
    for home in homes:
        await home.close()


async def names_listed(home: StoredHome) -> list[str]:
    await home.load_all()
    return sorted(sandbox.name for sandbox in home.registry)


async def create(home: StoredHome, name: str) -> None:
    await home.take_turn(name, home.registry.get_or_create, name)


async def drop(home: StoredHome, name: str) -> None:
    await home.take_turn(name, home.registry.drop, name)


async def test_recreated_sandbox_is_listed_by_all_replicas(
    replicas: Sequence[StoredHome],
) -> None:
    for change in (create, drop, create):
        await change(replicas[0], "shop")
        expected = [] if change is drop else ["shop"]
        assert [await names_listed(home) for home in replicas] == [expected] * 3


async def test_expired_sandbox_is_listed_by_none(
    replicas: Sequence[StoredHome], url: str
) -> None:
    await create(replicas[0], "shop")
    assert await names_listed(replicas[1]) == ["shop"]
    async with Valkey.from_url(url) as engine:
        await engine.pexpire("km:{shop}", 1)
        while await engine.exists("km:{shop}"):
            pass
    assert [await names_listed(home) for home in replicas] == [[]] * 3


async def test_more_keys_than_one_look_finds_are_listed(
    replicas: Sequence[StoredHome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.homes.valkey.SCANNED_KEYS", 1)
    names = [f"shop {number:02}" for number in range(30)]
    await asyncio.gather(*(create(replicas[0], name) for name in names))
    assert await names_listed(replicas[1]) == names


@pytest.mark.parametrize(
    ("seed", "differs"), [("1", False), ("5", True)], ids=["equal", "with another seed"]
)
async def test_servers_that_build_other_sandboxes_are_warned_of(
    url: str, seed: str, *, differs: bool, caplog: pytest.LogCaptureFixture
) -> None:
    homes = list[StoredHome]()
    for chosen in ("1", seed):
        template = load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults(seed=chosen))
        home = stored_home(ValkeyStore(url), SandboxRegistry(template))
        await home.open()
        homes.append(home)
    text = "another server of this store builds new sandboxes from another scenario, seed"
    assert (text in caplog.text) is differs
    for home, is_last in zip(homes, (False, True), strict=True):
        ready = await respond(home, "GET", "/readyz")
        assert ready.status == 200
        warning = json.loads(ready.body).get("warning", "")
        assert (text in warning) is (differs and not is_last)
        await home.close()
