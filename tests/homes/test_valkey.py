"""Sandboxes in Valkey or Redis: commits are written once, and the store may be away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from valkey.asyncio import Valkey

from mockserver.domain.order import Order
from mockserver.homes import valkey
from mockserver.homes.store import Commit, Conflict, Outcome, Store, StoreError
from mockserver.homes.stored_home import StoredHome
from mockserver.homes.valkey import ValkeyStore
from tests.support.builders import make_order
from tests.support.homes import find_engine, running_engine, stored_home

NEXT = {"expected": "one", "token": "two", "fields": {"o:a": b"2"}, "removed": ["o:b"]}
FIRST = Commit(
    name="x",
    expected="",
    token="one",
    fields={"head": b"h", "o:a": b"1", "o:b": b"1"},
    replaces=True,
)


async def commit(store: Store, changes: Commit) -> Outcome:
    (outcome,) = await store.commit([changes])
    return outcome


@pytest.fixture
async def store(engine_url: str) -> AsyncIterator[ValkeyStore]:
    """A store in which the sandbox ``x`` was made by a commit with the token ``one``."""
    opened = ValkeyStore(engine_url)
    loaded = await opened.load("x")
    if loaded is not None:
        await commit(opened, Commit(name="x", expected=loaded.token, token="-", drops=True))
    assert await commit(opened, FIRST) is None
    yield opened
    await opened.close()


async def test_commit_that_is_sent_twice_is_written_once(store: ValkeyStore) -> None:
    second = Commit(name="x", entries=[(1, b"entry")], journal_size=10, **NEXT)  # type: ignore[arg-type]
    assert await commit(store, second) is None
    assert await commit(store, second) is None
    third = Commit(name="x", expected="two", token="three", fields={"o:c": b"1"})
    assert await commit(store, third) is None
    assert await commit(store, second) is None
    assert await store.load_entries("x") == [b"entry"]


async def test_conflict_lists_the_fields_changed_by_others(store: ValkeyStore) -> None:
    assert await commit(store, Commit(name="x", **NEXT)) is None  # type: ignore[arg-type]
    late = Commit(name="x", expected="one", token="late", fields={"o:a": b"9"})
    conflict = await commit(store, late)
    assert conflict == Conflict("two", {"o:a": b"2", "o:b": None}, is_known=True)


async def test_conflict_with_a_replacement_requires_a_full_load(store: ValkeyStore) -> None:
    again = Commit(name="x", expected="one", token="two", fields={"head": b"n"}, replaces=True)
    assert await commit(store, again) is None
    late = Commit(name="x", expected="one", token="late", fields={"o:a": b"9"})
    assert await commit(store, late) == Conflict()


async def test_read_of_a_stale_version_is_a_conflict(store: ValkeyStore) -> None:
    current = Commit(name="x", expected="one", token="read")
    behind = Commit(name="x", expected="old", token="read")
    assert await commit(store, current) is None
    assert await commit(store, behind) == Conflict()


async def test_waiter_wakes_when_another_server_commits(
    store: ValkeyStore, engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Valkey.from_url(engine_url)
    monkeypatch.setattr(valkey, "MAX_BLOCK", 60.0)  # beyond the timeout, which is an error
    waiting = asyncio.create_task(store.wait_for_turn("x", "one", 60.0))
    while not (await engine.info("clients"))["blocked_clients"]:
        pass
    await engine.aclose()
    assert await commit(store, Commit(name="x", **NEXT)) is None  # type: ignore[arg-type]
    await waiting
    await store.wait_for_turn("x", "one", 60.0)  # somebody has committed already


async def test_home_works_again_after_its_store_was_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_engine() is None:
        pytest.skip("needs valkey-server or redis-server")
    monkeypatch.setattr(valkey, "MAX_WAIT", 0.1)
    with running_engine(tmp_path) as url:
        home = stored_home(ValkeyStore(url))
        await home.open()
        await home.take_turn("shop", home.registry.get_or_create, "shop")
    with pytest.raises(StoreError, match="does not answer") as raised:
        await home.take_turn("shop", home.registry.get_or_create, "shop")
    assert raised.value.reason == "store_unavailable"
    with pytest.raises(StoreError):
        await home.check()
    (tmp_path / "store.sock").unlink(missing_ok=True)
    with running_engine(tmp_path):
        await home.take_turn("shop", home.registry.get_or_create, "shop")
        await home.check()
    await home.close()


FULL: dict[str, dict[str, Any]] = {
    "a turn": {"fields": {"o:a": b"2"}},
    "a reserved turn": {"fields": {"o:a": b"2"}},
    "a replacement": {"fields": {"head": b"n"}, "replaces": True},
}


@pytest.mark.parametrize("kind", FULL)
async def test_full_store_writes_nothing(
    store: ValkeyStore, engine_url: str, kind: str
) -> None:
    before = await store.load("x")
    async with Valkey.from_url(engine_url) as engine:
        if kind == "a reserved turn":
            await engine.set("km:{x}:next", store.replica)
        await engine.config_set("maxmemory", 1)
        outcome = await commit(
            store, Commit(name="x", expected="one", token="two", **FULL[kind])
        )
        await engine.config_set("maxmemory", 0)
        await engine.delete("km:{x}:next")
    assert isinstance(outcome, StoreError)
    assert outcome.reason == "store_full"
    assert await store.load("x") == before


async def test_unreachable_store_error_has_advice_and_no_password() -> None:
    store = ValkeyStore("valkey://user:secret@127.0.0.1:1/0")
    with pytest.raises(StoreError, match=r"^cannot be used: .*; check that it runs") as raised:
        await store.open()
    assert "secret" not in str(raised.value)
    await store.close()


async def test_more_sandboxes_than_a_replica_may_hold_lose_nothing(engine_url: str) -> None:
    home = stored_home(ValkeyStore(engine_url))
    home.registry.max_sandboxes = 1
    order, names = make_order(), ("many-1", "many-2", "many-3")
    for name in names:
        await home.take_turn(name, add_order, home, name, order)
    assert [sandbox.name for sandbox in home.registry] == ["many-3"]
    for name in names:
        sandbox = await home.take_turn(name, home.registry.get_or_create, name)
        assert sandbox.orders[order.order_id] == order
    assert home.registry.evicted_count == 0
    await home.close()


async def test_replica_that_starts_has_the_sandboxes_of_the_others(engine_url: str) -> None:
    first, second = (stored_home(ValkeyStore(engine_url)) for _ in range(2))
    await first.take_turn("old", add_order, first, "old", make_order())
    await second.open()
    assert "old" in [sandbox.name for sandbox in second.registry]
    await first.close()
    await second.close()


def add_order(home: StoredHome, name: str, order: Order) -> None:
    home.registry.get_or_create(name).add(order)
