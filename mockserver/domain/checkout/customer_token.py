"""Customer tokens: a shopper's consent to later orders, given with a recurring checkout."""

from enum import StrEnum

from msgspec import Struct


class TokenStatus(StrEnum):
    """The status of a customer token; that of a suspended one is injected by a fault."""

    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class CustomerToken(Struct, frozen=True):
    """A customer token; what it pays with is in the order of its checkout order."""

    token_id: str
    status: TokenStatus = TokenStatus.ACTIVE
