"""What a store of orders must do, and the values it deals in.

A store belongs to one sandbox. An order and the receipt of the request that changed it
are committed together or not at all, and only if nobody was faster; that is what makes
an idempotency key and a retry safe, on one process or on several.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct
from msgspec.msgpack import Encoder

from mockserver.domain.commands import Command
from mockserver.domain.decision import Outcome
from mockserver.domain.errors import Rejection
from mockserver.domain.order import Order

_ENCODER = Encoder(order="deterministic")

RECEIPTS_KEPT = 10_000
"""How many receipts a store must keep; beyond it the oldest may be dropped."""


class Receipt(Struct, frozen=True):
    """What was answered under an idempotency key, to what, and when.

    The request is told apart by its :func:`fingerprint`; keeping it whole would let a
    megabyte of what was refused lie about for a day.
    """

    fingerprint: bytes
    result: Outcome | Rejection
    made_at: datetime


def fingerprint(command: Command) -> bytes:
    """Give 16 bytes that are equal for equal commands, and for no others."""
    whole = command.operation.encode() + _ENCODER.encode(command)
    return blake2b(whole, digest_size=16).digest()


class Opened(Struct, frozen=True):
    """An order as it was when opened, and the receipt found under a name.

    ``order`` is ``None`` where there is none, ``version`` counts its commits.
    """

    order: Order | None
    version: int
    receipt: Receipt | None


class Store(Protocol):
    """The orders and receipts of one sandbox."""

    async def add(self, order: Order) -> bool:
        """Put a new order in; say no if its id is taken."""

    async def open(self, order_id: str, receipt_name: str | None = None) -> Opened:
        """Look an order and a receipt up, in one consistent view."""

    async def commit(
        self,
        opened: Opened,
        order: Order,
        receipt_name: str | None = None,
        receipt: Receipt | None = None,
    ) -> bool:
        """Write an order and a receipt, unless either changed since it was opened.

        Returns whether it was written. Nothing is written by halves.
        """

    async def copy(self) -> "Store":
        """A store of its own with the same content."""

    async def orders(self) -> Sequence[Order]:
        """All orders, oldest addition first."""
