"""``kustom-mock audit``: audit the sandboxes of a running server."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from mockserver.audit.rule_table import AUDIT_RULES, UnknownRuleError, check_codes
from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.github import annotation
from mockserver.cli.junit import CaseResult, ScenarioResult, render_junit
from mockserver.cli.sarif import render_sarif, sarif_result
from mockserver.cli.server_access import ServerAccess
from mockserver.client import ControlError
from mockserver.domain.operation import ORDERS_PATH
from mockserver.report_types import AuditFinding, AuditReport
from mockserver.scenario.diagnostics import pluralize
from mockserver.testing.audit_report import (
    AUDIT_SEVERITIES,
    is_cut,
    is_failing,
    not_judged,
    render_report,
)

LOCATION = ORDERS_PATH[1:]
"""GitHub refuses SARIF without a file; a relative path that does not exist is accepted."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Options of ``audit``; without ``sandboxes``, all that are in use are audited."""

    server: ServerAccess
    sandboxes: Sequence[str] = ()
    allow: Sequence[str] = ()
    output_format: str = "text"
    fail_on: str = "error"
    not_tried: bool = False


def audit(options: AuditOptions) -> int:
    """Audit sandboxes and print the result.

    Returns:
        0 without failing findings, 1 with some, 2 if a code or sandbox is unknown or the
        server does not answer.
    """
    try:
        check_codes(options.allow)
        reports = _fetch_reports(options)
    except (UnknownRuleError, ControlError) as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    text = AUDIT_FORMATTERS[options.output_format](reports, options)
    if text:
        print(text)
    failing = [
        finding
        for report in reports
        for finding in report["findings"]
        if is_failing(finding, options.fail_on)
    ]
    return EXIT_FINDINGS if failing else EXIT_OK


def _fetch_reports(options: AuditOptions) -> list[AuditReport]:
    """Fetch the report of each sandbox; all that are in use unless some are named."""
    names = options.sandboxes or _sandbox_names(options.server)
    return [
        options.server.call_sandbox(name, lambda client: client.audit(options.allow))
        for name in names
    ]


def _sandbox_names(server: ServerAccess) -> list[str]:
    return [sandbox["name"] for sandbox in server.get("/__admin/sandboxes")["sandboxes"]]


def _text(reports: Sequence[AuditReport], options: AuditOptions) -> str:
    texts = [render_report(report, not_tried=options.not_tried) for report in reports]
    return "\n\n".join(texts) or "no sandbox is in use"


def _json(reports: Sequence[AuditReport], _options: AuditOptions) -> str:
    return to_json({"sandboxes": reports})


def _github(reports: Sequence[AuditReport], _options: AuditOptions) -> str:
    """Write one annotation a code, and one for all that was not judged.

    GitHub shows ten errors and ten warnings a step.
    """
    findings: dict[str, list[AuditFinding]] = {}
    for report in reports:
        for finding in report["findings"]:
            findings.setdefault(finding["code"], []).append(finding)
    worst_first = sorted(findings.values(), key=lambda g: AUDIT_SEVERITIES.index(_level(g[0])))
    return "\n".join([*map(_annotation, worst_first), *_not_judged_annotation(reports)])


def _not_judged_annotation(reports: Sequence[AuditReport]) -> Iterator[str]:
    """Name the sandbox of which least was judged; a cut journal is a warning."""
    incomplete = [report for report in reports if report["not_judged"]]
    if not incomplete:
        return
    report = max(incomplete, key=lambda report: (is_cut(report), len(report["not_judged"])))
    others = len(incomplete) - 1
    more = f" (and {pluralize(others, 'more sandbox', 'more sandboxes')})" if others else ""
    message = f"sandbox {report['sandbox']}{more}: {'; '.join(not_judged(report))}"
    level = "warning" if is_cut(report) else "notice"
    yield annotation(level, message, title="audit rules not judged")


def _annotation(findings: Sequence[AuditFinding]) -> str:
    finding = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    level = _level(finding).replace("note", "notice")
    message = f"{finding['detail']}{more}. Hint: {finding['hint']} ({finding['docs']})"
    return annotation(level, message, title=f"{finding['code']} {finding['title']}")


def _level(finding: AuditFinding) -> str:
    """Return how a finding is shown where errors fail a check, which previews must not."""
    return "note" if finding["preview"] else finding["severity"]


def _sarif(reports: Sequence[AuditReport], _options: AuditOptions) -> str:
    rules = [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.title},
            "help": {"text": rule.hint, "markdown": f"{rule.hint} See `{rule.docs}`."},
            "defaultConfiguration": {"level": "note" if rule.preview else rule.severity},
        }
        for rule in AUDIT_RULES.values()
    ]
    results = [
        _sarif_result(report, finding) for report in reports for finding in report["findings"]
    ]
    notifications = [
        {
            "level": "warning" if is_cut(report) else "note",
            "message": {"text": f"sandbox {report['sandbox']}: {text}"},
        }
        for report in reports
        for text in not_judged(report)
    ]
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": notifications}
    return render_sarif("kustom-mock audit", rules, results, invocations=[invocation])


def _sarif_result(report: AuditReport, finding: AuditFinding) -> Mapping[str, object]:
    """Write a result; ids stay out of the fingerprint, so that alerts do not double."""
    key = f"{finding['code']} {finding['severity']} {report['sandbox']}"
    return sarif_result(
        finding["code"],
        _level(finding),
        f"{finding['detail']}. Hint: {finding['hint']}",
        uri=quote(LOCATION),
        region={"startLine": 1},
        partialFingerprints={"audit/v1": sha256(key.encode()).hexdigest()},
        properties={
            "sandbox": report["sandbox"],
            "order_id": finding["order_id"],
            "requests": finding["requests"],
        },
    )


def _junit(reports: Sequence[AuditReport], options: AuditOptions) -> str:
    """Write a suite for each sandbox, with a test case for each rule."""
    results = [
        ScenarioResult(f"kustom-audit {report['sandbox']}", tuple(_cases(report, options)), 0.0)
        for report in reports
    ]
    return render_junit(results).decode().rstrip()


def _cases(report: AuditReport, options: AuditOptions) -> Iterator[CaseResult]:
    """Yield the result of each rule; what does not fail the run is a note of its case."""
    findings: dict[str, list[AuditFinding]] = {}
    for finding in report["findings"]:
        findings.setdefault(finding["code"], []).append(finding)
    for code, group in findings.items():
        texts: dict[bool, list[str]] = {True: [], False: []}
        for finding in group:
            text = f"{finding['severity']}: {finding['detail']}. Hint: {finding['hint']}"
            texts[is_failing(finding, options.fail_on)].append(text)
        name = f"{code} {group[0]['title']}"
        yield CaseResult(name, tuple(texts[True]), tuple(texts[False]))
    for rule in report["passed"]:
        yield CaseResult(f"{rule['code']} {rule['title']}")
    for reason, rules in (
        ("not tried", report["not_tried"]),
        ("not judged", report["not_judged"]),
    ):
        for rule in rules:
            name = f"{rule['code']} {rule['title']}"
            yield CaseResult(name, skipped=f"{reason}: {rule['reason']}")


AUDIT_FORMATTERS: Mapping[str, Callable[[Sequence[AuditReport], AuditOptions], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
    "junit": _junit,
}
