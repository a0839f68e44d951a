"""Snapshot of a sandbox; cheap, because orders are immutable."""

from datetime import datetime

from msgspec import Struct

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.order import Order
from mockserver.sandbox.deliveries import Deliveries
from mockserver.sandbox.faults.rules import FaultRules
from mockserver.sandbox.idempotency import Receipt
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Journal

MAX_SNAPSHOTS = 100


class Snapshot(Struct, frozen=True):
    """The complete state of a sandbox at one time."""

    taken_at: datetime
    frozen: bool
    orders: dict[str, Order]
    checkouts: dict[str, Checkout]
    deliveries: Deliveries
    receipts: dict[str, Receipt]
    ids: IdGenerator
    faults: FaultRules
    journal: Journal
    order_names: dict[str, str]
    movement_names: dict[str, str]
    held_bytes: int
