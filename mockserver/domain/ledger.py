"""Ledger, timeline and invariants of an order."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.order import Capture, Order, OrderLine, Refund
from mockserver.domain.wording import quote

MAX_REFUNDS_LISTED = 10


class TimelineEvent(Struct, frozen=True):
    """One event in the timeline of an order.

    Attributes:
        at: when it happened.
        text: what happened.
        capture_id: the capture it is about, if it is one.
        refund_id: the refund it is about, if it is one.
        kind: ``placed``, ``captured``, ``refunded``, ``acknowledged``, ``updated``,
            ``extended``, ``released``, ``reviewed``, ``cancelled``, ``expired``,
            ``refused`` or ``faulted``.
        amount: in minor units, if the event has one.
    """

    at: datetime
    text: str
    capture_id: str | None = None
    refund_id: str | None = None
    kind: str = ""
    amount: int | None = None


class LineTotals(Struct, frozen=True):
    """What was ordered, captured and refunded of one reference, in pieces and minor units."""

    reference: str
    name: str
    ordered_quantity: int = 0
    ordered_amount: int = 0
    captured_quantity: int = 0
    captured_amount: int = 0
    refunded_quantity: int = 0
    refunded_amount: int = 0

    @property
    def left_quantity(self) -> int:
        """Pieces captured and not refunded; negative if more were refunded."""
        return self.captured_quantity - self.refunded_quantity

    @property
    def left_amount(self) -> int:
        """The amount captured and not refunded; negative if more was refunded."""
        return self.captured_amount - self.refunded_amount


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


def build_line_totals(order: Order) -> tuple[LineTotals, ...]:
    """Sum up an order's lines by reference, in the order of their first appearance."""
    totals: dict[str, Counter[str]] = {}
    names: dict[str, str] = {}
    for stage, lines in _lines_by_stage(order):
        for line in lines:
            if line.reference:
                names.setdefault(line.reference, line.name)
                sums = totals.setdefault(line.reference, Counter())
                sums[f"{stage}_quantity"] += line.quantity
                sums[f"{stage}_amount"] += line.total_amount
    return tuple(
        LineTotals(reference, names[reference], **sums) for reference, sums in totals.items()
    )


def _lines_by_stage(order: Order) -> Iterator[tuple[str, Sequence[OrderLine]]]:
    yield "ordered", order.order_lines
    yield from (("captured", capture.order_lines) for capture in order.captures)
    yield from (("refunded", refund.order_lines) for refund in order.refunds)


def build_timeline(order: Order) -> tuple[TimelineEvent, ...]:
    """Return the events of an order, oldest first."""
    return tuple(sorted(_events(order), key=lambda event: event.at))


def render_timeline(events: Iterable[TimelineEvent]) -> str:
    """Render events as lines of plain text, without a final newline."""
    return "\n".join(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.text}" for event in events)


def list_refunds(order: Order) -> str:
    """List the latest refunds by amount, number, id and reference, for a message."""
    named = [
        f"{refund.refunded_amount} by {name_refund(number, refund)}"
        for number, refund in enumerate(order.refunds, 1)
    ]
    omitted = f"{len(named) - MAX_REFUNDS_LISTED} more, " * (len(named) > MAX_REFUNDS_LISTED)
    return omitted + ", ".join(named[-MAX_REFUNDS_LISTED:])


def name_refund(number: int, refund: Refund) -> str:
    """Name a refund by its number in the order, its id and the merchant's reference."""
    reference = f", reference {quote(refund.reference)}" if refund.reference else ""
    return f"refund {number} ({refund.refund_id}{reference})"


def movements(order: Order) -> Iterator[Capture | Refund]:
    """Yield captures and refunds in the order in which they were made."""
    refunds = list(order.refunds)
    for number, capture in enumerate(order.captures):
        while refunds and refunds[0].earlier_capture_count <= number:
            yield refunds.pop(0)
        yield capture
    yield from refunds


OUTCOME_TEXTS = {
    AllocationOutcome.ALLOCATED: "allocated to",
    AllocationOutcome.FAILED: "not allocated",
    AllocationOutcome.NOT_ATTEMPTED: "allocation not attempted",
}


def _movement_event(numbers: Mapping[str, int], movement: Capture | Refund) -> TimelineEvent:
    if isinstance(movement, Capture):
        names = ", ".join(line.name for line in movement.order_lines) or "no lines"
        text = f"captured {movement.captured_amount} as {movement.klarna_reference} ({names})"
        return TimelineEvent(
            movement.captured_at,
            text,
            capture_id=movement.capture_id,
            kind="captured",
            amount=movement.captured_amount,
        )
    allocation = movement.allocation
    outcome = f"{OUTCOME_TEXTS[allocation.outcome]} {allocation.klarna_reference or ''}".strip()
    number = numbers[movement.refund_id]
    reference = f", reference {quote(movement.reference)}" if movement.reference else ""
    text = f"refunded {movement.refunded_amount}, {outcome} (refund {number}{reference})"
    return TimelineEvent(
        movement.refunded_at,
        text,
        capture_id=allocation.capture_id,
        refund_id=movement.refund_id,
        kind="refunded",
        amount=movement.refunded_amount,
    )


def _events(order: Order) -> Iterator[TimelineEvent]:
    placed = f"order of {order.original_order_amount} placed"
    total = order.original_order_amount
    yield TimelineEvent(order.created_at, placed, kind="placed", amount=total)
    numbers = {refund.refund_id: number for number, refund in enumerate(order.refunds, 1)}
    yield from (_movement_event(numbers, movement) for movement in movements(order))
    amount, released = order.order_amount, order.released_amount
    expiry = f"{order.expires_at:%Y-%m-%d}"
    updated_at, reviewed_at = order.authorization_updated_at, order.fraud_reviewed_at
    for kind, at, text, event_amount in (
        ("acknowledged", order.acknowledged_at, "acknowledged", None),
        ("updated", updated_at, f"authorization updated to {amount}", amount),
        ("extended", order.extended_at, f"authorization extended to {expiry}", None),
        ("released", order.released_at, f"remaining {released} released", released),
        ("reviewed", reviewed_at, f"fraud review ended: {order.fraud_status}", None),
        ("cancelled", order.cancelled_at, "cancelled", None),
    ):
        if at is not None:
            yield TimelineEvent(at, text, kind=kind, amount=event_amount)


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
