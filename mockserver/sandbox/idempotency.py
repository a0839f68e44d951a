"""Receipts: the stored results of idempotency keys."""

from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec import Struct
from msgspec.msgpack import Encoder

from mockserver.domain.commands import Command
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Refusal

_ENCODER = Encoder(order="deterministic")

KEY_LIFETIME = timedelta(hours=24)  # documented by Klarna, retry policy
RECEIPTS_KEPT = 10_000
"""How many receipts a sandbox keeps; beyond it the oldest is dropped."""


class Receipt(Struct, frozen=True):
    """What was answered under an idempotency key, to what, and when.

    The request is told apart by its :func:`fingerprint`; keeping it whole would let a
    megabyte of what was refused lie about for a day.
    """

    fingerprint: bytes
    result: Acceptance | Refusal
    made_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Return whether the key may be used for another request."""
        return now - self.made_at >= KEY_LIFETIME


def fingerprint(command: Command) -> bytes:
    """Give 16 bytes that are equal for equal commands, and for no others."""
    whole = command.operation.encode() + _ENCODER.encode(command)
    return blake2b(whole, digest_size=16).digest()


def store_receipt(receipts: dict[str, Receipt], name: str, receipt: Receipt) -> None:
    """Store a receipt as the youngest one, and drop the oldest beyond the limit."""
    receipts.pop(name, None)
    receipts[name] = receipt
    if len(receipts) > RECEIPTS_KEPT:
        del receipts[next(iter(receipts))]
