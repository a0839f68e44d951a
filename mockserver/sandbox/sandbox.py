"""One merchant's world, and the loop in which a command takes effect.

*open* (order, version, earlier receipt), *decide* (pure), *commit* (order and receipt
together, if the version still holds, else again). One key has one effect because the
receipt is committed with the order, and a lost race finds it on its next turn.
"""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Command
from mockserver.domain.decide import decide
from mockserver.domain.decision import Context, Decision, Outcome
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.forced import force
from mockserver.domain.lookup import order_not_found
from mockserver.domain.operation import DEPRECATED, Operation
from mockserver.domain.order import Order
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.ids import Ids
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.memory import MemoryStore
from mockserver.sandbox.sharing import SharedLines
from mockserver.sandbox.snapshots import SNAPSHOTS_KEPT, Snapshot
from mockserver.sandbox.store import Opened, Receipt, Store, fingerprint

KEY_LIFETIME = timedelta(hours=24)  # documented by Klarna, retry policy
ATTEMPTS = 100
BYTES_KEPT = 512 * 1024**2
"""How many bytes the requests may have that the orders and snapshots of a sandbox come from."""


class Executed(Struct, frozen=True):
    """How a command ended.

    ``replayed`` says that an idempotency key was known and nothing was done again,
    ``body_changed`` that it was known for another request. ``before`` and ``after``
    are the order; the same object where nothing changed, ``None`` where there is none.
    """

    result: Outcome | Rejection
    before: Order | None
    after: Order | None
    replayed: bool = False
    body_changed: bool = False


class Sandbox:
    """The orders, receipts, clock, ids and journal behind one user name."""

    def __init__(
        self,
        name: str,
        *,
        store: Store | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        journal: Journal | None = None,
        assumptions: Assumptions | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        """Make an empty world; by default in memory, on wall time, seeded by name."""
        self.name = name
        self.store: Store = store or MemoryStore()
        self.clock = clock or Clock()
        self.ids = ids or Ids(name)
        self.journal = journal or Journal()
        self.assumptions = assumptions or Assumptions()
        self.credentials = credentials or {}
        self.faults = Faults(seed=self.ids.seed)
        self.snapshots: dict[str, Snapshot] = {}  # by name, oldest first
        self.order_names: dict[str, str] = {}  # name in the scenario -> order id
        self.part_names: dict[str, str] = {}  # capture or refund id -> name
        self._lines = SharedLines()
        self.held = 0  # bytes of the requests that its orders come from

    @property
    def weight(self) -> int:
        """About how many bytes it holds, those of its snapshots included."""
        return self.held + sum(each.held for each in self.snapshots.values())

    def has_room(self, size: int) -> bool:
        """Say whether so many bytes more may be kept."""
        return self.weight + size <= BYTES_KEPT

    async def find(self, order_id: str, operation: Operation) -> Order:
        """Read an order.

        Raises:
            Rejection: there is none, or the operation was withdrawn by the provider.
        """
        self._check_offered(operation)
        order = (await self.store.open(order_id)).order
        if order is None:
            raise order_not_found(order_id, operation)
        return order

    async def replay(self, order_id: str, operation: Operation, key: str) -> Executed | None:
        """Find the answer of a known key for a request that cannot be understood.

        Only the key matters (documented), so that the body need not make sense.
        """
        opened = await self.store.open(order_id, self._receipt_name(order_id, operation, key))
        return self._known(opened, self.clock.now(), body_changed=True)

    async def execute(
        self,
        order_id: str,
        command: Command,
        key: str | None = None,
        *,
        size: int = 0,
        allocation_fails: bool = False,
    ) -> Executed:
        """Carry a command out once, however often its idempotency key is sent.

        ``size`` is that of its request (bytes), for which there must be room. With
        ``allocation_fails`` a refund is accepted, but not allocated.

        Returns:
            The outcome or the rejection, and the order before and after.
        """
        context = Context(
            self.clock.now(),
            self.ids.change_id(),
            self.assumptions,
            allocation_fails=allocation_fails,
        )
        command = self._lines.share(command, size)
        name = self._receipt_name(order_id, command.operation, key) if key else None
        store = self.store  # one and the same, should a snapshot be restored meanwhile
        for _ in range(ATTEMPTS):
            opened = await store.open(order_id, name)
            replay = self._replay(opened, command, context)
            if replay:
                return replay
            if opened.order is None:
                capture_id = getattr(command, "capture_id", "")
                missing = order_not_found(order_id, command.operation, capture_id)
                return Executed(missing, None, None)
            executed, decided = self._decide(opened.order, command, context, size)
            if decided is None and not self._keeps_refusals(name):
                return executed
            after = decided.order if decided else opened.order
            receipt = self._receipt(command, executed, context) if name else None
            if await store.commit(opened, after, name, receipt):
                return executed
        conflict = Rejection(Reason.CONFLICT, command.operation, order_id=order_id)
        return Executed(conflict, opened.order, opened.order)

    async def force(self, order_id: str, outcome: str) -> Order | None:
        """Bring an outcome of :data:`~mockserver.domain.forced.FORCED` about.

        Returns the changed order, or ``None`` where there is none.
        """
        while True:
            opened = await self.store.open(order_id)
            if opened.order is None:
                return None
            changed = force(opened.order, outcome, self.clock.now())
            if await self.store.commit(opened, changed):
                return changed

    async def freeze(self, name: str) -> Snapshot:
        """Keep a snapshot under a name, instead of any earlier one of that name.

        Beyond the limit the oldest snapshot goes.
        """
        snapshot = Snapshot(
            taken_at=self.clock.now(),
            frozen=self.clock.frozen,
            store=await self.store.copy(),
            ids=deepcopy(self.ids),
            faults=deepcopy(self.faults),
            journal=self.journal.copy(),
            order_names=dict(self.order_names),
            part_names=dict(self.part_names),
            held=self.held,
        )
        self.snapshots.pop(name, None)
        self.snapshots[name] = snapshot
        if len(self.snapshots) > SNAPSHOTS_KEPT:
            del self.snapshots[next(iter(self.snapshots))]
        return snapshot

    async def restore(self, name: str) -> Snapshot:
        """Go back to a snapshot, with its time, ids and journal.

        Who waits for a request goes on waiting over the journal of the snapshot.

        Raises:
            KeyError: there is no snapshot of this name.
        """
        snapshot = self.snapshots[name]
        self.store = await snapshot.store.copy()
        self.ids = deepcopy(snapshot.ids)
        self.faults = deepcopy(snapshot.faults)
        left, self.journal = self.journal, snapshot.journal.copy()
        left.wake()
        self.order_names = dict(snapshot.order_names)
        self.part_names = dict(snapshot.part_names)
        self.held = snapshot.held
        self.clock = Clock(snapshot.taken_at, frozen=snapshot.frozen)
        return snapshot

    def _decide(
        self,
        order: Order,
        command: Command,
        context: Context,
        size: int,
    ) -> tuple[Executed, Decision | None]:
        try:
            self._check_offered(command.operation)
            if not self.has_room(size):
                raise Rejection(Reason.SANDBOX_IS_FULL, command.operation, limit=BYTES_KEPT)
            decision = decide(order, command, context)
        except Rejection as rejection:
            return Executed(rejection.with_traceback(None), order, order), None
        return Executed(decision.outcome, order, decision.order), decision

    def _replay(
        self,
        opened: Opened,
        command: Command,
        context: Context,
    ) -> Executed | None:
        receipt = opened.receipt
        changed = receipt is not None and receipt.fingerprint != fingerprint(command)
        return self._known(opened, context.now, body_changed=changed)

    def _known(self, opened: Opened, now: datetime, *, body_changed: bool) -> Executed | None:
        receipt, same = opened.receipt, opened.order
        if receipt is None or now - receipt.made_at >= KEY_LIFETIME:
            return None
        return Executed(receipt.result, same, same, replayed=True, body_changed=body_changed)

    def _receipt(self, command: Command, executed: Executed, context: Context) -> Receipt:
        return Receipt(fingerprint(command), executed.result, context.now)

    def _receipt_name(self, order_id: str, operation: Operation, key: str) -> str:
        match self.assumptions.idempotency_scope:
            case "operation":
                return f"{order_id}/{operation}/{key}"
            case "order":
                return f"{order_id}/{key}"
            case _:
                return key

    def _keeps_refusals(self, receipt_name: str | None) -> bool:
        wanted = self.assumptions.idempotent_errors == "replayed"
        return wanted and receipt_name is not None

    def _check_offered(self, operation: Operation) -> None:
        withdrawn = self.assumptions.deprecated_operations == "not_found"
        if withdrawn and operation in DEPRECATED:
            raise Rejection(Reason.OPERATION_WITHDRAWN, operation, path=operation)
