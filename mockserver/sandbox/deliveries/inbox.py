"""The deliveries of a sandbox, with a queue by due time.

A push is one delivery with many attempts, by the provider's schedule on the sandbox's
clock, until the order is acknowledged. What cannot be sent is held and can be read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from sys import getsizeof
from typing import Any

from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import Checkout
from mockserver.sandbox.deliveries.delivery import (
    Attempt,
    Delivery,
    DeliveryKind,
    FiredActions,
)
from mockserver.sandbox.deliveries.schedules import PUSH_SCHEDULES, PushMode
from mockserver.sandbox.memory_sizes import ATTEMPT_BYTES, DELIVERY_BYTES, DUE_TIME_BYTES
from mockserver.sandbox.waiters import Waiters

MAX_DELIVERIES = 100_000  # of a sandbox; beyond it the oldest is dropped
MAX_DELIVERY_BYTES = 64 * 1024**2  # likewise
REORDER_PERIOD = timedelta(minutes=1)  # that a reordered delivery waits if it is due once
MAX_ATTEMPTS = 50  # kept of a delivery, the latest


class Deliveries:
    """The deliveries of a sandbox, oldest first, with a queue by due time.

    Attributes:
        by_id: the deliveries by id.
        added_count: number of deliveries ever added.
        attempt_count: number of attempts that the deliveries list.
        waiters: are notified when a delivery is added, changed or removed.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.by_id: dict[str, Delivery] = {}
        self._queue: list[tuple[datetime, int, str]] = []  # with the delivery's number
        self._reordered: dict[str, None] = {}  # ids, in the order in which they began to wait
        self.added_count = 0
        self.attempt_count = 0
        self.total_bytes = 0
        self.waiters = Waiters()

    def add(
        self,
        kind: DeliveryKind,
        order_id: str,
        url: str,
        now: datetime,
        offsets: Iterable[timedelta] = (),
        **fields: Any,  # noqa: ANN401  # of a delivery
    ) -> Delivery:
        """Add a delivery that is due at offsets from now; beyond a limit drop the oldest."""
        self.added_count += 1
        delivery = Delivery(
            delivery_id=f"delivery-{self.added_count}",
            kind=kind,
            order_id=order_id,
            url=url,
            created_at=now,
            due=tuple(now + offset for offset in offsets),
            **fields,
        )
        self._store(delivery)
        self._queue_up(delivery)
        while len(self.by_id) > MAX_DELIVERIES or self.total_bytes > MAX_DELIVERY_BYTES:
            self.remove(next(iter(self.by_id)))
        return delivery

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
        held = "completed with push: hold" if mode is PushMode.HOLD else ""
        timeout = float(assumptions.push_timeout)
        kind, order_id = DeliveryKind.PUSH, checkout.order_id
        return self.add(kind, order_id, url, now, offsets, held=held, timeout=timeout)

    def get(self, delivery_id: str) -> Delivery | None:
        """Find a delivery by its id."""
        return self.by_id.get(delivery_id)

    def remove(self, delivery_id: str) -> bool:
        """Remove a delivery, so that it is not sent; return whether there was one."""
        delivery = self.by_id.pop(delivery_id, None)
        self._count(delivery, -1)
        self._reordered.pop(delivery_id, None)
        self.waiters.notify()
        return delivery is not None

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
            due_at, _, delivery_id = self._queue[0]
            if batch and due_at > self._due_of(batch):
                break
            heappop(self._queue)
            delivery = self.by_id.get(delivery_id)
            is_current = delivery is not None and delivery.due_at == due_at
            if delivery and is_current and not delivery.held and is_wanted(delivery):
                batch.append(delivery)
                self._store(replace(delivery, due=delivery.due[1:]))  # nobody else takes it
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
        changed = replace(
            delivery,
            due=due,
            held=held,
            attempts=attempts[-MAX_ATTEMPTS:],
            dropped_attempts=delivery.dropped_attempts + max(0, len(attempts) - MAX_ATTEMPTS),
            fired=(),
            is_reordered=False,
        )
        self._store(changed)
        self._queue_up(changed)
        return changed

    def name_error(self, delivery_id: str, error: str) -> None:
        """Name what is wrong with the response to the last attempt, unless it was removed."""
        delivery = self.by_id.get(delivery_id)
        if delivery is not None:
            *earlier, last = delivery.attempts
            attempts = (*earlier, replace(last, error=error))
            self._store(replace(delivery, attempts=attempts))

    def added_since(self, count: int, order_id: str) -> list[Delivery]:
        """Return the deliveries of an order that were added after the first ``count``."""
        return [d for d in self if d.order_id == order_id and _number(d) > count]

    def rebuild_queue(self) -> None:
        """Derive the queue and the bytes again, after the deliveries were replaced."""
        self._queue, self.total_bytes, self.attempt_count = [], 0, 0
        waiting = [delivery.delivery_id for delivery in self if delivery.is_reordered]
        self._reordered = dict.fromkeys(waiting)
        for delivery in self:
            self._count(delivery, 1)
            self._queue_up(delivery)

    def put_off(self, delivery: Delivery, until: datetime, fired: FiredActions) -> None:
        """Make a delivery that was taken from the queue due later, once."""
        due = (until, *(moment for moment in delivery.due[1:] if moment > until))
        self._replace(delivery, due=due, fired=fired)

    def reorder(self, delivery: Delivery, now: datetime, fired: FiredActions) -> None:
        """Postpone a delivery from the queue until the next to the same URL."""
        later = delivery.due[1:] or (now + REORDER_PERIOD,)
        self._replace(delivery, due=later, fired=fired, is_reordered=True)

    def reordered_to(self, url: str) -> list[str]:
        """Return the ids of the deliveries that wait for the next one to a URL."""
        return [id_ for id_ in self._reordered if self.by_id[id_].url == url]

    def release_reordered(self, delivery_ids: Iterable[str], now: datetime) -> None:
        """Make the deliveries due that still wait for another one, which was sent."""
        for delivery_id in delivery_ids:
            if delivery_id in self._reordered:
                delivery = self.by_id[delivery_id]
                self._replace(delivery, due=(now, *delivery.due), is_reordered=False)

    def _replace(self, delivery: Delivery, **changes: Any) -> None:  # noqa: ANN401
        """Change a delivery, unless it was removed, and queue it."""
        if delivery.delivery_id in self.by_id:
            changed = replace(delivery, **changes)
            self._store(changed)
            self._queue_up(changed)

    def copy(self) -> "Deliveries":
        """Return an independent copy."""
        copy = Deliveries()
        copy.by_id, copy._queue = dict(self.by_id), list(self._queue)
        copy._reordered = dict(self._reordered)
        copy.added_count, copy.attempt_count = self.added_count, self.attempt_count
        copy.total_bytes = self.total_bytes
        return copy

    def __iter__(self) -> Iterator[Delivery]:
        """Iterate over the deliveries, oldest first."""
        return iter(self.by_id.values())

    def _store(self, delivery: Delivery) -> None:
        self._count(self.by_id.get(delivery.delivery_id), -1)
        self._count(delivery, 1)
        self.by_id[delivery.delivery_id] = delivery
        if delivery.is_reordered:
            self._reordered[delivery.delivery_id] = None
        else:
            self._reordered.pop(delivery.delivery_id, None)
        self.waiters.notify()

    def _count(self, delivery: Delivery | None, sign: int) -> None:
        """Add a delivery to the counts of bytes and attempts, or subtract it."""
        if delivery is not None:
            self.total_bytes += sign * _measure(delivery)
            self.attempt_count += sign * len(delivery.attempts)

    def _queue_up(self, delivery: Delivery) -> None:
        if delivery.due_at is not None and not delivery.held:
            heappush(self._queue, (delivery.due_at, _number(delivery), delivery.delivery_id))

    @staticmethod
    def _due_of(batch: Sequence[Delivery]) -> datetime:
        return batch[0].due[0]


def _number(delivery: Delivery) -> int:
    return int(delivery.delivery_id.rpartition("-")[2])


def _measure(delivery: Delivery) -> int:
    """Return the bytes that a delivery takes."""
    texts = getsizeof(delivery.url) + getsizeof(delivery.body)
    due_times = DUE_TIME_BYTES * len(delivery.due)
    return DELIVERY_BYTES + texts + due_times + ATTEMPT_BYTES * len(delivery.attempts)
