from datetime import timedelta

import pytest

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Acknowledge, CaptureOrder, RefundOrder
from mockserver.domain.errors import Reason
from mockserver.domain.forced_outcomes import FORCED_OUTCOMES, force_outcome
from mockserver.domain.lifecycle import Status, derive_status
from mockserver.domain.order import FraudStatus
from mockserver.domain.refusal import Refusal
from tests.support.builders import (
    NOW,
    capture_of,
    drive,
    explanations_of,
    make_line,
    make_order,
    refund_of,
)


def test_forced_expiry_takes_effect_immediately() -> None:
    order = force_outcome(make_order(), "expire", NOW)
    assert derive_status(order, NOW, Assumptions()) is Status.EXPIRED
    with pytest.raises(Refusal) as refused:
        drive(order, CaptureOrder(1))
    assert refused.value.reason is Reason.ORDER_EXPIRED


def test_order_that_expired_before_keeps_its_date() -> None:
    order = make_order()
    late = order.expires_at + timedelta(days=1)
    assert force_outcome(order, "expire", late).expires_at == order.expires_at


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("accept_fraud", FraudStatus.ACCEPTED),
        ("reject_fraud", FraudStatus.REJECTED),
        ("stop_fraud", FraudStatus.STOPPED),
    ],
)
def test_fraud_review_ends(outcome: str, status: FraudStatus) -> None:
    order = make_order(fraud_status=FraudStatus.PENDING)
    assert force_outcome(order, outcome, NOW).fraud_status is status


def test_order_can_be_captured_once_its_review_is_accepted() -> None:
    order = force_outcome(make_order(fraud_status=FraudStatus.PENDING), "accept_fraud", NOW)
    assert drive(order, CaptureOrder(1)).captured_amount == 1


def test_forced_failure_fails_the_next_allocation_and_the_one_after() -> None:
    order = drive(make_order(), capture_of(make_line()))
    order = drive(
        force_outcome(order, "fail_next_allocation", NOW), refund_of(make_line("A12345", 1))
    )
    order = drive(order, refund_of(make_line("A12345", 1)))
    first, second = explanations_of(order)
    assert [refund.allocation.outcome for refund in order.refunds] == [
        AllocationOutcome.FAILED
    ] * 2
    assert first.failed_conditions == ("no_injected_failure",)
    assert second.failed_conditions == ("no_earlier_failure",)


def test_forced_failure_waits_for_the_next_refund() -> None:
    order = force_outcome(
        drive(make_order(), capture_of(make_line())), "fail_next_allocation", NOW
    )
    order = drive(order, Acknowledge(), refund_of(make_line()))
    assert order.refunds[0].allocation.outcome is AllocationOutcome.FAILED


def test_forced_failure_waits_for_a_refund_with_lines() -> None:
    order = force_outcome(
        drive(make_order(), capture_of(make_line())), "fail_next_allocation", NOW
    )
    order = drive(order, RefundOrder(1), refund_of(make_line("A12345", 1)))
    verdicts = [refund.allocation.outcome for refund in order.refunds]
    assert verdicts == [AllocationOutcome.NOT_ATTEMPTED, AllocationOutcome.FAILED]
    assert [refund.allocation.failure_injected for refund in order.refunds] == [False, True]


def test_unknown_outcome_is_an_error() -> None:
    with pytest.raises(KeyError, match="win_the_lottery"):
        force_outcome(make_order(), "win_the_lottery", NOW)


@pytest.mark.parametrize("outcome", FORCED_OUTCOMES)
def test_no_outcome_moves_an_amount(outcome: str) -> None:
    before = drive(make_order(), CaptureOrder(3000))
    after = force_outcome(before, outcome, NOW)
    assert after.order_amount == before.order_amount
    assert after.captures == before.captures
