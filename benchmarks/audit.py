"""Audit 10 000 journal entries of 500 orders, each with captures, refunds and reads.

Run as ``python benchmarks/audit.py``: prints the median of several rounds, in milliseconds.
"""

from datetime import UTC, datetime
from statistics import median
from timeit import repeat

from msgspec.structs import replace

from mockserver.audit.audit import audit_sandbox
from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.operation import Operation
from mockserver.domain.order import OrderLine
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import add_order

ENTRIES, ORDERS, ROUNDS = 10_000, 500, 9
PARCELS = ENTRIES // ORDERS // 4  # of an order; each is captured, refunded and read twice


def fill() -> Sandbox:
    """Make a sandbox whose journal holds the requests of many orders."""
    clock = Clock(datetime(2026, 1, 15, 9, tzinfo=UTC))
    sandbox = Sandbox("bench", clock=clock, journal=Journal(ENTRIES))
    line_spec = {"reference": "A", "name": "Article", "quantity": PARCELS, "unit_price": 1000}
    for number in range(ORDERS):
        order = add_order(sandbox, f"order-{number}", {"lines": [line_spec]})
        line = replace(order.order_lines[0], quantity=1, total_amount=1000)
        for _ in range(PARCELS):
            send(sandbox, order.order_id, capture_of(line))
            read(sandbox, order.order_id)
            send(sandbox, order.order_id, RefundOrder(1000, order_lines=(line,)))
            read(sandbox, order.order_id)
    return sandbox


def capture_of(line: OrderLine) -> Command:
    """Capture one piece."""
    return CaptureOrder(1000, order_lines=(line,))


def send(sandbox: Sandbox, order_id: str, command: Command) -> None:
    """Execute a command and write it into the journal."""
    execution = sandbox.execute(order_id, command)
    entry = new_entry(sandbox, order_id, command.operation)
    entry.result, entry.before, entry.after = (
        execution.result,
        execution.before,
        execution.after,
    )
    sandbox.journal.record(entry)


def read(sandbox: Sandbox, order_id: str) -> None:
    """Write a read into the journal."""
    sandbox.journal.record(new_entry(sandbox, order_id, Operation.GET_ORDER))


def new_entry(sandbox: Sandbox, order_id: str, operation: Operation) -> Entry:
    """Make a journal entry of a successful request."""
    return Entry(
        at=sandbox.clock.now(),
        correlation_id=sandbox.ids.new_request_id(),
        method=operation.info.method,
        path="/",
        operation=operation,
        order_id=order_id,
        status=operation.info.success,
    )


def main() -> None:
    """Measure and print."""
    sandbox = fill()
    report = audit_sandbox(sandbox)
    seconds = repeat(lambda: audit_sandbox(sandbox), number=1, repeat=ROUNDS)
    print(f"{report.judged} entries, {ORDERS} orders, {len(report.findings)} findings")
    print(f"audit  {median(seconds) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
