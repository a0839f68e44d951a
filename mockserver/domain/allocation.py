"""To which capture a refund belongs: one pure function that decides and explains.

Whether a refund is accepted is another question (:mod:`mockserver.domain.decide`); a
refund that cannot be allocated is a result here, never an error. Assumed, because
nothing is said: that a failed allocation stays failed for the life of the order, where
its money then lands, that a refund without lines is no failure, and that of several
fitting captures the oldest is taken.
"""

from collections.abc import Sequence

from mockserver.domain.advice import advise, nearest
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.conditions import MADE_TO_FAIL, judge
from mockserver.domain.explanation import Allocation, Condition, Landing, Verdict
from mockserver.domain.order import Capture, OrderLine, Refund
from mockserver.domain.refund_case import RefundCase, measure


def allocate(
    refunded_amount: int,
    lines: Sequence[OrderLine],
    captures: Sequence[Capture],
    earlier: Sequence[Refund],
    assumptions: Assumptions,
    *,
    made_to_fail: bool = False,
) -> Allocation:
    """Decide to which capture a refund is allocated, where it lands, and say why.

    Args:
        refunded_amount: minor units.
        lines: the refund's lines, possibly none.
        captures: the order's captures, oldest first.
        earlier: the order's earlier refunds with their allocations, oldest first.
        assumptions: the choices in force.
        made_to_fail: let the allocation fail as if the provider had failed.

    Returns:
        The verdict with all conditions and their numbers. Never raises.
    """
    case = measure(refunded_amount, lines, captures, earlier, assumptions)
    conditions = judge(case) + ((MADE_TO_FAIL,) if made_to_fail else ())
    verdict = _verdict(case, conditions)
    chosen = case.match if verdict is Verdict.ALLOCATED else None
    failed = verdict is Verdict.FAILED
    return Allocation(
        verdict=verdict,
        refunded_amount=refunded_amount,
        capture_id=chosen.capture_id if chosen else None,
        klarna_reference=chosen.klarna_reference if chosen else None,
        landed=_land(case, chosen),
        conditions=conditions,
        nearest=nearest(case, conditions) if failed else None,
        ambiguous=chosen is not None and case.fitting > 1,
        assumptions=_that_mattered(case, verdict),
        advice=advise(case, conditions) if failed else "",
    )


def _verdict(case: RefundCase, conditions: tuple[Condition, ...]) -> Verdict:
    if all(each.holds for each in conditions):
        return Verdict.ALLOCATED
    if not case.lines and case.assumptions.amount_only_refund == "not_attempted":
        return Verdict.NOT_ATTEMPTED
    return Verdict.FAILED


def _land(case: RefundCase, chosen: Capture | None) -> tuple[Landing, ...]:
    """Book the money on the chosen capture; without one, or beyond it, as assumed.

    No capture takes more than it has room for, whatever the assumptions.
    """
    policy = case.assumptions.unallocated_refund
    by_age = case.captures if policy == "oldest_first" else case.captures[::-1]
    others = () if policy == "none" else tuple(c for c in by_age if c is not chosen)
    landed, left = [], case.amount
    for capture in ((chosen,) if chosen else ()) + others:
        amount = min(left, case.room[capture.capture_id])
        if amount:
            landed.append(
                Landing(capture.capture_id, capture.klarna_reference, amount),
            )
            left -= amount
    return tuple(landed)


def _that_mattered(case: RefundCase, verdict: Verdict) -> tuple[str, ...]:
    """Name the assumptions without which the answer could have been another."""
    fully_landed = case.match and case.room[case.match.capture_id] >= case.amount
    mattered = {
        "amount_only_refund": not case.lines,
        "unallocated_refund": verdict is not Verdict.ALLOCATED or not fully_landed,
        "capture_capacity": any(
            case.room[each.capture_id] < min(case.amount, each.captured_amount)
            for each in case.matching
        ),
    }
    return tuple(name for name, applies in mattered.items() if applies)
