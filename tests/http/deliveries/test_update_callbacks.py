"""The address, country and shipping callbacks, over real HTTP."""

import json
from typing import Any

import pytest
from aiohttp import web

from mockserver.domain.operation import CHECKOUTS_PATH
from tests.support.checkouts import CART, PARCEL, PICKUP, TOTALS, TOTALS_WITH_PARCEL, URLS
from tests.support.shop import FROZEN, Shop

LUND = {"email": "ada@shop.example", "postal_code": "22222", "city": "Lund"}
FAILED = "shipping_address_update_error"


WITH_OPTIONS = {"shipping_options": [PICKUP, PARCEL]}


async def read(shop: Shop, order_id: str) -> Any:  # noqa: ANN401
    """Return the checkout order but for its page and the time of its last change."""
    checkout = (await shop.merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")).json
    return {**checkout, "last_modified_at": None}


async def complete_checkout(shop: Shop, order_id: str, **options: Any) -> Any:  # noqa: ANN401
    """Complete a checkout order; return the result."""
    path = f"checkouts/{order_id}/complete"
    reply = await shop.merchant.control("POST", path, {"push": "hold", **options})
    assert reply.status == 200, reply
    return reply.json


async def complete(shop: Shop, *kinds: str, **options: Any) -> Any:  # noqa: ANN401
    return await shop.complete_asking(*kinds, cart=WITH_OPTIONS, **options)


async def test_totals_of_the_answer_replace_those_of_the_order(shop: Shop) -> None:
    shop.answer = web.json_response({**TOTALS_WITH_PARCEL, "extra": "ignored"})
    completed = await complete(shop, "shipping_option_update", shipping_option="parcel")
    (body,) = shop.callbacks
    assert body["selected_shipping_option"] == PARCEL
    assert body["shipping_address"]["postal_code"]
    assert "order_id" not in body
    assert completed["order"]["order_amount"] == 24900
    assert len(completed["order"]["order_lines"]) == 2


async def test_each_change_is_called_back_once_before_validation(shop: Shop) -> None:
    shop.every_answer = TOTALS_WITH_PARCEL
    kinds = ("address_update", "country_change", "shipping_option_update", "validation")
    await complete(shop, *kinds, billing_address={"country": "NO"})
    inbox = await shop.inbox()
    assert [delivery["kind"] for delivery in inbox][:4] == list(kinds)


async def test_callback_times_out_when_assumed(shop: Shop) -> None:
    scenario = {**FROZEN, "assume": {"callback_timeout": 4}}
    await shop.merchant.control("PUT", "scenario", scenario)
    rule = {"on": "address_update", "do": {"delay": "5s"}}
    await shop.merchant.control("POST", "faults", rule)
    await complete(shop, "address_update")
    (delivery,) = await shop.inbox()
    assert delivery["attempts"][0]["error"] == "no response within 4 s"


async def test_unchanged_country_sends_no_callback(shop: Shop) -> None:
    await complete(shop, "country_change")
    assert shop.callbacks == []


@pytest.mark.parametrize(
    ("answer", "result", "error_type"),
    [
        ({"status": 400, "body": b"{}"}, "refused", "unsupported_shipping_address"),
        ({"status": 302, "headers": {"Location": "/cart"}}, "redirected", None),
        ({"status": 500}, "failed", FAILED),
        ({"status": 200, "text": "no JSON"}, "failed", FAILED),
        ({"status": 200, "text": "[]"}, "failed", FAILED),
        ({"status": 200, "text": '{"order_amount": 1}'}, "failed", FAILED),
    ],
)
async def test_answer_that_is_no_200_with_totals_stops_the_purchase(
    shop: Shop, answer: dict[str, Any], result: str, error_type: str | None
) -> None:
    shop.answer = web.Response(**answer)
    stopped = await complete(shop, "address_update")
    assert stopped["outcome"] == "not_validated"
    assert stopped["validation"]["result"] == result
    assert stopped["validation"]["error_type"] == error_type


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/cart?x=1", "{shop}/cart?x=1"),
        ("basket", "{shop}/basket"),
        ("//other.example/cart", "http://other.example/cart"),
        ("https://other.example/cart", "https://other.example/cart"),
        ("https://[cart", "https://[cart"),
    ],
)
@pytest.mark.parametrize("kind", ["validation", "address_update"])
async def test_redirect_is_resolved_against_the_callback_url(
    shop: Shop, kind: str, location: str, target: str
) -> None:
    shop.answer = web.Response(status=303, headers={"Location": location})
    stopped = await complete(shop, kind)
    assert stopped["validation"]["redirect_url"] == target.format(shop=shop.url)


async def test_merchant_data_of_1024_characters_is_accepted(shop: Shop) -> None:
    shop.answer = web.json_response({**TOTALS, "merchant_data": "x" * 1024})
    completed = await complete(shop, "address_update")
    assert completed["outcome"] == "approved"


async def test_wrong_sums_change_nothing(shop: Shop) -> None:
    shop.answer = web.json_response({**TOTALS_WITH_PARCEL, "order_amount": 1})
    stopped = await complete(shop, "address_update")
    assert stopped["validation"]["error_type"] == FAILED
    assert stopped["checkout"]["order_amount"] == CART["order_amount"]
    problem = "the response was not accepted: Bad value: order_amount: expected 24900, got 1"
    assert stopped["validation"]["error_text"] == problem
    (delivery,) = stopped["deliveries"]
    assert (delivery["state"], delivery["attempts"][0]["error"]) == ("delivered", problem)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("no JSON", "the response is no JSON: "),
        ("[]", "the response is no JSON object"),
        ('{"order_amount": 1}', "the response lacks order_tax_amount, order_lines, purchase"),
        (
            '{"order_amount":"1","order_tax_amount":0,"order_lines":[],"purchase_currency":"SEK"}',
            "the response was not accepted: Bad value: order_amount",
        ),
        (json.dumps({**TOTALS, "order_lines": None}), "the response lacks order_lines"),
        (
            json.dumps({**TOTALS, "merchant_data": "x" * 1025}),
            "the response was not accepted: Bad value: merchant_data: expected at most 1024",
        ),
    ],
)
async def test_incomplete_answer_is_named(shop: Shop, answer: str, problem: str) -> None:
    shop.answer = web.Response(text=answer)
    stopped = await complete(shop, "address_update")
    assert stopped["validation"]["error_text"].startswith(problem)


DRONE = {"id": "drone", "name": "Drone", "price": 777, "tax_amount": 0, "tax_rate": 0}
ONLY_DRONE = {**TOTALS_WITH_PARCEL, "shipping_options": [DRONE]}
OPTION_URL = "shipping_option_update"


async def test_option_withdrawn_by_its_callback_takes_back_everything(shop: Shop) -> None:
    order_id = await shop.create_asking(OPTION_URL, cart=WITH_OPTIONS)
    before = await read(shop, order_id)
    for _ in range(2):
        shop.answer = web.json_response(ONLY_DRONE)
        stopped = await complete_checkout(shop, order_id, shipping_option="parcel")
        assert stopped["outcome"] == "not_validated"
        assert "no longer offers" in stopped["validation"]["error_text"]
        assert "'parcel'" in stopped["validation"]["error_text"]
        assert await read(shop, order_id) == before


async def test_option_withdrawn_by_an_address_takes_back_everything(shop: Shop) -> None:
    order_id = await shop.create_asking("address_update", OPTION_URL, cart=WITH_OPTIONS)
    before = await read(shop, order_id)
    shop.answer = web.json_response(ONLY_DRONE)
    stopped = await complete_checkout(shop, order_id, shipping_option="parcel")
    assert stopped["outcome"] == "not_validated"
    problem = "no shipping option 'parcel'; the checkout has drone"
    assert stopped["validation"]["error_text"] == problem
    assert await read(shop, order_id) == before


async def test_option_that_takes_the_place_of_another_is_asked_about(shop: Shop) -> None:
    shop.every_answer = ONLY_DRONE
    completed = await complete(shop, "address_update", OPTION_URL)
    assert completed["outcome"] == "approved"
    assert [body["selected_shipping_option"] for body in shop.callbacks] == [PICKUP, DRONE]


async def test_option_that_an_address_brings_can_be_chosen(shop: Shop) -> None:
    shop.every_answer = ONLY_DRONE
    completed = await complete(shop, "address_update", OPTION_URL, shipping_option="drone")
    assert completed["checkout"]["selected_shipping_option"] == DRONE


async def test_unknown_option_is_refused_before_the_shop_is_asked(shop: Shop) -> None:
    order_id = await shop.create_asking(OPTION_URL, cart=WITH_OPTIONS)
    before = await read(shop, order_id)
    path = f"checkouts/{order_id}/complete"
    refused = await shop.merchant.control("POST", path, {"shipping_option": "pigeon"})
    assert refused.status == 422
    assert (
        refused.json["detail"] == "no shipping option 'pigeon'; the checkout has pickup, parcel"
    )
    assert (await read(shop, order_id), shop.callbacks) == (before, [])


async def test_option_withdrawn_during_validation_is_not_sold(shop: Shop) -> None:
    order_id = await shop.create_asking("validation", OPTION_URL, cart=WITH_OPTIONS)

    async def withdraw(request: web.Request) -> None:
        if "order_id" in await request.json():
            update = {"shipping_options": [DRONE]}
            await shop.merchant.send("POST", f"{CHECKOUTS_PATH}/{order_id}", update)

    shop.every_answer, shop.before_answer = TOTALS_WITH_PARCEL, withdraw
    refused = await shop.merchant.control("POST", f"checkouts/{order_id}/complete", {})
    assert refused.status == 422
    assert refused.json["detail"] == "no shipping option 'pickup'; the checkout has drone"


async def open_page(shop: Shop, *kinds: str) -> str:
    """Create a checkout order with callbacks of these kinds; return the path of its page."""
    urls = {**URLS, **dict.fromkeys(kinds, f"{shop.url}/callback")}
    cart = {**CART, "shipping_options": [PICKUP, PARCEL], "merchant_urls": urls}
    order_id = (await shop.merchant.send("POST", CHECKOUTS_PATH, cart)).json["order_id"]
    details = await shop.merchant.control("GET", f"checkouts/{order_id}")
    return str(details.json["page_url"]).removeprefix(shop.merchant.url)


async def enter(shop: Shop, page: str, **details: Any) -> Any:  # noqa: ANN401
    """Enter details on the checkout page; return its response."""
    reply = await shop.merchant.send("POST", f"{page}/shopper", details)
    assert reply.status == 200, reply
    return reply.json


async def test_shipping_choice_on_the_page_is_called_back_once(shop: Shop) -> None:
    page = await open_page(shop, "shipping_option_update")
    await enter(shop, page, billing_address=LUND)
    shop.every_answer = TOTALS_WITH_PARCEL
    chosen = await enter(shop, page, shipping_option="parcel")
    assert (chosen["validation"]["result"], chosen["order"]["order_amount"]) == (
        "passed",
        24900,
    )
    callbacks = len(shop.callbacks)
    completed = await shop.merchant.send("POST", f"{page}/complete", {})
    assert completed.json["outcome"] == "approved"
    assert len(shop.callbacks) == callbacks


async def test_shop_may_update_the_order_while_the_page_waits(shop: Shop) -> None:
    page = await open_page(shop, "address_update")
    order_id = page.split("/")[4]

    async def update(_request: web.Request) -> None:
        body = {"merchant_reference1": "shop-7"}
        reply = await shop.merchant.send("POST", f"{CHECKOUTS_PATH}/{order_id}", body)
        assert reply.status == 200, reply

    shop.before_answer, shop.every_answer = update, TOTALS_WITH_PARCEL
    state = await enter(shop, page, billing_address=LUND)
    assert state["order"]["order_amount"] == 24900
    read = await shop.merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")
    assert read.json["merchant_reference1"] == "shop-7"


async def test_refused_address_is_undone_and_calls_back_again(shop: Shop) -> None:
    page = await open_page(shop, "address_update")
    error = {"error_type": "unsupported_shipping_address", "error_text": "Not to Lund"}
    for _ in range(2):
        shop.answer = web.json_response(error, status=400)
        state = await enter(shop, page, billing_address=LUND)
        assert state["validation"]["error_text"] == "Not to Lund"
        assert not state["order"]["is_identified"]
    assert len(shop.callbacks) == 2


async def test_purchase_stopped_by_an_address_is_stopped_again(shop: Shop) -> None:
    page = await open_page(shop, "address_update")
    for _ in range(2):
        shop.answer = web.Response(status=500)
        completed = await shop.merchant.send("POST", f"{page}/complete", {})
        assert completed.json["outcome"] == "not_validated"


async def test_another_list_of_options_chooses_another_one(shop: Shop) -> None:
    page = await open_page(shop, "address_update")
    shop.every_answer = {**TOTALS_WITH_PARCEL, "shipping_options": [PARCEL]}
    state = await enter(shop, page, billing_address=LUND)
    assert state["order"]["selected_shipping_option"] == "parcel"


async def test_abandoned_attempt_sends_updates_but_no_validation(shop: Shop) -> None:
    shop.every_answer = TOTALS_WITH_PARCEL
    kinds = ("address_update", "validation")
    left = await complete(shop, *kinds, outcome="abandoned", billing_address=LUND)
    assert (left["outcome"], left["checkout"]["order_amount"]) == ("abandoned", 24900)
    assert [delivery["kind"] for delivery in await shop.inbox()] == ["address_update"]
