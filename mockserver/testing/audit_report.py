"""Render audit reports as text."""

from collections.abc import Iterable

from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.report_types import AuditFinding, AuditReport, AuditRuleResult
from mockserver.scenario.diagnostics import pluralize
from mockserver.testing.sandbox_handle import KustomSandbox

AUDIT_SEVERITIES = ("error", "warning", "note")
"""From worst to mildest; the names of ``--fail-on``."""


def audit(sandbox: KustomSandbox, allow: Iterable[str] = ()) -> AuditReport:
    """Audit a sandbox; names in ``allow`` that are no audit codes are for other checks.

    Raises:
        ControlError: the server did not answer.
    """
    names = (allow,) if isinstance(allow, str) else allow
    return sandbox.control.audit([name for name in names if name in AUDIT_RULES])


def failing_findings(report: AuditReport) -> str:
    """Render the findings that fail a run; empty if there are none."""
    lines = [
        line
        for finding in report["findings"]
        if is_failing(finding)
        for line in render_finding(finding)
    ]
    return "\n".join(lines)


def is_failing(finding: AuditFinding, fail_on: str = "error") -> bool:
    """Return whether a finding fails a run; those of preview rules never do."""
    limit = AUDIT_SEVERITIES.index(fail_on)
    return not finding["preview"] and AUDIT_SEVERITIES.index(finding["severity"]) <= limit


def render_report(report: AuditReport, *, not_tried: bool = False) -> str:
    """Render an audit for people, without a final newline."""
    requests = pluralize(report["requests"], "request")
    judged = f"the last {report['judged']} of {requests}" if is_cut(report) else requests
    lines = [f"audit of sandbox {report['sandbox']}: {judged}"]
    for finding in report["findings"]:
        lines += render_finding(finding)
    lines.append(_summary(report))
    lines += [f"  {text}" for text in not_judged(report)]
    if not_tried:
        lines += [_not_tried_line(rule) for rule in report["not_tried"]]
    lines += [
        f"  {rule['code']} is allowed, but nothing was found"
        for rule in report["silenced"]
        if not rule["findings"]
    ]
    return "\n".join(lines)


def _not_tried_line(rule: AuditRuleResult) -> str:
    """Name a rule that was not tried, and the section with a scenario that tries it."""
    known = AUDIT_RULES.get(rule["code"])  # the server may be newer
    example = f"; scenario: {known.docs}" if known else ""
    return f"  not tried {rule['code']}: {rule['reason']}{example}"


def render_finding(finding: AuditFinding) -> list[str]:
    """Render a finding as indented lines."""
    preview = " (preview)" if finding["preview"] else ""
    order = f"  order {finding['order_id']}" if finding["order_id"] else ""
    ids = f"requests: {', '.join(finding['requests'])}  " if finding["requests"] else ""
    return [
        f"  {finding['code']} {finding['severity']}{preview}: {finding['title']}{order}",
        f"      {finding['detail']}",
        f"      hint: {finding['hint']}",
        f"      {ids}docs: {finding['docs']}",
    ]


def _summary(report: AuditReport) -> str:
    previews = [finding for finding in report["findings"] if finding["preview"]]
    counts = count_severities(f for f in report["findings"] if not f["preview"])
    silenced = sum(rule["findings"] for rule in report["silenced"])
    return (
        counts
        + (f", {len(previews)} in preview" if previews else "")
        + f"; {len(report['passed'])} rules passed,"
        f" {len(report['not_tried'])} not tried, {len(report['not_judged'])} not judged"
        + (f", {silenced} silenced" if silenced else "")
    )


def count_severities(findings: Iterable[AuditFinding]) -> str:
    """Return the number of findings by severity in words."""
    severities: list[str] = [finding["severity"] for finding in findings]
    return ", ".join(pluralize(severities.count(name), name) for name in AUDIT_SEVERITIES)


def is_cut(report: AuditReport) -> bool:
    """Return whether the journal had dropped requests before the audit."""
    return report["judged"] < report["requests"]


def not_judged(report: AuditReport) -> list[str]:
    """List the rules that were not judged, one line for each reason."""
    codes: dict[str, list[str]] = {}
    for rule in report["not_judged"]:
        codes.setdefault(rule["reason"], []).append(rule["code"])
    return [f"not judged {', '.join(group)}: {reason}" for reason, group in codes.items()]
