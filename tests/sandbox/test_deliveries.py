"""Deliveries as state: schedule, queue, attempts, states."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.order import Capture, Order
from mockserver.sandbox.deliveries import inbox as module
from mockserver.sandbox.deliveries.delivery import (
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    derive_delivery_state,
    is_stopped,
)
from mockserver.sandbox.deliveries.inbox import MAX_ATTEMPTS, Deliveries
from mockserver.sandbox.deliveries.schedules import PUSH_SCHEDULES, PushMode
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, make_order
from tests.support.checkouts import DEFAULT, make_checkout

MINUTE = timedelta(minutes=1)
END = NOW + timedelta(hours=48)
OPEN = make_order()
SHIPPED = make_order(
    captures=(
        Capture(capture_id="c", klarna_reference="r", captured_amount=1, captured_at=NOW),
    )
)
ACKNOWLEDGED = make_order(acknowledged_at=NOW)


def always_wanted(_delivery: Delivery) -> bool:
    return True


def test_push_may_take_as_long_as_assumed() -> None:
    assumptions = Assumptions(push_timeout=7)
    push = Deliveries().add_push(make_checkout(), NOW, PushMode.SCHEDULE, assumptions)
    assert push is not None
    assert push.timeout == 7


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries()


def add(
    deliveries: Deliveries,
    mode: PushMode = PushMode.SCHEDULE,
    now: datetime = NOW,
    **assume: Any,  # noqa: ANN401
) -> Delivery:
    delivery = deliveries.add_push(make_checkout(), now, mode, Assumptions(**assume))
    assert delivery is not None
    return delivery


def attempt_with(status: int | None = 200, at: datetime = NOW) -> Attempt:
    return Attempt(at, status, 0.1, "" if status else "refused")


def settle(deliveries: Deliveries, delivery: Delivery, attempt: Attempt) -> Delivery:
    changed = deliveries.settle(delivery.delivery_id, attempt)
    assert changed is not None
    return changed


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("offsets", [2, 5, 15, 30, 60, *range(300, 2880, 240)]),
        ("gaps", [2, 7, 22, 52, 112, *range(352, 2880, 240)]),
    ],
)
def test_push_is_due_16_times(
    deliveries: Deliveries, schedule: str, minutes: list[int]
) -> None:
    delivery = add(deliveries, push_schedule=schedule)
    assert len(PUSH_SCHEDULES[schedule]) == 16
    assert delivery.due == tuple(NOW + minute * MINUTE for minute in minutes)
    assert delivery.url.endswith(f"?order={delivery.order_id}")


def test_checkout_without_push_url_is_not_pushed(deliveries: Deliveries) -> None:
    checkout = make_checkout(merchant_urls={})
    assert deliveries.add_push(checkout, NOW, PushMode.NOW, DEFAULT) is None
    assert list(deliveries) == []


def test_push_is_taken_once_when_it_is_due(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    assert deliveries.next_due_at() == NOW + 2 * MINUTE
    assert deliveries.take_due(NOW + MINUTE, always_wanted) == []
    assert deliveries.take_due(END, always_wanted) == [delivery]
    assert deliveries.take_due(END, always_wanted) == []
    changed = settle(deliveries, delivery, attempt_with(at=NOW + 2 * MINUTE))
    assert changed.due_at == deliveries.next_due_at() == NOW + 5 * MINUTE
    assert deliveries.take_due(END, always_wanted) == [changed]


def test_deliveries_due_at_the_same_time_are_taken_together(deliveries: Deliveries) -> None:
    first, second = add(deliveries), add(deliveries)
    add(deliveries, now=NOW + MINUTE)
    assert deliveries.take_due(END, always_wanted) == [first, second]


def test_unwanted_delivery_leaves_the_queue(deliveries: Deliveries) -> None:
    add(deliveries)
    assert deliveries.take_due(END, lambda _: False) == []
    assert deliveries.next_due_at() is None


def test_removed_delivery_is_neither_taken_nor_settled(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    assert deliveries.remove(delivery.delivery_id)
    assert not deliveries.remove(delivery.delivery_id)
    assert deliveries.take_due(END, always_wanted) == []
    assert deliveries.settle(delivery.delivery_id, attempt_with()) is None
    assert deliveries.get(delivery.delivery_id) is None


def test_sending_by_hand_keeps_the_schedule(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    changed = settle(deliveries, delivery, attempt_with())
    assert changed.due == delivery.due
    assert deliveries.take_due(END, always_wanted) == [changed]
    assert deliveries.take_due(END, always_wanted) == []


def test_held_push_waits_until_it_is_sent(deliveries: Deliveries) -> None:
    delivery = add(deliveries, PushMode.HOLD)
    assert deliveries.take_due(END, always_wanted) == []
    changed = settle(deliveries, delivery, attempt_with())
    assert (changed.held, deliveries.take_due(END, always_wanted)) == ("", [changed])


def test_push_in_mode_now_is_due_immediately(deliveries: Deliveries) -> None:
    delivery = add(deliveries, PushMode.NOW)
    assert (delivery.due_at, len(delivery.due)) == (NOW, 17)


def test_push_held_at_its_time_records_no_attempt(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    changed = deliveries.settle(
        delivery.delivery_id, attempt_with(None), "8.8.8.8 is not private"
    )
    assert changed is not None
    assert (changed.attempts, changed.held) == ((), "8.8.8.8 is not private")
    assert deliveries.take_due(END, always_wanted) == []


def test_latest_attempts_are_kept_and_all_are_counted(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    for _ in range(MAX_ATTEMPTS + 2):
        delivery = settle(deliveries, delivery, attempt_with(500))
    assert len(delivery.attempts) == MAX_ATTEMPTS
    assert delivery.attempt_count == MAX_ATTEMPTS + 2


def test_attempts_of_all_deliveries_are_counted(deliveries: Deliveries) -> None:
    first, second = add(deliveries), add(deliveries)
    for delivery in (first, first, second):
        settle(deliveries, delivery, attempt_with(500))
    counts = [deliveries.attempt_count, deliveries.copy().attempt_count]
    deliveries.remove(first.delivery_id)
    counts.append(deliveries.attempt_count)
    deliveries.rebuild_queue()
    assert [*counts, deliveries.attempt_count] == [3, 3, 1, 1]


def test_oldest_delivery_makes_room(
    deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DELIVERIES", 2)
    add(deliveries)
    kept = [add(deliveries).delivery_id for _ in range(2)]
    assert [delivery.delivery_id for delivery in deliveries] == kept


def test_copy_is_independent(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    copy = deliveries.copy()
    deliveries.remove(delivery.delivery_id)
    assert copy.take_due(END, always_wanted) == [delivery]
    assert add(copy).delivery_id == "delivery-2"


@pytest.mark.parametrize(
    ("order", "assume", "attempts", "stopped"),
    [
        (OPEN, {}, (), False),
        (OPEN, {}, (attempt_with(),), False),
        (ACKNOWLEDGED, {}, (), True),
        (SHIPPED, {}, (), True),
        (make_order(cancelled_at=NOW), {}, (), True),
        (None, {}, (), True),
        (ACKNOWLEDGED, {"push_after_acknowledge": "first_still_sent"}, (), False),
        (ACKNOWLEDGED, {"push_after_acknowledge": "first_still_sent"}, (attempt_with(),), True),
        (OPEN, {"push_stops_on": "acknowledge_or_2xx"}, (attempt_with(204),), True),
        (OPEN, {"push_stops_on": "acknowledge_or_2xx"}, (attempt_with(303),), False),
    ],
)
def test_pushes_stop_as_assumed(
    deliveries: Deliveries,
    order: Order | None,
    assume: dict[str, Any],
    attempts: tuple[Attempt, ...],
    stopped: bool,  # noqa: FBT001  # a case of the table
) -> None:
    delivery = add(deliveries)
    for attempt in attempts:
        delivery = settle(deliveries, delivery, attempt)
    assert is_stopped(delivery, order, Assumptions(**assume)) is stopped


def exhaust(deliveries: Deliveries, delivery: Delivery) -> Delivery:
    return settle(deliveries, delivery, attempt_with(500, END))


def fail(deliveries: Deliveries, delivery: Delivery) -> Delivery:
    return settle(deliveries, delivery, attempt_with(None))


def succeed(deliveries: Deliveries, delivery: Delivery) -> Delivery:
    return settle(deliveries, delivery, attempt_with())


def keep(_deliveries: Deliveries, delivery: Delivery) -> Delivery:
    return delivery


@pytest.mark.parametrize(
    ("mode", "act", "order", "state"),
    [
        (PushMode.SCHEDULE, keep, OPEN, DeliveryState.SCHEDULED),
        (PushMode.SCHEDULE, fail, OPEN, DeliveryState.SCHEDULED),
        (PushMode.SCHEDULE, succeed, OPEN, DeliveryState.DELIVERED),
        (PushMode.SCHEDULE, succeed, ACKNOWLEDGED, DeliveryState.DELIVERED),
        (PushMode.SCHEDULE, keep, ACKNOWLEDGED, DeliveryState.CANCELLED),
        (PushMode.SCHEDULE, exhaust, OPEN, DeliveryState.FAILED),
        (PushMode.HOLD, keep, OPEN, DeliveryState.HELD),
        (PushMode.HOLD, keep, ACKNOWLEDGED, DeliveryState.CANCELLED),
    ],
)
def test_state_follows_from_attempts_and_order(
    deliveries: Deliveries,
    mode: PushMode,
    act: Callable[[Deliveries, Delivery], Delivery],
    order: Order,
    state: DeliveryState,
) -> None:
    delivery = act(deliveries, add(deliveries, mode))
    assert derive_delivery_state(delivery, order, DEFAULT) is state


CHANGES: dict[str, Callable[[Deliveries], object]] = {
    "a new delivery": lambda deliveries: deliveries.add(DeliveryKind.PUSH, "o", "u", NOW),
    "an attempt": lambda deliveries: deliveries.settle("delivery-1", Attempt(NOW, 200, 0.1)),
    "a removal": lambda deliveries: deliveries.remove("delivery-1"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_waiters_are_notified_of_each_change_of_a_delivery(change: str) -> None:
    sandbox = Sandbox("shop")
    sandbox.deliveries.add(DeliveryKind.PUSH, "order", "http://localhost/push", NOW)
    waiting = asyncio.create_task(sandbox.wait_for_change(60))
    await asyncio.sleep(0)
    CHANGES[change](sandbox.deliveries)
    assert await waiting


def test_error_of_a_response_is_added_to_its_attempt(deliveries: Deliveries) -> None:
    delivery = add(deliveries)
    deliveries.settle(delivery.delivery_id, Attempt(NOW, 200, 0.1))
    deliveries.name_error(delivery.delivery_id, "the response is no JSON")
    named = deliveries.get(delivery.delivery_id)
    assert named is not None
    assert [attempt.error for attempt in named.attempts] == ["the response is no JSON"]
    deliveries.remove(delivery.delivery_id)
    deliveries.name_error(delivery.delivery_id, "too late")
    assert list(deliveries) == []


def test_deliveries_of_an_order_are_found_from_a_number_on(deliveries: Deliveries) -> None:
    first, second = add(deliveries), add(deliveries)
    assert deliveries.added_since(1, first.order_id) == [second]
    assert deliveries.added_since(0, "another") == []
