"""The planned end of a fraud review: like expiry, it needs no timer.

An order whose review has a planned end is stored as ``PENDING``; each read or change
first lets the review end if it is due.
"""

from datetime import datetime

from msgspec.structs import replace

from mockserver.domain.order import Order


def end_due_review(order: Order, now: datetime) -> Order:
    """Return an order with its fraud review ended, if a planned end is reached."""
    planned = order.planned_review
    if planned is None or now < planned.ends_at:
        return order
    return replace(
        order,
        fraud_status=planned.fraud_status,
        fraud_reviewed_at=planned.ends_at,
        planned_review=None,
    )
