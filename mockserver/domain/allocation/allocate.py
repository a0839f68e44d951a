"""Allocate a refund to a capture, and explain the allocation from the same facts.

Whether a refund is accepted is decided in :mod:`mockserver.domain.refunds`; a refund that
cannot be allocated is a result here, never an error. Undocumented and therefore assumed:
a failed allocation stays failed for the life of the order, where its money is booked, a
refund without lines is no failure, and the oldest of several fitting captures is chosen.

Decision and explanation evaluate the same table of conditions, so they cannot differ. The
explanation is worked out only when somebody reads it.
"""

from mockserver.domain.allocation.case import RefundCase, build_case
from mockserver.domain.allocation.conditions import (
    all_conditions_hold,
    check_conditions,
)
from mockserver.domain.allocation.explanation import (
    Allocation,
    AllocationOutcome,
    Booking,
    Candidate,
    Explanation,
)
from mockserver.domain.allocation.hints import allocation_hints, nearest_capture
from mockserver.domain.order import Capture, Order, Refund

MAX_CANDIDATES = 10  # captures that the explanation of an ambiguous refund lists


def allocate(case: RefundCase) -> Allocation:
    """Decide to which capture a refund is allocated and where it is booked. Never raises."""
    outcome = _decide_outcome(case)
    matched = case.matched_capture if outcome is AllocationOutcome.ALLOCATED else None
    return Allocation(
        outcome=outcome,
        capture_id=matched.capture_id if matched else None,
        klarna_reference=matched.klarna_reference if matched else None,
        booked=_book(case, matched),
        ambiguous=matched is not None
        and len(case.matching_captures) > 1
        and len(case.fitting_captures) > 1,
        failure_injected=case.failure_injected,
        assumptions=case.assumptions,
    )


def explain_case(case: RefundCase) -> Explanation:
    """Decide and explain: every condition with its numbers, and hints. Never raises."""
    allocation = allocate(case)
    conditions = check_conditions(case)
    failed = allocation.outcome is AllocationOutcome.FAILED
    allocated = allocation.outcome is AllocationOutcome.ALLOCATED
    candidates = case.fitting_captures if allocation.ambiguous else ()
    return Explanation(
        allocation=allocation,
        refunded_amount=case.amount,
        conditions=conditions,
        nearest=nearest_capture(case, conditions) if failed else None,
        candidates=tuple(
            Candidate(capture.capture_id, capture.klarna_reference)
            for capture in candidates[:MAX_CANDIDATES]
        ),
        candidate_count=len(candidates),
        assumptions=_relevant_assumptions(case, allocation.outcome),
        hints=() if allocated else allocation_hints(case, conditions),
    )


def explain_allocation(order: Order, refund: Refund) -> Explanation:
    """Explain the allocation of one of an order's refunds, as it was when accepted.

    Hints compare the refund with the order's lines as they are now.
    """
    return explain_case(
        build_case(
            refund.refunded_amount,
            refund.order_lines,
            order.captures[: refund.earlier_capture_count],
            order.refunds[: order.refunds.index(refund)],
            refund.allocation.assumptions,
            order_lines=order.order_lines,
            failure_injected=refund.allocation.failure_injected,
        ),
    )


def _decide_outcome(case: RefundCase) -> AllocationOutcome:
    if all_conditions_hold(case):
        return AllocationOutcome.ALLOCATED
    if not case.references and _is_amount_only(case):
        return AllocationOutcome.NOT_ATTEMPTED
    return AllocationOutcome.FAILED


def _is_amount_only(case: RefundCase) -> bool:
    """Return whether a refund that names no article is one for which nothing is attempted."""
    if case.lines and case.assumptions.fee_only_refund == "failed":
        return False
    return case.assumptions.amount_only_refund == "not_attempted"


def _book(case: RefundCase, matched: Capture | None) -> tuple[Booking, ...]:
    """Book the money on the chosen capture; without one, or beyond it, as assumed.

    No more is booked on a capture than is not yet refunded of it, whatever the
    assumptions. An allocated refund of 0 is booked on its capture as 0.
    """
    if matched is not None and case.amount <= case.unrefunded[matched.capture_id]:
        return (Booking(matched.capture_id, matched.klarna_reference, case.amount),)
    policy = case.assumptions.unallocated_refund
    by_age = case.captures if policy == "oldest_first" else case.captures[::-1]
    others = () if policy == "none" else tuple(c for c in by_age if c is not matched)
    bookings, remaining = [], case.amount
    for capture in ((matched,) if matched else ()) + others:
        if not remaining:
            break
        amount = min(remaining, case.unrefunded[capture.capture_id])
        if amount:
            bookings.append(
                Booking(capture.capture_id, capture.klarna_reference, amount),
            )
            remaining -= amount
    return tuple(bookings)


def _relevant_assumptions(case: RefundCase, outcome: AllocationOutcome) -> tuple[str, ...]:
    """Name the assumptions on which the result depends."""
    fully_booked = (
        case.matched_capture and case.unrefunded[case.matched_capture.capture_id] >= case.amount
    )
    relevance = {
        "amount_only_refund": not case.lines
        or (not case.references and case.assumptions.fee_only_refund == "amount_only"),
        "fee_only_refund": bool(case.lines) and not case.references,
        "unallocated_refund": outcome is not AllocationOutcome.ALLOCATED or not fully_booked,
        "capture_capacity": any(
            case.unrefunded[capture.capture_id] < min(case.amount, capture.captured_amount)
            for capture in case.matching_captures
        ),
    }
    return tuple(name for name, applies in relevance.items() if applies)
