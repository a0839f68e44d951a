"""The validation callback, and the fraud notification, over real HTTP."""

from typing import Any

import pytest
from aiohttp import web

from mockserver.domain.operation import CHECKOUTS_PATH
from tests.support.checkouts import CART, URLS
from tests.support.shop import Shop

REQUIRED = {"require_validate_callback_success": True}


async def complete(shop: Shop, options: Any = None, **choices: Any) -> Any:  # noqa: ANN401
    cart = {"options": options or {}}
    return await shop.complete_asking("validation", "notification", cart=cart, **choices)


async def test_shop_is_sent_the_whole_order_with_addresses(shop: Shop) -> None:
    completed = await complete(shop, billing_address={"email": "anna@shop.example"})
    (body,) = shop.callbacks
    assert body["billing_address"]["email"] == "anna@shop.example"
    assert body["status"] == "checkout_incomplete"
    assert (completed["validation"]["result"], completed["outcome"]) == ("passed", "approved")


@pytest.mark.parametrize(
    ("answer", "validation"),
    [
        (
            web.json_response(
                {"error_type": "approval_failed", "error_text": "Sold out"}, status=400
            ),
            {"result": "refused", "error_type": "approval_failed", "error_text": "Sold out"},
        ),
        (
            web.json_response({"error_type": None, "error_text": None}, status=400),
            {"result": "refused", "error_type": "approval_failed"},
        ),
        (
            web.Response(status=303, headers={"Location": "https://shop.example/cart"}),
            {"result": "redirected", "redirect_url": "https://shop.example/cart"},
        ),
        (
            web.Response(status=404, text="no such page"),
            {"result": "failed", "error_type": "validation_service_failed"},
        ),
    ],
    ids=["refused", "refused by nulls", "redirected", "another status"],
)
async def test_answer_that_stops_leaves_the_checkout_open(
    shop: Shop, answer: web.Response, validation: dict[str, str]
) -> None:
    shop.answer = answer
    stopped = await complete(shop, REQUIRED)
    assert stopped["outcome"] == "not_validated"
    assert {key: text for key, text in stopped["validation"].items() if text} == validation
    assert (stopped["status"], stopped["order"]) == ("checkout_incomplete", None)
    path = f"checkouts/{stopped['order_id']}/complete"
    again = await shop.merchant.control("POST", path, {"push": "hold"})
    assert again.json["outcome"] == "approved"


async def test_callback_has_a_correlation_id_that_stays(shop: Shop) -> None:
    (callback,) = [d for d in (await complete(shop))["deliveries"] if d["kind"] == "validation"]
    (again,) = await shop.inbox("?kind=validation")
    correlation_id = callback["headers"]["Klarna-Correlation-Id"]
    assert len(correlation_id) == 36
    assert again["headers"]["Klarna-Correlation-Id"] == correlation_id


async def test_completion_lists_all_deliveries_it_made(shop: Shop) -> None:
    endpoint = {"url": f"{shop.url}/webhooks"}
    await shop.merchant.control("PUT", "webhooks", {"endpoints": [endpoint]})
    cart = {
        **CART,
        "merchant_urls": {**URLS, "push": shop.url, "validation": f"{shop.url}/callback"},
    }
    created = await shop.merchant.send("POST", CHECKOUTS_PATH, cart)
    path = f"checkouts/{created.json['order_id']}/complete"
    completed = await shop.merchant.control("POST", path, {})
    kinds = [delivery["kind"] for delivery in completed.json["deliveries"]]
    assert kinds == ["push", "validation", "webhook"]


async def test_complete_checkout_is_named_as_such(shop: Shop) -> None:
    order_id = (await complete(shop))["order_id"]
    again = await shop.merchant.control("POST", f"checkouts/{order_id}/complete", {})
    detail = f"checkout '{order_id}' is already complete, so it is read-only"
    assert (again.status, again.json["detail"]) == (409, detail)


async def test_shop_can_update_the_order_during_the_callback(shop: Shop) -> None:
    shop.update = {"merchant_reference1": "shop-7"}
    completed = await complete(shop, REQUIRED)
    assert completed["order"]["merchant_reference1"] == "shop-7"


@pytest.mark.parametrize(
    ("options", "outcome", "seconds"),
    [({}, "approved", 3000), (REQUIRED, "not_validated", 10000)],
    ids=["optional", "required"],
)
async def test_rule_lets_the_callback_time_out_without_waiting(
    shop: Shop,
    options: dict[str, bool],
    outcome: str,
    seconds: int,
) -> None:
    await shop.merchant.control("POST", "faults", {"on": "validation", "do": {"delay": "1h"}})
    completed = await complete(shop, options)
    (delivery,) = await shop.inbox("?kind=validation")
    assert (completed["outcome"], shop.callbacks) == (outcome, [])
    assert delivery["attempts"][0]["milliseconds"] == seconds
    assert delivery["state"] == "failed"
    result = "failed" if options else "not_answered"
    assert completed["validation"]["result"] == result


async def test_delayed_callback_within_the_timeout_is_sent(shop: Shop) -> None:
    await shop.merchant.control("POST", "faults", {"on": "validation", "do": {"delay": "1ms"}})
    await shop.merchant.control("POST", "clock", {"freeze": False})
    assert (await complete(shop))["validation"]["result"] == "passed"
    assert len(shop.callbacks) == 1


async def test_rule_answers_in_place_of_the_shop(shop: Shop) -> None:
    answer = {"status": 302, "headers": {"location": "https://shop.example/sold-out"}}
    rule = {"on": "validation", "do": {"respond": answer}}
    await shop.merchant.control("POST", "faults", rule)
    stopped = await complete(shop)
    assert stopped["validation"]["redirect_url"] == "https://shop.example/sold-out"


@pytest.mark.parametrize("spec", [{"validation": "skip"}, {"outcome": "abandoned"}])
async def test_shop_is_not_asked_without_need(shop: Shop, spec: dict[str, str]) -> None:
    completed = await complete(shop, **spec)
    assert (completed["validation"]["result"], shop.callbacks) == ("skipped", [])


async def test_reset_meanwhile_is_a_conflict(shop: Shop) -> None:
    urls = {**URLS, "validation": f"{shop.url}/callback"}
    created = await shop.merchant.send("POST", CHECKOUTS_PATH, {**CART, "merchant_urls": urls})

    async def reset(_request: web.Request) -> None:
        await shop.merchant.control("POST", "reset")

    shop.before_answer = reset
    path = f"checkouts/{created.json['order_id']}/complete"
    reply = await shop.merchant.control("POST", path, {})
    assert (reply.status, "was reset" in reply.body.decode()) == (409, True)


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        ("accept_fraud", "FRAUD_RISK_ACCEPTED"),
        ("reject_fraud", "FRAUD_RISK_REJECTED"),
        ("stop_fraud", "FRAUD_RISK_STOPPED"),
    ],
)
async def test_end_of_a_review_is_notified(shop: Shop, outcome: str, event: str) -> None:
    order_id = (await complete(shop, outcome="pending", validation="skip"))["order_id"]
    shop.answer = web.Response(status=204)
    await shop.merchant.control("POST", f"orders/{order_id}/force", {"outcome": outcome})
    await shop.advance("0s")
    assert await shop.advance("25m") == ["09:10 notification answered 200"]
    assert shop.callbacks[0] == {"order_id": order_id, "event_type": event}


async def test_other_outcomes_and_orders_are_not_notified(shop: Shop) -> None:
    order_id = (await complete(shop, validation="skip"))["order_id"]
    await shop.merchant.control("POST", f"orders/{order_id}/force", {"outcome": "expire"})
    await shop.merchant.control("PUT", "scenario", {"version": 1})
    await shop.merchant.make_order()
    other = shop.merchant.order_id
    await shop.merchant.control("POST", f"orders/{other}/force", {"outcome": "stop_fraud"})
    assert await shop.inbox("?kind=notification") == []


async def test_email_address_that_is_no_text_is_refused(shop: Shop) -> None:
    order_id = await shop.create()
    body = {"billing_address": {"email": 5}}
    reply = await shop.merchant.control("POST", f"checkouts/{order_id}/complete", body)
    assert (reply.status, "billing_address.email" in reply.body.decode()) == (422, True), reply
