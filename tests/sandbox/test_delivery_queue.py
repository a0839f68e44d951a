"""Deliveries that fault rules put off or reorder, as state."""

from datetime import timedelta

import pytest

from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.deliveries.inbox import Deliveries
from mockserver.sandbox.faults.actions import Reorder
from tests.support.builders import NOW, ORDER_ID

FIRED = (("rule", Reorder()),)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
URL = "http://localhost/hooks"


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries()


def add(deliveries: Deliveries, url: str = URL, *offsets: timedelta) -> Delivery:
    return deliveries.add(DeliveryKind.WEBHOOK, ORDER_ID, url, NOW, offsets or (timedelta(),))


def take(deliveries: Deliveries, minutes: int = 0) -> list[str]:
    batch = deliveries.take_due(NOW + minutes * MINUTE, lambda _delivery: True)
    return [delivery.delivery_id for delivery in batch]


def test_delivery_put_off_is_due_once_at_that_time(deliveries: Deliveries) -> None:
    delivery = add(deliveries, URL, timedelta(), SECOND, 2 * MINUTE)
    take(deliveries)
    deliveries.put_off(delivery, NOW + MINUTE, FIRED)
    assert take(deliveries) == []
    assert take(deliveries, 1) == ["delivery-1"]
    changed = deliveries.get("delivery-1")
    assert changed is not None
    assert (changed.due, changed.fired) == ((NOW + 2 * MINUTE,), FIRED)


def test_reordered_delivery_follows_the_next_to_its_url(deliveries: Deliveries) -> None:
    first = add(deliveries)
    take(deliveries)
    deliveries.reorder(first, NOW, FIRED)
    assert deliveries.reordered_to("http://localhost/other") == []
    assert deliveries.reordered_to(URL) == ["delivery-1"]
    deliveries.copy().release_reordered(["delivery-1"], NOW)
    assert take(deliveries) == []
    for _ in range(2):  # two calls that it was waiting for
        deliveries.release_reordered(["delivery-1"], NOW)
    assert take(deliveries) == ["delivery-1"]
    assert deliveries.reordered_to(URL) == []


def test_reordered_delivery_that_is_due_once_waits_a_minute(deliveries: Deliveries) -> None:
    first = add(deliveries)
    take(deliveries)
    deliveries.reorder(first, NOW, FIRED)
    assert take(deliveries, 1) == ["delivery-1"]


def test_removed_delivery_stays_removed(deliveries: Deliveries) -> None:
    first = add(deliveries)
    deliveries.reorder(first, NOW, FIRED)
    deliveries.remove("delivery-1")
    deliveries.put_off(first, NOW, FIRED)
    deliveries.release_reordered(["delivery-1"], NOW)
    assert list(deliveries) == []
