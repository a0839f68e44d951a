"""The lists of an audit: what is silenced, grouped, cut, and cannot be judged."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from mockserver.audit.audit import MAX_FINDINGS_PER_RULE, MAX_REQUESTS, audit_sandbox
from mockserver.audit.findings import AuditResult
from mockserver.audit.rule_table import AUDIT_RULES, UnknownRuleError
from mockserver.client import ControlClient, ControlError
from mockserver.domain.commands import CaptureOrder
from mockserver.domain.operation import Operation
from mockserver.homes.stored_entries import decode_entry, encode_entry
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import execute
from mockserver.sandbox.faults.actions import ConnectionEnd, ResponseDamage
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.sandbox import Sandbox
from tests.support.audit import run_and_audit
from tests.support.builders import NOW, make_line, make_order
from tools.docs_generator.audit_examples import AUDIT_EXAMPLES, scenario_of

LINES = (make_line("A", 6000), make_line("B", 4000))


@pytest.fixture
def new_sandbox() -> Callable[..., Sandbox]:
    def new(*, orders: int = 1, journal_size: int = 1000, frozen: bool = False) -> Sandbox:
        journal = Journal(journal_size)
        sandbox = Sandbox("shop", clock=Clock(NOW, frozen=frozen), journal=journal)
        for number in range(orders):
            sandbox.add(make_order(10_000, order_id=f"order-{number}", order_lines=LINES))
        return sandbox

    return new


def capture(sandbox: Sandbox, order_id: str, amount: int) -> None:
    execution = execute(sandbox, order_id, CaptureOrder(amount))
    entry = new_entry(sandbox, Operation.CAPTURE, order_id, 201)
    entry.before, entry.after = execution.before, execution.after
    entry.result = execution.result
    sandbox.journal.record(entry)


def new_entry(sandbox: Sandbox, operation: Operation, order_id: str, status: int) -> Entry:
    return Entry(
        at=sandbox.clock.now(),
        correlation_id=f"request-{sandbox.journal.count}",
        method=operation.info.method,
        path="/orders",
        operation=operation,
        order_id=order_id,
        status=status,
        idempotency_key=f"key-{sandbox.journal.count}",
    )


def codes(report: AuditResult, name: str) -> set[str]:
    return {rule.code for rule in getattr(report, name)}


def test_every_rule_is_in_exactly_one_list(new_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = new_sandbox()
    capture(sandbox, "order-0", 1000)
    report = audit_sandbox(sandbox)
    lists = [codes(report, name) for name in ("findings", "passed", "not_tried", "not_judged")]
    assert sorted(code for codes in lists for code in codes) == sorted(AUDIT_RULES)


def test_silenced_rule_is_counted_and_left_out(new_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = new_sandbox()
    capture(sandbox, "order-0", 1000)
    report = audit_sandbox(sandbox, ("A201", "A302"))
    assert [(rule.code, rule.findings) for rule in report.silenced] == [
        ("A201", 1),
        ("A302", 0),
    ]
    assert report.findings == ()


def test_unknown_code_names_the_nearest_one(new_sandbox: Callable[..., Sandbox]) -> None:
    with pytest.raises(UnknownRuleError, match=r"'a301', did you mean 'A301'\?"):
        audit_sandbox(new_sandbox(), ("a301",))
    with pytest.raises(UnknownRuleError, match="'A999', known: A606, A605, "):
        audit_sandbox(new_sandbox(), ("A999",))


def test_rule_finds_one_thing_per_order(new_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = new_sandbox(orders=2)
    for order_id in ("order-0", "order-0", "order-1"):
        capture(sandbox, order_id, 1000)
    findings = audit_sandbox(sandbox).findings
    assert [(finding.order_id, finding.requests) for finding in findings] == [
        ("order-0", ("request-0", "request-1")),
        ("order-1", ("request-2",)),
    ]
    assert findings[0].detail.endswith("(and 1 more)")


def test_notes_of_all_orders_are_one_finding(new_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = new_sandbox(orders=2)
    for order_id in sandbox.orders:
        capture(sandbox, order_id, 10_000)
    (finding,) = audit_sandbox(sandbox).findings
    assert (finding.severity, finding.order_id) == ("note", None)


def test_requests_and_findings_are_bounded(new_sandbox: Callable[..., Sandbox]) -> None:
    orders = MAX_FINDINGS_PER_RULE + 5
    sandbox = new_sandbox(orders=orders, journal_size=10_000)
    for order_id in list(sandbox.orders):
        capture(sandbox, order_id, 1000)
    for _ in range(MAX_REQUESTS + 5):
        capture(sandbox, "order-0", 10)
    findings = audit_sandbox(sandbox).findings
    assert len(findings) == MAX_FINDINGS_PER_RULE
    assert len(findings[0].requests) == MAX_REQUESTS
    assert findings[-1].detail.endswith("(and findings on 5 more orders)")


def test_journal_that_was_cut_does_not_pass_a_rule(
    new_sandbox: Callable[..., Sandbox],
) -> None:
    sandbox = new_sandbox(journal_size=2)
    for _ in range(3):
        capture(sandbox, "order-0", 1000)
    report = audit_sandbox(sandbox)
    assert (report.requests, report.judged) == (3, 2)
    assert codes(report, "findings") == {"A201"}
    assert codes(report, "not_judged") == set(AUDIT_RULES) - {"A201"}
    assert "last 2 of 3 requests" in report.not_judged[0].reason


def test_polling_is_not_checked_on_a_frozen_clock(new_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = new_sandbox(frozen=True)
    for _ in range(10):
        sandbox.journal.record(new_entry(sandbox, Operation.GET_ORDER, "order-0", 200))
    report = audit_sandbox(sandbox)
    assert codes(report, "not_judged") == {"A601"}
    assert report.findings == ()


def test_more_than_thirty_reads_a_minute_are_a_warning(
    new_sandbox: Callable[..., Sandbox],
) -> None:
    sandbox = new_sandbox()
    for _ in range(31):
        sandbox.journal.record(new_entry(sandbox, Operation.GET_ORDER, "order-0", 200))
    (finding,) = audit_sandbox(sandbox).findings
    assert (finding.code, finding.severity) == ("A601", "warning")


def test_stored_entries_get_the_same_audit_findings(
    new_sandbox: Callable[..., Sandbox],
) -> None:
    sandbox, stored = new_sandbox(), new_sandbox()
    capture(sandbox, "order-0", 10_000)
    (lost,) = sandbox.journal
    lost.damage = ResponseDamage(end=ConnectionEnd.RESET)
    again = new_entry(sandbox, Operation.CAPTURE, "order-0", 201)
    again.replayed, again.result = True, lost.result
    again.before = again.after = lost.after
    sandbox.journal.record(again)
    for _ in range(3):
        capture(sandbox, "order-0", 1)
    for entry in sandbox.journal:
        stored.journal.record(decode_entry(encode_entry(entry), sandbox))
    assert codes(audit_sandbox(sandbox), "findings") == {"A114", "A201"}
    assert codes(audit_sandbox(stored), "findings") == {"A114", "A201"}


def test_findings_are_sorted_worst_first_and_previews_last(server_url: str) -> None:
    text = scenario_of(AUDIT_EXAMPLES["A304"].bad)
    text += "  - {refund: {order: shop, amount: 99999}, response: {status: 403}}\n"
    _, report = run_and_audit(server_url, "sorted", text)
    assert [finding["code"] for finding in report["findings"]] == ["A304", "A101", "A307"]


def test_scenario_silences_a_rule(server_url: str) -> None:
    text = scenario_of(AUDIT_EXAMPLES["A304"].bad) + "allow: [A101, A304, W302]\n"
    _, report = run_and_audit(server_url, "allowed", text)
    assert report["findings"] == []
    assert {"code": "A304", "findings": 1} in report["silenced"]


def test_audit_reports_an_emptied_journal_until_the_next_request(
    new_sandbox: Callable[..., Sandbox],
) -> None:
    sandbox = new_sandbox()
    capture(sandbox, "order-0", 1000)
    sandbox.journal.clear()
    report = audit_sandbox(sandbox)
    assert (report.passed, report.not_tried) == ((), ())
    assert {rule.reason for rule in report.not_judged} == {
        "the journal was emptied, and no request came since"
    }
    capture(sandbox, "order-0", 1000)
    assert audit_sandbox(sandbox).not_judged == ()


@pytest.mark.parametrize("query", ["allow=A301,A304", "allow=A301&allow=A304"])
def test_codes_are_separated_by_commas_or_repeated(server_url: str, query: str) -> None:
    control = ControlClient(server_url, "present")
    control.load("version: 1")
    report = cast("dict[str, Any]", control.call("GET", f"audit?{query}"))
    assert [rule["code"] for rule in report["silenced"]] == ["A301", "A304"]


def test_call_silences_a_rule(server_url: str) -> None:
    text = scenario_of(AUDIT_EXAMPLES["A304"].bad)
    _, report = run_and_audit(server_url, "allowed-by-call", text, ["A101", "A304"])
    assert report["findings"] == []


@pytest.mark.parametrize(
    ("sandbox", "path", "status", "message"),
    [
        ("nobody", "audit", 404, "no sandbox 'nobody' is in use"),
        ("present", "audit?allow=A3010", 422, "unknown audit code 'A3010'"),
        ("present", "audit?alow=A301", 422, "unknown filter 'alow', did you mean 'allow'?"),
    ],
)
def test_wrong_call_is_refused(
    server_url: str, sandbox: str, path: str, status: int, message: str
) -> None:
    ControlClient(server_url, "present").load("version: 1")
    with pytest.raises(ControlError, match=message.replace("?", r"\?")) as refused:
        ControlClient(server_url, sandbox).call("GET", path)
    assert refused.value.status == status
