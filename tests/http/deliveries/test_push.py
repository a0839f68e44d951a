"""Pushes to a shop over real HTTP, on the sandbox's clock."""

import asyncio
from threading import current_thread
from typing import Any

import pytest

from mockserver.domain.operation import Operation
from mockserver.http.control import deliveries
from mockserver.http.workers import WORKER_NAME
from mockserver.sandbox.deliveries.delivery import DeliveryState, derive_delivery_state
from tests.support.shop import FROZEN, Shop


async def test_push_is_an_empty_post_after_two_minutes(shop: Shop) -> None:
    order_id = (await shop.complete())["order_id"]
    assert await shop.advance("119s") == []
    assert await shop.advance("1s") == ["09:02 push answered 200"]
    assert shop.pushes == [("POST", f"order={order_id}", b"")]


async def test_pushes_come_until_the_order_is_acknowledged(shop: Shop) -> None:
    shop.acknowledge_at = 3
    await shop.complete()
    assert await shop.advance("47h") == [
        "09:02 push answered 200",
        "09:05 push answered 200",
        "09:15 push answered 200",
    ]
    (delivery,) = await shop.inbox()
    assert (delivery["state"], delivery["due_at"]) == ("delivered", None)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [200, 200, 200]


async def test_order_never_acknowledged_is_pushed_16_times(shop: Shop) -> None:
    shop.status = 500
    await shop.complete()
    assert len(await shop.advance("50h")) == 16
    (delivery,) = await shop.inbox("?state=failed")
    assert len(delivery["attempts"]) == 16


async def test_order_acknowledged_on_the_confirmation_page_is_not_pushed(
    shop: Shop,
) -> None:
    order_id = (await shop.complete())["order_id"]
    await shop.merchant.do(Operation.ACKNOWLEDGE, order_id=order_id)
    assert await shop.advance("1h") == []
    (delivery,) = await shop.inbox()
    assert (delivery["state"], delivery["due_at"]) == ("cancelled", None)


@pytest.mark.parametrize("push", ["schedule", "hold"])
@pytest.mark.parametrize(
    ("operation", "body", "event"),
    [
        (Operation.ACKNOWLEDGE, None, "acknowledged"),
        (
            Operation.CAPTURE,
            {"captured_amount": 1},
            "captured",
        ),
        (Operation.CANCEL, None, "cancelled"),
    ],
)
async def test_cancelled_push_says_what_ended_it(
    shop: Shop, push: str, operation: Operation, body: dict[str, Any] | None, event: str
) -> None:
    order_id = (await shop.complete(push))["order_id"]
    await shop.merchant.do(operation, body, order_id=order_id)
    (delivery,) = await shop.inbox("?state=cancelled")
    assert delivery["reason"] == f"the order was {event} at 2026-01-15T09:00:00.000Z"


async def test_redirects_are_not_followed(shop: Shop) -> None:
    shop.status = 302
    await shop.complete()
    assert await shop.advance("2m") == ["09:02 push answered 302"]
    assert len(shop.pushes) == 1
    assert (await shop.inbox())[0]["state"] == "scheduled"


async def test_push_is_sent_now_on_request(shop: Shop) -> None:
    (delivery,) = (await shop.complete("now"))["deliveries"]
    assert (delivery["state"], len(shop.pushes)) == ("delivered", 1)
    assert delivery["due_at"] == "2026-01-15T09:02:00.000Z"


async def test_push_with_the_confirmation_does_not_delay_it(shop: Shop) -> None:
    shop.may_respond.clear()
    (delivery,) = (await shop.complete("with_confirmation"))["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("scheduled", [])
    shop.may_respond.set()
    awaited = "deliveries/await?state=delivered&timeout=5s"
    assert (await shop.merchant.control("GET", awaited)).json["deliveries"]
    assert await shop.advance("2m") == ["09:02 push answered 200"]
    assert len(shop.pushes) == 2


async def test_held_push_is_sent_by_hand(shop: Shop) -> None:
    (delivery,) = (await shop.complete("hold"))["deliveries"]
    assert await shop.advance("1h") == []
    assert delivery["state"] == "held"
    sent = await shop.merchant.control("POST", f"deliveries/{delivery['id']}/send")
    assert sent.json["state"] == "delivered"
    assert len(shop.pushes) == 1


async def test_delivery_has_a_curl_line_that_repeats_it(shop: Shop) -> None:
    completed = await shop.complete("hold")
    url = f"{shop.url}/push?order={completed['order_id']}"
    assert completed["deliveries"][0]["curl"] == f"curl -sS -X POST '{url}'"


async def test_removed_delivery_is_not_sent(shop: Shop) -> None:
    (delivery,) = (await shop.complete())["deliveries"]
    path = f"deliveries/{delivery['id']}"
    assert (await shop.merchant.control("DELETE", path)).status == 204
    assert await shop.advance("1h") == []
    assert (await shop.merchant.control("GET", path)).status == 404


async def test_shop_that_is_down_is_an_attempt_with_an_error(shop: Shop) -> None:
    shop.url = "http://127.0.0.1:1"
    await shop.complete()
    (event,) = await shop.advance("2m")
    assert event.startswith("09:02 push failed: ")
    (delivery,) = await shop.inbox("?state=scheduled")
    assert delivery["attempts"][0]["status"] is None
    assert delivery["attempts"][0]["error"]


async def test_push_to_a_public_host_is_held_with_the_reason(shop: Shop) -> None:
    shop.url = "http://8.8.8.8"
    await shop.complete()
    assert await shop.advance("2m") == [
        "09:02 push held: 8.8.8.8 is neither loopback nor private; allow it with --deliver-to"
    ]
    (delivery,) = await shop.inbox("?kind=push&state=held")
    assert (delivery["attempts"], delivery["reason"][:7]) == ([], "8.8.8.8")


async def test_restored_snapshot_pushes_again(shop: Shop) -> None:
    await shop.complete()
    await shop.merchant.control("POST", "snapshots", {"name": "here"})
    await shop.advance("2m")
    await shop.merchant.control("POST", "snapshots/here/restore")
    assert await shop.advance("2m") == ["09:02 push answered 200"]


async def test_reset_empties_the_inbox(shop: Shop) -> None:
    await shop.complete()
    await shop.merchant.control("POST", "reset")
    assert await shop.inbox() == []
    assert await shop.advance("1h") == []


@pytest.mark.unshared("another replica may be making the call")
@pytest.mark.parametrize(("method", "path"), [("POST", "reset"), ("PUT", "scenario")])
async def test_replaced_sandbox_ends_the_call_that_an_advance_waits_for(
    shop: Shop, method: str, path: str
) -> None:
    await shop.complete()
    shop.may_respond.clear()
    advance = asyncio.create_task(shop.advance("2m"))
    await shop.was_pushed.wait()
    await shop.merchant.control(method, path, FROZEN if method == "PUT" else None)
    assert await asyncio.wait_for(advance, timeout=4) == []  # a push may take 5 s


async def test_running_clock_sends_by_itself(shop: Shop) -> None:
    await shop.complete()
    await shop.advance("119900ms")
    await shop.merchant.control("POST", "clock", {"freeze": False})
    awaited = await shop.merchant.control("GET", "deliveries/await?state=delivered&timeout=20s")
    assert awaited.json["satisfied"]
    assert len(shop.pushes) == 1


async def test_advance_counts_in_full_while_another_waits_for_a_push(shop: Shop) -> None:
    await shop.complete()
    shop.may_respond.clear()
    first = asyncio.create_task(shop.advance("10m"))
    second = asyncio.create_task(
        shop.merchant.control("POST", "clock", {"advance": "10m", "freeze": False})
    )
    while (await shop.merchant.control("GET", "clock")).json["frozen"]:
        pass  # until the second has begun
    shop.may_respond.set()
    await first
    assert (await second).json["now"] >= "2026-01-15T09:20:00.000Z"


@pytest.mark.parametrize(
    ("query", "expected_text"),
    [
        ("?stat=held", "unknown filter 'stat'"),
        ("?kind=psuh", "unknown kind 'psuh', did you mean 'push'?"),
        ("/await?state=done", "unknown state 'done'"),
        ("/await?count=x", "expected an integer"),
    ],
)
async def test_wrong_query_is_refused(shop: Shop, query: str, expected_text: str) -> None:
    reply = await shop.merchant.control("GET", f"deliveries{query}")
    assert (reply.status, expected_text in reply.json["detail"]) == (422, True)


async def test_awaiting_ends_at_its_timeout(shop: Shop) -> None:
    reply = await shop.merchant.control("GET", "deliveries/await?timeout=1ms")
    assert reply.json == {"satisfied": False, "deliveries": []}


async def test_many_deliveries_are_awaited_in_a_worker(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def derive_state(*values: Any) -> DeliveryState:  # noqa: ANN401
        threads.append(current_thread().name)
        return derive_delivery_state(*values)

    monkeypatch.setattr(deliveries, "FEW_DELIVERIES", 0)
    monkeypatch.setattr(deliveries, "derive_delivery_state", derive_state)
    await shop.complete()
    threads.clear()
    query = "deliveries/await?state=scheduled&timeout=20s"
    awaited = (await shop.merchant.control("GET", query)).json
    assert (awaited["satisfied"], len(awaited["deliveries"])) == (True, 1)
    assert {*threads} == {WORKER_NAME}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("count=0", "expected an integer from 1 for 'count', got '0'"),
        ("count=-1", "expected an integer from 1 for 'count', got '-1'"),
        ("timeout=2m", "expected at most 60s for 'timeout', got '2m'"),
    ],
)
async def test_wait_outside_its_bounds_is_refused(shop: Shop, query: str, message: str) -> None:
    reply = await shop.merchant.control("GET", f"deliveries/await?{query}")
    assert (reply.status, message in reply.json["detail"]) == (422, True), reply


async def test_held_delivery_that_is_sent_is_a_conflict(shop: Shop) -> None:
    shop.url = "http://8.8.8.8"
    await shop.complete("hold")
    (delivery,) = await shop.inbox("?kind=push")
    reply = await shop.merchant.control("POST", f"deliveries/{delivery['id']}/send")
    assert (reply.status, "allow it with --deliver-to" in reply.json["detail"]) == (409, True)


async def test_dry_run_of_the_clock_leaves_out_pushes_that_are_stopped(shop: Shop) -> None:
    completed = await shop.complete()
    dry_run = {"advance": "3m", "dry_run": True}
    before = (await shop.merchant.control("POST", "clock", dry_run)).json["fired"]
    assert [event["event"] for event in before] == ["push is due"]
    await shop.merchant.do(Operation.ACKNOWLEDGE, order_id=completed["order_id"])
    after = (await shop.merchant.control("POST", "clock", dry_run)).json["fired"]
    assert after == await shop.advance("3m") == []
