"""A store in a file: SQLite with a write-ahead log, used by one server.

Commits are written in one transaction, by a thread of its own, so that a slow disk holds up
no other request. A response leaves after its transaction.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mockserver.homes.store import Commit, Outcome, StoredFields, StoreError

APPLICATION_ID = 0x4B4D4F43
"""Marks a database as ours (``KMOC``)."""

FILE_VERSION = 1
"""Version of the tables below."""

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FILE_VERSION};
CREATE TABLE sandbox (name TEXT PRIMARY KEY, token TEXT NOT NULL, used INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE field (name TEXT, field TEXT, value BLOB NOT NULL, PRIMARY KEY (name, field))
  WITHOUT ROWID;
CREATE TABLE entry (name TEXT, id INTEGER, value BLOB NOT NULL, PRIMARY KEY (name, id))
  WITHOUT ROWID;
"""

ResultT = TypeVar("ResultT")


class SqliteStore:
    """A store in a file."""

    is_shared = False
    replica = ""

    def __init__(self, path: Path, *, fsync: bool = True) -> None:
        """Open or create a file.

        Args:
            path: the file.
            fsync: write each transaction to the disk, so that a power failure loses nothing.

        Raises:
            StoreError: it is no database, of another program, newer, or in use.
        """
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kustom-mock store")
        self._uses = 0
        try:
            for problem in _path_problems(path):
                raise StoreError("store_unavailable", problem)
            self._connection = _open(path, fsync=fsync)
        except (sqlite3.Error, OSError) as error:
            raise StoreError("store_unavailable", _describe(error)) from None
        self._uses = self._read("SELECT max(used) FROM sandbox")[0][0] or 0

    async def open(self) -> None:
        """Do nothing: the file is open."""

    async def load(self, name: str) -> StoredFields | None:
        """Return the fields of a sandbox; ``None`` if there is none."""
        return await self._run(lambda: self._load(name))

    async def load_entries(self, name: str) -> list[bytes]:
        """Return the journal entries of a sandbox, oldest first."""
        query = "SELECT value FROM entry WHERE name = ? ORDER BY id"
        rows = await self._run(lambda: self._read(query, name))
        return [value for (value,) in rows]

    async def commit(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Write commits in one transaction; nobody else can come in between."""
        error: StoreError | None = None
        try:
            await self._run(partial(self._write, commits))
        except StoreError as raised:
            error = raised
        return [error] * len(commits)

    async def wait_for_turn(self, name: str, token: str, seconds: float) -> None:  # noqa: ARG002
        """Wait for seconds: there are no others."""
        await asyncio.sleep(seconds)

    async def names(self) -> list[str]:
        """Return the names of all sandboxes, least recently used first."""
        rows = await self._run(lambda: self._read("SELECT name FROM sandbox ORDER BY used"))
        return [name for (name,) in rows]

    async def announce(self, digest: str) -> None:
        """Do nothing: there are no other servers."""

    async def check(self) -> str:
        """Return no digest; the file is open."""
        return ""

    async def close(self) -> None:
        """Close the file."""
        await self._run(self._connection.close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], ResultT]) -> ResultT:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise _store_error(error) from None

    def _load(self, name: str) -> StoredFields | None:
        tokens = self._read("SELECT token FROM sandbox WHERE name = ?", name)
        if not tokens:
            return None
        fields = self._read("SELECT field, value FROM field WHERE name = ?", name)
        return StoredFields(tokens[0][0], dict(fields))

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _write(self, commits: Iterable[Commit]) -> None:
        """Write commits in one transaction."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for commit in commits:
                self._write_commit(commit)

    def _write_commit(self, commit: Commit) -> None:
        connection, name = self._connection, commit.name
        if commit.replaces or commit.drops:
            for table in ("field", "entry", "sandbox"):
                connection.execute(f"DELETE FROM {table} WHERE name = ?", (name,))  # noqa: S608
        if commit.drops:
            return
        self._uses += 1
        connection.execute(
            "INSERT OR REPLACE INTO sandbox VALUES (?, ?, ?)", (name, commit.token, self._uses)
        )
        connection.executemany(
            "INSERT OR REPLACE INTO field VALUES (?, ?, ?)",
            [(name, field, value) for field, value in commit.fields.items()],
        )
        connection.executemany(
            "DELETE FROM field WHERE name = ? AND field = ?",
            [(name, field) for field in commit.removed],
        )
        if commit.entries:
            connection.executemany(
                "INSERT OR REPLACE INTO entry VALUES (?, ?, ?)",
                [(name, *entry) for entry in commit.entries],
            )
            oldest = commit.entries[-1][0] - commit.journal_size
            connection.execute("DELETE FROM entry WHERE name = ? AND id <= ?", (name, oldest))


def _open(path: Path, *, fsync: bool) -> sqlite3.Connection:
    """Open a file, lock it, and create the tables of a new one.

    Raises:
        StoreError: it is of another program, or newer.
        sqlite3.Error: it is no database, or in use.
    """
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE").connection.rollback()
        is_new = _check_file(connection)  # before anything is written
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'OFF'}")
        if is_new:
            connection.executescript(SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_file(connection: sqlite3.Connection) -> bool:
    """Return whether a file is new, and needs tables.

    Raises:
        StoreError: it is of another program, or newer.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    is_empty = not tables
    if is_empty and application == version == 0:
        return True
    if application != APPLICATION_ID:
        message = "a database of another program; choose another path"
        raise StoreError("store_unavailable", message)
    if version > FILE_VERSION:
        message = "written by a newer version; upgrade, or choose another path"
        raise StoreError("store_unavailable", message)
    return is_empty


def _path_problems(path: Path) -> Iterator[str]:
    """Yield why no file can be written at a path, which SQLite calls an error of the disk."""
    folder = path.absolute().parent
    if not folder.is_dir():
        yield f"there is no folder {folder}; create it"
    if path.is_dir():
        yield "a folder; expected the path of a file"
    if not os.access(folder, os.W_OK):
        yield f"the folder {folder} must be writable, for the log beside the file"
    if path.exists() and not os.access(path, os.W_OK):
        yield "read-only; make it writable, or choose another path"


def _describe(error: sqlite3.Error | OSError) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "in use by another server; stop it, or choose another path"
    if code == sqlite3.SQLITE_NOTADB:
        return "no database of kustom-mock; choose another path"
    return f"cannot be used: {error}; check the folder and its permissions"


def _store_error(error: sqlite3.Error) -> StoreError:
    is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    reason = "store_full" if is_full else "store_unavailable"
    return StoreError(reason, f"the file of the sandboxes cannot be written: {error}")
