"""Where a rule comes from: five marks, from documented to assumed.

Every row of every table in this package carries a :class:`Source`, so that a guess
is never mistaken for a fact.
"""

from enum import StrEnum

from msgspec import Struct


class Mark(StrEnum):
    """How far a rule can be trusted, best first."""

    DOCUMENTED_BY_KUSTOM = "documented by Kustom"
    DOCUMENTED_BY_KLARNA = "documented by Klarna"
    RECORDED = "recorded"
    READ_OFF_CLIENTS = "read off clients"
    ASSUMED = "assumed"


class Source(Struct, frozen=True):
    """A mark, and the place (or for an assumption the reason) behind it."""

    mark: Mark
    where: str

    def __str__(self) -> str:
        """Read as ``documented by Kustom: refund allocation page``."""
        return f"{self.mark}: {self.where}"


def kustom(where: str) -> Source:
    """Name a page of Kustom's documentation or help centre."""
    return Source(Mark.DOCUMENTED_BY_KUSTOM, where)


def klarna(where: str) -> Source:
    """Name a page or schema of Klarna's, whose API Kustom took over."""
    return Source(Mark.DOCUMENTED_BY_KLARNA, where)


def recorded(where: str) -> Source:
    """Name a recorded exchange with the real service."""
    return Source(Mark.RECORDED, where)


def clients(where: str) -> Source:
    """Name the client code that expects this behaviour."""
    return Source(Mark.READ_OFF_CLIENTS, where)


def assumed(why: str) -> Source:
    """Say why this was chosen where nothing is known."""
    return Source(Mark.ASSUMED, why)
