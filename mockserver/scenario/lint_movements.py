"""Lint checks of orders, captures and refunds: allocations, references, sums, quantities."""

from collections import Counter
from collections.abc import Iterator, Sequence

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.money import (
    BASIS_POINTS,
    TAX_TOLERANCE,
    line_tax,
    line_total,
    sum_totals,
)
from mockserver.domain.order import OrderLine
from mockserver.scenario.diagnostics import Finding, ValuePath
from mockserver.scenario.lint_context import LintContext, expected_failures


def check_failed_allocations(subject: LintContext) -> Iterator[Finding]:
    """Warn of refunds that will not be allocated, unless that is expected."""
    for name, order in subject.orders.items():
        expected = expected_failures(subject, name)
        for index, refund in enumerate(order.refunds):
            failed = refund.allocation.outcome is AllocationOutcome.FAILED
            if not failed or expected.get(index):
                continue
            explanation = explain_allocation(order, refund)
            why = next(
                condition.detail for condition in explanation.conditions if not condition.holds
            )
            message = f"this refund will not be allocated: {why}. {' '.join(explanation.hints)}"
            path = subject.movement_path(name, "refunds", refund.refund_id)
            yield Finding("W301", path, message)


def check_ambiguous_references(subject: LintContext) -> Iterator[Finding]:
    """Warn of references that are on several captures."""
    for name, order in subject.orders.items():
        capture_by_reference: dict[str, str] = {}
        for capture in order.captures:
            path = subject.movement_path(name, "captures", capture.capture_id)
            for reference in sorted({e.reference for e in capture.order_lines if e.reference}):
                if reference in capture_by_reference:
                    captures = f"{capture_by_reference[reference]} and {path[-1]}"
                    message = (
                        f"reference '{reference}' is on captures {captures},"
                        " so a refund of it is ambiguous"
                    )
                    yield Finding("W302", path, message)
                capture_by_reference[reference] = str(path[-1])


def check_sums(subject: LintContext) -> Iterator[Finding]:
    """Warn of amounts that differ from the sum of their lines."""
    for name, order in subject.orders.items():
        yield from _sum(
            order.order_lines, order.original_order_amount, ("orders", name, "amount")
        )
        for capture in order.captures:
            path = (*subject.movement_path(name, "captures", capture.capture_id), "amount")
            yield from _sum(capture.order_lines, capture.captured_amount, path)
        expected = expected_failures(subject, name)
        for index, refund in enumerate(order.refunds):
            path = (*subject.movement_path(name, "refunds", refund.refund_id), "amount")
            if not expected.get(index):
                yield from _sum(refund.order_lines, refund.refunded_amount, path)


def _sum(lines: tuple[OrderLine, ...], amount: int, path: ValuePath) -> Iterator[Finding]:
    total = sum_totals(lines)
    if lines and total != amount:
        message = (
            f"the lines add up to {total}, but the amount is {amount}"
            f" (difference {amount - total})"
        )
        yield Finding("W303", path, message)


def check_line_arithmetic(subject: LintContext) -> Iterator[Finding]:
    """Warn of totals and taxes that do not follow from price and quantity."""
    for name, order in subject.orders.items():
        for index, line in enumerate(order.order_lines):
            path = ("orders", name, "lines", index)
            total = line_total(line.quantity, line.unit_price, line.total_discount_amount)
            if line.total_amount != total:
                message = (
                    f"total_amount is {line.total_amount}, but price and quantity give {total}"
                )
                yield Finding("W304", (*path, "total_amount"), message)
            tax = line_tax(line.total_amount, line.tax_rate)
            if abs(line.total_tax_amount - tax) > TAX_TOLERANCE:
                rate = f"{line.tax_rate / BASIS_POINTS:.2%}"
                message = (
                    f"total_tax_amount is {line.total_tax_amount},"
                    f" but a rate of {rate} gives {tax}"
                )
                yield Finding("W304", (*path, "total_tax_amount"), message)


def check_quantities(subject: LintContext) -> Iterator[Finding]:
    """Find captures that, with earlier ones, have more pieces of an article than the order."""
    for name, order in subject.orders.items():
        ordered = _quantities(order.order_lines)
        captured: Counter[str] = Counter()
        for capture in order.captures:
            path = subject.movement_path(name, "captures", capture.capture_id)
            captured += _quantities(capture.order_lines)
            for reference in _quantities(capture.order_lines) & ordered:
                if captured[reference] > ordered[reference]:
                    message = (
                        f"{captured[reference]} of '{reference}' captured with this capture,"
                        f" but the order has {ordered[reference]}"
                    )
                    yield Finding("W308", path, message)


def _quantities(lines: Sequence[OrderLine]) -> Counter[str]:
    """Return how many pieces of each reference the lines have."""
    pieces: Counter[str] = Counter()
    for line in lines:
        if line.reference:
            pieces[line.reference] += line.quantity
    return pieces
