"""A home whose sandboxes live in a store; those at hand are copies that are proved fresh.

Turns on one sandbox wait while a commit is under way; all that wait are then applied in order
and committed as one. A commit that lost against another server is undone, what the other
changed is applied, and the turns are applied again.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from secrets import token_hex
from time import monotonic
from typing import Any, NamedTuple

from msgspec import DecodeError
from msgspec.structs import replace

from mockserver.homes.home import ArgumentsT, ResultT, StoreCounts
from mockserver.homes.store import Commit, Conflict, Store, StoredFields, StoreError
from mockserver.homes.stored_sandbox import (
    HEAD,
    TEMPLATE,
    UnreadableSandboxError,
    decode_head,
    load_entries,
    restore_sandbox,
)
from mockserver.homes.stored_values import decode_template
from mockserver.homes.tracked import TrackedSandbox
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.journal import IncompleteJournalError
from mockserver.sandbox.names import display_name
from mockserver.sandbox.registry import RegistryEntry, SandboxRegistry

MAX_LOST_TURNS = 100
"""Turns that lost this often are given up."""

POLL_INTERVAL = 0.02  # seconds between two looks whether others have made a sandbox
RECHECK_INTERVAL = 0.5  # seconds; looks again although no change was noticed

log = logging.getLogger("kustom_mock")


@contextmanager
def suppress_unreadable() -> Iterator[None]:
    """Leave out a sandbox that another version stored; the log names it."""
    try:
        yield
    except StoreError as error:
        if error.reason != "store_unreadable":
            raise


class TurnResult(NamedTuple):
    """What a turn returned or raised."""

    value: Any = None
    error: BaseException | None = None


class Waiting(NamedTuple):
    """A turn that waits to be applied, and the future of who waits for its result."""

    turn: Callable[..., Any]
    args: tuple[Any, ...]
    future: "asyncio.Future[Any]"


class StoredHome:
    """A home whose sandboxes live in a store.

    Attributes:
        registry: the sandboxes at hand.
        store: where they live.
        replica: name of this server among those that share the store.
        counts: what it did.
    """

    def __init__(
        self,
        registry: SandboxRegistry[Any],
        store: Store,
        restore_template: Callable[[str, Any], Any],
    ) -> None:
        """Use a store.

        Args:
            registry: holds the sandboxes at hand.
            store: where they live.
            restore_template: makes a template of its name and source.
        """
        self.registry = registry
        self.store = store
        self.replica = store.replica
        self.counts = StoreCounts()
        self._restore_template = restore_template
        self._tracked: dict[str, TrackedSandbox] = {}
        self._waiting: dict[str, list[Waiting]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._numbers, self._run = count(1), token_hex(4)
        if store.is_shared:
            registry.is_cache = True
        else:
            registry.on_drop = self._forget_dropped

    async def open(self) -> None:
        """Check the store, and load all sandboxes unless others use it, too."""
        await self.store.open()
        if not self.store.is_shared:
            await self.load_all()

    async def check(self) -> None:
        """Check that the store answers."""
        await self.store.check()

    async def close(self) -> None:
        """Wait for the commits under way, and close the store."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.close()

    async def take_turn(
        self, name: str, turn: Callable[[*ArgumentsT], ResultT], *args: *ArgumentsT
    ) -> ResultT:
        """Apply a turn and commit its changes; without a name it only reads."""
        if not name:
            return turn(*args)
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        waiting = Waiting(turn, args, future)
        if name in self._waiting:
            self._waiting[name].append(waiting)
        else:
            self._waiting[name] = [waiting]
            self._start(self._work(name))
        return await future

    async def wait_for_change(self, name: str, seconds: float) -> None:
        """Wait until a sandbox has changed, or might have."""
        sandbox, tracked = self.registry.get(name), self._tracked.get(name)
        if sandbox is None or tracked is None:
            await asyncio.sleep(min(seconds, POLL_INTERVAL))
        elif self.store.is_shared:
            await self.store.wait_for_turn(name, tracked.token, seconds)
        else:  # a turn may change it before the caller waits, so no wait is long
            await sandbox.wait_for_change(min(seconds, RECHECK_INTERVAL))

    async def load_all(self) -> None:
        """Load all sandboxes of the store."""
        for name in await self.store.names():
            with suppress_unreadable():
                await self.take_turn(name, int)

    async def _work(self, name: str) -> None:
        """Apply the turns that wait for a sandbox, until none is left."""
        while batch := [item for item in self._waiting[name] if not item.future.done()]:
            self._waiting[name] = []
            try:
                results = await self._settle_turns(name, batch)
            except Exception as error:  # the waiting turns must get it
                self.counts.errors += 1
                self._forget(name)
                results = [TurnResult(error=error)] * len(batch)
                if not isinstance(error, StoreError):
                    log.exception("crash while turns on a sandbox were settled")
            for waiting, result in zip(batch, results, strict=True):
                _resolve(waiting.future, result)
        del self._waiting[name]
        if self.store.is_shared:
            self._forget_surplus()

    async def _settle_turns(self, name: str, batch: list[Waiting]) -> list[TurnResult]:
        """Apply turns and commit their changes; after a conflict do it again."""
        for times_lost in range(MAX_LOST_TURNS):
            tracked = self._tracked.get(name) or await self._load(name)
            try:
                results = [_apply(waiting) for waiting in batch]
            except IncompleteJournalError:
                await self._load_journal(name)
                continue
            if await self._settle(name, tracked, times_lost):
                self.counts.turns += len(batch)
                return results
            self.counts.conflicts += 1
        raise StoreError("conflict", f"lost {MAX_LOST_TURNS} races for this sandbox")

    async def _settle(self, name: str, tracked: TrackedSandbox | None, times_lost: int) -> bool:
        """Commit what the turns changed; return False if they must be applied again."""
        entry, token = self.registry.entry_of(name), self._new_token()
        if entry is not None:
            tracked = self._track_new(name, entry, tracked)
            commit = tracked.build_commit(token)
        elif tracked is None:
            return True
        else:
            commit = Commit(name=name, expected=tracked.token, token=token, drops=True)
            self._tracked.pop(name)
        if commit.is_empty and not self.store.is_shared:
            return True
        conflict = await self._commit(replace(commit, times_lost=times_lost))
        if conflict is not None:
            self._catch_up(name, tracked, conflict)
            return False
        if not (commit.is_empty or commit.drops):
            tracked.settle(token)
        return True

    def _track_new(
        self, name: str, entry: RegistryEntry[Any], tracked: TrackedSandbox | None
    ) -> TrackedSandbox:
        """Track a sandbox that the turns made, or that replaces another."""
        if tracked is None or tracked.entry is not entry:
            expected = tracked.token if tracked else ""
            tracked = TrackedSandbox(self.registry, entry, expected, is_new=True)
            self._tracked[name] = tracked
        return tracked

    async def _commit(self, commit: Commit) -> Conflict | None:
        started = monotonic()
        try:
            return await self.store.commit(commit)
        finally:
            self.counts.commits += 1
            self.counts.seconds += monotonic() - started

    def _catch_up(self, name: str, tracked: TrackedSandbox, conflict: Conflict) -> None:
        """Undo the turns and apply what others changed, or load the sandbox again."""
        try:
            is_current = (
                conflict.is_known
                and tracked.undo()
                and tracked.catch_up(conflict.token, conflict.fields)
            )
        except (DecodeError, UnreadableSandboxError):  # loading it again says why
            is_current = False
        if not is_current:
            self._forget(name)

    async def _load(self, name: str) -> TrackedSandbox | None:
        """Load a sandbox from the store, if it is there."""
        stored = await self.store.load(name)
        if stored is None:
            self.registry.forget(name)
            return None
        try:
            tracked = self._track(name, stored)
        except UnreadableSandboxError as error:
            raise _report_unreadable(name, error) from None
        self._tracked[name] = tracked
        return tracked

    def _track(self, name: str, stored: StoredFields) -> TrackedSandbox:
        sandbox = restore_sandbox(name, stored.fields)
        head = decode_head(stored.fields[HEAD])
        source = decode_template(stored.fields[TEMPLATE])
        template = self.registry.template
        if not source.is_default:
            template = self._restore_template(source.name, source.document)
        entry = RegistryEntry(
            sandbox,
            template,
            head.last_used_at or wall_clock(),
            is_changed=head.is_changed,
            owner=head.owner,
        )
        self.registry.adopt(entry)
        return TrackedSandbox(self.registry, entry, stored.token)

    async def _load_journal(self, name: str) -> None:
        """Load the journal entries of a sandbox; turns that met their lack are undone."""
        tracked = self._tracked.get(name)
        if tracked is None or not tracked.undo():
            self._forget(name)
            return
        entries = await self.store.load_entries(name)
        try:
            load_entries(tracked.sandbox.journal, entries)
        except UnreadableSandboxError as error:
            raise _report_unreadable(name, error) from None

    def _forget(self, name: str) -> None:
        """Forget a sandbox at hand, which the store has; it is loaded when it is used."""
        self._tracked.pop(name, None)
        self.registry.forget(name)

    def _forget_surplus(self) -> None:
        """Forget the least recently used sandboxes, unless a turn or delivery is under way."""
        for name in self.registry.names_to_forget():
            entry = self.registry.entry_of(name)
            has_due = entry is not None and entry.sandbox.deliveries.next_due_at() is not None
            if name not in self._waiting and not has_due:
                self._forget(name)

    def _forget_dropped(self, name: str) -> None:
        """Drop a sandbox from a store of our own that the registry evicted."""
        if name in self._tracked and name not in self._waiting:
            asyncio.get_running_loop().call_soon(self._drop_evicted, name)

    def _drop_evicted(self, name: str) -> None:
        if self.registry.entry_of(name) is None and name not in self._waiting:
            self._start(self.take_turn(name, int))

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _new_token(self) -> str:
        return f"{self._run}-{next(self._numbers)}"


def _apply(waiting: Waiting) -> TurnResult:
    """Apply a turn.

    Raises:
        IncompleteJournalError: the turn needs the journal entries, which are not at hand.
    """
    try:
        return TurnResult(waiting.turn(*waiting.args))
    except IncompleteJournalError:
        raise
    except Exception as error:  # noqa: BLE001  # raised where the result is awaited
        return TurnResult(error=error)


def _resolve(future: "asyncio.Future[Any]", result: TurnResult) -> None:
    if future.done():  # the client left meanwhile
        return
    if result.error is None:
        future.set_result(result.value)
    else:
        future.set_exception(result.error)


def _report_unreadable(name: str, error: UnreadableSandboxError) -> StoreError:
    """Log that a stored sandbox cannot be read, and return the error for its callers."""
    message = f"sandbox {display_name(name)!r} cannot be read: {error}"
    log.error("%s", message)
    return StoreError("store_unreadable", message)
