"""Hints on a refund that was not allocated: what to change, in the request or before it.

``HINT_RULES`` is the table: the condition that must have failed, how sure the hint is, and
the function that finds it from the refund, the captures and the order. A hint always names
something that exists and can be done, and following it never books the refund on a capture
that lacks the article. The rules run only when somebody reads an explanation.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from mockserver.domain.allocation import line_hints, reference_hints
from mockserver.domain.allocation.case import NO_REFERENCE, RefundCase
from mockserver.domain.allocation.conditions import MAX_REFERENCES_LISTED
from mockserver.domain.allocation.explanation import Condition, NearestCapture
from mockserver.domain.ledger import name_refund
from mockserver.domain.money import sum_totals
from mockserver.domain.order import Capture
from mockserver.domain.wording import quote

MAX_HINTS = 5


class Certainty(StrEnum):
    """How sure a hint is. General hints are left out where a more certain one exists."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GENERAL = "general"


class HintRule(Struct, frozen=True):
    """One row of the table of hints.

    Attributes:
        condition: the condition that must have failed.
        certainty: how sure the hint is.
        find: yields the hints for a case; nothing where the rule does not apply.
    """

    condition: str
    certainty: Certainty
    find: Callable[[RefundCase], Iterator[str]]


def allocation_hints(case: RefundCase, conditions: Iterable[Condition]) -> tuple[str, ...]:
    """Return what to change, most useful first; at most ``MAX_HINTS`` sentences."""
    failed = {condition.name for condition in conditions if not condition.holds}
    hints: dict[str, None] = {}
    conditions_with_hints = set()
    for rule in HINT_RULES:
        if rule.condition not in failed:
            continue
        if rule.certainty is Certainty.GENERAL and rule.condition in conditions_with_hints:
            continue
        new_hints = dict.fromkeys(rule.find(case))
        if new_hints:
            conditions_with_hints.add(rule.condition)
            hints |= new_hints
    return tuple(hints)[:MAX_HINTS]


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


def _describe_difference(case: RefundCase, capture: Capture, condition: Condition) -> str:
    if condition.name != "references_in_one_capture":
        return condition.detail
    capture_references = case.captured_references[capture.capture_id]
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
    suggestion = case.suggestions.get(reference)
    suggested = suggestion.reference if suggestion else None
    note = f" ({quote(suggested)} is)" if suggested in capture_references and suggested else ""
    return f"{quote(reference)} is not on this capture{note}"


def _injected_failure(_case: RefundCase) -> Iterator[str]:
    yield "The request is correct: the allocation failed by fault injection."


def _earlier_failure(case: RefundCase) -> Iterator[str]:
    yield (
        f"After {case.failed_refunds[0]}, which was not allocated, no later refund of this"
        " order is. In a test, use a new order."
    )


def _only_return_fees(case: RefundCase) -> Iterator[str]:
    if case.lines and not case.references:
        yield (
            f"The refund names no article, only a return fee of {sum_totals(case.lines)}: in"
            " effect a bare amount. Send the lines of the returned articles, or leave"
            " order_lines out."
        )


def _no_lines(case: RefundCase) -> Iterator[str]:
    if not case.lines and case.captures_by_reference:
        yield "Send order_lines with the references of the returned articles."


def _amount_too_high(case: RefundCase) -> Iterator[str]:
    capture = case.matched_capture
    if capture is None:
        return
    limit = case.refund_limits[capture.capture_id]
    if limit > 0:
        yield (f"Refund at most {limit} with the lines of capture {capture.klarna_reference}.")
        return
    refunds = ", ".join(
        name_refund(number, refund)
        for number, refund in enumerate(case.earlier_refunds, 1)
        if any(b.capture_id == capture.capture_id for b in refund.allocation.booked)
    )
    by = f" by {refunds}" if refunds else ""
    yield f"Capture {capture.klarna_reference} is refunded in full already{by}."


def _sum(case: RefundCase) -> Iterator[str]:
    if case.references:
        yield (
            "Make the lines' total_amount add up to refunded_amount:"
            f" expected {case.amount}, got {sum_totals(case.lines)}."
        )


REFERENCES, SUM, FITS = "references_in_one_capture", "lines_add_up", "fits_capture"
CERTAIN, LIKELY, GENERAL = Certainty.CERTAIN, Certainty.LIKELY, Certainty.GENERAL

HINT_RULES = (
    HintRule("no_injected_failure", CERTAIN, _injected_failure),
    HintRule("no_earlier_failure", CERTAIN, _earlier_failure),
    HintRule(REFERENCES, CERTAIN, _only_return_fees),
    HintRule(REFERENCES, CERTAIN, _no_lines),
    HintRule(REFERENCES, CERTAIN, reference_hints.nothing_to_match),
    HintRule(REFERENCES, CERTAIN, reference_hints.zero_line_of_another_capture),
    HintRule(REFERENCES, CERTAIN, reference_hints.several_captures),
    HintRule(REFERENCES, CERTAIN, reference_hints.ordered_but_not_captured),
    HintRule(REFERENCES, CERTAIN, reference_hints.name_instead_of_reference),
    HintRule(REFERENCES, LIKELY, reference_hints.only_line_of_type),
    HintRule(REFERENCES, LIKELY, reference_hints.misspelt),
    HintRule(REFERENCES, LIKELY, reference_hints.captured_under_name),
    HintRule(REFERENCES, LIKELY, reference_hints.line_without_reference),
    HintRule(REFERENCES, GENERAL, reference_hints.unknown_reference),
    HintRule(SUM, CERTAIN, line_hints.totals_with_wrong_sign),
    HintRule(SUM, LIKELY, line_hints.totals_in_major_units),
    HintRule(SUM, LIKELY, line_hints.captured_line_left_out),
    HintRule(SUM, LIKELY, line_hints.line_too_many),
    HintRule(SUM, LIKELY, line_hints.total_differs_from_captured_line),
    HintRule(SUM, LIKELY, line_hints.totals_without_tax),
    HintRule(SUM, LIKELY, line_hints.total_of_one_piece),
    HintRule(SUM, GENERAL, _sum),
    HintRule(FITS, CERTAIN, line_hints.captured_in_several_parts),
    HintRule(FITS, CERTAIN, _amount_too_high),
    HintRule(FITS, LIKELY, line_hints.more_than_captured_line),
)
"""All hints, most useful first."""
