"""To which capture a refund belongs: decided, and explained, from the same facts.

Whether a refund is accepted is another question (:mod:`mockserver.domain.refunds`); a
refund that cannot be allocated is a result here, never an error. Assumed, because
nothing is said: that a failed allocation stays failed for the life of the order, where
its money then lands, that a refund without lines is no failure, and that of several
fitting captures the oldest is taken.

Both functions judge a case by the same table of conditions, so that an explanation
cannot differ from the decision; the words are found when they are asked for.
"""

from mockserver.domain.advice import advise, nearest
from mockserver.domain.conditions import all_hold, judge
from mockserver.domain.explanation import Allocation, Explanation, Landing, Verdict
from mockserver.domain.order import Capture, Order, Refund
from mockserver.domain.refund_case import RefundCase, measure


def allocate(case: RefundCase) -> Allocation:
    """Decide to which capture a refund is allocated and where its money lands.

    Never raises.
    """
    verdict = _verdict(case)
    chosen = case.match if verdict is Verdict.ALLOCATED else None
    return Allocation(
        outcome=verdict,
        capture_id=chosen.capture_id if chosen else None,
        klarna_reference=chosen.klarna_reference if chosen else None,
        booked=_land(case, chosen),
        ambiguous=chosen is not None and len(case.matching) > 1 and case.fitting > 1,
        made_to_fail=case.made_to_fail,
        assumptions=case.assumptions,
    )


def explain(case: RefundCase) -> Explanation:
    """Decide, and say why: every condition with its numbers, and what would help.

    Never raises.
    """
    allocation = allocate(case)
    conditions = judge(case)
    failed = allocation.outcome is Verdict.FAILED
    return Explanation(
        allocation=allocation,
        refunded_amount=case.amount,
        conditions=conditions,
        nearest=nearest(case, conditions) if failed else None,
        assumptions=_that_mattered(case, allocation.outcome),
        hints=advise(case, conditions) if failed else (),
    )


def explained(order: Order, refund: Refund) -> Explanation:
    """Explain the allocation of one of an order's refunds, as it was when accepted."""
    return explain(
        measure(
            refund.refunded_amount,
            refund.order_lines,
            order.captures[: refund.captures_before],
            order.refunds[: order.refunds.index(refund)],
            refund.allocation.assumptions,
            made_to_fail=refund.allocation.made_to_fail,
        ),
    )


def _verdict(case: RefundCase) -> Verdict:
    if all_hold(case):
        return Verdict.ALLOCATED
    if not case.lines and case.assumptions.amount_only_refund == "not_attempted":
        return Verdict.NOT_ATTEMPTED
    return Verdict.FAILED


def _land(case: RefundCase, chosen: Capture | None) -> tuple[Landing, ...]:
    """Book the money on the chosen capture; without one, or beyond it, as assumed.

    No capture takes more than it has room for, whatever the assumptions. An allocated
    refund of nothing lands on its capture all the same, as 0.
    """
    if chosen is not None and case.amount <= case.room[chosen.capture_id]:
        return (Landing(chosen.capture_id, chosen.klarna_reference, case.amount),)
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
