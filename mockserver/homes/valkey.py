"""A store in Valkey or Redis, shared by several servers.

A sandbox is one hash and two capped streams: its journal, and its latest turns. A turn is one
call of a script that compares and writes. The calls of several commits leave as one pipeline,
on a connection that nothing else uses.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from hashlib import sha1
from importlib.resources import files
from secrets import token_hex
from time import monotonic
from typing import Any

from msgspec.msgpack import Decoder
from valkey.asyncio import Valkey
from valkey.exceptions import NoScriptError, ResponseError, ValkeyError

from mockserver.homes.encoding import encode
from mockserver.homes.store import Commit, Conflict, Outcome, StoredFields, StoreError
from mockserver.homes.store_url import check_url, hide_password, tls_options
from mockserver.homes.valkey_checks import (
    check_information,
    describe_start_error,
    find_risks,
)
from mockserver.homes.valkey_errors import AWAY, store_error

PREFIX = "km"
TEMPLATE_KEY = f"{PREFIX}:template"
TOKEN_FIELD = b"@"

MAX_WAIT = 2.0  # seconds in which a lost connection may come back
RECONNECT_INTERVAL = 0.05  # seconds
SOCKET_TIMEOUT = 2.0  # seconds
MAX_BLOCK = 1.0  # seconds in which the store answers a waiter, less than the timeout
MAX_BLOCKED = 100  # waiters with a connection of their own
BLOCKED_POLL_INTERVAL = 0.1  # seconds between two looks of the others
MAX_CACHED_NAMES = 1024  # of sandboxes, whose keys are cached
SCANNED_KEYS = 1000  # of all keys in one look for sandboxes

log = logging.getLogger("kustom_mock")
UNSENT = (*AWAY, NoScriptError)
NAMES_DECODER = Decoder(list[str])
REPLIES: Mapping[bytes, Outcome] = {
    b"done": None,
    b"reserved": Conflict(is_reserved=True),
    b"unknown": Conflict(),
}
"""What became of a commit, by the reply of the script."""

NOTHING = Commit(name="", expected="", token="-")  # noqa: S106  # no password
"""A commit without a change to a sandbox that cannot exist."""


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
        self._milliseconds = (time_to_live or timedelta()) // timedelta(milliseconds=1)
        self._address = hide_password(url)
        check_url(url)
        self._client = Valkey.from_url(
            url,
            socket_timeout=SOCKET_TIMEOUT,
            socket_connect_timeout=SOCKET_TIMEOUT,
            **tls_options(url),
        )
        self._connection = self._client.connection_pool.make_connection()
        self._connection.socket_timeout = None  # a pipeline has one of its own
        self._source = files(__package__).joinpath("turn.lua").read_text()
        self._script = sha1(self._source.encode(), usedforsecurity=False).hexdigest().encode()
        self._waiting_count = 0

    async def open(self) -> None:
        """Check the store, and warn of settings that would lose data.

        Raises:
            StoreError: it is away, or too old; says what to check.
        """
        try:
            information = await self._client.info()
            await self._client.execute_command("SCRIPT LOAD", self._source)
            await self._client.execute_command(*self._call(NOTHING))
        except (ValkeyError, OSError) as error:
            raise StoreError("store_unavailable", describe_start_error(error)) from None
        check_information(information)
        for warning in find_risks(information, await self._configuration()):
            log.warning("%s: %s", self._address, warning)

    async def _configuration(self) -> Mapping[str, Any]:
        """Return the setting ``appendfsync``; empty if the store does not tell."""
        try:
            configuration: Mapping[str, Any] = await self._client.config_get("appendfsync")
        except ResponseError:  # by managed stores, and to users without the right
            return {}
        return configuration

    async def load(self, name: str) -> StoredFields | None:
        """Return the fields of a sandbox; ``None`` if there is none."""
        rows = await self._ask("HGETALL", _key(name))
        if not rows:
            return None
        token = rows.pop(TOKEN_FIELD, b"").decode()
        return StoredFields(token, {field.decode(): value for field, value in rows.items()})

    async def load_entries(self, name: str) -> list[bytes]:
        """Return the journal entries of a sandbox, oldest first."""
        rows = await self._ask("XRANGE", f"{_key(name)}:journal", "-", "+")
        return [fields[b"e"] for _, fields in rows]

    async def commit(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Write each commit unless somebody else was faster; send it until that is known."""
        calls = [self._call(commit) for commit in commits]
        deadline = monotonic() + MAX_WAIT
        replies = await self._send(calls, deadline)
        while unsent := [n for n, reply in enumerate(replies) if isinstance(reply, UNSENT)]:
            if monotonic() > deadline:
                break
            again = await self._send([calls[n] for n in unsent], deadline)
            for n, reply in zip(unsent, again, strict=True):
                replies[n] = reply
        return [_read_outcome(reply) for reply in replies]

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
        """Return the names of all sandboxes in alphabetical order.

        The keys themselves are looked through: an index of them could differ from what is
        there when a sandbox expires, or is dropped and made again by another server.
        """
        start, end = (part.encode() for part in _key("*").split("*"))
        options = "MATCH", _key("*"), "COUNT", SCANNED_KEYS, "TYPE", "hash"
        names, cursor = set[str](), None
        while cursor != 0:
            cursor, keys = await self._ask("SCAN", cursor or 0, *options)
            names |= {key.removeprefix(start).removesuffix(end).decode() for key in keys}
        return sorted(names)

    async def announce(self, digest: str) -> None:
        """Note the digest of what new sandboxes of this server are built from."""
        await self._ask("SET", TEMPLATE_KEY, digest)

    async def check(self) -> str:
        """Check that the store answers; return the digest that was announced last.

        Raises:
            StoreError: it does not.
        """
        try:
            return (await self._client.get(TEMPLATE_KEY) or b"").decode()
        except (ValkeyError, OSError) as error:
            raise store_error(error) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.disconnect()
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
                    raise store_error(error) from None
                await asyncio.sleep(RECONNECT_INTERVAL)
            except ValkeyError as error:
                raise store_error(error) from None

    async def _send(self, calls: Sequence[tuple[Any, ...]], deadline: float) -> list[Any]:
        """Send calls as one pipeline; return a reply or an error for each by a time."""
        connection, replies = self._connection, list[Any]()
        try:
            async with asyncio.timeout(deadline - monotonic()):
                await connection.send_packed_command(connection.pack_commands(calls))
                for _ in calls:
                    replies.append(await self._read_reply())
        except Exception as error:  # noqa: BLE001  # the caller sends again, or gives up
            await connection.disconnect(nowait=True)
            replies += [error] * (len(calls) - len(replies))
        if any(isinstance(reply, NoScriptError) for reply in replies):
            await self._ask("SCRIPT LOAD", self._source)
        elif any(isinstance(reply, AWAY) for reply in replies):
            await asyncio.sleep(RECONNECT_INTERVAL)
        return replies

    async def _read_reply(self) -> Any:  # noqa: ANN401
        """Return the next reply, also if it is an error."""
        try:
            return await self._connection.read_response()
        except ResponseError as error:
            return error

    def _call(self, commit: Commit) -> tuple[Any, ...]:
        """Return the call of the script for a commit."""
        keys = _keys(commit.name)
        header = {
            "expected": commit.expected,
            "token": commit.token,
            "mode": commit.mode,
            "replica": self.replica,
            "times_lost": commit.times_lost,
            "removed_count": len(commit.removed),
            "entries": [entry_id for entry_id, _ in commit.entries],
            "journal_size": commit.journal_size,
            "time_to_live": self._milliseconds,
        }
        names = encode([*commit.fields, *commit.removed])
        entries = [entry for _, entry in commit.entries]
        values = encode(header), names, *commit.fields.values(), *entries
        return b"EVALSHA", self._script, str(len(keys)), *keys, *values


def _key(name: str) -> str:
    """Return the key of a sandbox; the braces keep its keys together in a cluster."""
    return f"{PREFIX}:{{{name}}}"


@lru_cache(MAX_CACHED_NAMES)
def _keys(name: str) -> tuple[bytes, ...]:
    """Return the keys of the script: sandbox, journal, turns and reservation."""
    key = _key(name).encode()
    return key, key + b":journal", key + b":turns", key + b":next"


def _read_outcome(reply: Any) -> Outcome:  # noqa: ANN401
    """Return what became of a commit from the reply of the script, or the error."""
    if isinstance(reply, BaseException):
        return store_error(reply, is_sent=True)
    if not isinstance(reply, list):
        return REPLIES[reply]
    token, names, values = reply
    fields = dict(zip(NAMES_DECODER.decode(names), values, strict=True))
    return Conflict(token.decode(), fields, is_known=True)
