"""Bounded cache of orders encoded as JSON.

An order is a value: as long as it is the same object in the same status, its page is
the same bytes. The memory for kept pages is bounded.
"""

import orjson

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import Order
from mockserver.http.merchant.serializers import serialize_order

MAX_CACHE_BYTES = 2 * 1024**2
MAX_CACHED_ORDER_BYTES = 32_768  # bytes


class OrderCache:
    """Encodes orders as JSON and caches the result."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self._entries: dict[int, tuple[Order, Status, bytes]] = {}
        self._bytes = 0

    def encode(self, order: Order, status: Status, assumptions: Assumptions) -> bytes:
        """Encode an order, or give the bytes from last time."""
        cached = self._entries.get(id(order))
        if cached and cached[0] is order and cached[1] is status:
            return cached[2]
        page = orjson.dumps(serialize_order(order, status, assumptions))
        if len(page) <= MAX_CACHED_ORDER_BYTES:
            self._evict(id(order))  # what was written of it in another status
            self._entries[id(order)] = order, status, page
            self._bytes += len(page)
            while self._bytes > MAX_CACHE_BYTES:
                self._evict(next(iter(self._entries)))
        return page

    def _evict(self, key: int) -> None:
        cached = self._entries.pop(key, None)
        if cached:
            self._bytes -= len(cached[2])
