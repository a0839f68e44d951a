"""A store in Valkey or Redis, shared by several servers.

A sandbox is one hash and two capped streams: its journal, and its latest turns. A turn is one
call of a script that compares and writes. The commits of one turn of the event loop leave as
one pipeline, from a task of the store: a cancelled caller would leave a connection that is one
reply behind.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from importlib.resources import files
from secrets import token_hex
from time import monotonic
from typing import Any, NamedTuple

from valkey.asyncio import Valkey
from valkey.exceptions import (
    BusyLoadingError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ValkeyError,
)
from valkey.exceptions import (
    ConnectionError as StoreConnectionError,
)
from valkey.exceptions import (
    TimeoutError as StoreTimeoutError,
)

from mockserver.homes.store import Commit, Conflict, StoredFields, StoreError
from mockserver.sandbox.clock import wall_seconds

PREFIX = "km"
NAMES_KEY = f"{PREFIX}:names"
TOKEN_FIELD = b"@"

MAX_WAIT = 2.0  # seconds in which a lost connection may come back
RECONNECT_INTERVAL = 0.05  # seconds
BUSY_INTERVAL = 0.002  # seconds until another server has used its reservation
SOCKET_TIMEOUT = 2.0  # seconds
MAX_BLOCK = 1.0  # seconds in which the store answers a waiter, less than the timeout
MAX_BLOCKED = 100  # waiters with a connection of their own
BLOCKED_POLL_INTERVAL = 0.1  # seconds between two looks of the others
NAME_PERIOD = 60.0  # seconds in which the use of a sandbox is noted once
OLDEST_VERSION = (6, 2)
CHECK_HINT = "check that it runs, the address, the password, and TLS (valkeys:// or rediss://)"
URL_HINT = (
    "expected valkey://USER:PASSWORD@HOST:PORT/NUMBER; write / : @ ? # % in a password"
    " as %2F %3A %40 %3F %23 %25"
)

log = logging.getLogger("kustom_mock")
AWAY = (StoreConnectionError, StoreTimeoutError, BusyLoadingError, ReadOnlyError, OSError)


class Pending(NamedTuple):
    """A commit that is to be sent, and the future of its response."""

    commit: Commit
    future: "asyncio.Future[list[Any]]"


class ValkeyStore:
    """A store in Valkey or Redis.

    Attributes:
        replica: name of this server.
        time_to_live: real time without use after which a sandbox is dropped, if any.
    """

    is_shared = True

    def __init__(self, url: str, time_to_live: timedelta | None = None) -> None:
        """Use the store at a URL, such as ``valkey://localhost:6379``.

        Raises:
            StoreError: the URL is invalid.
        """
        self.replica = token_hex(4)
        self.time_to_live = time_to_live
        self._address = hide_password(url)
        try:
            self._client = Valkey.from_url(
                url, socket_timeout=SOCKET_TIMEOUT, socket_connect_timeout=SOCKET_TIMEOUT
            )
        except ValueError:  # its text may show a part of the password
            message = f"{self._address}: {URL_HINT}"
            raise StoreError("store_unavailable", message) from None
        self._source = files(__package__).joinpath("turn.lua").read_text()
        self._script = ""
        self._pending: list[Pending] = []
        self._sender: asyncio.Task[None] | None = None
        self._noted: dict[str, float] = {}
        self._waiting_count = 0

    async def open(self) -> None:
        """Check the store, and warn of settings that would lose data.

        Raises:
            StoreError: it is away, or too old; says what to check.
        """
        try:
            information = await self._client.info()
        except (ValkeyError, OSError) as error:
            reason = str(error).removesuffix(".")
            message = f"{self._address} cannot be used: {reason}; {CHECK_HINT}"
            raise StoreError("store_unavailable", message) from None
        version = str(information["redis_version"])
        if tuple(map(int, version.split(".")[:2])) < OLDEST_VERSION:
            message = f"{self._address}: expected Redis 6.2 or later, found {version}"
            raise StoreError("store_unavailable", message)
        for warning in _risks(information):
            log.warning("%s: %s", self._address, warning)

    async def load(self, name: str) -> StoredFields | None:
        """Return the fields of a sandbox; ``None`` if there is none."""
        await self._note_use(name)
        rows = await self._ask("HGETALL", _key(name))
        if not rows:
            return None
        token = rows.pop(TOKEN_FIELD).decode()
        return StoredFields(token, {field.decode(): value for field, value in rows.items()})

    async def load_entries(self, name: str) -> list[bytes]:
        """Return the journal entries of a sandbox, oldest first."""
        rows = await self._ask("XRANGE", f"{_key(name)}:journal", "-", "+")
        return [fields[b"e"] for _, fields in rows]

    async def commit(self, commit: Commit) -> Conflict | None:
        """Write a commit unless somebody else was faster."""
        while True:
            future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
            self._pending.append(Pending(commit, future))
            if self._sender is None:
                self._sender = asyncio.get_running_loop().create_task(self._send_pending())
            kind, *rest = await future
            if kind != b"busy":
                break
            await asyncio.sleep(BUSY_INTERVAL)
        if kind == b"done":
            return None
        if kind == b"unknown":
            return Conflict()
        token, *pairs = rest
        fields = {
            field.decode(): value for field, value in zip(pairs[::2], pairs[1::2], strict=True)
        }
        return Conflict(token.decode(), fields, is_known=True)

    async def wait_for_turn(self, name: str, token: str, seconds: float) -> None:
        """Wait until another turn than the one with a token is the last, or for seconds."""
        if self._waiting_count >= MAX_BLOCKED:
            await asyncio.sleep(min(seconds, BLOCKED_POLL_INTERVAL))
            return
        self._waiting_count += 1
        try:
            turns = f"{_key(name)}:turns"
            latest = await self._ask("XREVRANGE", turns, "+", "-", "COUNT", 1)
            if latest and latest[0][1].get(b"t") == token.encode():
                milliseconds = max(1, int(min(seconds, MAX_BLOCK) * 1000))
                position = latest[0][0]
                await self._ask("XREAD", "BLOCK", milliseconds, "STREAMS", turns, position)
        finally:
            self._waiting_count -= 1

    async def names(self) -> list[str]:
        """Return the names of all sandboxes, least recently used first."""
        names = [name.decode() for name in await self._ask("ZRANGE", NAMES_KEY, 0, -1)]
        gone = [name for name in names if not await self._ask("EXISTS", _key(name))]
        if gone:
            await self._ask("ZREM", NAMES_KEY, *gone)
        return [name for name in names if name not in gone]

    async def check(self) -> None:
        """Check that the store answers.

        Raises:
            StoreError: it does not.
        """
        try:
            await self._client.ping()
        except (ValkeyError, OSError) as error:
            raise _store_error(error) from None

    async def close(self) -> None:
        """Send what waits, and close the connections."""
        if self._sender is not None:
            await self._sender
        await self._client.aclose()

    async def _ask(self, *command: Any) -> Any:  # noqa: ANN401
        """Send a command; a lost connection may come back.

        Raises:
            StoreError: the store is away or refuses it.
        """
        deadline = monotonic() + MAX_WAIT
        while True:
            try:
                return await self._client.execute_command(*command)
            except AWAY as error:
                if monotonic() > deadline:
                    raise _store_error(error) from None
                await asyncio.sleep(RECONNECT_INTERVAL)
            except ValkeyError as error:
                raise _store_error(error) from None

    async def _note_use(self, name: str) -> None:
        """Note the use of a sandbox among the names, at most once a minute."""
        now = monotonic()
        if now - self._noted.get(name, -NAME_PERIOD) >= NAME_PERIOD:
            self._noted[name] = now
            await self._ask("ZADD", NAMES_KEY, wall_seconds(), name)

    async def _send_pending(self) -> None:
        """Send what waits as one pipeline, until nothing waits."""
        while self._pending:
            batch, self._pending = self._pending, []
            for pending, reply in zip(batch, await self._send(batch), strict=True):
                if isinstance(reply, BaseException):
                    pending.future.set_exception(_store_error(reply))
                else:
                    pending.future.set_result(reply)
        self._sender = None

    async def _send(self, batch: Sequence[Pending]) -> list[Any]:
        """Send commits until the store answers; each is written once."""
        deadline = monotonic() + MAX_WAIT
        replies: list[Any] = [StoreConnectionError("nothing was sent")] * len(batch)
        while True:
            unsent = [
                n
                for n, reply in enumerate(replies)
                if isinstance(reply, (*AWAY, NoScriptError))
            ]
            if not unsent or monotonic() > deadline:
                return replies
            try:
                if not self._script or any(
                    isinstance(replies[n], NoScriptError) for n in unsent
                ):
                    self._script = await self._client.script_load(self._source)
                pipeline = self._client.pipeline(transaction=False)
                for n in unsent:
                    pipeline.evalsha(self._script, 4, *self._arguments(batch[n].commit))
                results = await pipeline.execute(raise_on_error=False)
            except AWAY as error:
                results = [error] * len(unsent)
                await asyncio.sleep(RECONNECT_INTERVAL)
            except Exception as error:  # noqa: BLE001  # the callers must get it
                results = [error] * len(unsent)
            for n, result in zip(unsent, results, strict=True):
                replies[n] = result

    def _arguments(self, commit: Commit) -> list[Any]:
        """Return the keys and arguments of the script."""
        key = _key(commit.name)
        time_to_live = self.time_to_live or timedelta()
        return [
            key, f"{key}:journal", f"{key}:turns", f"{key}:next",
            commit.expected, commit.token, self.replica, commit.mode, commit.journal_size,
            int(time_to_live.total_seconds() * 1000), commit.times_lost,
            *_counted(commit.fields),
            len(commit.removed), *commit.removed,
            *_counted(commit.entries),
        ]  # fmt: skip


def hide_password(url: str) -> str:
    """Return the URL of a store without user and password, also if they are not escaped."""
    scheme, _, rest = url.partition(":")
    place = rest.removeprefix("//").rpartition("@")[2]
    return f"{scheme}://{place.partition('?')[0]}"


def _risks(information: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the settings of a store may lose data."""
    policy = information.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"maxmemory-policy is {policy}, which drops sandboxes in use; set noeviction"
    if not information.get("aof_enabled"):
        yield "appendonly is off, so a restart of the store loses changes; set appendonly yes"


def _key(name: str) -> str:
    """Return the key of a sandbox; the braces keep its keys together in a cluster."""
    return f"{PREFIX}:{{{name}}}"


def _counted(rows: Mapping[Any, bytes]) -> list[Any]:
    return [len(rows), *(part for row in rows.items() for part in row)]


def _store_error(error: BaseException) -> StoreError:
    is_full = isinstance(error, OutOfMemoryError) or str(error).startswith("MISCONF")
    if is_full:
        return StoreError("store_full", f"the store of the sandboxes refuses writes: {error}")
    return StoreError(
        "store_unavailable", f"the store of the sandboxes does not answer: {error}"
    )
