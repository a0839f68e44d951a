"""Hints for a failed allocation: the nearest capture and what to change in the request."""

from collections.abc import Callable, Iterable, Mapping

from mockserver.domain.allocation.case import (
    MAX_SPELLING_SUGGESTIONS,
    NO_REFERENCE,
    RefundCase,
)
from mockserver.domain.allocation.conditions import MAX_REFERENCES_LISTED
from mockserver.domain.allocation.explanation import Condition, NearestCapture
from mockserver.domain.money import sum_totals
from mockserver.domain.order import Capture


def nearest_capture(case: RefundCase, conditions: Iterable[Condition]) -> NearestCapture | None:
    """Return the closest capture and its differences from the refund."""
    if case.closest_capture is None:
        return None
    capture = case.closest_capture
    differences = [
        _describe_difference(case, capture, condition)
        for condition in conditions
        if not condition.holds
    ]
    return NearestCapture(capture.capture_id, capture.klarna_reference, tuple(differences))


def allocation_hints(case: RefundCase, conditions: Iterable[Condition]) -> tuple[str, ...]:
    """Return hints: what to change, one for each condition that does not hold."""
    failed = [condition for condition in conditions if not condition.holds]
    hints = [hint for condition in failed for hint in _HINT_BY_CONDITION[condition.name](case)]
    return tuple(dict.fromkeys(hints))


def _describe_difference(case: RefundCase, capture: Capture, condition: Condition) -> str:
    if condition.name != "references_in_one_capture":
        return condition.detail
    capture_references = capture.references
    missing = [
        reference for reference in case.references if reference not in capture_references
    ]
    return "; ".join(
        _describe_missing_reference(case, reference, capture_references)
        for reference in missing[:MAX_REFERENCES_LISTED]
    )


def _describe_missing_reference(
    case: RefundCase, reference: str, capture_references: frozenset[str]
) -> str:
    if reference == NO_REFERENCE:
        return "a line has no reference"
    suggestion = case.spelling_suggestions.get(reference)
    hint = f" ('{suggestion}' is)" if suggestion in capture_references else ""
    return f"'{reference}' is not on this capture{hint}"


def _hint_earlier_failure(case: RefundCase) -> tuple[str, ...]:
    hint = (
        f"Refund {case.failed_refunds[0]} was not allocated, so no later refund of this"
        f" order is. In a test, use a new order."
    )
    return (hint,)


def _hint_sum(case: RefundCase) -> tuple[str, ...]:
    if not case.lines:
        return _SEND_LINES
    total = sum_totals(case.lines)
    hint = (
        f"Make the lines' total_amount add up to refunded_amount:"
        f" expected {case.amount}, got {total}."
    )
    return (hint,)


def _hint_references(case: RefundCase) -> tuple[str, ...]:
    if not case.lines:
        return _SEND_LINES
    if not case.spelling_suggestions:
        return ("Send one refund for each capture, with the lines of that capture.",)
    misspelt = list(case.spelling_suggestions.items())[:MAX_SPELLING_SUGGESTIONS]
    return tuple(_correction(reference, suggestion) for reference, suggestion in misspelt)


def _correction(reference: str, suggestion: str | None) -> str:
    if reference == NO_REFERENCE:
        return "Set the reference of every line to that of a captured line."
    replacement = f"'{suggestion}'" if suggestion else "that of a captured line"
    return f"Change reference '{reference}' to {replacement}."


def _hint_amount(case: RefundCase) -> tuple[str, ...]:
    if case.matched_capture is None or case.closest_capture is None:
        return ()
    limit, reference = (
        case.refund_limits[case.closest_capture.capture_id],
        case.closest_capture.klarna_reference,
    )
    return (f"Refund at most {limit} with the lines of capture {reference}.",)


def _hint_injected_failure(_case: RefundCase) -> tuple[str, ...]:
    return ("The request is correct: the allocation failed by fault injection.",)


_SEND_LINES = ("Send order_lines with the references of the returned articles.",)

_HINT_BY_CONDITION: Mapping[str, Callable[[RefundCase], tuple[str, ...]]] = {
    "no_earlier_failure": _hint_earlier_failure,
    "lines_add_up": _hint_sum,
    "references_in_one_capture": _hint_references,
    "fits_capture": _hint_amount,
    "no_injected_failure": _hint_injected_failure,
}
