"""Deliveries: outgoing calls to the merchant, as state that nothing here sends.

A push is one delivery with many attempts, by the provider's schedule on the sandbox's
clock, until the order is acknowledged. What cannot be sent is held and can be read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.order import Order

MAX_DELIVERIES = 100_000  # of a sandbox; beyond it the oldest is dropped
MAX_ATTEMPTS = 50  # kept of a delivery, the latest
FIRST_SUCCESS, LAST_SUCCESS = 200, 299


class DeliveryKind(StrEnum):
    """What a delivery is for."""

    PUSH = "push"


class DeliveryState(StrEnum):
    """State of a delivery, derived from its attempts and its order."""

    SCHEDULED = "scheduled"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


class PushMode(StrEnum):
    """When the first push of a completed checkout order is sent.

    ``NOW`` sends it before the completion is answered, ``WITH_CONFIRMATION`` at the same
    moment, so that push and confirmation page reach the shop together.
    """

    SCHEDULE = "schedule"
    NOW = "now"
    WITH_CONFIRMATION = "with_confirmation"
    HOLD = "hold"


_MINUTES = (2, 5, 15, 30, 60)
_HOURS_BETWEEN = timedelta(hours=4)
_WINDOW = timedelta(hours=48)


def _schedule(first_offsets: Sequence[timedelta]) -> tuple[timedelta, ...]:
    offsets = list(first_offsets)
    while offsets[-1] + _HOURS_BETWEEN < _WINDOW:
        offsets.append(offsets[-1] + _HOURS_BETWEEN)
    return tuple(offsets)


_FIRST = [timedelta(minutes=minutes) for minutes in _MINUTES]
PUSH_SCHEDULES: Mapping[str, tuple[timedelta, ...]] = {
    "offsets": _schedule(_FIRST),
    "gaps": _schedule(list(accumulate(_FIRST))),
}
"""Times of the pushes after completion, by the assumption ``push_schedule``."""


class Attempt(Struct, frozen=True):
    """One attempt to send a delivery; ``status`` is ``None`` without a response."""

    at: datetime
    status: int | None
    seconds: float
    error: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the merchant answered 2xx."""
        return self.status is not None and FIRST_SUCCESS <= self.status <= LAST_SUCCESS


class Delivery(Struct, frozen=True, kw_only=True):
    """A call to the merchant.

    Attributes:
        due: the times at which it is still to be sent, earliest first.
        held: why it is not sent on its own; empty if it is.
    """

    delivery_id: str
    kind: DeliveryKind
    order_id: str
    url: str
    created_at: datetime
    due: tuple[datetime, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    held: str = ""
    method: str = "POST"

    @property
    def due_at(self) -> datetime | None:
        """When it is sent next."""
        return self.due[0] if self.due else None

    @property
    def succeeded(self) -> bool:
        """Whether the latest attempt succeeded."""
        return bool(self.attempts) and self.attempts[-1].succeeded


def is_stopped(delivery: Delivery, order: Order | None, assumptions: Assumptions) -> bool:
    """Return whether a push is no longer sent (documented: once acknowledged)."""
    if order is None:
        return True
    if assumptions.push_stops_on == "acknowledge_or_2xx" and delivery.succeeded:
        return True
    handled = order.acknowledged_at or order.captures or order.cancelled_at
    if assumptions.push_after_acknowledge == "first_still_sent" and not delivery.attempts:
        return False
    return bool(handled)


def derive_delivery_state(
    delivery: Delivery, order: Order | None, assumptions: Assumptions
) -> DeliveryState:
    """Derive the state; a delivered push may still be due again."""
    if delivery.held:
        return DeliveryState.HELD
    if delivery.succeeded:
        return DeliveryState.DELIVERED
    if is_stopped(delivery, order, assumptions):
        return DeliveryState.CANCELLED
    return DeliveryState.SCHEDULED if delivery.due else DeliveryState.FAILED


class Deliveries:
    """The deliveries of a sandbox, oldest first, with a queue by due time.

    Attributes:
        by_id: the deliveries by id.
        added_count: number of deliveries ever added.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.by_id: dict[str, Delivery] = {}
        self._queue: list[tuple[datetime, str]] = []
        self.added_count = 0

    def add_push(
        self, checkout: Checkout, now: datetime, mode: PushMode, assumptions: Assumptions
    ) -> Delivery | None:
        """Plan the pushes of a completed checkout order; ``None`` if it has no push URL."""
        url = checkout.merchant_url("push")
        if url is None:
            return None
        offsets = PUSH_SCHEDULES[assumptions.push_schedule]
        if mode is PushMode.NOW:
            offsets = (timedelta(), *offsets)
        self.added_count += 1
        delivery = Delivery(
            delivery_id=f"delivery-{self.added_count}",
            kind=DeliveryKind.PUSH,
            order_id=checkout.order_id,
            url=url,
            created_at=now,
            due=tuple(now + offset for offset in offsets),
            held="completed with push: hold" if mode is PushMode.HOLD else "",
        )
        self.by_id[delivery.delivery_id] = delivery
        self._queue_up(delivery)
        if len(self.by_id) > MAX_DELIVERIES:
            del self.by_id[next(iter(self.by_id))]
        return delivery

    def get(self, delivery_id: str) -> Delivery | None:
        """Find a delivery by its id."""
        return self.by_id.get(delivery_id)

    def remove(self, delivery_id: str) -> bool:
        """Remove a delivery, so that it is not sent; return whether there was one."""
        return self.by_id.pop(delivery_id, None) is not None

    def next_due_at(self) -> datetime | None:
        """Return the earliest due time in the queue."""
        return self._queue[0][0] if self._queue else None

    def take_due(
        self, until: datetime, is_wanted: Callable[[Delivery], bool]
    ) -> list[Delivery]:
        """Remove the deliveries with the earliest due time from the queue.

        Each must be settled afterwards, which queues its next time.

        Args:
            until: deliveries that are due later stay.
            is_wanted: those for which it is false leave the queue unsent.
        """
        batch: list[Delivery] = []
        while self._queue and self._queue[0][0] <= until:
            due_at, delivery_id = self._queue[0]
            if batch and due_at > self._due_of(batch):
                break
            heappop(self._queue)
            delivery = self.by_id.get(delivery_id)
            is_current = delivery is not None and delivery.due_at == due_at
            if delivery and is_current and not delivery.held and is_wanted(delivery):
                batch.append(delivery)
        return batch

    def settle(self, delivery_id: str, attempt: Attempt, held: str = "") -> Delivery | None:
        """Record an attempt, or why none was made, and queue the next one.

        Returns:
            The changed delivery; ``None`` if it was removed meanwhile.
        """
        delivery = self.by_id.get(delivery_id)
        if delivery is None:
            return None
        due = tuple(moment for moment in delivery.due if moment > attempt.at)
        attempts = delivery.attempts if held else (*delivery.attempts, attempt)
        changed = replace(delivery, due=due, held=held, attempts=attempts[-MAX_ATTEMPTS:])
        self.by_id[delivery_id] = changed
        if delivery.held or changed.due_at != delivery.due_at:
            self._queue_up(changed)
        return changed

    def rebuild_queue(self) -> None:
        """Derive the queue again, after the deliveries were replaced."""
        self._queue = []
        for delivery in self.by_id.values():
            self._queue_up(delivery)

    def copy(self) -> "Deliveries":
        """Return an independent copy."""
        copy = Deliveries()
        copy.by_id, copy._queue = dict(self.by_id), list(self._queue)
        copy.added_count = self.added_count
        return copy

    def __iter__(self) -> Iterator[Delivery]:
        """Iterate over the deliveries, oldest first."""
        return iter(self.by_id.values())

    def _queue_up(self, delivery: Delivery) -> None:
        if delivery.due_at is not None and not delivery.held:
            heappush(self._queue, (delivery.due_at, delivery.delivery_id))

    @staticmethod
    def _due_of(batch: Sequence[Delivery]) -> datetime:
        return batch[0].due[0]
