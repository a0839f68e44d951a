"""Ledger, timeline and invariants of an order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from mockserver.domain.order import Capture, Order, Refund


class TimelineEvent(Struct, frozen=True):
    """One event in the timeline of an order."""

    at: datetime
    text: str


def build_ledger(order: Order) -> Mapping[str, int]:
    """Sum up an order in minor units.

    ``booked`` is the part of ``refunded`` that was booked on captures.
    """
    return {
        "authorized": order.order_amount,
        "captured": order.captured_amount,
        "released": order.released_amount,
        "remaining": order.remaining_authorized_amount,
        "refunded": order.refunded_amount,
        "booked": sum(order.booked_by_capture.values()),
    }


def build_timeline(order: Order) -> tuple[TimelineEvent, ...]:
    """Return the events of an order, oldest first."""
    return tuple(sorted(_events(order), key=lambda event: event.at))


def render_timeline(events: Iterable[TimelineEvent]) -> str:
    """Render events as lines of plain text, without a final newline."""
    return "\n".join(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.text}" for event in events)


def movements(order: Order) -> Iterator[Capture | Refund]:
    """Yield captures and refunds in the order in which they were made."""
    refunds = list(order.refunds)
    for number, capture in enumerate(order.captures):
        while refunds and refunds[0].earlier_capture_count <= number:
            yield refunds.pop(0)
        yield capture
    yield from refunds


def _movement_event(change: Capture | Refund) -> TimelineEvent:
    if isinstance(change, Capture):
        what = ", ".join(line.name for line in change.order_lines) or "no lines"
        text = f"captured {change.captured_amount} as {change.klarna_reference}"
        return TimelineEvent(change.captured_at, f"{text} ({what})")
    allocation = change.allocation
    where = f" to {allocation.klarna_reference}" if allocation.klarna_reference else ""
    text = f"refunded {change.refunded_amount}, {allocation.outcome}{where}"
    return TimelineEvent(change.refunded_at, text)


def _events(order: Order) -> Iterator[TimelineEvent]:
    placed = f"order of {order.original_order_amount} placed"
    yield TimelineEvent(order.created_at, placed)
    yield from map(_movement_event, movements(order))
    dated = {
        "acknowledged": order.acknowledged_at,
        f"authorization updated to {order.order_amount}": order.authorization_updated_at,
        f"authorization extended to {order.expires_at:%Y-%m-%d}": order.extended_at,
        f"remaining {order.released_amount} released": order.released_at,
        "cancelled": order.cancelled_at,
    }
    for text, at in dated.items():
        if at is not None:
            yield TimelineEvent(at, text)


def broken_invariants(order: Order) -> Iterator[str]:
    """Yield every broken invariant of an order, with its numbers."""
    for name, check in INVARIANTS.items():
        numbers = check(order)
        if numbers is not None:
            yield f"{name}: {numbers}"


def _captured(order: Order) -> str | None:
    captured, total = order.captured_amount, order.order_amount
    return None if captured <= total else f"captured {captured} of {total}"


def _refunded(order: Order) -> str | None:
    refunded, captured = order.refunded_amount, order.captured_amount
    return None if refunded <= captured else f"refunded {refunded} of {captured}"


def _booked_within_capture(order: Order) -> str | None:
    booked = order.booked_by_capture
    for capture in order.captures:
        amount = booked.get(capture.capture_id, 0)
        if amount > capture.captured_amount:
            return f"{amount} on {capture.klarna_reference} of {capture.captured_amount}"
    return None


def _booked_within_refunded(order: Order) -> str | None:
    booked, refunded = sum(order.booked_by_capture.values()), order.refunded_amount
    return None if booked <= refunded else f"booked {booked}, refunded {refunded}"


def _remaining(order: Order) -> str | None:
    remaining = order.remaining_authorized_amount
    return None if remaining >= 0 else f"remaining {remaining}"


INVARIANTS: Mapping[str, Callable[[Order], str | None]] = {
    "no more is captured than authorized": _captured,
    "no more is refunded than captured": _refunded,
    "no more is booked on a capture than it captured": _booked_within_capture,
    "no more is booked than refunded": _booked_within_refunded,
    "the remaining authorization is not negative": _remaining,
}
