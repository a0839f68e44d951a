"""Bounded cache of orders encoded as JSON.

Orders are immutable: the same object in the same status always encodes to the same bytes.
"""

import orjson

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import Order
from mockserver.http.merchant.order_serializer import serialize_order

MAX_CACHE_BYTES = 8 * 1024**2
MAX_CACHED_ORDER_BYTES = 4 * 1024**2


class OrderCache:
    """Encodes orders as JSON and caches the result."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: dict[int, tuple[Order, Status, bytes]] = {}
        self._bytes = 0

    def encode(self, order: Order, status: Status, assumptions: Assumptions) -> bytes:
        """Encode an order as JSON, or return the cached bytes."""
        cached = self._entries.get(id(order))
        if cached and cached[0] is order and cached[1] is status:
            return cached[2]
        body = orjson.dumps(serialize_order(order, status, assumptions))
        if len(body) <= MAX_CACHED_ORDER_BYTES:
            self._evict(id(order))  # it may be cached in another status
            self._entries[id(order)] = order, status, body
            self._bytes += len(body)
            while self._bytes > MAX_CACHE_BYTES:
                self._evict(next(iter(self._entries)))
        return body

    def _evict(self, key: int) -> None:
        cached = self._entries.pop(key, None)
        if cached:
            self._bytes -= len(cached[2])
