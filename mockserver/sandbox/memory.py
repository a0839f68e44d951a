"""The store that is used by default: dictionaries, gone with the process."""

from collections.abc import Sequence

from mockserver.domain.order import Order
from mockserver.sandbox.store import RECEIPTS_KEPT, Opened, Receipt


class MemoryStore:
    """Keeps orders and receipts in memory; see :class:`~.store.Store`."""

    def __init__(self) -> None:
        """Start empty."""
        self._orders: dict[str, tuple[Order, int]] = {}
        self._receipts: dict[str, Receipt] = {}

    async def add(self, order: Order) -> bool:
        """Put a new order in; say no if its id is taken."""
        if order.order_id in self._orders:
            return False
        self._orders[order.order_id] = order, 0
        return True

    async def open(self, order_id: str, receipt_name: str | None = None) -> Opened:
        """Look an order and a receipt up."""
        order, version = self._orders.get(order_id, (None, 0))
        receipt = self._receipts.get(receipt_name) if receipt_name else None
        return Opened(order, version, receipt)

    async def commit(
        self,
        opened: Opened,
        order: Order,
        receipt_name: str | None = None,
        receipt: Receipt | None = None,
    ) -> bool:
        """Write both unless either changed since; there is no await in between."""
        _, version = self._orders[order.order_id]
        if version != opened.version:
            return False
        if receipt_name and receipt:
            if self._receipts.get(receipt_name) is not opened.receipt:
                return False
            self._keep(receipt_name, receipt)
        self._orders[order.order_id] = order, version + 1
        return True

    async def copy(self) -> "MemoryStore":
        """A store of its own with the same content; orders are shared, being values."""
        twin = MemoryStore()
        twin._orders = dict(self._orders)
        twin._receipts = dict(self._receipts)
        return twin

    async def orders(self) -> Sequence[Order]:
        """All orders, oldest addition first."""
        return [order for order, _ in self._orders.values()]

    def _keep(self, name: str, receipt: Receipt) -> None:
        self._receipts.pop(name, None)
        self._receipts[name] = receipt
        if len(self._receipts) > RECEIPTS_KEPT:
            del self._receipts[next(iter(self._receipts))]
