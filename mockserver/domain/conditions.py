"""The conditions of a correct allocation: whether each holds, and its numbers in words.

Documented by Kustom (refund allocation page): no earlier failed allocation on the
order, lines that add up to the refunded amount, the same ``reference`` on refund and
capture, an amount within the captured amount of the capture concerned. Assumed: that
what was already refunded of a capture counts against it, and that quantities and
prices are not compared.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from mockserver.domain.explanation import Condition, Verdict
from mockserver.domain.money import sum_of
from mockserver.domain.refund_case import NO_REFERENCE, RefundCase

SHOWN = 10  # how many references a sentence names

Number: TypeAlias = int | tuple[str, ...]


class Criterion(Struct, frozen=True):
    """A condition as a rule: whether it holds, and what was expected, found and said.

    ``applies`` is false where it is not even mentioned.
    """

    name: str
    holds: Callable[[RefundCase], bool]
    measured: Callable[[RefundCase], tuple[Number, Number, str]]
    applies: Callable[[RefundCase], bool] = lambda _case: True


def all_hold(case: RefundCase) -> bool:
    """Say whether every condition holds."""
    for each in CRITERIA:  # noqa: SIM110  # every refund comes here: half the time of all()
        if not each.holds(case):
            return False
    return True


def judge(case: RefundCase) -> tuple[Condition, ...]:
    """Judge all conditions; each is reported, whether it holds or not."""
    return tuple(
        Condition(each.name, each.holds(case), *each.measured(case))
        for each in CRITERIA
        if each.applies(case)
    )


def _no_earlier_failure(case: RefundCase) -> bool:
    return Verdict.FAILED not in [each.allocation.outcome for each in case.earlier]


def _earlier_failures(case: RefundCase) -> tuple[Number, Number, str]:
    failed = case.failed_refunds
    if failed:
        return 0, len(failed), f"refund {failed[0]} of this order failed to be allocated"
    return 0, 0, "no earlier refund of this order failed to be allocated"


def _lines_add_up(case: RefundCase) -> bool:
    return case.adds_up


def _sum(case: RefundCase) -> tuple[Number, Number, str]:
    total = sum_of(case.lines)
    off = total - case.amount
    if not case.lines:
        detail = "no order lines were given"
    elif off:
        side = "more" if off > 0 else "less"
        detail = f"the lines add up to {total}, {abs(off)} {side} than {case.amount}"
    else:
        detail = f"the lines add up to {total}"
    return case.amount, total, detail


def _references_in_one_capture(case: RefundCase) -> bool:
    return case.match is not None


def _references(case: RefundCase) -> tuple[Number, Number, str]:
    carried = case.closest.references if case.closest else frozenset()
    if not case.lines:
        detail = "no order lines were given"
    elif case.match:
        what = _listed(case.references) or "nothing but return fees"
        detail = f"capture {case.match.klarna_reference} has {what}"
    else:
        detail = "; ".join(_whereabouts(case, each) for each in case.references[:SHOWN])
    return case.references, tuple(each for each in case.references if each in carried), detail


def _fits_capture(case: RefundCase) -> bool:
    closest = case.match or case.closest
    return closest is not None and case.amount <= case.limits[closest.capture_id]


def _room(case: RefundCase) -> tuple[Number, Number, str]:
    if case.closest is None:
        return 0, case.amount, "no capture is concerned"
    capture, limit = case.closest, case.limits[case.closest.capture_id]
    capacity = case.assumptions.capture_capacity
    detail = (
        f"{case.amount} wanted, {limit} of {capture.captured_amount}"
        f" {'captured' if capacity == 'captured' else 'left'}"
        f" on capture {capture.klarna_reference}"
    )
    return limit, case.amount, detail


def _no_injected_failure(case: RefundCase) -> bool:
    return not case.made_to_fail


def _asked_for(_case: RefundCase) -> tuple[Number, Number, str]:
    return 0, 1, "this sandbox was told to let the allocation fail"


CRITERIA = (
    Criterion("no_earlier_failure", _no_earlier_failure, _earlier_failures),
    Criterion("lines_add_up", _lines_add_up, _sum),
    Criterion("references_in_one_capture", _references_in_one_capture, _references),
    Criterion("fits_capture", _fits_capture, _room),
    Criterion(
        "no_injected_failure",
        _no_injected_failure,
        _asked_for,
        applies=lambda case: case.made_to_fail,
    ),
)
"""All conditions, in the order in which they are told; the last is ours, and is told
only where a failure was asked for."""


def _whereabouts(case: RefundCase, reference: str) -> str:
    if reference == NO_REFERENCE:
        return "a line has no reference"
    on = [each.klarna_reference for each in case.captures if reference in each.references]
    return f"'{reference}' is on {_listed(tuple(on)) or 'no capture'}"


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
