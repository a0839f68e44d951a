"""Forced outcomes for tests: expiry, fraud review, failed allocation."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace

from mockserver.domain.order import FraudStatus, Order

REVIEW_OUTCOMES: Mapping[str, FraudStatus] = {
    "accept_fraud": FraudStatus.ACCEPTED,
    "reject_fraud": FraudStatus.REJECTED,
    "stop_fraud": FraudStatus.STOPPED,
}
"""Outcomes that end a fraud review, and the status that the order then has."""


def force_outcome(order: Order, outcome: str, now: datetime) -> Order:
    """Force an outcome, whatever the lifecycle table says.

    Raises:
        KeyError: there is no such outcome.
    """
    return FORCED_OUTCOMES[outcome](order, now)


def _expire(order: Order, now: datetime) -> Order:
    return replace(order, expires_at=min(order.expires_at, now))


def _review(status: FraudStatus) -> Callable[[Order, datetime], Order]:
    return lambda order, now: replace(
        order, fraud_status=status, fraud_reviewed_at=now, planned_review=None
    )


def _fail_next_allocation(order: Order, _now: datetime) -> Order:
    return replace(order, fail_next_allocation=True)


FORCED_OUTCOMES: Mapping[str, Callable[[Order, datetime], Order]] = {
    "expire": _expire,
    **{outcome: _review(status) for outcome, status in REVIEW_OUTCOMES.items()},
    "fail_next_allocation": _fail_next_allocation,
}
"""Functions that force an outcome, by name."""
