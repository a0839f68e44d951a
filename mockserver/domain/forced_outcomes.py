"""Forced outcomes for tests: expiry, fraud review, failed allocation."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace

from mockserver.domain.order import FraudStatus, Order


def force_outcome(order: Order, outcome: str, now: datetime) -> Order:
    """Force an outcome, whatever the lifecycle table says.

    Raises:
        KeyError: there is no such outcome.
    """
    return FORCED_OUTCOMES[outcome](order, now)


def _expire(order: Order, now: datetime) -> Order:
    return replace(order, expires_at=min(order.expires_at, now))


def _review(status: FraudStatus) -> Callable[[Order, datetime], Order]:
    return lambda order, now: replace(order, fraud_status=status, fraud_reviewed_at=now)


def _fail_next_allocation(order: Order, _now: datetime) -> Order:
    return replace(order, fail_next_allocation=True)


FORCED_OUTCOMES: Mapping[str, Callable[[Order, datetime], Order]] = {
    "expire": _expire,
    "accept_fraud": _review(FraudStatus.ACCEPTED),
    "reject_fraud": _review(FraudStatus.REJECTED),
    "stop_fraud": _review(FraudStatus.STOPPED),
    "fail_next_allocation": _fail_next_allocation,
}
"""Functions that force an outcome, by name."""
