"""The conditions of a correct allocation, each judged with its numbers.

Documented by Kustom (refund allocation page): no earlier failed allocation on the
order, lines that add up to the refunded amount, the same ``reference`` on refund and
capture, an amount within the captured amount of the capture concerned. Assumed: that
what was already refunded of a capture counts against it, and that quantities and
prices are not compared.
"""

from mockserver.domain.explanation import Condition
from mockserver.domain.money import sum_of
from mockserver.domain.refund_case import NO_REFERENCE, RefundCase

SHOWN = 10  # how many references a sentence names

MADE_TO_FAIL = Condition(
    name="not_made_to_fail",
    holds=False,
    expected=0,
    actual=1,
    detail="this sandbox was told to let the allocation fail",
)


def judge(case: RefundCase) -> tuple[Condition, ...]:
    """Judge all four conditions; each is reported, whether it holds or not."""
    return (
        _no_earlier_failure(case),
        _lines_add_up(case),
        _references_in_one_capture(case),
        _fits_capture(case),
    )


def _no_earlier_failure(case: RefundCase) -> Condition:
    count = len(case.failed_refunds)
    detail = (
        f"refund {case.failed_refunds[0]} of this order failed to be allocated"
        if count
        else "no earlier refund of this order failed to be allocated"
    )
    return Condition("no_earlier_failure", not count, 0, count, detail)


def _lines_add_up(case: RefundCase) -> Condition:
    total = sum_of(case.lines)
    off = total - case.amount
    if not case.lines:
        detail = "no order lines were given"
    elif off:
        side = "more" if off > 0 else "less"
        detail = f"the lines add up to {total}, {abs(off)} {side} than {case.amount}"
    else:
        detail = f"the lines add up to {total}"
    holds = bool(case.lines) and not off
    return Condition("lines_add_up", holds, case.amount, total, detail)


def _references_in_one_capture(case: RefundCase) -> Condition:
    carried = case.carried[case.closest.capture_id] if case.closest else frozenset()
    if not case.lines:
        detail = "no order lines were given"
    elif case.match:
        what = _listed(case.references) or "nothing but return fees"
        detail = f"capture {case.match.klarna_reference} has {what}"
    else:
        detail = "; ".join(_whereabouts(case, each) for each in case.references[:SHOWN])
    return Condition(
        "references_in_one_capture",
        case.match is not None,
        case.references,
        tuple(each for each in case.references if each in carried),
        detail,
    )


def _fits_capture(case: RefundCase) -> Condition:
    if case.closest is None:
        detail = "no capture is concerned"
        return Condition("fits_capture", False, 0, case.amount, detail)  # noqa: FBT003
    capacity = case.assumptions.capture_capacity
    capture, limit = case.closest, case.limits[case.closest.capture_id]
    detail = (
        f"{case.amount} wanted, {limit} of {capture.captured_amount}"
        f" {'captured' if capacity == 'captured' else 'left'}"
        f" on capture {capture.klarna_reference}"
    )
    return Condition("fits_capture", case.amount <= limit, limit, case.amount, detail)


def _whereabouts(case: RefundCase, reference: str) -> str:
    if reference == NO_REFERENCE:
        return "a line has no reference"
    on = [
        each.klarna_reference
        for each in case.captures
        if reference in case.carried[each.capture_id]
    ]
    return f"'{reference}' is on {_listed(tuple(on)) or 'no capture'}"


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
