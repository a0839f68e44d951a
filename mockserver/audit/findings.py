"""Results of an audit: findings, and what could not be found."""

from enum import StrEnum

from msgspec import Struct

from mockserver.sandbox.journal import Entry


class Severity(StrEnum):
    """Severity of a finding in production, worst first."""

    ERROR = "error"  # with exactly these requests, money or goods are wrong
    WARNING = "warning"  # one documented failure more, and they are
    NOTE = "note"  # worth knowing


SEVERITIES = tuple(Severity)


class Evidence(Struct, frozen=True):
    """Violation of a rule in one place.

    Attributes:
        detail: what happened, with its numbers.
        entries: the requests it happened in, oldest first.
        severity: replaces the severity of the rule here.
        hint: replaces the hint of the rule here.
    """

    detail: str
    entries: tuple[Entry, ...]
    severity: Severity | None = None
    hint: str | None = None


class RuleFinding(Struct, frozen=True):
    """Everything that one rule found about one order, or about the sandbox.

    ``requests`` are correlation ids; ``order_id`` is ``None`` if several orders are
    concerned; a finding of a ``preview`` rule never fails a run.
    """

    code: str
    severity: Severity
    title: str
    detail: str
    requests: tuple[str, ...]
    order_id: str | None
    hint: str
    docs: str
    preview: bool


class RuleResult(Struct, frozen=True):
    """A rule without a finding, and why it says nothing."""

    code: str
    title: str
    reason: str = ""


class SilencedRule(Struct, frozen=True):
    """A code that was allowed, and how many findings that removed."""

    code: str
    findings: int


class AuditResult(Struct, frozen=True):
    """Result of an audit: every rule is in at least one of the lists.

    Attributes:
        requests: how many requests the journal counted, dropped ones included.
        judged: how many of them the journal still had.
        findings: worst first.
        passed: rules whose situation came about without a finding.
        not_tried: rules whose situation never came about.
        not_judged: rules that cannot be decided here, with the reason.
        silenced: rules that were allowed.
    """

    requests: int
    judged: int
    findings: tuple[RuleFinding, ...] = ()
    passed: tuple[RuleResult, ...] = ()
    not_tried: tuple[RuleResult, ...] = ()
    not_judged: tuple[RuleResult, ...] = ()
    silenced: tuple[SilencedRule, ...] = ()
