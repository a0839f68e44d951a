"""Hints on accepted captures, refunds and updates that cause trouble later.

The provider accepts lines that contradict themselves, captures without lines, and the same
refund twice. Each function in ``REQUEST_HINT_RULES`` finds one such fact. Hints are worked
out only when somebody reads them: in the ``Mock-Hint`` header, the journal or an explanation.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from mockserver.domain.allocation.case import RETURN_FEE
from mockserver.domain.money import TAX_TOLERANCE, line_tax, line_total, sum_totals
from mockserver.domain.operation import Operation
from mockserver.domain.order import Capture, Order, OrderLine, Refund
from mockserver.domain.wording import quote

MAX_REQUEST_HINTS = 10  # of one request


def request_hints(
    before: Order | None, after: Order | None, operation: Operation | None
) -> tuple[str, ...]:
    """Return hints on an accepted request, most useful first.

    Args:
        before: the order before the request.
        after: the order after it.
        operation: the operation of the request.

    Returns:
        At most ``MAX_REQUEST_HINTS`` sentences; none if the request changed nothing.
    """
    if before is None or after is None or before is after or operation is None:
        return ()
    hints: list[str] = []
    for rule in REQUEST_HINT_RULES.get(operation, ()):
        hints.extend(islice(rule(after), MAX_REQUEST_HINTS))
    return tuple(hints[:MAX_REQUEST_HINTS])


def line_contradictions(lines: Iterable[OrderLine]) -> Iterator[str]:
    """Describe lines whose amounts contradict each other, as the provider accepts them."""
    for number, line in enumerate(lines, 1):
        total = line_total(line.quantity, line.unit_price, line.total_discount_amount)
        if line.total_amount != total:
            yield (
                f"{_name_line(number, line)}: total_amount is {line.total_amount}, but"
                f" quantity, unit_price and total_discount_amount give {total}."
            )
        tax = line_tax(line.total_amount, line.tax_rate)
        if abs(line.total_tax_amount - tax) > TAX_TOLERANCE:
            yield (
                f"{_name_line(number, line)}: total_tax_amount is {line.total_tax_amount}, but"
                f" tax_rate {line.tax_rate} gives {tax}."
            )


def _capture_without_lines(order: Order) -> Iterator[str]:
    capture = order.captures[-1]
    if not capture.order_lines:
        yield (
            f"Capture {capture.klarna_reference} has no order lines, so no refund with lines"
            " can be allocated to it. Send order_lines with the capture."
        )


def _captured_lines_do_not_add_up(order: Order) -> Iterator[str]:
    capture = order.captures[-1]
    total = sum_totals(capture.order_lines)
    if capture.order_lines and total != capture.captured_amount:
        yield (
            f"The lines of capture {capture.klarna_reference} add up to {total}, but"
            f" captured_amount is {capture.captured_amount}. A refund of all its lines will"
            f" {'not fit it' if total > capture.captured_amount else 'leave a remainder'}."
        )


def _captured_lines_without_reference(order: Order) -> Iterator[str]:
    capture = order.captures[-1]
    for number, line in enumerate(capture.order_lines, 1):
        if not line.reference:
            yield (
                f"{_name_line(number, line)} of capture {capture.klarna_reference} has no"
                " reference, so a refund of it cannot be allocated. Set its reference."
            )


def _repeated_references(order: Order) -> Iterator[str]:
    capture = order.captures[-1]
    counts = Counter(line.reference for line in capture.order_lines if line.reference)
    for reference, count in counts.items():
        if count > 1:
            yield (
                f"Reference {quote(reference)} is on {count} lines of capture"
                f" {capture.klarna_reference}; a refund of it does not say which line is meant."
            )
    for reference in counts:
        earlier = next((c for c in order.captures[:-1] if reference in c.references), None)
        if earlier:
            yield (
                f"Reference {quote(reference)} is also on capture {earlier.klarna_reference}; a"
                " refund of it is allocated to the oldest capture that fits."
            )


def _captured_lines_not_ordered(order: Order) -> Iterator[str]:
    ordered = {line.reference for line in order.order_lines}
    capture = order.captures[-1]
    for reference in sorted(capture.references - ordered) if ordered - {None} else ():
        yield (
            f"Reference {quote(reference)} of capture {capture.klarna_reference} is on no line"
            " of the order."
        )


def _more_captured_than_ordered(order: Order) -> Iterator[str]:
    ordered, captured = _quantities([order]), _quantities(order.captures)
    for reference in dict.fromkeys([line.reference for line in order.captures[-1].order_lines]):
        if reference and captured[reference] > ordered.get(reference, 0) > 0:
            yield (
                f"{captured[reference]} of {quote(reference)} captured,"
                f" {ordered[reference]} ordered."
            )


def _repeated_refund(order: Order) -> Iterator[str]:
    refund = order.refunds[-1]
    amount, lines = refund.refunded_amount, refund.order_lines
    for number, earlier in enumerate(order.refunds[:-1], 1):
        if amount and earlier.refunded_amount == amount and earlier.order_lines == lines:
            yield (
                f"Same amount and lines as refund {number} ({earlier.refund_id}). If it is a"
                " retry, send it with the Klarna-Idempotency-Key of the first request."
            )
            return


def _more_refunded_than_captured(order: Order) -> Iterator[str]:
    captured, refunded = _quantities(order.captures), _quantities(order.refunds)
    for reference in dict.fromkeys([line.reference for line in order.refunds[-1].order_lines]):
        if reference and refunded[reference] > captured.get(reference, 0) > 0:
            yield (
                f"{refunded[reference]} of {quote(reference)} refunded,"
                f" {captured[reference]} captured."
            )


def _return_fee_not_negative(order: Order) -> Iterator[str]:
    for number, line in enumerate(order.refunds[-1].order_lines, 1):
        if line.type == RETURN_FEE and line.total_amount > 0:
            yield (
                f"{_name_line(number, line)} is a return_fee of {line.total_amount}. A return"
                " fee is deducted: send negative amounts."
            )


HintRule = Callable[[Order], Iterator[str]]

REQUEST_HINT_RULES: Mapping[Operation, Sequence[HintRule]] = {
    Operation.CAPTURE: (
        _capture_without_lines,
        _captured_lines_do_not_add_up,
        _captured_lines_without_reference,
        _captured_lines_not_ordered,
        _more_captured_than_ordered,
        _repeated_references,
        lambda order: line_contradictions(order.captures[-1].order_lines),
    ),
    Operation.REFUND: (
        _repeated_refund,
        _more_refunded_than_captured,
        _return_fee_not_negative,
        lambda order: line_contradictions(order.refunds[-1].order_lines),
    ),
    Operation.UPDATE_AUTHORIZATION: (lambda order: line_contradictions(order.order_lines),),
}
"""Hints by operation, most useful first. A rule describes the newest capture or refund."""


def _name_line(number: int, line: OrderLine) -> str:
    return f"Line {number} {quote(line.reference or line.name)}"


def _quantities(movements: Iterable[Order | Capture | Refund]) -> dict[str | None, int]:
    """Sum the ordered, captured or refunded quantities by reference."""
    quantities: dict[str | None, int] = {}
    for movement in movements:
        for line in movement.order_lines:
            quantities[line.reference] = quantities.get(line.reference, 0) + line.quantity
    return quantities
