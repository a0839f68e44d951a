"""A408: two changes of one order that were under way at the same time."""

from datetime import timedelta

import pytest

from mockserver.audit.audit import audit_sandbox
from mockserver.domain.commands import Cancel, CaptureOrder, Command
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import execute
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, make_line, make_order

ORDER_ID = "order-1"
SHIRT, SHOES = make_line("A", 4000), make_line("B", 4000)
SHIP_SHIRT = CaptureOrder(4000, order_lines=(SHIRT,))
SHIP_SHOES = CaptureOrder(4000, order_lines=(SHOES,))
DELAY = 1.0  # seconds


def send(sandbox: Sandbox, command: Command, sent_at: float, **fields: object) -> None:
    """Decide a command that was sent so many seconds after the start."""
    executed = execute(sandbox, ORDER_ID, command)
    entry = Entry(
        at=NOW + timedelta(seconds=sent_at),
        correlation_id=f"sent at {sent_at:g}",
        method="POST",
        path="/",
        operation=command.operation,
        order_id=ORDER_ID,
        result=executed.result,
        before=executed.before,
        after=executed.after,
    )
    for name, value in fields.items():
        setattr(entry, name, value)
    sandbox.record(entry)


def severity_of(
    delayed: Command, other: Command, *, other_sent_at: float, key: str | None = None
) -> str:
    """Send a change while another, sent at 0 and decided last, is delayed."""
    sandbox = Sandbox("shop", clock=Clock(NOW))
    sandbox.add(make_order(12_000, order_id=ORDER_ID, order_lines=(SHIRT, SHOES)))
    send(sandbox, other, other_sent_at, idempotency_key=key)
    send(sandbox, delayed, 0, seconds=DELAY, fault_names=("delay",), idempotency_key=key)
    report = audit_sandbox(sandbox)
    (result,) = [
        *(str(finding.severity) for finding in report.findings if finding.code == "A408"),
        *("passed" for rule in report.passed if rule.code == "A408"),
    ]
    return result


@pytest.mark.parametrize(
    ("delayed", "other", "severity"),
    [
        (SHIP_SHIRT, SHIP_SHIRT, "error"),
        (SHIP_SHIRT, SHIP_SHOES, "note"),
        (SHIP_SHIRT, Cancel(), "warning"),
    ],
)
def test_concurrent_changes_are_found(delayed: Command, other: Command, severity: str) -> None:
    assert severity_of(delayed, other, other_sent_at=DELAY / 2) == severity


def test_change_after_the_response_is_not_concurrent() -> None:
    assert severity_of(SHIP_SHIRT, SHIP_SHIRT, other_sent_at=-1) == "passed"


def test_same_key_makes_a_repetition_safe() -> None:
    sent = severity_of(SHIP_SHIRT, SHIP_SHIRT, other_sent_at=DELAY / 2, key="parcel-1")
    assert sent == "passed"
