"""Home backed by a store; cached sandboxes are checked for freshness at each commit.

One task applies the turns that wait, and sends their commits together, until nothing waits.
Turns on a sandbox wait while a commit to it is under way; all that wait are then applied in
order and committed as one. A commit that lost against another server is undone, what the
other changed is applied, and the turns are applied again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from itertools import count
from secrets import token_hex
from time import monotonic
from typing import Any

from mockserver.homes.batch import Batch, Waiting
from mockserver.homes.home import ArgumentsT, ResultT, StoreCounts
from mockserver.homes.outage import Outage
from mockserver.homes.sandbox_loader import SandboxLoader
from mockserver.homes.store import Commit, Conflict, Outcome, Store, StoreError
from mockserver.homes.stored_settings import digest_template
from mockserver.homes.tracked import TrackedSandbox
from mockserver.sandbox.journal import IncompleteJournalError
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.registry_entry import RegistryEntry

MAX_LOST_TURNS = 100
"""Turns that lost this often are given up."""

POLL_INTERVAL = 0.02  # seconds between two looks whether others have made a sandbox
RECHECK_INTERVAL = 0.5  # seconds; looks again although no change was noticed
CLOSE_TIMEOUT = 0.3  # seconds in which a shared store may settle what is under way
RESERVED_INTERVAL = 0.002  # seconds until another server has used its reservation

DIFFERS = (
    "another server of this store builds new sandboxes from another scenario, seed,"
    " assumptions, journal size or version; a reset depends on the server that it meets"
)

log = logging.getLogger("kustom_mock")


class StoredHome:
    """A home whose sandboxes live in a store.

    Attributes:
        registry: the cached sandboxes.
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
            registry: holds the cached sandboxes.
            store: where they live.
            restore_template: makes a template of its name and source.
        """
        self.registry = registry
        self.store = store
        self.replica = store.replica
        self.counts = StoreCounts()
        self._outage = Outage()
        self._loader = SandboxLoader(registry, store, restore_template)
        self._tracked: dict[str, TrackedSandbox] = {}
        self._waiting: dict[str, list[Waiting]] = {}
        self._ready: list[Batch] = []
        self._is_working = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._numbers, self._run = count(1), token_hex(4)
        if store.is_shared:
            registry.is_cache = True
        else:
            registry.on_drop = self._forget_dropped

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Why stored sandboxes could not be read, by name: another version, or damage."""
        return self._loader.unreadable

    async def open(self) -> None:
        """Check the store, and load all sandboxes, whose deliveries may be due."""
        await self.store.open()
        await self.load_all()
        warning = await self.check()
        if warning:
            log.warning("%s", warning)
        with suppress(StoreError):  # a full store stops no server
            await self.store.announce(digest_template(self.registry.template))

    async def check(self) -> str:
        """Check that the store answers; warn if another server builds other sandboxes."""
        digest = await self.store.check()
        return DIFFERS if digest and digest != digest_template(self.registry.template) else ""

    async def close(self) -> None:
        """Wait for the commits under way, and close the store.

        Those to a shared store that takes too long are given up: nobody waits for them.
        """
        seconds = CLOSE_TIMEOUT if self.store.is_shared else None
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await self.store.close()

    async def take_turn(
        self, name: str, turn: Callable[[*ArgumentsT], ResultT], *args: *ArgumentsT
    ) -> ResultT:
        """Apply a turn and commit its changes; without a name it only reads."""
        if not name:
            return turn(*args)
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        if name not in self._waiting:
            self._waiting[name] = []
            self._schedule(Batch(name))
        self._waiting[name].append(Waiting(turn, args, future))
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
        """Load all sandboxes of the store, and forget those that are gone from it."""
        known = [*(sandbox.name for sandbox in self.registry), *self.unreadable]
        for name in dict.fromkeys([*await self.store.names(), *known]):
            await self.take_turn(name, int)

    def _schedule(self, batch: Batch) -> None:
        """Schedule a batch; start the worker task if idle."""
        self._ready.append(batch)
        if not self._is_working:
            self._is_working = True
            self._start(self._work())

    async def _work(self) -> None:
        """Apply and commit batches, until none is ready."""
        while self._ready:
            ready, self._ready = self._ready, []
            batches = [batch for batch in ready if self._prepare(batch)]
            commits = [batch.commit for batch in batches if batch.commit is not None]
            outcomes = await self._commit(commits) if commits else ()
            for row in zip(batches, commits, outcomes, strict=True):
                self._finish(*row)
        self._is_working = False
        if self.store.is_shared:
            self._forget_surplus()

    def _prepare(self, batch: Batch) -> bool:
        """Apply the turns of a batch; return whether there is a commit to write."""
        name = batch.name
        if batch.commit is not None:  # another server went first
            return True
        if not batch.turns:
            batch.turns, self._waiting[name] = self._waiting[name], []
        if name not in self._tracked and not batch.is_loaded:
            self._start(self._fetch(batch, self._load))
            return False
        try:
            batch.apply()
            batch.commit = self._build_commit(batch)
        except IncompleteJournalError:
            self._start(self._fetch(batch, self._load_journal))
            return False
        except Exception as error:  # noqa: BLE001  # the turns must get it
            self._end(batch, error)
            return False
        if batch.commit is None:
            self._end(batch)
        return batch.commit is not None

    def _build_commit(self, batch: Batch) -> Commit | None:
        """Build the commit of what the turns changed, if there is anything to write."""
        name, token = batch.name, self._new_token()
        entry, tracked = self.registry.entry_of(name), self._tracked.get(name)
        batch.tracked = None
        if entry is not None:
            batch.tracked = self._track_new(batch, entry, tracked)
            commit = batch.tracked.build_commit(token, batch.times_lost)
            return commit if self.store.is_shared or not commit.is_empty else None
        expected = batch.unreadable_token if tracked is None else tracked.token
        if expected is None or name in self.registry.unreadable:
            return None
        self._tracked.pop(name, None)
        return Commit(name=name, expected=expected, token=token, drops=True)

    async def _commit(self, commits: Sequence[Commit]) -> Sequence[Outcome | Exception]:
        """Write commits on different sandboxes."""
        started = monotonic()
        try:
            return await self.store.commit(commits)
        except Exception as error:  # noqa: BLE001  # the waiting turns must get it
            return [error] * len(commits)
        finally:
            self.counts.commits += len(commits)
            self.counts.seconds += monotonic() - started

    def _finish(self, batch: Batch, commit: Commit, outcome: Outcome | Exception) -> None:
        """Go on after a commit was written or not."""
        if isinstance(outcome, Exception):
            self._end(batch, outcome)
        elif outcome is None:
            if batch.unreadable_token is not None:
                self._loader.unreadable.pop(batch.name, None)
            if batch.tracked is not None and not commit.is_empty:
                batch.tracked.settle(commit.token)
                if self._outage.reason:
                    self._outage.end()
            self._end(batch)
        elif outcome.is_reserved:
            asyncio.get_running_loop().call_later(RESERVED_INTERVAL, self._schedule, batch)
        else:
            self._apply_again(batch, outcome)

    def _apply_again(self, batch: Batch, conflict: Conflict) -> None:
        """Undo the turns of a batch that lost, and schedule them again."""
        self.counts.conflicts += 1
        self._catch_up(batch, conflict)
        batch.lose()
        if batch.times_lost < MAX_LOST_TURNS:
            self._schedule(batch)
        else:
            message = f"lost {MAX_LOST_TURNS} races for this sandbox"
            self._end(batch, StoreError("conflict", message))

    def _end(self, batch: Batch, error: Exception | None = None) -> None:
        """Resolve the turns of a batch, and go on with those that wait for the sandbox.

        After an error it is not known whether the turns are settled.
        """
        if batch.unreadable_token is not None:
            self.registry.unreadable.pop(batch.name, None)
        if error is None:
            self.counts.turns += len(batch.turns)
        else:
            self.counts.errors += 1
            self._forget(batch.name)
            self._outage.note(error)
        batch.resolve(error)
        if self._waiting[batch.name]:
            self._schedule(Batch(batch.name))
        else:
            del self._waiting[batch.name]

    async def _fetch(self, batch: Batch, load: Callable[[Batch], Awaitable[None]]) -> None:
        """Load what a batch needs, and go on with it."""
        try:
            await load(batch)
        except Exception as error:  # noqa: BLE001  # the waiting turns must get it
            self._end(batch, error)
        else:
            self._schedule(batch)

    def _track_new(
        self, batch: Batch, entry: RegistryEntry[Any], tracked: TrackedSandbox | None
    ) -> TrackedSandbox:
        """Track a sandbox that the turns made, or that replaces another."""
        if tracked is None or tracked.entry is not entry:
            expected = tracked.token if tracked else batch.unreadable_token or ""
            tracked = TrackedSandbox(self.registry, entry, expected, is_new=True)
            self._tracked[batch.name] = tracked
        return tracked

    def _catch_up(self, batch: Batch, conflict: Conflict) -> None:
        """Undo the turns and apply what others changed, or load the sandbox again."""
        tracked = batch.tracked
        try:
            is_current = (
                tracked is not None
                and conflict.is_known
                and tracked.undo()
                and tracked.catch_up(conflict.token, conflict.fields)
            )
        except Exception:  # noqa: BLE001  # loading it again says why
            is_current = False
        if not is_current:
            self._forget(batch.name)

    async def _load(self, batch: Batch) -> None:
        """Load a sandbox from the store, if it is there."""
        loaded = await self._loader.load(batch.name)
        batch.is_loaded, batch.unreadable_token = True, loaded.unreadable_token
        if loaded.tracked is not None:
            self._tracked[batch.name] = loaded.tracked

    async def _load_journal(self, batch: Batch) -> None:
        """Load the journal entries of a sandbox; turns that met their lack are undone."""
        name = batch.name
        tracked = self._tracked.get(name)
        if tracked is None or not tracked.undo():
            self._forget(name)
            await self._load(batch)
            tracked = self._tracked.get(name)
        if tracked is not None:
            await self._loader.load_journal(tracked)

    def _forget(self, name: str) -> None:
        """Remove a sandbox from the cache; it is loaded from the store when it is used."""
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
