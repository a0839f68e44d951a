"""A sandbox: its tables, limits and snapshots.

Everything here is synchronous, so turns on a sandbox never interleave.
"""

from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.decision import order_not_found
from mockserver.domain.errors import Reason
from mockserver.domain.forced_outcomes import force_outcome
from mockserver.domain.fraud_review import end_due_review
from mockserver.domain.operation import DEPRECATED_OPERATIONS, Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.clock import Clock, wall_nanoseconds
from mockserver.sandbox.deliveries.inbox import Deliveries
from mockserver.sandbox.faults.rules import FaultRules
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.memory_sizes import (
    NAME_BYTES,
    RECEIPT_BYTES,
    measure_parts,
)
from mockserver.sandbox.names import display_name
from mockserver.sandbox.snapshots import MAX_SNAPSHOTS, Snapshot
from mockserver.sandbox.tally import Tally
from mockserver.sandbox.waiters import wait_for_change

if TYPE_CHECKING:
    from mockserver.sandbox.deliveries.webhooks import WebhookEndpoint
    from mockserver.sandbox.idempotency import Receipt

MAX_SANDBOX_BYTES = 512 * 1024**2
"""Maximum bytes of a sandbox with its journal, faults and snapshots."""

MAX_ORDER_BYTES = 32 * 1024**2
"""Maximum bytes of an order with its captures and refunds, which every response repeats."""


class Sandbox:
    """The tables, clock, ids, faults and journal behind one user name.

    Attributes:
        birth: real time in nanoseconds at which it was built or restored; no other sandbox
            of its name has the same.
        orders: orders by id, oldest first.
        checkouts: checkout orders by id, oldest first; an order that came about at
            checkout has the same id.
        deliveries: calls to the merchant, oldest first.
        webhooks: the endpoints that receive events.
        receipts: receipts by name, oldest first.
        tally: counts of its requests, by what was decided and delivered.
        order_names: order ids by their names in the scenario.
        movement_names: names by capture or refund id.
        snapshots: snapshots by name, oldest first.
        order_bytes: bytes of each order, by its id; replaced parts still count.
        held_bytes: bytes of all orders together.
        checkout_bytes: bytes of the requests behind all checkout orders.
        template_bytes: bytes of the scenario it was filled from, unless others share it.
        make_room: called with the name and the bytes of a change before it is made;
            raises a refusal if all sandboxes together have no room for it.
        on_change: called with the name after each accepted change, and what it adds in bytes.
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
        self.birth = wall_nanoseconds()
        self.orders: dict[str, Order] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.receipts: dict[str, Receipt] = {}
        self.deliveries = Deliveries()
        self.tally = Tally()
        self.webhooks: tuple[WebhookEndpoint, ...] = ()
        self.clock = clock or Clock()
        self.ids = ids or IdGenerator(display_name(name))
        self.journal = journal or Journal()
        self.assumptions = assumptions or Assumptions()
        self.credentials = credentials or {}
        self.faults = FaultRules(seed=self.ids.seed)
        self.snapshots: dict[str, Snapshot] = {}
        self.order_names: dict[str, str] = {}
        self.movement_names: dict[str, str] = {}
        self.order_bytes: dict[str, int] = {}
        self.held_bytes = 0
        self.checkout_bytes = 0
        self.template_bytes = 0
        self.make_room: Callable[[str, int], None] | None = None
        self.on_change: Callable[[str, int], None] | None = None

    @property
    def bytes_by_kind(self) -> Mapping[str, int]:
        """The bytes of what it holds, by kind."""
        names = len(self.order_names) + len(self.movement_names)
        return {
            "orders": self.held_bytes,
            "checkouts": self.checkout_bytes,
            "deliveries": self.deliveries.total_bytes,
            "scenario": self.template_bytes,
            "receipts": len(self.receipts) * RECEIPT_BYTES,
            "journal": self.journal.total_bytes,
            "faults": self.faults.total_bytes,
            "names": names * NAME_BYTES,
            "snapshots": sum([s.total_bytes for s in self.snapshots.values()]),
        }

    @property
    def display_name(self) -> str:
        """The name as it may be shown: an API key only as a digest."""
        return display_name(self.name)

    @property
    def total_bytes(self) -> int:
        """Approximate number of bytes held, including snapshots."""
        return sum(self.bytes_by_kind.values())

    def check_room(self, size: int, operation: Operation | None = None) -> None:
        """Check that there is room for a change of this size in bytes.

        Raises:
            Refusal: This sandbox, or all of them together, would exceed a limit.
        """
        if self.total_bytes + size > MAX_SANDBOX_BYTES:
            sizes = self.bytes_by_kind.items()
            held = ", ".join(f"{kind} {number}" for kind, number in sizes if number)
            raise Refusal(Reason.SANDBOX_IS_FULL, operation, limit=MAX_SANDBOX_BYTES, held=held)
        if self.make_room is not None:
            self.make_room(self.name, size)

    def add(self, order: Order) -> bool:
        """Add a new order.

        Returns:
            False if the id is taken, also by a checkout order that is not complete.

        Raises:
            Refusal: There is no room for it.
        """
        checkout = self.checkouts.get(order.order_id)
        if order.order_id in self.orders or (checkout and not checkout.completed_at):
            return False
        size = measure_parts(order)
        self.check_order_room(order.order_id, size, None)
        self.orders[order.order_id] = order
        self.record_change(order.order_id, size)
        return True

    def put_checkout(self, checkout: Checkout, size: int) -> None:
        """Store a new or changed checkout order that came in a request of ``size`` bytes."""
        self.checkouts[checkout.order_id] = checkout
        self.checkout_bytes += size
        if self.on_change is not None:
            self.on_change(self.name, size)

    def find_order(self, order_id: str) -> Order | None:
        """Find an order as it is now: a fraud review whose planned end is reached has ended."""
        order = self.orders.get(order_id)
        return order and end_due_review(order, self.clock.now())

    def get_order(self, order_id: str, operation: Operation) -> Order:
        """Read an order.

        Raises:
            Refusal: there is no such order, or the operation is withdrawn.
        """
        self.check_not_withdrawn(operation)
        order = self.find_order(order_id)
        if order is None:
            raise order_not_found(order_id, operation)
        return order

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

    def record(self, entry: Entry) -> None:
        """Add a request to the journal, and to the tally."""
        order = entry.before or self.orders.get(entry.order_id or "")
        self.tally.count_request(entry, order, self.assumptions)
        self.journal.record(entry)

    async def wait_for_change(self, seconds: float) -> bool:
        """Wait for the next request or change of a delivery; return False on timeout."""
        return await wait_for_change(seconds, self.journal.waiters, self.deliveries.waiters)

    def build_tally(self) -> Tally:
        """Return the tally of its requests and deliveries."""
        tally = self.tally.copy()
        for delivery in self.deliveries:
            tally.count_delivery(delivery)
        return tally

    def build_snapshot(self) -> Snapshot:
        """Return its complete state."""
        self.journal.require_entries()
        return Snapshot(
            taken_at=self.clock.now(),
            frozen=self.clock.frozen,
            orders=dict(self.orders),
            checkouts=dict(self.checkouts),
            checkout_bytes=self.checkout_bytes,
            deliveries=self.deliveries.copy(),
            webhooks=self.webhooks,
            receipts=dict(self.receipts),
            ids=self.ids.copy(),
            faults=self.faults.copy(),
            journal=self.journal.copy(),
            order_names=dict(self.order_names),
            movement_names=dict(self.movement_names),
            order_bytes=dict(self.order_bytes),
            held_bytes=self.held_bytes,
        )

    def take_snapshot(self, name: str) -> Snapshot:
        """Store a snapshot under a name; beyond the limit the oldest is dropped."""
        snapshot = self.build_snapshot()
        self.check_room(snapshot.total_bytes)
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
        self.birth = wall_nanoseconds()
        self.orders = dict(snapshot.orders)
        self.checkouts = dict(snapshot.checkouts)
        self.checkout_bytes = snapshot.checkout_bytes
        self.deliveries = snapshot.deliveries.copy()
        self.webhooks = snapshot.webhooks
        self.receipts = dict(snapshot.receipts)
        self.ids = snapshot.ids.copy()
        self.faults = snapshot.faults.copy()
        old_journal, self.journal = self.journal, snapshot.journal.copy()
        old_journal.notify_waiters()
        self.order_names = dict(snapshot.order_names)
        self.movement_names = dict(snapshot.movement_names)
        self.order_bytes = dict(snapshot.order_bytes)
        self.held_bytes = snapshot.held_bytes
        self.clock = Clock(snapshot.taken_at, frozen=snapshot.frozen)
        return snapshot

    def copy(self) -> "Sandbox":
        """Return a copy for reading: what happens to the sandbox later does not change it."""
        reader = copy(self)
        for attribute, value in vars(self).items():
            if isinstance(value, dict | Deliveries | FaultRules | Journal):
                setattr(reader, attribute, value.copy())
        reader.clock = copy(self.clock)
        return reader

    def check_order_room(self, order_id: str, size: int, operation: Operation | None) -> None:
        """Check the limits of an order and of its sandbox for a change.

        Raises:
            Refusal: There is no room; changes that bring nothing to store need none.
        """
        if not size:
            return
        if self.order_bytes.get(order_id, 0) + size > MAX_ORDER_BYTES:
            raise Refusal(
                Reason.ORDER_IS_FULL,
                operation,
                order_id=order_id,
                kind="bytes",
                limit=MAX_ORDER_BYTES,
            )
        self.check_room(size, operation)

    def record_change(self, order_id: str, size: int) -> None:
        """Count what an order has grown by, in bytes."""
        self.order_bytes[order_id] = self.order_bytes.get(order_id, 0) + size
        self.held_bytes += size
        if self.on_change is not None:
            self.on_change(self.name, size)

    def check_not_withdrawn(self, operation: Operation) -> None:
        """Check that the provider still offers an operation.

        Raises:
            Refusal: The operation is withdrawn.
        """
        withdrawn = self.assumptions.deprecated_operations == "not_found"
        if withdrawn and operation in DEPRECATED_OPERATIONS:
            raise Refusal(Reason.OPERATION_WITHDRAWN, operation, path=operation)
