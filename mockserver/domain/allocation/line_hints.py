"""Hints on amounts: the refund's lines compared with the captured lines.

Each function is a row of :data:`mockserver.domain.allocation.hints.HINT_RULES`, and looks at
the matched capture.
"""

from collections.abc import Iterator, Sequence

from mockserver.domain.allocation.case import MAX_HINTED_LINES, RETURN_FEE, RefundCase
from mockserver.domain.money import line_total, sum_totals
from mockserver.domain.order import OrderLine
from mockserver.domain.wording import quote


def totals_with_wrong_sign(case: RefundCase) -> Iterator[str]:
    """Notice that the amount is that of the lines with the other sign."""
    if case.amount and sum_totals(case.lines) == -case.amount:
        yield (
            "The lines are negative, as on a credit memo: send the total_amount of what is"
            " refunded as a positive number."
        )


def totals_in_major_units(case: RefundCase) -> Iterator[str]:
    """Notice that the lines are in another unit than the amount."""
    total, amount = sum_totals(case.lines), case.amount
    for field, hundredth, whole in (
        ("total_amount", total, amount),
        ("refunded_amount", amount, total),
    ):
        if hundredth and hundredth * 100 == whole:
            yield (
                f"{field} is a hundredth of what it should be, {hundredth} instead of {whole}:"
                " send amounts in minor units."
            )


def captured_line_left_out(case: RefundCase) -> Iterator[str]:
    """Find a captured line whose total is exactly what the refund's lines lack."""
    missing = case.amount - sum_totals(case.lines)
    sent = set(case.references)
    for line in case.matched_capture.order_lines if case.matched_capture else ():
        if line.total_amount != missing or line.reference in sent:
            continue
        name = f"The missing {missing} is exactly the captured line {quote(line.name)}"
        if line.reference:
            yield f"{name}. Add it to the refund, with reference {quote(line.reference)}."
        else:
            yield f"{name}, which has no reference. Give it one when capturing."
        return


def line_too_many(case: RefundCase) -> Iterator[str]:
    """Find a line whose total is exactly what the refund's lines have too much."""
    surplus = sum_totals(case.lines) - case.amount
    for line in sorted(case.lines, key=_label):
        if line.total_amount == surplus and len(case.lines) > 1:
            yield (
                f"Leave out line {quote(_label(line))}, or add its {surplus} to"
                " refunded_amount."
            )
            return


def total_differs_from_captured_line(case: RefundCase) -> Iterator[str]:
    """Find a line that differs from its captured line by exactly the missing amount."""
    missing = case.amount - sum_totals(case.lines)
    for line, captured in _compared_lines(case):
        if captured.total_amount - line.total_amount == missing:
            yield (
                f"Line {quote(_label(line))} has total_amount {line.total_amount}; the captured"
                f" line has {captured.total_amount}."
            )
            return


def totals_without_tax(case: RefundCase) -> Iterator[str]:
    """Notice that the amount is that of the lines and their tax."""
    tax = sum(line.total_tax_amount for line in case.lines)
    if tax and sum_totals(case.lines) + tax == case.amount:
        yield (
            f"The lines and their total_tax_amount of {tax} add up to {case.amount}:"
            " total_amount must include tax."
        )


def total_of_one_piece(case: RefundCase) -> Iterator[str]:
    """Notice that the amount is that of quantity and price, not of the totals."""
    computed = sum(
        line_total(line.quantity, line.unit_price, line.total_discount_amount)
        for line in case.lines
    )
    if case.references and computed == case.amount:
        yield (
            f"Quantity and unit_price of the lines give {case.amount}, but their total_amount"
            " does not: total_amount is for all pieces of a line."
        )


def captured_in_several_parts(case: RefundCase) -> Iterator[str]:
    """Find a line of which another capture has what the matched one lacks."""
    for line, captured in _larger_lines(case):
        for capture in case.captures_by_reference[captured.reference or ""]:
            total = sum_totals(o for o in capture.order_lines if o.reference == line.reference)
            if capture is not case.matched_capture and total >= line.total_amount:
                matched = case.matched_capture.klarna_reference if case.matched_capture else ""
                yield (
                    f"Of {quote(_label(line))}, {captured.total_amount} was captured on"
                    f" {matched} and {total} on {capture.klarna_reference}: send two refunds."
                )
                return


def more_than_captured_line(case: RefundCase) -> Iterator[str]:
    """Compare quantity, price and total of lines with the captured ones."""
    for line, captured in _larger_lines(case):
        yield (
            f"Line {quote(_label(line))} has {_amounts(line)}, captured at"
            f" {_amounts(captured)}."
        )


def _larger_lines(case: RefundCase) -> Sequence[tuple[OrderLine, OrderLine]]:
    """Pair the first few lines that are more than their captured line."""
    pairs = _compared_lines(case)
    larger = [pair for pair in pairs if pair[0].total_amount > pair[1].total_amount]
    return larger[:MAX_HINTED_LINES]


def _compared_lines(case: RefundCase) -> Sequence[tuple[OrderLine, OrderLine]]:
    """Pair the refund's lines with the lines of the matched capture, where that is unique."""
    captured: dict[str, list[OrderLine]] = {}
    for line in case.matched_capture.order_lines if case.matched_capture else ():
        captured.setdefault(line.reference or "", []).append(line)
    return [
        (line, captured[line.reference][0])
        for line in sorted(case.lines, key=_label)
        if line.type != RETURN_FEE
        and line.reference
        and len(captured.get(line.reference, ())) == 1
    ]


def _amounts(line: OrderLine) -> str:
    return f"{line.total_amount} ({line.quantity} x {line.unit_price})"


def _label(line: OrderLine) -> str:
    return line.reference or line.name
