"""A sandbox, and the load-decide-commit loop that executes commands.

Everything here is synchronous. A turn reads, decides and writes without awaiting, so turns
never interleave and one idempotency key has one effect.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.commands import Command
from mockserver.domain.decide import decide
from mockserver.domain.decision import Acceptance, Context, order_not_found
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.forced_outcomes import force_outcome
from mockserver.domain.operation import DEPRECATED_OPERATIONS, Operation
from mockserver.domain.order import Order
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries import Deliveries
from mockserver.sandbox.faults.rules import FaultRules
from mockserver.sandbox.idempotency import Receipt, fingerprint, store_receipt
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.names import display_name
from mockserver.sandbox.snapshots import MAX_SNAPSHOTS, Snapshot

MAX_SANDBOX_BYTES = 512 * 1024**2
"""Limit of request bytes behind the orders and snapshots of a sandbox."""


class Execution(Struct, frozen=True):
    """Result of executing a command.

    Attributes:
        result: the acceptance or the refusal.
        before: the order before; ``None`` if there is no such order.
        after: the order after; the same object if nothing changed.
        replayed: whether the result is that of a known idempotency key.
        body_changed: whether the key was first used for another request.
    """

    result: Acceptance | Refusal
    before: Order | None
    after: Order | None
    replayed: bool = False
    body_changed: bool = False


class Sandbox:
    """The tables, clock, ids, faults and journal behind one user name.

    Attributes:
        orders: orders by id, oldest first.
        checkouts: checkout orders by id, oldest first; an order that came about at
            checkout has the same id.
        deliveries: calls to the merchant, oldest first.
        receipts: receipts by name, oldest first.
        order_names: order ids by their names in the scenario.
        movement_names: names by capture or refund id.
        snapshots: snapshots by name, oldest first.
        held_bytes: bytes of the requests that its orders come from.
        on_growth: called with the sandbox and the bytes that an accepted change added.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Clock | None = None,
        ids: IdGenerator | None = None,
        journal: Journal | None = None,
        assumptions: Assumptions | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        """Create an empty sandbox; by default on wall time, seeded by its name."""
        self.name = name
        self.orders: dict[str, Order] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.receipts: dict[str, Receipt] = {}
        self.deliveries = Deliveries()
        self.clock = clock or Clock()
        self.ids = ids or IdGenerator(display_name(name))
        self.journal = journal or Journal()
        self.assumptions = assumptions or Assumptions()
        self.credentials = credentials or {}
        self.faults = FaultRules(seed=self.ids.seed)
        self.snapshots: dict[str, Snapshot] = {}
        self.order_names: dict[str, str] = {}
        self.movement_names: dict[str, str] = {}
        self.held_bytes = 0
        self.on_growth: Callable[[Sandbox, int], None] | None = None

    @property
    def display_name(self) -> str:
        """The name as it may be shown: an API key only as a digest."""
        return display_name(self.name)

    @property
    def total_bytes(self) -> int:
        """Approximate number of bytes held, including snapshots."""
        return self.held_bytes + sum(
            snapshot.held_bytes for snapshot in self.snapshots.values()
        )

    def has_room_for(self, size: int) -> bool:
        """Return whether a request of this size still fits."""
        return self.total_bytes + size <= MAX_SANDBOX_BYTES

    def add(self, order: Order, *, size: int = 0) -> bool:
        """Add a new order from a request of ``size`` bytes.

        Returns:
            False if the id is taken, also by a checkout order that is not complete.
        """
        checkout = self.checkouts.get(order.order_id)
        if order.order_id in self.orders or (checkout and not checkout.completed_at):
            return False
        self.orders[order.order_id] = order
        self._grow(size)
        return True

    def put_checkout(self, checkout: Checkout, size: int) -> None:
        """Store a new or changed checkout order that came in a request of ``size`` bytes."""
        self.checkouts[checkout.order_id] = checkout
        self._grow(size)

    def get_order(self, order_id: str, operation: Operation) -> Order:
        """Read an order.

        Raises:
            Refusal: there is no such order, or the operation is withdrawn.
        """
        self._check_not_withdrawn(operation)
        order = self.orders.get(order_id)
        if order is None:
            raise order_not_found(order_id, operation)
        return order

    def replay_key(self, order_id: str, operation: Operation, key: str) -> Execution | None:
        """Find the result of a known key for a request whose body cannot be parsed.

        Only the key matters (documented), so the body need not be valid.
        """
        return self._replay_receipt(
            order_id, self._receipt_name(order_id, operation, key), None
        )

    def execute(
        self,
        order_id: str,
        command: Command,
        idempotency_key: str | None = None,
        *,
        request_bytes: int = 0,
        fail_allocation: bool = False,
    ) -> Execution:
        """Execute a command once, however often its idempotency key is sent.

        Nothing is written before everything is decided, so an exception leaves the
        sandbox unchanged.

        Args:
            order_id: the order to change.
            command: the command to execute.
            idempotency_key: the idempotency key, if one was sent.
            request_bytes: bytes of the request, for which there must be room.
            fail_allocation: accept a refund, but do not allocate it.

        Returns:
            The acceptance or refusal, and the order before and after.
        """
        receipt_name = (
            self._receipt_name(order_id, command.operation, idempotency_key)
            if idempotency_key
            else None
        )
        executed, receipt = self._replay_receipt(order_id, receipt_name, command), None
        if executed is None:
            context = Context(
                self.clock.now(),
                self.ids.next_change_id,
                self.assumptions,
                fail_allocation=fail_allocation,
            )
            executed = self._decide(order_id, command, context, request_bytes)
            receipt = (
                self._create_receipt(executed, command, context.now) if receipt_name else None
            )
        self._settle(executed, receipt_name, receipt, request_bytes)
        return executed

    def force_outcome(self, order_id: str, outcome: str) -> Order | None:
        """Force an outcome of :data:`~mockserver.domain.forced_outcomes.FORCED_OUTCOMES`.

        Returns:
            The changed order, or ``None`` if there is no such order.
        """
        order = self.orders.get(order_id)
        if order is None:
            return None
        self.orders[order_id] = changed = force_outcome(order, outcome, self.clock.now())
        return changed

    def take_snapshot(self, name: str) -> Snapshot:
        """Store a snapshot under a name; beyond the limit the oldest is dropped."""
        snapshot = Snapshot(
            taken_at=self.clock.now(),
            frozen=self.clock.frozen,
            orders=dict(self.orders),
            checkouts=dict(self.checkouts),
            deliveries=self.deliveries.copy(),
            receipts=dict(self.receipts),
            ids=deepcopy(self.ids),
            faults=deepcopy(self.faults),
            journal=self.journal.copy(),
            order_names=dict(self.order_names),
            movement_names=dict(self.movement_names),
            held_bytes=self.held_bytes,
        )
        self.snapshots.pop(name, None)
        self.snapshots[name] = snapshot
        if len(self.snapshots) > MAX_SNAPSHOTS:
            del self.snapshots[next(iter(self.snapshots))]
        return snapshot

    def restore_snapshot(self, name: str) -> Snapshot:
        """Restore a snapshot, with its time, ids and journal.

        Waiters for a request continue to wait on the restored journal.

        Raises:
            KeyError: there is no snapshot of this name.
        """
        snapshot = self.snapshots[name]
        self.orders = dict(snapshot.orders)
        self.checkouts = dict(snapshot.checkouts)
        self.deliveries = snapshot.deliveries.copy()
        self.receipts = dict(snapshot.receipts)
        self.ids = deepcopy(snapshot.ids)
        self.faults = deepcopy(snapshot.faults)
        old_journal, self.journal = self.journal, snapshot.journal.copy()
        old_journal.notify_waiters()
        self.order_names = dict(snapshot.order_names)
        self.movement_names = dict(snapshot.movement_names)
        self.held_bytes = snapshot.held_bytes
        self.clock = Clock(snapshot.taken_at, frozen=snapshot.frozen)
        return snapshot

    def _replay_receipt(
        self,
        order_id: str,
        name: str | None,
        command: Command | None,
    ) -> Execution | None:
        """Return the result stored under a receipt name, unless it is expired."""
        receipt = self.receipts.get(name) if name else None
        if receipt is None or receipt.is_expired(self.clock.now()):
            return None
        order = self.orders.get(order_id)
        changed = command is None or receipt.fingerprint != fingerprint(command)
        return Execution(receipt.result, order, order, replayed=True, body_changed=changed)

    def _decide(
        self, order_id: str, command: Command, context: Context, size: int
    ) -> Execution:
        """Decide a command without writing anything."""
        order = self.orders.get(order_id)
        if order is None:
            capture_id = getattr(command, "capture_id", "")
            missing = order_not_found(order_id, command.operation, capture_id)
            return Execution(missing, None, None)
        try:
            self._check_not_withdrawn(command.operation)
            if not self.has_room_for(size):
                raise Refusal(
                    Reason.SANDBOX_IS_FULL, command.operation, limit=MAX_SANDBOX_BYTES
                )
            decision = decide(order, command, context)
        except Refusal as refusal:
            return Execution(refusal.with_traceback(None), order, order)
        return Execution(decision.acceptance, order, decision.order)

    def _create_receipt(
        self, executed: Execution, command: Command, now: datetime
    ) -> Receipt | None:
        """Create the receipt of a result, unless a repeated key is decided again."""
        decided_again = self.assumptions.idempotent_errors == "decided_again"
        is_refused = isinstance(executed.result, Refusal)
        if executed.after is None or (is_refused and decided_again):
            return None
        return Receipt(fingerprint(command), executed.result, now)

    def _settle(
        self,
        executed: Execution,
        name: str | None,
        receipt: Receipt | None,
        size: int,
    ) -> None:
        """Write everything that an executed command changes."""
        self.ids.new_movement_id()
        if name and receipt:
            store_receipt(self.receipts, name, receipt)
        if executed.after is not None and executed.after is not executed.before:
            self.orders[executed.after.order_id] = executed.after
            self._grow(size)

    def _grow(self, size: int) -> None:
        self.held_bytes += size
        if self.on_growth is not None:
            self.on_growth(self, size)

    def _receipt_name(self, order_id: str, operation: Operation, key: str) -> str:
        match self.assumptions.idempotency_scope:
            case "operation":
                return f"{order_id}/{operation}/{key}"
            case "order":
                return f"{order_id}/{key}"
            case _:
                return key

    def _check_not_withdrawn(self, operation: Operation) -> None:
        withdrawn = self.assumptions.deprecated_operations == "not_found"
        if withdrawn and operation in DEPRECATED_OPERATIONS:
            raise Refusal(Reason.OPERATION_WITHDRAWN, operation, path=operation)
