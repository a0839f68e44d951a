"""The facts needed to allocate a refund: references, matching captures, free amounts.

The decision, the conditions and the hints share these facts: which captures have the
refund's references, and how much can be refunded of them. Facts that only an explanation
needs, such as spelling suggestions, are computed on demand.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.allocation.spelling import SpellingIndex, Suggestion
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import RefundOrder
from mockserver.domain.ledger import name_refund
from mockserver.domain.money import lines_add_up
from mockserver.domain.order import Capture, Order, OrderLine, Refund

RETURN_FEE = "return_fee"
NO_REFERENCE = ""  # of a line without a reference; no capture has it
MAX_UNKNOWN_REFERENCES = 3  # unknown references for which a suggestion is looked up
MAX_HINTED_LINES = 3  # lines or references with a hint of their own


class RefundCase(Struct, frozen=True, kw_only=True, dict=True):
    """Facts about a refund and the captures it may be allocated to.

    Amounts are in minor units.

    Attributes:
        amount: of the refund.
        lines: of the refund, possibly none.
        lines_add_up: whether there are lines and their totals sum to the amount.
        captures: the captures before it, oldest first.
        earlier_refunds: the refunds before it, oldest first.
        order_lines: the lines of the order; only hints look at them.
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
    order_lines: Sequence[OrderLine]
    assumptions: Assumptions
    failure_injected: bool
    references: tuple[str, ...]
    unrefunded: Mapping[str, int]
    refund_limits: Mapping[str, int]
    matching_captures: Sequence[Capture]
    matched_capture: Capture | None

    @property
    def fitting_captures(self) -> Sequence[Capture]:
        """The matching captures that fit the whole amount, oldest first."""
        return [
            capture
            for capture in self.matching_captures
            if self.amount <= self.refund_limits[capture.capture_id]
        ]

    @cached_property
    def failed_refunds(self) -> tuple[str, ...]:
        """The earlier refunds whose allocation failed, by number and id, oldest first."""
        return tuple(
            name_refund(number, refund)
            for number, refund in enumerate(self.earlier_refunds, 1)
            if _has_failed_allocation(refund)
        )

    @cached_property
    def closest_capture(self) -> Capture | None:
        """The matched capture, else the one that shares most references."""
        if self.matched_capture or not self.references:
            return self.matched_capture
        suggested = {
            reference: suggestion.reference
            for reference, suggestion in self.suggestions.items()
        }
        references = {suggested.get(reference) or reference for reference in self.references}
        return max(
            self.captures,
            key=lambda capture: len(references & self.captured_references[capture.capture_id]),
            default=None,
        )

    @cached_property
    def captured_references(self) -> Mapping[str, frozenset[str]]:
        """The references of each capture, by capture id."""
        return {capture.capture_id: capture.references for capture in self.captures}

    @cached_property
    def captures_by_reference(self) -> Mapping[str, Sequence[Capture]]:
        """The captures that have a reference, oldest first."""
        index: dict[str, list[Capture]] = {}
        for capture in self.captures:
            for reference in _distinct_references(capture.order_lines):
                index.setdefault(reference, []).append(capture)
        return index

    @cached_property
    def uncaptured_references(self) -> Sequence[str]:
        """The references that no capture has, sorted: the order of lines does not matter."""
        return sorted(set(self.references) - self.captures_by_reference.keys())

    @cached_property
    def ordered_references(self) -> Mapping[str, None]:
        """The references of the order's own lines, in their order."""
        return _distinct_references(self.order_lines)

    def references_named(self, name: str) -> Sequence[str]:
        """Return the captured references of a name, in any case.

        There are none if an article of that name is ordered, but not captured.
        """
        return self._references_by_name.get(name.casefold(), ())

    @cached_property
    def _references_by_name(self) -> Mapping[str, Sequence[str]]:
        captured: dict[str, set[str]] = {}
        for capture in self.captures:
            for line in capture.order_lines:
                if line.reference:
                    captured.setdefault(line.name.casefold(), set()).add(line.reference)
        for line in self.order_lines:
            name = line.name.casefold()
            if name in captured and line.reference not in captured[name]:
                captured[name] = set()
        return {name: sorted(references) for name, references in captured.items()}

    @cached_property
    def suggestions(self) -> Mapping[str, Suggestion]:
        """Similar references for the first few that neither a capture nor the order has."""
        unknown = [
            reference
            for reference in self.uncaptured_references
            if reference != NO_REFERENCE and reference not in self.ordered_references
        ]
        index = SpellingIndex([*self.captures_by_reference, *self.ordered_references])
        return {
            reference: index.suggest(reference)
            for reference in unknown[:MAX_UNKNOWN_REFERENCES]
        }


def build_case(
    amount: int,
    lines: Sequence[OrderLine],
    captures: Sequence[Capture],
    earlier_refunds: Sequence[Refund],
    assumptions: Assumptions,
    *,
    order_lines: Sequence[OrderLine] = (),
    failure_injected: bool = False,
) -> RefundCase:
    """Collect the facts of a refund, given the captures and refunds before it.

    Args:
        amount: of the refund, in minor units.
        lines: the refund's lines, possibly none.
        captures: the order's captures, oldest first.
        earlier_refunds: the order's earlier refunds with their allocations, oldest first.
        assumptions: the assumptions in force.
        order_lines: the lines of the order, for hints.
        failure_injected: whether the failure is injected.
    """
    references = references_to_match(lines)
    room = limits = unrefunded_amounts(captures, earlier_refunds)
    if assumptions.capture_capacity == "captured":
        limits = {capture.capture_id: capture.captured_amount for capture in captures}
    matching = (
        [capture for capture in captures if capture.references.issuperset(references)]
        if references
        else []
    )
    return RefundCase(
        amount=amount,
        lines=lines,
        lines_add_up=lines_add_up(lines, amount),
        captures=captures,
        earlier_refunds=earlier_refunds,
        order_lines=order_lines,
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
    that names articles only: without any, no allocation is attempted.
    """
    fails = fail_allocation or order.fail_next_allocation
    return build_case(
        command.refunded_amount,
        command.order_lines,
        order.captures,
        order.refunds,
        assumptions,
        order_lines=order.order_lines,
        failure_injected=fails and any(line.type != RETURN_FEE for line in command.order_lines),
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


def _distinct_references(lines: Sequence[OrderLine]) -> dict[str, None]:
    return dict.fromkeys(line.reference for line in lines if line.reference)


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
