"""Hints on accepted captures, refunds and updates that cause trouble later.

The provider accepts lines that contradict themselves, captures without lines, and the same
refund twice. Each function in ``REQUEST_HINT_RULES`` finds one such fact. They run at every
accepted change, nearly always in vain, so they are lists rather than generators.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

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
        hints += rule(after)
    return tuple(hints[:MAX_REQUEST_HINTS])


def line_contradictions(lines: Iterable[OrderLine]) -> list[str]:
    """Describe lines whose amounts contradict each other, as the provider accepts them."""
    hints = []
    for number, line in enumerate(lines, 1):
        total = line_total(line.quantity, line.unit_price, line.total_discount_amount)
        if line.total_amount != total:
            hints.append(
                f"{_name_line(number, line)}: total_amount is {line.total_amount}, but"
                f" quantity, unit_price and total_discount_amount give {total}."
            )
        tax = line_tax(line.total_amount, line.tax_rate)
        if abs(line.total_tax_amount - tax) > TAX_TOLERANCE:
            hints.append(
                f"{_name_line(number, line)}: total_tax_amount is {line.total_tax_amount}, but"
                f" tax_rate {line.tax_rate} gives {tax}."
            )
    return hints


def _capture_without_lines(order: Order) -> Sequence[str]:
    capture = order.captures[-1]
    if capture.order_lines:
        return ()
    hint = (
        f"Capture {capture.klarna_reference} has no order lines, so no refund with lines"
        " can be allocated to it. Send order_lines with the capture."
    )
    return (hint,)


def _captured_lines_do_not_add_up(order: Order) -> Sequence[str]:
    capture = order.captures[-1]
    total = sum_totals(capture.order_lines)
    if total == capture.captured_amount or not capture.order_lines:
        return ()
    hint = (
        f"The lines of capture {capture.klarna_reference} add up to {total}, but"
        f" captured_amount is {capture.captured_amount}. A refund of all its lines will"
        f" {'not fit it' if total > capture.captured_amount else 'leave a remainder'}."
    )
    return (hint,)


def _captured_lines_without_reference(order: Order) -> Sequence[str]:
    capture = order.captures[-1]
    return [
        f"{_name_line(number, line)} of capture {capture.klarna_reference} has no"
        " reference, so a refund of it cannot be allocated. Set its reference."
        for number, line in enumerate(capture.order_lines, 1)
        if not line.reference
    ]


def _repeated_references(order: Order) -> Sequence[str]:
    capture, earlier = order.captures[-1], order.captures[:-1]
    references = [line.reference for line in capture.order_lines if line.reference]
    if len(capture.references) == len(references) and not earlier:
        return ()
    repeated = [
        f"Reference {quote(reference)} is on {count} lines of capture"
        f" {capture.klarna_reference}; a refund of it does not say which line is meant."
        for reference, count in Counter(references).items()
        if count > 1
    ]
    for reference in dict.fromkeys(references):
        first = next((c for c in earlier if reference in c.references), None)
        if first:
            repeated.append(
                f"Reference {quote(reference)} is also on capture {first.klarna_reference}; a"
                " refund of it is allocated to the oldest capture that fits."
            )
    return repeated


def _captured_lines_not_ordered(order: Order) -> Sequence[str]:
    ordered = {line.reference for line in order.order_lines}
    capture = order.captures[-1]
    if capture.references <= ordered or ordered <= {None}:
        return ()
    return [
        f"Reference {quote(reference)} of capture {capture.klarna_reference} is on no line"
        " of the order."
        for reference in sorted(capture.references - ordered)
    ]


def _more_captured_than_ordered(order: Order) -> Sequence[str]:
    ordered, captured = _quantities([order]), _quantities(order.captures)
    return [
        f"{captured[reference]} of {quote(reference)} captured, {ordered[reference]} ordered."
        for reference in _references(order.captures[-1])
        if captured[reference] > ordered.get(reference, 0) > 0
    ]


def _repeated_refund(order: Order) -> Sequence[str]:
    refund = order.refunds[-1]
    amount, lines = refund.refunded_amount, refund.order_lines
    for number, earlier in enumerate(order.refunds[:-1], 1):
        if earlier.refunded_amount == amount and amount and earlier.order_lines == lines:
            hint = (
                f"Same amount and lines as refund {number} ({earlier.refund_id}). If it is a"
                " retry, send it with the Klarna-Idempotency-Key of the first request."
            )
            return (hint,)
    return ()


def _more_refunded_than_captured(order: Order) -> Sequence[str]:
    captured, refunded = _quantities(order.captures), _quantities(order.refunds)
    return [
        f"{refunded[reference]} of {quote(reference)} refunded, {captured[reference]} captured."
        for reference in _references(order.refunds[-1])
        if refunded[reference] > captured.get(reference, 0) > 0
    ]


def _return_fee_not_negative(order: Order) -> Sequence[str]:
    return [
        f"{_name_line(number, line)} is a return_fee of {line.total_amount}. A return"
        " fee is deducted: send negative amounts."
        for number, line in enumerate(order.refunds[-1].order_lines, 1)
        if line.type == RETURN_FEE and line.total_amount > 0
    ]


HintRule = Callable[[Order], Sequence[str]]

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


def _references(movement: Capture | Refund) -> Iterable[str]:
    """Return the references of its lines, each once, in their order."""
    return dict.fromkeys([line.reference for line in movement.order_lines if line.reference])


def _quantities(movements: Iterable[Order | Capture | Refund]) -> Mapping[str | None, int]:
    """Sum the ordered, captured or refunded quantities by reference."""
    quantities: defaultdict[str | None, int] = defaultdict(int)
    for movement in movements:
        for line in movement.order_lines:
            quantities[line.reference] += line.quantity
    return quantities
