"""Apply the audit rules to a sandbox."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec.structs import replace

from mockserver.audit.audit_rule import AuditRule, Scope
from mockserver.audit.findings import (
    SEVERITIES,
    AuditResult,
    Evidence,
    RuleFinding,
    RuleResult,
    Severity,
    SilencedRule,
)
from mockserver.audit.history import History, read_history, split_by_order
from mockserver.audit.rule_table import AUDIT_RULES, check_codes
from mockserver.sandbox.sandbox import Sandbox

MAX_REQUESTS = 20  # correlation ids of a finding
MAX_FINDINGS_PER_RULE = 100

EMPTIED = "the journal was emptied, and no request came since"
FROZEN_CLOCK = "the clock of the sandbox is frozen, so that no time passes between requests"


def audit_sandbox(sandbox: Sandbox, allow: Collection[str] = ()) -> AuditResult:
    """Audit the requests that the journal of a sandbox still has.

    Args:
        sandbox: the sandbox; nothing in it changes.
        allow: codes of rules whose findings are left out.

    Raises:
        UnknownRuleError: a code names no rule.
    """
    check_codes(allow)
    whole = read_history(sandbox)
    histories = {Scope.SANDBOX: [whole], Scope.ORDER: split_by_order(whole)}
    results = {rule: _apply(rule, histories[rule.scope]) for rule in AUDIT_RULES.values()}
    findings = {rule: list(_group(rule, evidence)) for rule, (_, evidence) in results.items()}
    report = AuditResult(
        requests=sandbox.journal.count,
        judged=len(whole.entries),
        silenced=tuple(
            SilencedRule(rule.code, len(findings[rule]))
            for rule in results
            if rule.code in allow
        ),
    )
    return _sort_into_lists(report, results, findings, allow, sandbox)


LocatedEvidence = tuple[History, Evidence]


def _apply(rule: AuditRule, histories: Iterable[History]) -> tuple[bool, list[LocatedEvidence]]:
    """Return whether the situation of a rule came about, and what it found."""
    tried, located = False, []
    for history in histories:
        for subject in rule.subjects(history):
            tried = True
            evidence = rule.check(subject, history)
            if evidence is not None:
                located.append((history, evidence))
    return tried, located


def _group(rule: AuditRule, located: Sequence[LocatedEvidence]) -> Iterator[RuleFinding]:
    """Make one finding per order and severity; notes of all orders are one finding."""
    groups: dict[tuple[Severity, str | None, str | None], list[Evidence]] = {}
    for history, evidence in located:
        severity = evidence.severity or rule.severity
        order_id = None if severity is Severity.NOTE else history.order_id
        groups.setdefault((severity, order_id, evidence.hint), []).append(evidence)
    last, rest = MAX_FINDINGS_PER_RULE, len(groups) - MAX_FINDINGS_PER_RULE
    for number, ((severity, order_id, hint), group) in enumerate(groups.items(), 1):
        if number > last:
            return
        entries = [entry for evidence in group for entry in evidence.entries]
        orders = {entry.order_id for entry in entries}
        more = f" (and {len(group) - 1} more)" if len(group) > 1 else ""
        if number == last and rest > 0:
            more += f" (and findings on {rest} more orders)"
        yield RuleFinding(
            code=rule.code,
            severity=severity,
            title=rule.title,
            detail=group[0].detail + more,
            requests=tuple(entry.correlation_id for entry in entries[:MAX_REQUESTS]),
            order_id=order_id or (orders.pop() if len(orders) == 1 else None),
            hint=hint or rule.hint,
            docs=rule.docs,
            preview=rule.preview,
        )


def _sort_into_lists(
    report: AuditResult,
    results: dict[AuditRule, tuple[bool, list[LocatedEvidence]]],
    findings: dict[AuditRule, list[RuleFinding]],
    allow: Collection[str],
    sandbox: Sandbox,
) -> AuditResult:
    lists: dict[str, list[RuleResult]] = {"passed": [], "not_tried": [], "not_judged": []}
    listed: list[RuleFinding] = []
    cut = report.requests - report.judged
    is_emptied = bool(sandbox.journal.cleared_id) and not report.requests
    for rule, (tried, _) in results.items():
        if rule.code in allow:
            continue
        if rule.needs_running_clock and sandbox.clock.frozen and tried:
            lists["not_judged"].append(RuleResult(rule.code, rule.title, FROZEN_CLOCK))
        elif findings[rule]:
            listed += findings[rule]
        elif cut:
            lists["not_judged"].append(RuleResult(rule.code, rule.title, _cut_reason(report)))
        elif tried:
            lists["passed"].append(RuleResult(rule.code, rule.title))
        elif is_emptied:
            lists["not_judged"].append(RuleResult(rule.code, rule.title, EMPTIED))
        else:
            lists["not_tried"].append(RuleResult(rule.code, rule.title, rule.situation))
    listed.sort(key=lambda finding: (finding.preview, SEVERITIES.index(finding.severity)))
    return replace(
        report, findings=tuple(listed), **{name: tuple(rules) for name, rules in lists.items()}
    )


def _cut_reason(report: AuditResult) -> str:
    return (
        f"nothing found in the last {report.judged} of {report.requests} requests; the journal"
        " dropped the others, raise --journal-size"
    )
