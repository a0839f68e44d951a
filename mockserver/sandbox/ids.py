"""Repeatable ids and random numbers, derived from the sandbox's seed.

Each kind of id has a stream of its own, so that reading an order twice does not change
the id of the next capture. This is the one place that draws random numbers.
"""

import string
from collections.abc import Callable
from functools import cached_property
from random import Random

_REFERENCE_CHARACTERS = string.ascii_uppercase + string.digits  # of a klarna_reference
_LENGTH = 8
_EVENT_CHARACTERS, _EVENT_LENGTH = string.ascii_letters + string.digits, 22
_VERSION_4 = 0x4000_8000_0000_0000_0000  # and the variant of RFC 9562
_STRIDE, _32_BITS = 0x9E37_79B1, 0xFFFF_FFFF  # odd, so that no value is left out
_RANDOM_BITS = ~0xF000_C000_0000_0000_0000


class IdGenerator:
    """Generates ids; equal seeds generate equal ids."""

    def __init__(self, seed: str) -> None:
        """Start all streams from a seed."""
        self.seed = seed
        self._reserved: set[str] = set()
        self._next_change = ""
        first = _uuid(self.random_stream("exchanges"))
        self._request_counter, self._request_suffix = int(first[:8], 16), first[8:]

    def reserve(self, explicit_id: str) -> str:
        """Reserve an explicit id, so that it is never generated."""
        self._reserved.add(explicit_id)
        if explicit_id == self._next_change:
            self._next_change = ""
        return explicit_id

    def random_stream(self, name: str) -> Random:
        """Return a new random stream; equal names give equal streams."""
        return Random(f"{self.seed}/{name}")  # noqa: S311  # repeatable on purpose

    def new_order_id(self) -> str:
        """Draw an order id (UUID)."""
        return self._draw_unreserved(_uuid, self._orders)

    @property
    def next_change_id(self) -> str:
        """The id that :meth:`new_movement_id` returns next; reading it does not draw it."""
        self._next_change = self._next_change or self._draw_unreserved(
            _uuid, self._movement_random
        )
        return self._next_change

    def new_movement_id(self) -> str:
        """Draw the id of a capture or refund (UUID version 4)."""
        drawn = self._next_change or self._draw_unreserved(_uuid, self._movement_random)
        self._next_change = ""
        return drawn

    def new_request_id(self) -> str:
        """Draw a correlation or transaction id (UUID version 4).

        Two or three are needed for each request, so only the first 32 bits differ from
        one to the next: they visit every value once, in strides.
        """
        request_id = f"{self._request_counter:08x}{self._request_suffix}"
        self._request_counter = (self._request_counter + _STRIDE) & _32_BITS
        return request_id

    def new_event_id(self) -> str:
        """Draw an event's id: ``kevt_`` and 22 letters and digits (documented)."""
        return "kevt_" + "".join(self._events.choices(_EVENT_CHARACTERS, k=_EVENT_LENGTH))

    def new_klarna_reference(self) -> str:
        """Draw an order's reference: 8 capital letters and digits (recorded form)."""
        return self._draw_unreserved(_reference, self._references)

    def _draw_unreserved(self, draw: Callable[[Random], str], source: Random) -> str:
        """Draw ids until one is not reserved."""
        candidate = draw(source)
        while candidate in self._reserved:
            candidate = draw(source)
        return candidate

    @cached_property
    def _orders(self) -> Random:
        return self.random_stream("orders")

    @cached_property
    def _events(self) -> Random:
        return self.random_stream("events")

    @cached_property
    def _movement_random(self) -> Random:
        return self.random_stream("changes")

    @cached_property
    def _references(self) -> Random:
        return self.random_stream("references")


def _reference(source: Random) -> str:
    return "".join(source.choices(_REFERENCE_CHARACTERS, k=_LENGTH))


def _uuid(source: Random) -> str:
    """Format 128 random bits as a UUID of version 4 (faster than the uuid module)."""
    digits = f"{source.getrandbits(128) & _RANDOM_BITS | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
