"""Fault rules on calls to the merchant, over real HTTP on a frozen clock."""

import json
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.merchant import UNSHIPPED
from tests.support.shop import Shop

SECRET = "whsec_bW9ja3NlcnZlcm1vY2tzZXJ2ZXJtb2Nr"


async def add_fault(shop: Shop, **rule: Any) -> None:  # noqa: ANN401
    reply = await shop.merchant.control("POST", "faults", {"id": "rule", **rule})
    assert reply.status == 201, reply


async def subscribe(shop: Shop) -> None:
    endpoint = {"url": f"{shop.url}/webhooks", "secret": SECRET}
    await shop.merchant.control("PUT", "webhooks", {"endpoints": [endpoint]})


async def test_lost_push_comes_again_by_the_schedule(shop: Shop) -> None:
    await add_fault(shop, on="push", calls=1, do={"lose": True})
    await shop.complete()
    assert await shop.advance("5m") == [
        "09:02 push failed: lost on the way, by a fault rule",
        "09:05 push answered 200",
    ]
    assert len(shop.pushes) == 1
    (delivery,) = await shop.inbox()
    assert [attempt["faults"] for attempt in delivery["attempts"]] == [["rule: lose"], []]


async def test_delayed_push_comes_later_on_the_clock(shop: Shop) -> None:
    await add_fault(shop, on="push", calls=1, do={"delay": "90s"})
    await shop.complete()
    assert await shop.advance("5m") == [
        "09:03 push answered 200",
        "09:05 push answered 200",
    ]


async def test_doubled_push_comes_twice(shop: Shop) -> None:
    await add_fault(shop, on="push", calls=1, do={"duplicate": True})
    await shop.complete()
    assert await shop.advance("2m") == ["09:02 push answered 200"] * 2
    assert len(shop.pushes) == 2


@pytest.mark.parametrize("action", [{"duplicate": True}, {"delay": "90s"}, {"reorder": True}])
async def test_held_push_uses_up_no_fault(shop: Shop, action: dict[str, Any]) -> None:
    await add_fault(shop, on="push", calls=1, do=action)
    url, shop.url = shop.url, "http://8.8.8.8"
    await shop.complete()
    (event,) = await shop.advance("2m")
    assert event.startswith("09:02 push held: 8.8.8.8 is neither")
    (rule,) = (await shop.merchant.control("GET", "faults")).json["faults"]
    assert (rule["matched"], rule["fired"]) == (0, 0)
    shop.url = url
    await shop.complete()
    await shop.advance("10m")
    (rule,) = (await shop.merchant.control("GET", "faults")).json["faults"]
    assert rule["fired"] == 1


async def test_webhook_of_a_removed_endpoint_uses_up_no_fault(shop: Shop) -> None:
    shop.status = 500
    await subscribe(shop)
    await shop.complete("hold")
    await shop.receive("kind=webhook")
    await shop.advance("0s")
    await shop.merchant.control("PUT", "webhooks", {"endpoints": []})
    await add_fault(shop, on="webhook", calls=1, do={"delay": "90s"})
    (event,) = await shop.advance("5s")
    assert event == "09:00 webhook held: the endpoint of this webhook was removed"
    (rule,) = (await shop.merchant.control("GET", "faults")).json["faults"]
    assert rule["matched"] == 0


@pytest.mark.parametrize("action", [{"lose": True}, {"respond": {"status": 200}}])
async def test_rule_that_needs_no_shop_fires_for_a_host_that_is_not_called(
    shop: Shop, action: dict[str, Any]
) -> None:
    await add_fault(shop, on="push", calls=1, do=action)
    shop.url = "http://8.8.8.8"
    await shop.complete()
    await shop.advance("2m")
    (rule,) = (await shop.merchant.control("GET", "faults")).json["faults"]
    assert rule["fired"] == 1


async def test_held_callback_fires_a_fault_only_if_it_times_out(shop: Shop) -> None:
    for delay, fired in (("1s", 0), ("11s", 1)):
        await add_fault(shop, on="validation", calls=1, do={"delay": delay})
        await shop.complete(validation="http://8.8.8.8/validate")
        (rule,) = (await shop.merchant.control("GET", "faults")).json["faults"]
        assert rule["fired"] == fired


async def test_replaced_answer_makes_no_call(shop: Shop) -> None:
    await add_fault(shop, on="push", do={"respond": {"status": 503}})
    (delivery,) = (await shop.complete("now"))["deliveries"]
    assert delivery["attempts"][0]["status"] == 503
    assert shop.pushes == []


async def test_slow_answer_takes_no_real_time(shop: Shop) -> None:
    await add_fault(shop, on="push", do={"respond": {"status": 200, "after": "6s"}})
    (delivery,) = (await shop.complete("now"))["deliveries"]
    attempt = delivery["attempts"][0]
    assert (attempt["status"], attempt["error"]) == (None, "no response within 5 s")


@pytest.mark.unshared("another replica may still be sending what is due")
async def test_reordered_webhook_comes_after_the_next(shop: Shop) -> None:
    await subscribe(shop)
    await add_fault(shop, on="webhook", where={"type": "order.created"}, do={"reorder": True})
    await shop.merchant.make_order(UNSHIPPED)
    await shop.advance("0s")
    await shop.merchant.capture(3000)
    await shop.advance("0s")
    types = [json.loads(body)["type"] for _, body in shop.webhooks]
    assert types == ["capture.created", "order.created"]


async def test_reordered_webhook_without_a_next_comes_when_due_again(shop: Shop) -> None:
    await subscribe(shop)
    await add_fault(shop, on="webhook", do={"reorder": True})
    await shop.merchant.make_order(UNSHIPPED)
    await shop.advance("4s")
    assert shop.webhooks == []
    await shop.advance("1s")
    assert len(shop.webhooks) == 1


@pytest.mark.unshared("another replica may still be sending what is due")
async def test_bad_signature_is_refused_by_the_library(shop: Shop) -> None:
    await subscribe(shop)
    await add_fault(shop, on="webhook", do={"bad_signature": True})
    await shop.merchant.make_order(UNSHIPPED)
    await shop.advance("0s")
    headers, body = shop.webhooks[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers)


async def test_rule_on_any_operation_leaves_deliveries_alone(shop: Shop) -> None:
    await add_fault(shop, do={"delay": "1m"})
    order_id = await shop.create()
    await shop.merchant.control("POST", f"checkouts/{order_id}/complete", {"push": "now"})
    assert len(shop.pushes) == 1
    rules = (await shop.merchant.control("GET", "faults")).json["faults"]
    assert rules[0]["matched"] == 1  # the creation


async def test_delivery_sent_by_hand_meets_no_fault(shop: Shop) -> None:
    await add_fault(shop, on="push", do={"lose": True})
    (delivery,) = (await shop.complete("hold"))["deliveries"]
    await shop.merchant.control("POST", f"deliveries/{delivery['id']}/send")
    assert len(shop.pushes) == 1


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param(
            {"on": "push", "do": {"truncate": 5}},
            "'truncate' is for requests; a delivery takes lose, delay, duplicate, reorder,",
            id="an action for requests",
        ),
        pytest.param(
            {"on": "refund", "do": {"lose": True}},
            "'lose' is for deliveries: name one in `on` (push, validation",
            id="an action for deliveries",
        ),
        pytest.param(
            {"on": "refund", "do": {"respond": {"status": 500, "after": "6s"}}},
            "'respond' takes `after` for deliveries only; delay a request with `delay`",
            id="a slow response to a request",
        ),
        pytest.param(
            {"on": ["push", "refund"], "do": {"delay": "1s"}},
            "expected operations or kinds of deliveries, got both; move push to a rule",
            id="both",
        ),
        pytest.param(
            {"on": "push", "do": {"bad_signature": True}},
            "'bad_signature' is for webhooks; other deliveries are not signed",
            id="a signature of a push",
        ),
        pytest.param(
            {"on": ["validation"], "do": {"reorder": True}},
            "'reorder' is for deliveries by a schedule; a callback is made when it is needed",
            id="a callback out of order",
        ),
        pytest.param(
            {"on": "puhs", "do": {"lose": True}}, "did you mean 'push'?", id="a misspelt kind"
        ),
    ],
)
async def test_rule_that_does_not_fit_is_refused(
    shop: Shop, rule: dict[str, Any], message: str
) -> None:
    reply = await shop.merchant.control("POST", "faults", rule)
    assert (reply.status, message in reply.body.decode()) == (422, True), reply.body
