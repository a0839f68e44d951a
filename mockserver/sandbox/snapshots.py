"""A sandbox frozen at a moment: instant, because orders are immutable values."""

from datetime import datetime

from msgspec import Struct

from mockserver.domain.order import Order
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.idempotency import Receipt
from mockserver.sandbox.ids import Ids
from mockserver.sandbox.journal import Journal

SNAPSHOTS_KEPT = 100


class Snapshot(Struct, frozen=True):
    """All that a sandbox held at a moment of its time."""

    taken_at: datetime
    frozen: bool
    orders: dict[str, Order]
    receipts: dict[str, Receipt]
    ids: Ids
    faults: Faults
    journal: Journal
    order_names: dict[str, str]
    part_names: dict[str, str]
    held: int
