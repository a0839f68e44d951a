"""An order's money in one place, and its history in the order of time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from mockserver.domain.order import Order


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an order."""

    at: datetime
    text: str


def ledger(order: Order) -> Mapping[str, int]:
    """Sum up an order in minor units.

    ``landed`` is the part of ``refunded`` that was booked on captures.
    """
    return {
        "authorized": order.order_amount,
        "captured": order.captured_amount,
        "released": order.released_amount,
        "remaining": order.remaining_authorized_amount,
        "refunded": order.refunded_amount,
        "landed": sum(order.landed_amounts.values()),
    }


def timeline(order: Order) -> tuple[Event, ...]:
    """Tell what happened to an order, oldest first."""
    return tuple(sorted(_events(order), key=lambda event: event.at))


def _events(order: Order) -> Iterator[Event]:
    placed = f"order of {order.original_order_amount} placed"
    yield Event(order.created_at, placed)
    for capture in order.captures:
        what = ", ".join(line.name for line in capture.order_lines) or "no lines"
        text = f"captured {capture.captured_amount} as {capture.klarna_reference}"
        yield Event(capture.captured_at, f"{text} ({what})")
    for refund in order.refunds:
        allocation = refund.allocation
        where = f" to {allocation.klarna_reference}" if allocation.klarna_reference else ""
        text = f"refunded {refund.refunded_amount}, {allocation.verdict}{where}"
        yield Event(refund.refunded_at, text)
    dated = {
        "acknowledged": order.acknowledged_at,
        f"authorization updated to {order.order_amount}": order.authorization_updated_at,
        f"authorization extended to {order.expires_at:%Y-%m-%d}": order.extended_at,
        f"remaining {order.released_amount} released": order.released_at,
        "cancelled": order.cancelled_at,
    }
    for text, at in dated.items():
        if at is not None:
            yield Event(at, text)
