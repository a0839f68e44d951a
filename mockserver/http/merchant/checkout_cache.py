"""Bounded cache of checkout orders encoded as JSON.

Checkout orders are immutable: the same object always encodes to the same bytes, for the
same address of its page.
"""

import orjson

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.http.merchant.checkout_serializer import serialize_checkout

MAX_CACHED = 1000  # checkout orders
MAX_CACHED_BYTES = 65_536  # of one


def encode_checkout(checkout: Checkout, assumptions: Assumptions, page_url: str) -> bytes:
    """Encode a checkout order as JSON."""
    return orjson.dumps(serialize_checkout(checkout, assumptions, page_url))


class CheckoutCache:
    """Encodes checkout orders as JSON and caches the latest."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[Checkout, str, bytes]] = {}

    def encode(self, checkout: Checkout, assumptions: Assumptions, page_url: str) -> bytes:
        """Encode a checkout order as JSON, or return the cached bytes."""
        cached = self._entries.get(id(checkout))
        if cached and cached[0] is checkout and cached[1] == page_url:
            return cached[2]
        body = encode_checkout(checkout, assumptions, page_url)
        if len(body) <= MAX_CACHED_BYTES:
            self._entries[id(checkout)] = checkout, page_url, body
            if len(self._entries) > MAX_CACHED:
                del self._entries[next(iter(self._entries))]
        return body
