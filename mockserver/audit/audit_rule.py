"""One row of the table of audit rules."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History

DOCS_PAGES = {
    "A101": "keys",
    "A111": "retries",
    "A201": "captures",
    "A301": "refunds",
    "A401": "order-life",
    "A501": "pushes",
    "A506": "webhooks",
    "A601": "traffic",
}
"""Pages below ``docs/reference/audit/`` by the first of their codes."""


class Basis(StrEnum):
    """Why a rule holds, most reliable first."""

    DOCUMENTED_BY_KUSTOM = "documented by Kustom"
    DOCUMENTED_BY_KLARNA = "documented by Klarna"
    STANDARD = "standard"
    FIELD_REPORT = "reported from the field"
    ARITHMETIC = "arithmetic"


class Scope(StrEnum):
    """Whose history a rule reads."""

    ORDER = "order"
    SANDBOX = "sandbox"


class AuditRule(Struct, frozen=True):
    """A rule of the audit.

    Attributes:
        code: stable code, such as ``A301``.
        title: what was done wrong, in a few words.
        severity: the severity of its findings, unless the evidence says another.
        situation: what must come about before the rule can find anything.
        subjects: returns the places of a history where it came about.
        check: checks one of these places; ``None`` if nothing is wrong.
        hint: what to do instead.
        basis: why the rule holds.
        source: where that is written, or was seen.
        scope: whose history it reads.
        preview: whether it is new: its findings are listed, but never fail a run.
        needs_running_clock: whether it compares times, which a frozen clock hides.
    """

    code: str
    title: str
    severity: Severity
    situation: str
    subjects: Callable[[History], Sequence[Any]]
    check: Callable[[Any, History], Evidence | None]
    hint: str
    basis: Basis
    source: str
    scope: Scope = Scope.ORDER
    preview: bool = False
    needs_running_clock: bool = False

    @property
    def page(self) -> str:
        """The page of the documentation, below ``docs/reference/audit/``."""
        return DOCS_PAGES[max(first for first in DOCS_PAGES if first <= self.code)]

    @property
    def docs(self) -> str:
        """The section of the documentation."""
        return f"reference/audit/{self.page}.md#{self.code.lower()}"
