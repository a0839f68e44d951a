"""What must hold of every allocation, under all values of the assumptions.

The oracle below is the documentation's list of conditions written down once more, by
brute force over the captures and without a word of explanation.
"""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.allocation.allocate import (
    allocate,
    explain_allocation,
    explain_case,
)
from mockserver.domain.allocation.case import RefundCase, build_case
from mockserver.domain.allocation.explanation import AllocationOutcome, Explanation
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import CaptureOrder, RefundOrder
from mockserver.domain.order import Capture, Order
from tests.support.builders import drive, make_line
from tests.support.strategies import (
    Refunded,
    allocation_assumptions,
    balanced_refunds,
    refund_histories,
    refund_lines,
    refund_requests,
    shipped_orders,
    shuffled,
)

BOOKING = st.builds(
    dataclasses.replace,
    allocation_assumptions,
    unallocated_refund=st.sampled_from(("oldest_first", "newest_first")),
)
NOT_BOOKING = st.builds(
    dataclasses.replace,
    allocation_assumptions,
    unallocated_refund=st.just("none"),
)

History = tuple[Assumptions, list[Refunded]]


def booked(order: Order, capture: Capture) -> int:
    return sum(
        booking.amount
        for refund in order.refunds
        for booking in refund.allocation.booked
        if booking.capture_id == capture.capture_id
    )


def references(request: RefundOrder) -> set[str | None]:
    return {line.reference for line in request.order_lines if line.type != "return_fee"}


def fits(refund: Refunded, capture: Capture, assumed: Assumptions) -> bool:
    limit = capture.captured_amount
    if assumed.capture_capacity == "remaining":
        limit -= booked(refund.before, capture)
    on_capture = {line.reference for line in capture.order_lines}
    named = references(refund.request)
    return named != set() and named <= on_capture and refund.request.refunded_amount <= limit


def adds_up(request: RefundOrder) -> bool:
    totals = [line.total_amount for line in request.order_lines]
    return totals != [] and sum(totals) == request.refunded_amount


def has_failed(order: Order) -> bool:
    return any(
        refund.allocation.outcome is AllocationOutcome.FAILED for refund in order.refunds
    )


def failure_was_injected(refund: Refunded) -> bool:
    return "no_injected_failure" in refund.explanation.failed_conditions


def explain(order: Order, request: RefundOrder, assumed: Assumptions) -> Explanation:
    return explain_case(case_of(order, request, assumed))


def case_of(order: Order, request: RefundOrder, assumed: Assumptions) -> RefundCase:
    return build_case(
        request.refunded_amount,
        request.order_lines,
        order.captures,
        order.refunds,
        assumed,
    )


def decision(explanation: Explanation) -> object:
    allocation = explanation.allocation
    return allocation.outcome, allocation.capture_id, allocation.booked


def summary_of(explanation: Explanation) -> object:
    return (
        explanation.allocation,
        explanation.failed_conditions,
        explanation.assumptions,
        explanation.nearest and explanation.nearest.capture_id,
    )


@given(refund_histories())
def test_allocated_refund_satisfies_every_condition(history: History) -> None:
    assumed, refunds = history
    for refund in refunds:
        if refund.allocation.outcome is AllocationOutcome.ALLOCATED:
            assert refund.explanation.failed_conditions == ()
            chosen = refund.before.get_capture(refund.allocation.capture_id or "")
            assert chosen is not None
            assert fits(refund, chosen, assumed)
            assert adds_up(refund.request)
            assert not has_failed(refund.before)


@given(refund_histories())
def test_valid_refund_is_allocated_to_oldest_fitting_capture(
    history: History,
) -> None:
    assumed, refunds = history
    for refund in refunds:
        fitting = [c for c in refund.before.captures if fits(refund, c, assumed)]
        possible = adds_up(refund.request) and not has_failed(refund.before)
        if fitting and possible and not failure_was_injected(refund):
            assert refund.allocation.outcome is AllocationOutcome.ALLOCATED
            assert refund.allocation.capture_id == fitting[0].capture_id
            assert refund.allocation.ambiguous is (len(fitting) > 1)
        else:
            assert refund.allocation.outcome is not AllocationOutcome.ALLOCATED
            assert refund.allocation.capture_id is None
            assert not refund.allocation.ambiguous


@given(refund_histories())
def test_bookings_never_exceed_their_capture(history: History) -> None:
    _, refunds = history
    for refund in refunds:
        for capture in refund.after.captures:
            assert booked(refund.after, capture) <= capture.captured_amount


@given(refund_histories())
def test_only_an_allocated_refund_of_0_is_booked_as_0(history: History) -> None:
    _, refunds = history
    for refund in refunds:
        amounts = [booking.amount for booking in refund.allocation.booked]
        allocated = refund.allocation.outcome is AllocationOutcome.ALLOCATED
        of_nothing = allocated and refund.request.refunded_amount == 0
        assert amounts == [0] if of_nothing else 0 not in amounts


@given(refund_histories())
def test_after_a_failure_nothing_later_is_allocated(history: History) -> None:
    _, refunds = history
    for refund in refunds:
        if has_failed(refund.before):
            assert refund.allocation.outcome is not AllocationOutcome.ALLOCATED
            assert "no_earlier_failure" in refund.explanation.failed_conditions
        else:
            assert "no_earlier_failure" not in refund.explanation.failed_conditions


@given(refund_histories())
def test_only_a_refund_that_names_no_article_is_not_attempted(history: History) -> None:
    assumed, refunds = history
    for refund in refunds:
        amount_only = references(refund.request) == set() and (
            not refund.request.order_lines or assumed.fee_only_refund == "amount_only"
        )
        spared = amount_only and assumed.amount_only_refund == "not_attempted"
        assert (refund.allocation.outcome is AllocationOutcome.NOT_ATTEMPTED) is spared


@given(st.data())
def test_order_of_request_lines_does_not_matter(data: st.DataObject) -> None:
    order, assumed = data.draw(shipped_orders), data.draw(allocation_assumptions)
    request = data.draw(refund_requests(order) | balanced_refunds(order))
    turned = data.draw(shuffled(request))
    first, second = explain(order, request, assumed), explain(order, turned, assumed)
    assert summary_of(first) == summary_of(second)


@given(st.data())
def test_changing_one_line_by_one_unit_flips_exactly_lines_add_up(
    data: st.DataObject,
) -> None:
    order, assumed = data.draw(shipped_orders), data.draw(allocation_assumptions)
    request = data.draw(balanced_refunds(order))
    lines = list(request.order_lines)
    place = data.draw(st.integers(0, len(lines) - 1))
    total = lines[place].total_amount + data.draw(st.sampled_from((1, -1)))
    lines[place] = replace(lines[place], total_amount=total)
    off = replace(request, order_lines=tuple(lines))

    before = set(explain(order, request, assumed).failed_conditions)
    after = set(explain(order, off, assumed).failed_conditions)
    assert before ^ after == {"lines_add_up"}
    assert "lines_add_up" in after


@given(refund_histories(BOOKING))
def test_bookings_sum_to_the_refunded_amount_of_the_order(
    history: History,
) -> None:
    _, refunds = history
    for refund in refunds:
        order = refund.after
        on_captures = sum(booked(order, capture) for capture in order.captures)
        requested = [refund.refunded_amount for refund in order.refunds]
        assert on_captures == sum(requested) == order.refunded_amount


@given(refund_histories(NOT_BOOKING))
def test_unallocated_money_is_booked_nowhere_if_so_assumed(history: History) -> None:
    _, refunds = history
    for refund in refunds:
        places = [booking.capture_id for booking in refund.allocation.booked]
        assert places in ([], [refund.allocation.capture_id])


@given(refund_histories())
def test_every_refund_that_is_not_allocated_has_hints(
    history: History,
) -> None:
    _, refunds = history
    for refund in refunds:
        allocated = refund.allocation.outcome is AllocationOutcome.ALLOCATED
        assert bool(refund.explanation.hints) is not allocated


@given(st.data())
def test_unlisted_assumptions_do_not_affect_the_decision(
    data: st.DataObject,
) -> None:
    assumed, refunds = data.draw(refund_histories())
    order = refunds[-1].after if refunds else data.draw(shipped_orders)
    request = data.draw(refund_requests(order))
    first = explain(order, request, assumed)
    switched = data.draw(allocation_assumptions)
    unchanged = {name: getattr(assumed, name) for name in first.assumptions}
    second = explain(order, request, dataclasses.replace(switched, **unchanged))
    assert decision(first) == decision(second)


@given(st.data())
def test_every_condition_is_reported_and_in_the_same_order(data: st.DataObject) -> None:
    order, assumed = data.draw(shipped_orders), data.draw(allocation_assumptions)
    explanation = explain(order, data.draw(refund_requests(order)), assumed)
    assert [condition.name for condition in explanation.conditions] == [
        "no_earlier_failure",
        "lines_add_up",
        "references_in_one_capture",
        "fits_capture",
    ]
    assert all(condition.detail for condition in explanation.conditions)


@settings(max_examples=50)
@given(
    shipped_orders,
    allocation_assumptions,
    st.lists(refund_lines, max_size=5),
    st.integers(0, 500),
)
def test_injected_failure_is_never_allocated(
    order: Order,
    assumed: Assumptions,
    lines: list[object],
    amount: int,
) -> None:
    refund = RefundOrder(amount, order_lines=tuple(lines))  # type: ignore[arg-type]
    case = replace(case_of(order, refund, assumed), failure_injected=True)
    assert allocate(case).outcome is not AllocationOutcome.ALLOCATED


def test_without_any_capture_nothing_can_be_allocated() -> None:
    explanation = explain_case(build_case(3000, [make_line()], [], [], Assumptions()))
    assert explanation.allocation.outcome is AllocationOutcome.FAILED
    assert explanation.failed_conditions == ("references_in_one_capture", "fits_capture")
    assert explanation.allocation.booked == ()
    assert explanation.nearest is None


@given(refund_histories())
def test_explanation_contains_the_decision(history: History) -> None:
    for refund in history[1]:
        assert refund.explanation.allocation == refund.allocation


@given(refund_histories())
def test_explanation_is_unchanged_by_later_movements(history: History) -> None:
    _, refunds = history
    for refund in refunds:
        last = drive(refunds[-1].after, CaptureOrder(1))
        assert explain_allocation(last, refund.after.refunds[-1]) == refund.explanation
