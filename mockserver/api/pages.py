"""Orders as encoded JSON, kept until the order changes.

An order is a value: as long as it is the same object in the same status, its page is
the same bytes. The memory for kept pages is bounded.
"""

import orjson

from mockserver.api.views import order_view
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import Order

PAGES_KEPT = 512
LARGEST_KEPT = 32_768  # bytes


class OrderPages:
    """Encodes orders, and remembers the latest ones."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self._kept: dict[int, tuple[Order, Status, bytes]] = {}

    def of(self, order: Order, status: Status, assumptions: Assumptions) -> bytes:
        """Encode an order, or give the bytes from last time."""
        kept = self._kept.get(id(order))
        if kept and kept[0] is order and kept[1] is status:
            return kept[2]
        page = orjson.dumps(order_view(order, status, assumptions))
        if len(page) <= LARGEST_KEPT:
            if len(self._kept) >= PAGES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[id(order)] = order, status, page
        return page
