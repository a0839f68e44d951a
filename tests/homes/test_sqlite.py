"""Sandboxes in a file survive the end of the server; a file that cannot be used is refused."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mockserver.homes.sqlite import SqliteStore
from mockserver.homes.store import Commit, StoreError
from mockserver.homes.stored_home import StoredHome
from mockserver.sandbox.journal import Entry, Journal
from tests.support.builders import NOW, make_order
from tests.support.homes import stored_home


def keep_open(path: Path) -> SqliteStore:
    return SqliteStore(path)


def write_text(path: Path) -> None:
    path.write_text("no database " * 100)


def write_other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")


def mark_other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 99")


def write_unmarked_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")


def write_newer_file(path: Path) -> None:
    asyncio.run(SqliteStore(path).close())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")


def make_folder(path: Path) -> None:
    path.mkdir()


def remove_folder(path: Path) -> None:
    path.parent.rmdir()


def make_read_only(path: Path) -> None:
    path.touch(0o400)


def make_folder_read_only(path: Path) -> None:
    path.parent.chmod(0o500)


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "in use": (keep_open, "in use by another server; stop it"),
    "no database": (write_text, "no database of kustom-mock; choose another path"),
    "of another program": (write_other_database, "a database of another program"),
    "marked by another program": (mark_other_database, "a database of another program"),
    "with a version of another": (write_unmarked_database, "a database of another program"),
    "newer": (write_newer_file, "written by a newer version; upgrade"),
    "a folder": (make_folder, "a folder; expected the path of a file"),
    "in no folder": (remove_folder, "there is no folder .*; create it"),
}
READ_ONLY: dict[str, tuple[Callable[[Path], None], str]] = {
    "read-only": (make_read_only, "read-only; make it writable"),
    "in a read-only folder": (make_folder_read_only, "the folder .* must be writable"),
}


@pytest.mark.parametrize(("prepare", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_file_that_cannot_be_used_is_refused_unchanged(
    tmp_path: Path, prepare: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "folder" / "shop.db"
    path.parent.mkdir()
    kept = prepare(path)  # a store is open as long as it is referred to
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=message):
        SqliteStore(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    del kept


@pytest.mark.skipif(os.access("/etc/passwd", os.W_OK), reason="root may write everywhere")
@pytest.mark.parametrize(("prepare", "message"), READ_ONLY.values(), ids=READ_ONLY)
def test_file_that_cannot_be_written_is_refused(
    tmp_path: Path, prepare: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "folder" / "shop.db"
    path.parent.mkdir()
    prepare(path)
    with pytest.raises(StoreError, match=message):
        SqliteStore(path)


async def fill(path: Path) -> StoredHome:
    home = stored_home(SqliteStore(path))
    await home.open()
    sandboxes = home.registry
    await home.take_turn("shop", lambda: sandboxes.get_or_create("shop").add(make_order()))
    await home.take_turn("gone", sandboxes.get_or_create, "gone")
    await home.take_turn("gone", sandboxes.drop, "gone")
    return home


async def test_sandboxes_survive_a_restart(tmp_path: Path) -> None:
    await (await fill(tmp_path / "shop.db")).close()
    home = stored_home(SqliteStore(tmp_path / "shop.db"))
    await home.open()
    assert [sandbox.name for sandbox in home.registry] == ["shop"]
    sandbox = home.registry.get("shop")
    assert sandbox is not None
    assert make_order().order_id in sandbox.orders
    await home.close()


async def test_evicted_sandbox_is_deleted_from_the_file(tmp_path: Path) -> None:
    home = stored_home(SqliteStore(tmp_path / "shop.db"))
    home.registry.max_sandboxes = 1
    for name in ("first", "second"):
        await home.take_turn(name, home.registry.get_or_create, name)
    await home.take_turn("second", home.registry.get, "second")
    assert await home.store.names() == ["second"]
    await home.close()


async def test_only_the_latest_entries_are_kept(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "shop.db", fsync=False)
    for number in range(1, 6):
        entries = [(number, b"%d" % number)]
        commit = Commit(name="a", expected="", token="t", entries=entries, journal_size=2)
        assert await store.commit([commit]) == [None]
    assert await store.load_entries("a") == [b"4", b"5"]
    await store.close()


async def test_file_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "shop.db")
    commit = Commit(name="a", expected="", token="t", fields={"x": object()})  # type: ignore[dict-item]
    (error,) = await store.commit([commit])
    assert isinstance(error, StoreError)
    assert error.reason == "store_unavailable"
    assert "cannot be written" in error.detail
    assert await store.load("a") is None
    await store.close()


async def test_damaged_journal_is_a_store_error(tmp_path: Path) -> None:
    home = await fill(tmp_path / "shop.db")
    await home.take_turn("shop", lambda: record(home, Entry(NOW, "c1", "GET", "/livez")))
    await home.close()
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("UPDATE entry SET value = x'00'")
        connection.commit()
    home = stored_home(SqliteStore(tmp_path / "shop.db"))
    await home.open()
    with pytest.raises(StoreError, match="sandbox 'shop' cannot be read") as raised:
        await home.take_turn("shop", lambda: [*journal_of(home)])
    assert raised.value.reason == "store_unreadable"
    await home.close()


async def test_damaged_sandbox_in_a_file_can_be_dropped(tmp_path: Path) -> None:
    await (await fill(tmp_path / "shop.db")).close()
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("UPDATE field SET value = x'00' WHERE field = 'settings'")
        connection.commit()
    home = stored_home(SqliteStore(tmp_path / "shop.db"))
    await home.open()
    assert list(home.unreadable) == ["shop"]
    with pytest.raises(StoreError, match="sandbox 'shop' cannot be read"):
        await home.take_turn("shop", home.registry.get_or_create, "shop")
    assert await home.take_turn("shop", home.registry.drop, "shop")
    assert await home.store.names() == []
    assert not home.unreadable
    await home.close()


def journal_of(home: StoredHome) -> Journal:
    sandbox = home.registry.get("shop")
    assert sandbox is not None
    return sandbox.journal


def record(home: StoredHome, entry: Entry) -> None:
    journal_of(home).record(entry)
    home.registry.mark_changed("shop")
