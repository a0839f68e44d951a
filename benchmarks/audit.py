"""Measure what the judge costs: an audit, the counting for coverage, and its page.

Run as ``python benchmarks/audit.py``. It audits 10 000 journal entries of 500 orders,
compares the counting of a request with the processor time of the whole request, and
renders the page of a run that covered and missed every cell, each in a test with a long name.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from timeit import repeat

import merchant
from load import load, request
from msgspec.structs import replace
from processes import Server, free_port, python, running

from mockserver.audit.audit import audit_sandbox
from mockserver.coverage.cells import coverage_cells
from mockserver.coverage.page import render_page
from mockserver.coverage.run_coverage import RunCoverage
from mockserver.coverage.tiers import summarize
from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.operation import ALL_OPERATIONS, Operation
from mockserver.domain.order import Order, OrderLine
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import execute
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.tally import Tally
from mockserver.scenario.sandbox_builder import add_order

ENTRIES, ORDERS, ROUNDS = 10_000, 500, 9
PARCELS = ENTRIES // ORDERS // 4  # of an order; each is captured, refunded and read twice
REQUESTS, CONNECTIONS = 4000, 16
WORKS = {Operation.GET_ORDER: merchant.GET, Operation.REFUND: merchant.REFUND}
TEST_NAME = "tests/integration/test_returns.py::test_a_return_of_one_piece_is_refunded[{}]"


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
    execution = execute(sandbox, order_id, command)
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


def measure_audit() -> None:
    """Print the time of an audit."""
    sandbox = fill()
    report = audit_sandbox(sandbox)
    seconds = repeat(lambda: audit_sandbox(sandbox), number=1, repeat=ROUNDS)
    print(f"{report.judged} entries, {ORDERS} orders, {len(report.findings)} findings")
    print(f"audit  {median(seconds) * 1000:.0f} ms")


def requests_of(operation: Operation) -> Sequence[tuple[Entry, Order]]:
    """Make the entries of requests such as the server is sent, with their orders."""
    sandbox = Sandbox("bench", clock=Clock(datetime(2026, 1, 15, 9, tzinfo=UTC)))
    for number in range(1, ORDERS + 1):
        order = add_order(sandbox, f"order-{number}", merchant.order(number))
        if operation is Operation.REFUND:
            lines = tuple(replace(line, total_amount=1) for line in order.order_lines)
            send(sandbox, order.order_id, RefundOrder(len(lines), order_lines=lines))
        else:
            read(sandbox, order.order_id)
    entries = list(sandbox.journal)
    return [(entry, entry.before or sandbox.orders[entry.order_id or ""]) for entry in entries]


def counting_seconds(operation: Operation) -> float:
    """Return the time to count a request."""
    requests, tally = requests_of(operation), Tally()
    assumptions = Sandbox("bench").assumptions

    def count() -> None:
        for entry, order in requests:
            tally.count_request(entry, order, assumptions)

    return median(repeat(count, number=1, repeat=ROUNDS)) / len(requests)


def request_seconds(server: Server, work: merchant.Work) -> float:
    """Return the processor time of a request, from socket to socket."""
    requests = merchant.prepare(server, work, REQUESTS)
    before = server.cpu_seconds()
    run = load(
        server.address, requests, count=REQUESTS, connections=CONNECTIONS, status=work.status
    )
    return (server.cpu_seconds() - before) / run.count


def measure_counting() -> None:
    """Print which share of a request is the counting, rounds of both taken in turn."""
    port = free_port()
    command = python("-m", "mockserver", "serve", "--port", str(port), "--log-level=error")
    with running(command, port, request("GET", "/livez")) as server:
        for operation, work in WORKS.items():
            request_seconds(server, work)  # warms up
            pairs = [
                (counting_seconds(operation), request_seconds(server, work))
                for _ in range(ROUNDS)
            ]
            counting, whole = (median(values) * 1e6 for values in zip(*pairs, strict=True))
            share = median(count / all_of_it for count, all_of_it in pairs)
            print(f"{operation}: counting {counting:.2f} of {whole:.0f} us, {share:.2%}")


def measure_page() -> None:
    """Print the size of the page of a run that used every operation."""
    run = RunCoverage()
    run.cells.update({f"use/{info.operation}": 1 for info in ALL_OPERATIONS})
    for number, cell in enumerate(coverage_cells()):
        if number % 2:
            run.cells[cell] = 1
            run.first[cell] = TEST_NAME.format(number)
    size = len(render_page(summarize(run)).encode())
    print(f"page of {len(coverage_cells())} cells: {size / 1000:.0f} KB")


def main() -> None:
    """Measure and print."""
    measure_audit()
    measure_counting()
    measure_page()


if __name__ == "__main__":
    main()
