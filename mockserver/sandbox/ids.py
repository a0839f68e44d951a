"""Ids and randomness of a sandbox, repeatable from its seed.

Each kind of id has a stream of its own, so that reading an order twice does not change
the id of the next capture. This is the one place that draws random numbers.
"""

import string
from collections.abc import Callable
from functools import cached_property
from random import Random

_SIGNS = string.ascii_uppercase + string.digits  # of a klarna_reference
_LENGTH = 8
_VERSION_4 = 0x4000_8000_0000_0000_0000  # and the variant of RFC 9562
_STRIDE, _32_BITS = 0x9E37_79B1, 0xFFFF_FFFF  # odd, so that no value is left out
_RANDOM_BITS = ~0xF000_C000_0000_0000_0000


class Ids:
    """Draws ids; two of equal seed draw the same."""

    def __init__(self, seed: str) -> None:
        """Start all streams from a seed."""
        self.seed = seed
        self._taken: set[str] = set()
        self._next_change = ""
        first = _uuid(self.stream("exchanges"))
        self._exchange, self._exchange_end = int(first[:8], 16), first[8:]

    def take(self, given: str) -> str:
        """Keep an id that was given from being drawn, and give it back."""
        self._taken.add(given)
        if given == self._next_change:
            self._next_change = ""
        return given

    def stream(self, name: str) -> Random:
        """Make a source of randomness of its own, equal for an equal name."""
        return Random(f"{self.seed}/{name}")  # noqa: S311  # repeatable on purpose

    def order_id(self) -> str:
        """Draw an order id (UUID)."""
        return self._free(_uuid, self._orders)

    @property
    def next_change_id(self) -> str:
        """The id that :meth:`change_id` draws next, which stays to be drawn."""
        self._next_change = self._next_change or self._free(_uuid, self._changes)
        return self._next_change

    def change_id(self) -> str:
        """Draw the id of a capture or refund (UUID version 4)."""
        drawn = self._next_change or self._free(_uuid, self._changes)
        self._next_change = ""
        return drawn

    def exchange_id(self) -> str:
        """Draw a correlation or transaction id (UUID version 4).

        Two or three are needed for each request, so only the first 32 bits differ from
        one to the next: they visit every value once, in strides.
        """
        drawn = f"{self._exchange:08x}{self._exchange_end}"
        self._exchange = (self._exchange + _STRIDE) & _32_BITS
        return drawn

    def klarna_reference(self) -> str:
        """Draw an order's reference: 8 capital letters and digits (recorded form)."""
        return self._free(_reference, self._references)

    def _free(self, draw: Callable[[Random], str], source: Random) -> str:
        """Draw until an id comes that was not given."""
        drawn = draw(source)
        while drawn in self._taken:
            drawn = draw(source)
        return drawn

    @cached_property
    def _orders(self) -> Random:
        return self.stream("orders")

    @cached_property
    def _changes(self) -> Random:
        return self.stream("changes")

    @cached_property
    def _references(self) -> Random:
        return self.stream("references")


def _reference(source: Random) -> str:
    return "".join(source.choices(_SIGNS, k=_LENGTH))


def _uuid(source: Random) -> str:
    """Format 128 random bits as a UUID of version 4 (faster than the uuid module)."""
    digits = f"{source.getrandbits(128) & _RANDOM_BITS | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
