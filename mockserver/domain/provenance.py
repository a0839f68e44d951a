"""Provenance of a rule: documented, recorded, read off clients, or assumed.

Every row of every table in this package has a :class:`Provenance`, so that a guess
is never mistaken for a fact.
"""

from enum import StrEnum

from msgspec import Struct


class Mark(StrEnum):
    """How reliable a rule is, most reliable first."""

    DOCUMENTED_BY_KUSTOM = "documented by Kustom"
    DOCUMENTED_BY_KLARNA = "documented by Klarna"
    RECORDED = "recorded"
    READ_OFF_CLIENTS = "read off clients"
    ASSUMED = "assumed"


class Provenance(Struct, frozen=True):
    """Mark and source of a rule; for an assumption, the reason."""

    mark: Mark
    source: str

    def __str__(self) -> str:
        """Read as ``documented by Kustom: refund allocation page``."""
        return f"{self.mark}: {self.source}"


def kustom_docs(where: str) -> Provenance:
    """Mark a rule as documented by Kustom, with the page."""
    return Provenance(Mark.DOCUMENTED_BY_KUSTOM, where)


def klarna_docs(where: str) -> Provenance:
    """Mark a rule as documented by Klarna, with the page or schema."""
    return Provenance(Mark.DOCUMENTED_BY_KLARNA, where)


def recorded(where: str) -> Provenance:
    """Mark a rule as recorded from the real service."""
    return Provenance(Mark.RECORDED, where)


def read_off_clients(where: str) -> Provenance:
    """Mark a rule as read off client code."""
    return Provenance(Mark.READ_OFF_CLIENTS, where)


def assumed(why: str) -> Provenance:
    """Mark a rule as assumed, with the reason."""
    return Provenance(Mark.ASSUMED, why)
