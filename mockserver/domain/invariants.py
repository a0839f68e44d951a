"""Money invariants that hold for every order at any time."""

from collections.abc import Callable, Iterator, Mapping

from mockserver.domain.order import Order


def broken_invariants(order: Order) -> Iterator[str]:
    """Name every invariant an order breaks, with its numbers; none if all is well."""
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
    return None if remaining >= 0 else f"{remaining} remain"


INVARIANTS: Mapping[str, Callable[[Order], str | None]] = {
    "no more is captured than authorized": _captured,
    "no more is refunded than captured": _refunded,
    "no more lands on a capture than it took": _booked_within_capture,
    "no more is booked than refunded": _booked_within_refunded,
    "the remaining authorization is not negative": _remaining,
}
