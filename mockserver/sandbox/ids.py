"""Repeatable ids and random numbers, derived from the sandbox's seed.

The n-th value of a kind is a function of seed, kind and n, so that a counter is all there
is to store, copy and restore. Each kind counts on its own: reading an order twice does not
change the id of the next capture. This is the one place that draws random numbers.
"""

import string
from collections.abc import Callable
from hashlib import blake2b

from msgspec import Struct

_REFERENCE_CHARACTERS = string.ascii_uppercase + string.digits  # of a klarna_reference
_REFERENCE_LENGTH = 8
_DIGEST_BYTES = 16
_EVENT_CHARACTERS, _EVENT_LENGTH = string.ascii_letters + string.digits, 22
_VERSION_4 = 0x4000_8000_0000_0000_0000  # and the variant of RFC 9562
_STRIDE, _32_BITS = 0x9E37_79B1, 0xFFFF_FFFF  # odd, so that no value is left out
_RANDOM_BITS = ~0xF000_C000_0000_0000_0000
_FRACTION_BITS = 52  # the middle of each step is then an exact float


def random_bits(seed: str, kind: str, number: int) -> int:
    """Return 128 random bits; equal arguments return equal bits."""
    key = f"{seed}/{kind}/{number}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=_DIGEST_BYTES).digest())


def random_fraction(seed: str, kind: str, number: int) -> float:
    """Return a random number between 0 and 1, both excluded; equal for equal arguments."""
    bits = random_bits(seed, kind, number) & ((1 << _FRACTION_BITS) - 1)
    return (bits + 0.5) / (1 << _FRACTION_BITS)


class IdCounts(Struct, frozen=True, array_like=True):
    """How many ids of each kind were drawn."""

    orders: int
    movements: int
    references: int
    requests: int
    events: int


class IdGenerator:
    """Generates ids; equal seeds generate equal ids.

    Attributes:
        seed: what the ids are derived from.
        reserved: ids that are never generated.
    """

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.reserved: dict[str, None] = {}
        self._orders = self._movements = self._references = self._requests = 0
        self._events = 0
        self._next_movement = ""
        first = _uuid(random_bits(seed, "requests", 0))
        self._request_start, self._request_suffix = int(first[:8], 16), first[8:]

    @property
    def counts(self) -> IdCounts:
        """How many ids of each kind were drawn."""
        return IdCounts(
            self._orders, self._movements, self._references, self._requests, self._events
        )

    @counts.setter
    def counts(self, counts: IdCounts) -> None:
        self._orders, self._movements = counts.orders, counts.movements
        self._references, self._requests = counts.references, counts.requests
        self._events, self._next_movement = counts.events, ""

    def copy(self) -> "IdGenerator":
        """Return a generator that continues on its own from the same counts."""
        copy = IdGenerator(self.seed)
        copy.reserved, copy.counts = dict(self.reserved), self.counts
        return copy

    def reserve(self, explicit_id: str) -> str:
        """Reserve an explicit id, so that it is never generated."""
        self.reserved[explicit_id] = None
        if explicit_id == self._next_movement:
            self._next_movement = ""
        return explicit_id

    def new_order_id(self) -> str:
        """Draw an order id (UUID)."""
        order_id, self._orders = self._draw("orders", self._orders, _uuid)
        return order_id

    @property
    def next_change_id(self) -> str:
        """The id that :meth:`new_movement_id` returns next; reading it does not draw it."""
        if not self._next_movement:
            drawn, number = self._draw("movements", self._movements, _uuid)
            self._next_movement, self._movements = drawn, number - 1  # skips reserved ones
        return self._next_movement

    def new_movement_id(self) -> str:
        """Draw the id of a capture or refund (UUID version 4)."""
        movement_id, self._next_movement = self.next_change_id, ""
        self._movements += 1
        return movement_id

    def new_request_id(self) -> str:
        """Draw a correlation or transaction id (UUID version 4).

        Two or three are needed for each request, so only the first 32 bits differ from
        one to the next: they visit every value once, in strides.
        """
        first = (self._request_start + self._requests * _STRIDE) & _32_BITS
        self._requests += 1
        return f"{first:08x}{self._request_suffix}"

    def new_event_id(self) -> str:
        """Draw an event's id: ``kevt_`` and 22 letters and digits (documented)."""
        event_id, self._events = self._draw("events", self._events, _event_id)
        return event_id

    def new_klarna_reference(self) -> str:
        """Draw an order's reference: 8 capital letters and digits (recorded form)."""
        reference, self._references = self._draw("references", self._references, _reference)
        return reference

    def derive_token_id(self, order_id: str) -> str:
        """Return the id of the customer token of a checkout order (UUID)."""
        return _uuid(random_bits(self.seed, f"token of {order_id}", 0))

    def derive_session_id(self, order_id: str) -> str:
        """Return the id of the hosted session of a checkout order (UUID)."""
        return _uuid(random_bits(self.seed, f"session of {order_id}", 0))

    def derive_call_id(self, delivery_id: str) -> str:
        """Return the correlation id of a delivery (UUID)."""
        return _uuid(random_bits(self.seed, f"call of {delivery_id}", 0))

    def _draw(self, kind: str, number: int, render: Callable[[int], str]) -> tuple[str, int]:
        """Return the first unreserved id from a number on, and the number after it."""
        while True:
            drawn = render(random_bits(self.seed, kind, number))
            number += 1
            if drawn not in self.reserved:
                return drawn, number


def _reference(bits: int) -> str:
    return _spell(bits, _REFERENCE_CHARACTERS, _REFERENCE_LENGTH)


def _event_id(bits: int) -> str:
    return "kevt_" + _spell(bits, _EVENT_CHARACTERS, _EVENT_LENGTH)


def _spell(bits: int, alphabet: str, length: int) -> str:
    """Write random bits with the characters of an alphabet."""
    characters = []
    for _ in range(length):
        bits, index = divmod(bits, len(alphabet))
        characters.append(alphabet[index])
    return "".join(characters)


def _uuid(bits: int) -> str:
    """Format 128 random bits as a UUID of version 4 (faster than the uuid module)."""
    digits = f"{bits & _RANDOM_BITS | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
