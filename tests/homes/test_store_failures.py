"""A store that fails is reported by what it means: to callers, and once to the operator."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from valkey.asyncio import Valkey

from mockserver.homes import valkey
from mockserver.homes.store import Commit, StoreError
from mockserver.homes.stored_home import StoredHome
from mockserver.homes.valkey import ValkeyStore
from mockserver.http.messages import Response
from tests.support.homes import find_engine, respond, running_engine, stored_home

PATH = "/ordermanagement/v1/orders/7ce4ee13-973c-6f49-a30e-85a0bc675997"
ENGINE_WORDS = ("script", "WRONGTYPE", "maxmemory", "run the")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The URL of a store of its own, which a test may spoil."""
    if find_engine() is None:
        pytest.skip("needs valkey-server or redis-server")
    with running_engine(tmp_path) as url:
        yield url


@pytest.fixture
async def engine(url: str) -> AsyncIterator[Valkey]:
    async with Valkey.from_url(url) as client:
        yield client


@pytest.fixture
async def home(url: str) -> AsyncIterator[StoredHome]:
    """A home in this store, with the sandbox ``shop``."""
    home = stored_home(ValkeyStore(url))
    await use(home)
    yield home
    await home.close()


async def use(home: StoredHome) -> None:
    await home.take_turn("shop", home.registry.get_or_create, "shop")


async def fill_up(engine: Valkey) -> None:
    await engine.config_set("maxmemory", 1)


async def take_rights_away(engine: Valkey) -> None:
    await engine.acl_setuser("default", enabled=True, nopass=True, categories=["-@scripting"])


async def put_another_type(engine: Valkey) -> None:
    await engine.set("km:{shop}", "?")


FAILURES: dict[str, tuple[Callable[[Valkey], Awaitable[None]], str, str | None]] = {
    "full": (fill_up, "store_full the store of the sandboxes is full", "1"),
    "not permitted": (take_rights_away, "store_refused the store of the sandboxes", None),
    "of another type": (put_another_type, "store_unreadable the store of the", None),
}


async def get_order(home: StoredHome) -> Response:
    return await respond(home, "GET", PATH, Authorization="Basic c2hvcDp4")


@pytest.mark.parametrize(("spoil", "reason", "retry"), FAILURES.values(), ids=FAILURES)
async def test_only_what_may_pass_is_worth_a_retry(
    home: StoredHome,
    engine: Valkey,
    spoil: Callable[[Valkey], Awaitable[None]],
    reason: str,
    retry: str | None,
) -> None:
    await spoil(engine)
    for _ in range(2):
        refused = await get_order(home)
        assert refused.status == 503
        assert refused.headers["Mock-Reason"].startswith(reason)
        assert refused.headers.get("Retry-After") == retry
        assert not any(word in refused.headers["Mock-Reason"] for word in ENGINE_WORDS)


async def test_token_that_no_turn_left_is_loaded_again(home: StoredHome, url: str) -> None:
    async with Valkey.from_url(url) as client:
        await client.hset("km:{shop}", "@", "foreign")
    assert (await get_order(home)).status == 404


async def test_outage_is_logged_when_it_begins_and_when_it_ends(
    home: StoredHome, engine: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        await engine.config_set("maxmemory", 1)
        for _ in range(3):
            with pytest.raises(StoreError):
                await use(home)
        await engine.config_set("maxmemory", 0)
        for _ in range(3):
            await use(home)
    lines = [record.message for record in caplog.records]
    assert len(lines) == 4
    assert all(line.startswith("store_full: the store of the sandboxes") for line in lines[::2])
    assert all("takes changes again" in line for line in lines[1::2])


@pytest.fixture
async def hanging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ValkeyStore, asyncio.Queue[str]]]:
    """A store that never answers, and its connections."""
    monkeypatch.setattr(valkey, "SOCKET_TIMEOUT", 0.1)
    connections = asyncio.Queue[str]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.put_nowait("")
        await reader.read()
        writer.close()

    path = tmp_path / "hanging.sock"
    async with await asyncio.start_unix_server(accept, path):
        store = ValkeyStore(f"unix://{path}")
        yield store, connections
        await store.close()


async def test_store_that_hangs_is_given_up_after_one_timeout(
    hanging: tuple[ValkeyStore, asyncio.Queue[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, connections = hanging
    monkeypatch.setattr(valkey, "MAX_WAIT", 0.1)
    commit = Commit(name="shop", expected="", token="one", fields={"o:a": b"1"})
    (error,) = await store.commit([commit])
    assert isinstance(error, StoreError)
    assert error.reason == "store_unavailable"
    assert "a change may have been made, so repeat it with its idempotency key" in error.detail
    assert connections.qsize() == 1


async def test_change_that_was_not_sent_was_not_made(
    hanging: tuple[ValkeyStore, asyncio.Queue[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey, "MAX_WAIT", 0.1)
    with pytest.raises(StoreError, match=r"does not answer$"):
        await hanging[0].load("shop")


async def test_server_ends_although_its_store_hangs(
    hanging: tuple[ValkeyStore, asyncio.Queue[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, connections = hanging
    monkeypatch.setattr(valkey, "MAX_WAIT", 3600.0)
    home = stored_home(store)
    turn = asyncio.create_task(use(home))
    await connections.get()
    async with asyncio.timeout(30):
        await home.close()
    turn.cancel()
