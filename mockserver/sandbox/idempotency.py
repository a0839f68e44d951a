"""Receipts: the stored results of idempotency keys."""

from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec import Struct
from msgspec.msgpack import Encoder

from mockserver.domain.commands import Command
from mockserver.domain.decision import Acceptance
from mockserver.domain.refusal import Refusal

_ENCODER = Encoder(order="deterministic")

KEY_LIFETIME = timedelta(hours=24)  # documented by Klarna, retry policy
MAX_RECEIPTS = 10_000
"""Limit of receipts per sandbox; beyond it the oldest is dropped."""


MAX_KEY_LENGTH = 100
"""Characters of a key that are stored; a longer one is stored as its digest."""


class Receipt(Struct, frozen=True):
    """The stored result of an idempotency key, with the request's fingerprint and time.

    Only the :func:`fingerprint` of the request is stored: refused requests of up to a
    megabyte would otherwise stay in memory for a day.
    """

    fingerprint: bytes
    result: Acceptance | Refusal
    made_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Return whether the key may be used for another request."""
        return now - self.made_at >= KEY_LIFETIME


def fingerprint(command: Command) -> bytes:
    """Return a 16-byte digest that is equal for equal commands only."""
    encoded = command.operation.encode() + _ENCODER.encode(command)
    return blake2b(encoded, digest_size=16).digest()


def digest_json(value: object) -> bytes:
    """Return a 16-byte digest that is equal for equal JSON values only."""
    return blake2b(_ENCODER.encode(value), digest_size=16).digest()


def shorten_key(key: str) -> str:
    """Return a key, or the digest of a long one, so that receipts have a bounded size.

    A key that is not ASCII may be no text at all, and is stored as its digest, too.
    """
    if len(key) <= MAX_KEY_LENGTH and key.isascii():
        return key
    return blake2b(key.encode(errors="surrogatepass"), digest_size=32).hexdigest()


def add_receipt(receipts: dict[str, Receipt], name: str, receipt: Receipt) -> None:
    """Store a receipt as the youngest one, and drop the oldest beyond the limit."""
    receipts.pop(name, None)
    receipts[name] = receipt
    if len(receipts) > MAX_RECEIPTS:
        del receipts[next(iter(receipts))]
