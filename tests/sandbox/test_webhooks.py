"""Webhook endpoints and the events that they receive."""

from datetime import timedelta
from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import CaptureOrder
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.deliveries import inbox
from mockserver.sandbox.deliveries.delivery import Attempt, is_stopped
from mockserver.sandbox.deliveries.emission import emit_event
from mockserver.sandbox.deliveries.webhooks import (
    EventType,
    WebhookEndpoint,
    build_endpoints,
    generate_secret,
)
from mockserver.sandbox.execution import execute
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, ORDER_ID, make_order

URL = "http://localhost/hooks"
SPEC = {"url": URL, "secret": "whsec_old"}


def make_sandbox(**assume: Any) -> Sandbox:  # noqa: ANN401
    sandbox = Sandbox(
        "tester", clock=Clock(NOW, frozen=True), assumptions=Assumptions(**assume)
    )
    sandbox.webhooks = (WebhookEndpoint(url=URL, secret="whsec_x"),)
    sandbox.add(make_order())
    return sandbox


def test_secret_left_out_is_drawn_from_the_seed() -> None:
    (endpoint,) = build_endpoints([{"url": URL}], "7", (), NOW)
    assert endpoint.secret == generate_secret("7", URL) != generate_secret("8", URL)
    assert endpoint.events == tuple(EventType)


def test_same_secret_does_not_end_a_rotation() -> None:
    old = build_endpoints([SPEC], "7", (), NOW)
    new = {**SPEC, "secret": "whsec_new"}
    rotated = build_endpoints([new], "7", old, NOW)
    kept = build_endpoints([{"url": URL}], "7", rotated, NOW)
    assert kept == rotated
    assert kept[0].secrets_at(NOW) == ("whsec_new", "whsec_old")
    assert kept[0].secrets_at(NOW + timedelta(minutes=10)) == ("whsec_new",)


def test_refused_command_has_no_event() -> None:
    sandbox = make_sandbox()
    execute(sandbox, ORDER_ID, CaptureOrder(10**9))
    execute(sandbox, "unknown", CaptureOrder(1))
    assert list(sandbox.deliveries) == []


def test_order_created_may_come_with_the_first_push() -> None:
    sandbox = make_sandbox(order_created_at="with_first_push", webhook_schedule="once")
    emit_event(sandbox, EventType.ORDER_CREATED, ORDER_ID)
    emit_event(sandbox, EventType.CAPTURE_CREATED, ORDER_ID)
    times = [delivery.due for delivery in sandbox.deliveries]
    assert times == [(NOW + timedelta(minutes=2),), (NOW,)]


def test_webhook_is_repeated_until_it_is_answered_2xx() -> None:
    sandbox = make_sandbox()
    emit_event(sandbox, EventType.ORDER_CREATED, ORDER_ID)
    (delivery,) = sandbox.deliveries
    assert len(delivery.due) == 8
    for status, stopped in ((500, False), (204, True)):
        attempt = Attempt(NOW, status, 0.1)
        changed = sandbox.deliveries.settle(delivery.delivery_id, attempt)
        assert changed is not None
        assert is_stopped(changed, None, sandbox.assumptions) is stopped


def test_deliveries_are_counted_in_bytes_and_the_oldest_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = make_sandbox()
    emit_event(sandbox, EventType.ORDER_CREATED, ORDER_ID)
    size = sandbox.bytes_by_kind["deliveries"]
    assert size > len(URL)
    monkeypatch.setattr(inbox, "MAX_DELIVERY_BYTES", 2 * size)
    for _ in range(5):
        emit_event(sandbox, EventType.ORDER_CREATED, ORDER_ID)
    assert [delivery.delivery_id for delivery in sandbox.deliveries] == [
        "delivery-5",
        "delivery-6",
    ]
    for number in (5, 6):
        sandbox.deliveries.remove(f"delivery-{number}")
    assert sandbox.deliveries.total_bytes == 0
