"""Snapshot of a sandbox; cheap, because orders are immutable."""

from datetime import datetime

from msgspec import Struct

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.order import Order
from mockserver.sandbox.deliveries.inbox import Deliveries
from mockserver.sandbox.deliveries.webhooks import WebhookEndpoint
from mockserver.sandbox.faults.rules import FaultRules
from mockserver.sandbox.idempotency import Receipt
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.memory_sizes import SLOT_BYTES, SNAPSHOT_BYTES

MAX_SNAPSHOTS = 100


class Snapshot(Struct, frozen=True):
    """The complete state of a sandbox at one time."""

    taken_at: datetime
    frozen: bool
    orders: dict[str, Order]
    checkouts: dict[str, Checkout]
    checkout_bytes: int
    deliveries: Deliveries
    webhooks: tuple[WebhookEndpoint, ...]
    receipts: dict[str, Receipt]
    ids: IdGenerator
    faults: FaultRules
    journal: Journal
    order_names: dict[str, str]
    movement_names: dict[str, str]
    order_bytes: dict[str, int]
    held_bytes: int

    @property
    def total_bytes(self) -> int:
        """The bytes it may hold alone: the sandbox may replace every order of it."""
        shared = len(self.orders) * 2 + len(self.receipts) + len(self.movement_names)
        return (
            SNAPSHOT_BYTES
            + self.held_bytes
            + self.checkout_bytes
            + self.deliveries.total_bytes
            + self.faults.total_bytes
            + SLOT_BYTES * (shared + len(self.order_names))
            + self.journal.total_bytes
        )
