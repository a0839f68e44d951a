"""Limit the memory of responses that clients do not read."""

import asyncio

MAX_UNREAD_BYTES = 256 * 1024**2
"""Maximum bytes of the unread responses of all connections."""


class UnreadResponses:
    """Bytes that wait for their clients, by connection; the longest waiting one comes first.

    Beyond the limit the connections that have waited longest are dropped.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._sizes: dict[asyncio.Transport, int] = {}
        self._total = 0

    def add(self, transport: asyncio.Transport, size: int) -> None:
        """Count the bytes that the client of a connection has to read."""
        self.remove(transport)
        self._sizes[transport] = size
        self._total += size
        while self._total > MAX_UNREAD_BYTES:
            oldest = next(iter(self._sizes))
            self.remove(oldest)
            oldest.abort()

    def remove(self, transport: asyncio.Transport) -> None:
        """Forget a connection whose client has read everything, or that is closed."""
        self._total -= self._sizes.pop(transport, 0)
