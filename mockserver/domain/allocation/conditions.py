"""The conditions of an allocation: whether each holds, with expected and actual value.

Documented by Kustom (refund allocation page): no earlier failed allocation on the
order, lines that add up to the refunded amount, the same ``reference`` on refund and
capture, an amount within the captured amount of the capture concerned. Assumed: that
what was already refunded of a capture counts against it, and that quantities and
prices are not compared.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from mockserver.domain.allocation.case import NO_REFERENCE, RefundCase
from mockserver.domain.allocation.explanation import AllocationOutcome, Condition
from mockserver.domain.money import sum_totals
from mockserver.domain.wording import quote

MAX_REFERENCES_LISTED = 10  # references named in one message

ConditionValue: TypeAlias = int | tuple[str, ...]


class ConditionCheck(Struct, frozen=True):
    """Definition of a condition: how it is checked and how its values are described.

    Attributes:
        name: the name in the explanation.
        holds: whether it holds for a case.
        describe: expected value, actual value and detail.
        applies: whether it is reported at all.
        is_injected: whether it fails only by a fault.
    """

    name: str
    holds: Callable[[RefundCase], bool]
    describe: Callable[[RefundCase], tuple[ConditionValue, ConditionValue, str]]
    applies: Callable[[RefundCase], bool] = lambda _case: True
    is_injected: bool = False


def all_conditions_hold(case: RefundCase) -> bool:
    """Return whether every condition holds."""
    for condition_check in CONDITION_CHECKS:  # noqa: SIM110  # on the path of every refund: half the time of all()
        if not condition_check.holds(case):
            return False
    return True


def check_conditions(case: RefundCase) -> tuple[Condition, ...]:
    """Check all conditions; each is reported, whether it holds or not."""
    return tuple(
        Condition(
            condition_check.name, condition_check.holds(case), *condition_check.describe(case)
        )
        for condition_check in CONDITION_CHECKS
        if condition_check.applies(case)
    )


def _no_earlier_failure(case: RefundCase) -> bool:
    return AllocationOutcome.FAILED not in [
        refund.allocation.outcome for refund in case.earlier_refunds
    ]


def _describe_earlier_failures(case: RefundCase) -> tuple[ConditionValue, ConditionValue, str]:
    failed = case.failed_refunds
    if failed:
        return 0, len(failed), f"{failed[0]} of this order failed to be allocated"
    return 0, 0, "no earlier refund of this order failed to be allocated"


def _lines_add_up(case: RefundCase) -> bool:
    return case.lines_add_up


def _describe_sum(case: RefundCase) -> tuple[ConditionValue, ConditionValue, str]:
    total = sum_totals(case.lines)
    difference = total - case.amount
    if not case.lines:
        detail = "no order lines were given"
    elif difference:
        side = "more" if difference > 0 else "less"
        detail = f"the lines add up to {total}, {abs(difference)} {side} than {case.amount}"
    else:
        detail = f"the lines add up to {total}"
    return case.amount, total, detail


def _references_in_one_capture(case: RefundCase) -> bool:
    return case.matched_capture is not None


def _describe_references(case: RefundCase) -> tuple[ConditionValue, ConditionValue, str]:
    closest = case.closest_capture
    capture_references = (
        case.captured_references[closest.capture_id] if closest else frozenset[str]()
    )
    if not case.lines:
        detail = "no order lines were given"
    elif not case.references:
        detail = "no line names an article, only return fees"
    elif case.matched_capture:
        names = _join_limited(case.references)
        detail = f"capture {case.matched_capture.klarna_reference} has {names}"
    else:
        detail = "; ".join(
            _describe_captures_with(case, reference)
            for reference in case.references[:MAX_REFERENCES_LISTED]
        )
    return (
        case.references,
        tuple(reference for reference in case.references if reference in capture_references),
        detail,
    )


def _fits_capture(case: RefundCase) -> bool:
    closest = case.matched_capture or case.closest_capture
    return closest is not None and case.amount <= case.refund_limits[closest.capture_id]


def _describe_capacity(case: RefundCase) -> tuple[ConditionValue, ConditionValue, str]:
    if case.closest_capture is None:
        return 0, case.amount, "there is no capture to compare with"
    capture, limit = case.closest_capture, case.refund_limits[case.closest_capture.capture_id]
    capacity = case.assumptions.capture_capacity
    detail = (
        f"{case.amount} requested, {limit} of {capture.captured_amount}"
        f" {'captured' if capacity == 'captured' else 'not yet refunded'}"
        f" on capture {capture.klarna_reference}"
    )
    return limit, case.amount, detail


def _no_injected_failure(case: RefundCase) -> bool:
    return not case.failure_injected


def _describe_injected_failure(_case: RefundCase) -> tuple[ConditionValue, ConditionValue, str]:
    return 0, 1, "a fault made this allocation fail"


CONDITION_CHECKS = (
    ConditionCheck("no_earlier_failure", _no_earlier_failure, _describe_earlier_failures),
    ConditionCheck("lines_add_up", _lines_add_up, _describe_sum),
    ConditionCheck(
        "references_in_one_capture", _references_in_one_capture, _describe_references
    ),
    ConditionCheck("fits_capture", _fits_capture, _describe_capacity),
    ConditionCheck(
        "no_injected_failure",
        _no_injected_failure,
        _describe_injected_failure,
        applies=lambda case: case.failure_injected,
        is_injected=True,
    ),
)
"""All conditions, in the order of the explanation. The last one is ours and is reported
only for an injected failure."""


def _describe_captures_with(case: RefundCase, reference: str) -> str:
    if reference == NO_REFERENCE:
        return "a line has no reference"
    captures = tuple(
        capture.klarna_reference for capture in case.captures_by_reference.get(reference, ())
    )
    return f"{quote(reference)} is on {_join_limited(captures) or 'no capture'}"


def _join_limited(names: tuple[str, ...]) -> str:
    omitted_count = len(names) - MAX_REFERENCES_LISTED
    return ", ".join(names[:MAX_REFERENCES_LISTED]) + (
        f" and {omitted_count} more" if omitted_count > 0 else ""
    )
