"""Webhooks over real HTTP, verified with the library that receivers use."""

import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from mockserver.domain.operation import Operation
from tests.support.merchant import UNSHIPPED
from tests.support.shop import Shop

SECRET = "whsec_bW9ja3NlcnZlcm1vY2tzZXJ2ZXJtb2Nr"
NEXT_SECRET = "whsec_cm90YXRlZHJvdGF0ZWRyb3RhdGVkcm90"
ENDPOINT = {"secret": SECRET}


async def subscribe(shop: Shop, **endpoint: Any) -> Any:  # noqa: ANN401
    body = {"endpoints": [{"url": f"{shop.url}/webhooks", **ENDPOINT, **endpoint}]}
    reply = await shop.merchant.control("PUT", "webhooks", body)
    assert reply.status == 200, reply
    return reply.json["endpoints"]


async def test_order_capture_and_refund_send_signed_webhooks(shop: Shop) -> None:
    await subscribe(shop)
    await shop.merchant.make_order(UNSHIPPED)
    await shop.merchant.capture(3000)
    await shop.merchant.refund(1000)
    await shop.receive("kind=webhook&state=delivered&count=3")
    order = await shop.merchant.read()
    events = [Webhook(SECRET).verify(body, headers) for headers, body in shop.webhooks]
    assert [(event["type"], event["data"]) for event in events] == [
        ("order.created", {"order_id": order["order_id"]}),
        (
            "capture.created",
            {
                "order_id": order["order_id"],
                "capture_id": order["captures"][0]["capture_id"],
            },
        ),
        (
            "refund.created",
            {"order_id": order["order_id"], "refund_id": order["refunds"][0]["refund_id"]},
        ),
    ]
    assert [headers["webhook-id"] for headers, _ in shop.webhooks] == [e["id"] for e in events]
    assert events[0]["timestamp"] == "2026-01-15T09:00:00.000000000Z"


async def test_order_with_a_history_creates_all_its_events(shop: Shop) -> None:
    await subscribe(shop)
    line = {"reference": "A", "unit_price": 1000}
    history = {"captures": {"c": {"amount": 1000}}, "refunds": {"r": {"amount": 1000}}}
    reply = await shop.merchant.control("POST", "orders", {"lines": [line], **history})
    assert reply.status == 201, reply
    await shop.receive("kind=webhook&state=delivered&count=3")
    assert sorted(json.loads(body)["type"] for _, body in shop.webhooks) == [
        "capture.created", "order.created", "refund.created",
    ]  # fmt: skip


async def test_completed_checkout_creates_an_order_event(shop: Shop) -> None:
    await subscribe(shop)
    order_id = (await shop.complete("hold"))["order_id"]
    await shop.receive("kind=webhook&state=delivered")
    (_, body) = shop.webhooks[0]
    assert json.loads(body)["data"] == {"order_id": order_id}


async def test_endpoint_receives_only_its_events(shop: Shop) -> None:
    await subscribe(shop, events=["refund.created"])
    await shop.merchant.make_order(UNSHIPPED)
    await shop.merchant.capture(3000)
    await shop.merchant.refund(1000)
    (delivery,) = await shop.receive("kind=webhook&state=delivered")
    assert json.loads(delivery["body"])["type"] == "refund.created"


async def test_repeated_request_sends_no_second_event(shop: Shop) -> None:
    await subscribe(shop, events=["capture.created"])
    await shop.merchant.make_order(UNSHIPPED)
    for _ in range(2):
        await shop.merchant.capture(3000, key="once")
    assert len(await shop.inbox("?kind=webhook")) == 1


async def test_refused_webhook_is_repeated_with_the_same_id(shop: Shop) -> None:
    shop.status = 503
    await subscribe(shop, events=["order.created"])
    await shop.merchant.make_order(UNSHIPPED)
    await shop.advance("0s")
    assert await shop.advance("5s") == ["09:00 webhook answered 503"]
    shop.status = 204
    assert await shop.advance("30h") == ["09:05 webhook answered 204"]
    assert len({headers["webhook-id"] for headers, _ in shop.webhooks}) == 1


async def test_message_has_an_id_of_its_own_where_assumed(shop: Shop) -> None:
    scenario = {"version": 1, "assume": {"webhook_id": "own"}}
    await shop.merchant.control("PUT", "scenario", scenario)
    await subscribe(shop)
    await shop.merchant.make_order(UNSHIPPED)
    await shop.receive("kind=webhook&state=delivered")
    ((headers, body),) = shop.webhooks
    event = Webhook(SECRET).verify(body, headers)
    assert headers["webhook-id"].startswith("msg_")
    assert headers["webhook-id"] != event["id"]


async def test_both_secrets_sign_for_10_minutes(shop: Shop) -> None:
    await subscribe(shop)
    (endpoint,) = await subscribe(shop, secret=NEXT_SECRET)
    assert endpoint["previous_secret"] == SECRET
    await shop.merchant.make_order(UNSHIPPED)
    await shop.receive("kind=webhook&state=delivered")
    headers, body = shop.webhooks[0]
    for secret in (SECRET, NEXT_SECRET):
        Webhook(secret).verify(body, headers)
    await shop.advance("10m")
    await shop.merchant.make_order(UNSHIPPED)
    await shop.receive("kind=webhook&state=delivered&count=2")
    assert len(shop.webhooks[1][0]["webhook-signature"].split()) == 1


async def test_removed_endpoint_holds_its_webhooks(shop: Shop) -> None:
    shop.status = 500
    await subscribe(shop)
    await shop.merchant.make_order(UNSHIPPED)
    await shop.advance("0s")
    await shop.merchant.control("PUT", "webhooks", {"endpoints": []})
    await shop.advance("5s")
    (delivery,) = await shop.inbox("?state=held")
    assert delivery["reason"] == "the endpoint of this webhook was removed"


async def test_curl_line_of_a_webhook_is_signed(shop: Shop) -> None:
    await subscribe(shop)
    await shop.merchant.make_order(UNSHIPPED)
    (delivery,) = await shop.inbox()
    Webhook(SECRET).verify(delivery["body"], delivery["headers"])
    assert f"webhook-id: {json.loads(delivery['body'])['id']}" in delivery["curl"]
    assert "--data-raw '{" in delivery["curl"]


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({"url": "shop.example/hooks"}, "expected an http or https URL"),
        ({"url": "http://127.0.0.1:99999/x"}, "must be a valid http or https URI"),
        ({"url": "http://{foo}/x"}, "has no placeholders"),
        ({"url": "http://exämple.com:x/"}, "must be a valid http or https URI"),
        ({"secret": "secret"}, "expected whsec_ and the base64 of 24 to 64 bytes"),
        ({"events": ["order.paid"]}, "order.paid"),
        ({"event": ["order.created"]}, "did you mean 'events'"),
    ],
)
async def test_invalid_endpoint_is_refused_with_the_expected_value(
    shop: Shop, endpoint: dict[str, Any], message: str
) -> None:
    await subscribe(shop)
    body = {"endpoints": [{"url": f"{shop.url}/webhooks", **endpoint}]}
    reply = await shop.merchant.control("PUT", "webhooks", body)
    assert (reply.status, message in reply.body.decode()) == (422, True), reply.body
    (kept,) = (await shop.merchant.control("GET", "webhooks")).json["endpoints"]
    assert kept["secret"] == SECRET


async def test_one_url_has_one_endpoint(shop: Shop) -> None:
    endpoint = {"url": f"{shop.url}/webhooks"}
    reply = await shop.merchant.control("PUT", "webhooks", {"endpoints": [endpoint, endpoint]})
    assert reply.status == 422
    assert "endpoints[1].url" in reply.body.decode()


async def test_scenario_sets_and_the_export_keeps_the_endpoints(shop: Shop) -> None:
    endpoints = {"endpoints": [{"url": f"{shop.url}/webhooks", "events": ["order.created"]}]}
    await shop.merchant.control("PUT", "scenario", {"version": 1, "webhooks": endpoints})
    (endpoint,) = (await shop.merchant.control("GET", "webhooks")).json["endpoints"]
    assert endpoint["secret"].startswith("whsec_")
    exported = (await shop.merchant.control("GET", "scenario")).body.decode()
    assert f"- url: {shop.url}/webhooks\n    events:\n    - order.created" in exported
    assert endpoint["secret"] not in exported


async def test_merchant_operation_without_an_event_sends_nothing(shop: Shop) -> None:
    await subscribe(shop)
    await shop.merchant.make_order(UNSHIPPED)
    await shop.merchant.do(Operation.ACKNOWLEDGE)
    assert len(await shop.inbox()) == 1
