"""Fraud reviews that end by themselves at a planned time."""

from datetime import timedelta

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.completion import (
    ShopperOutcome,
    attempt_checkout,
    build_completed_order,
    planned_review,
)
from mockserver.domain.forced_outcomes import force_outcome
from mockserver.domain.fraud_review import end_due_review
from mockserver.domain.lifecycle import Status, derive_status, lapse_event
from mockserver.domain.order import FraudStatus, Order, PlannedReview
from tests.support.builders import NOW, make_order
from tests.support.checkouts import DEFAULT, make_checkout, make_completion

PENDING, ACCEPTED, REJECTED = FraudStatus.PENDING, FraudStatus.ACCEPTED, FraudStatus.REJECTED
FIVE_MINUTES, FOUR_HOURS = timedelta(minutes=5), timedelta(hours=4)


def in_review(outcome: FraudStatus = ACCEPTED) -> Order:
    planned = PlannedReview(NOW + FIVE_MINUTES, outcome)
    return make_order(fraud_status=PENDING, planned_review=planned)


@pytest.mark.parametrize("outcome", [ACCEPTED, REJECTED])
def test_review_ends_at_its_planned_time_and_not_before(outcome: FraudStatus) -> None:
    order = in_review(outcome)
    assert end_due_review(order, NOW + FIVE_MINUTES - timedelta(seconds=1)) is order
    ended = end_due_review(order, NOW + FIVE_MINUTES + timedelta(days=1))
    assert (ended.fraud_status, ended.fraud_reviewed_at) == (outcome, NOW + FIVE_MINUTES)
    assert end_due_review(ended, NOW + timedelta(days=2)) is ended


def test_forced_outcome_takes_the_place_of_a_planned_one() -> None:
    forced = force_outcome(in_review(), "reject_fraud", NOW)
    assert end_due_review(forced, NOW + FIVE_MINUTES).fraud_status is REJECTED


def test_four_hours_to_take_the_risk_begin_at_the_planned_time() -> None:
    assumptions, order = Assumptions(rejected_order="four_hours"), in_review(REJECTED)
    ends_at = NOW + FIVE_MINUTES + FOUR_HOURS
    just_before = ends_at - timedelta(seconds=1)
    assert derive_status(order, just_before, assumptions) is Status.AUTHORIZED
    assert derive_status(order, ends_at, assumptions) is Status.CANCELLED
    event = lapse_event(order, ends_at, assumptions)
    assert event is not None
    assert event.at == ends_at


@pytest.mark.parametrize(
    ("email", "planned"),
    [
        ("a+pend-accept-05@shop.example", PlannedReview(NOW + FIVE_MINUTES, ACCEPTED)),
        ("a+pend-reject-00@shop.example", PlannedReview(NOW, REJECTED)),
        ("a+pend-accept-5@shop.example", None),
        ("a+denied@shop.example", None),
        ("a@shop.example", None),
    ],
)
def test_test_address_plans_the_end_of_the_review(
    email: str, planned: PlannedReview | None
) -> None:
    assert planned_review(email, NOW) == planned


@pytest.mark.parametrize("outcome", [ShopperOutcome.APPROVED, ShopperOutcome.PENDING])
def test_only_a_pending_order_has_a_planned_review(outcome: ShopperOutcome) -> None:
    address = {"email": "a+pend-accept-05@shop.example"}
    completion = make_completion(outcome, billing_address=address)
    checkout = attempt_checkout(make_checkout(), completion, NOW, DEFAULT)
    order = build_completed_order(checkout, completion, "1VHSHK1Q", DEFAULT)
    assert order is not None
    assert bool(order.planned_review) is (outcome is ShopperOutcome.PENDING)
