"""The facts needed to allocate a refund: references, matching captures, free amounts.

The decision, the conditions and the hints share these facts: which captures have the
refund's references, and how much can be refunded of them. Facts that only an explanation
needs, such as spelling suggestions, are computed on demand.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property

from msgspec import Struct

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import RefundOrder
from mockserver.domain.money import lines_add_up
from mockserver.domain.order import Capture, Order, OrderLine, Refund

RETURN_FEE = "return_fee"
NO_REFERENCE = ""  # of a line without a reference; no capture has it
MAX_SPELLING_CANDIDATES = 100  # how many references a misspelt one is compared with
MAX_SPELLCHECK_LENGTH = 40  # characters of a reference whose spelling is looked at
MAX_SPELLING_SUGGESTIONS = 3  # of how many missing references the spelling is looked at


class RefundCase(Struct, frozen=True, kw_only=True, dict=True):
    """Facts about a refund and the captures it may be allocated to.

    Amounts are in minor units.

    Attributes:
        amount: of the refund.
        lines: of the refund, possibly none.
        lines_add_up: whether there are lines and their totals sum to the amount.
        captures: the captures before it, oldest first.
        earlier_refunds: the refunds before it, oldest first.
        assumptions: the assumptions in force.
        failure_injected: whether the failure is injected.
        references: the distinct references to match.
        unrefunded: what is not yet refunded of each capture, by capture id.
        refund_limits: what a refund may take of each capture, by capture id.
        matching_captures: the captures that have every reference.
        matched_capture: the oldest of them that fits, else the one with the most room.
    """

    amount: int
    lines: Sequence[OrderLine]
    lines_add_up: bool
    captures: Sequence[Capture]
    earlier_refunds: Sequence[Refund]
    assumptions: Assumptions
    failure_injected: bool
    references: tuple[str, ...]
    unrefunded: Mapping[str, int]
    refund_limits: Mapping[str, int]
    matching_captures: Sequence[Capture]
    matched_capture: Capture | None

    @property
    def fitting_count(self) -> int:
        """The number of matching captures that fit the whole amount."""
        return sum(
            self.amount <= self.refund_limits[capture.capture_id]
            for capture in self.matching_captures
        )

    @cached_property
    def failed_refunds(self) -> tuple[str, ...]:
        """The ids of earlier refunds whose allocation failed."""
        return tuple(
            refund.refund_id
            for refund in self.earlier_refunds
            if _has_failed_allocation(refund)
        )

    @cached_property
    def closest_capture(self) -> Capture | None:
        """The matched capture, else the one that shares most references."""
        return self.matched_capture or _find_closest(
            self.references, self.captures, self.spelling_suggestions
        )

    @cached_property
    def spelling_suggestions(self) -> Mapping[str, str | None]:
        """Each reference that no capture has, with the most similar captured reference."""
        return (
            {} if self.matched_capture else _suggest_spellings(self.references, self.captures)
        )


def build_case(
    amount: int,
    lines: Sequence[OrderLine],
    captures: Sequence[Capture],
    earlier_refunds: Sequence[Refund],
    assumptions: Assumptions,
    *,
    failure_injected: bool = False,
) -> RefundCase:
    """Collect the facts of a refund, given the captures and refunds before it.

    Args:
        amount: of the refund, in minor units.
        lines: the refund's lines, possibly none.
        captures: the order's captures, oldest first.
        earlier_refunds: the order's earlier refunds with their allocations, oldest first.
        assumptions: the assumptions in force.
        failure_injected: whether the failure is injected.
    """
    references = references_to_match(lines)
    room = limits = unrefunded_amounts(captures, earlier_refunds)
    if assumptions.capture_capacity == "captured":
        limits = {capture.capture_id: capture.captured_amount for capture in captures}
    matching = (
        [capture for capture in captures if capture.references.issuperset(references)]
        if lines
        else []
    )
    return RefundCase(
        amount=amount,
        lines=lines,
        lines_add_up=lines_add_up(lines, amount),
        captures=captures,
        earlier_refunds=earlier_refunds,
        assumptions=assumptions,
        failure_injected=failure_injected,
        references=references,
        unrefunded=room,
        refund_limits=limits,
        matching_captures=matching,
        matched_capture=_select_match(amount, matching, limits),
    )


def build_case_for_command(
    order: Order,
    command: RefundOrder,
    assumptions: Assumptions,
    *,
    fail_allocation: bool = False,
) -> RefundCase:
    """Collect the facts needed to allocate this refund.

    An injected failure (``fail_allocation``, or forced on the order) applies to a refund
    with lines only: without lines no allocation is attempted.
    """
    fails = fail_allocation or order.fail_next_allocation
    return build_case(
        command.refunded_amount,
        command.order_lines,
        order.captures,
        order.refunds,
        assumptions,
        failure_injected=fails and bool(command.order_lines),
    )


def references_to_match(lines: Sequence[OrderLine]) -> tuple[str, ...]:
    """Return the distinct references to match; a return fee is not matched."""
    references = [line.reference or NO_REFERENCE for line in lines if line.type != RETURN_FEE]
    return tuple(dict.fromkeys(references))


def unrefunded_amounts(
    captures: Sequence[Capture], refunds: Sequence[Refund]
) -> dict[str, int]:
    """Return the amount not yet refunded of each capture (minor units), by capture id."""
    unrefunded = {capture.capture_id: capture.captured_amount for capture in captures}
    for refund in refunds:
        for booking in refund.allocation.booked:
            unrefunded[booking.capture_id] -= booking.amount
    return unrefunded


def _has_failed_allocation(refund: Refund) -> bool:
    return refund.allocation.outcome is AllocationOutcome.FAILED


def _select_match(
    amount: int,
    matching: Sequence[Capture],
    limits: Mapping[str, int],
) -> Capture | None:
    if len(matching) == 1:
        return matching[0]
    return max(
        matching,
        key=lambda capture: min(limits[capture.capture_id], amount),
        default=None,
    )


def _suggest_spellings(
    references: tuple[str, ...],
    captures: Sequence[Capture],
) -> dict[str, str | None]:
    """Map each reference that no capture has to the most similar captured one.

    Only the first few are compared; sorted, so that the order of lines does not matter.
    """
    captured_references = dict.fromkeys(
        line.reference for capture in captures for line in capture.order_lines if line.reference
    )
    folded = {reference.casefold(): reference for reference in captured_references}
    short = [reference for reference in folded if len(reference) <= MAX_SPELLCHECK_LENGTH]
    candidates = short[:MAX_SPELLING_CANDIDATES]
    missing = sorted(
        reference for reference in references if reference not in captured_references
    )
    suggestions: dict[str, str | None] = dict.fromkeys(missing)
    for reference in missing[:MAX_SPELLING_SUGGESTIONS]:
        spelling = reference.strip().casefold()
        close_references = [spelling] if spelling in folded else []
        if not close_references and len(spelling) <= MAX_SPELLCHECK_LENGTH:
            close_references = get_close_matches(spelling, candidates, n=1)
        suggestions[reference] = folded[close_references[0]] if close_references else None
    return suggestions


def _find_closest(
    references: tuple[str, ...],
    captures: Sequence[Capture],
    spelling: Mapping[str, str | None],
) -> Capture | None:
    """Find the capture that shares most references, as written or as suggested."""
    if not references:
        return None
    candidates = {spelling.get(reference) or reference for reference in references}
    return max(captures, key=lambda capture: len(candidates & capture.references), default=None)
