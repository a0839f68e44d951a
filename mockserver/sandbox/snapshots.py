"""Freezing a sandbox and going back: instant, because orders are immutable values."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from mockserver.sandbox.clock import Clock
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.ids import Ids
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.store import Store

if TYPE_CHECKING:
    from mockserver.sandbox.sandbox import Sandbox

SNAPSHOTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a sandbox held at a moment of its time."""

    taken_at: datetime
    frozen: bool
    store: Store
    ids: Ids
    faults: Faults
    journal: Journal
    order_names: dict[str, str]
    part_names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The named snapshots of a sandbox; beyond the limit the oldest goes."""

    by_name: dict[str, Snapshot] = field(default_factory=dict)

    async def take(self, sandbox: "Sandbox", name: str) -> Snapshot:
        """Freeze a sandbox under a name; a snapshot of the same name is replaced."""
        self.by_name.pop(name, None)
        self.by_name[name] = snapshot = Snapshot(
            taken_at=sandbox.clock.now(),
            frozen=sandbox.clock.frozen,
            store=await sandbox.store.copy(),
            ids=deepcopy(sandbox.ids),
            faults=deepcopy(sandbox.faults),
            journal=sandbox.journal.copy(),
            order_names=dict(sandbox.order_names),
            part_names=dict(sandbox.part_names),
        )
        if len(self.by_name) > SNAPSHOTS_KEPT:
            del self.by_name[next(iter(self.by_name))]
        return snapshot

    async def restore(self, sandbox: "Sandbox", name: str) -> Snapshot:
        """Take a sandbox back to a snapshot, its time, ids and journal included.

        Raises:
            KeyError: there is no snapshot of this name.
        """
        snapshot = self.by_name[name]
        sandbox.store = await snapshot.store.copy()
        sandbox.ids = deepcopy(snapshot.ids)
        sandbox.faults = deepcopy(snapshot.faults)
        sandbox.journal = snapshot.journal.copy()
        sandbox.order_names = dict(snapshot.order_names)
        sandbox.part_names = dict(snapshot.part_names)
        sandbox.clock = Clock(snapshot.taken_at, frozen=snapshot.frozen)
        return snapshot
