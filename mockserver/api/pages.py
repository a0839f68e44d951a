"""Orders as encoded JSON, kept until the order changes.

An order is a value: as long as it is the same object in the same status, its page is
the same bytes. The memory for kept pages is bounded.
"""

import orjson

from mockserver.api.views import order_view
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import Order

BYTES_KEPT = 2 * 1024**2
LARGEST_KEPT = 32_768  # bytes


class OrderPages:
    """Encodes orders, and remembers the latest ones."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self._kept: dict[int, tuple[Order, Status, bytes]] = {}
        self._bytes = 0

    def of(self, order: Order, status: Status, assumptions: Assumptions) -> bytes:
        """Encode an order, or give the bytes from last time."""
        kept = self._kept.get(id(order))
        if kept and kept[0] is order and kept[1] is status:
            return kept[2]
        page = orjson.dumps(order_view(order, status, assumptions))
        if len(page) <= LARGEST_KEPT:
            self._forget(id(order))  # what was written of it in another status
            self._kept[id(order)] = order, status, page
            self._bytes += len(page)
            while self._bytes > BYTES_KEPT:
                self._forget(next(iter(self._kept)))
        return page

    def _forget(self, key: int) -> None:
        kept = self._kept.pop(key, None)
        if kept:
            self._bytes -= len(kept[2])
