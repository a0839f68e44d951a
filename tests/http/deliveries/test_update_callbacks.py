"""The address, country and shipping callbacks, over real HTTP."""

from typing import Any

import pytest
from aiohttp import web

from tests.support.checkouts import CART, PARCEL, PICKUP, SHIRTS
from tests.support.shop import Shop

SHIPPING = {
    "type": "shipping_fee", "reference": "parcel", "name": "Parcel", "quantity": 1,
    "unit_price": 4900, "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980,
}  # fmt: skip
TOTALS = {
    "order_amount": 24900,
    "order_tax_amount": 4980,
    "order_lines": [SHIRTS, SHIPPING],
    "purchase_currency": "SEK",
}
FAILED = "shipping_address_update_error"


async def complete(shop: Shop, *kinds: str, **options: Any) -> Any:  # noqa: ANN401
    cart = {"shipping_options": [PICKUP, PARCEL]}
    return await shop.complete_asking(*kinds, cart=cart, **options)


async def test_the_totals_of_the_answer_replace_those_of_the_order(shop: Shop) -> None:
    shop.answer = web.json_response({**TOTALS, "extra": "ignored"})
    completed = await complete(shop, "shipping_option_update", shipping_option="parcel")
    (body,) = shop.callbacks
    assert body["selected_shipping_option"] == PARCEL
    assert body["shipping_address"]["postal_code"]
    assert "order_id" not in body
    assert completed["order"]["order_amount"] == 24900
    assert len(completed["order"]["order_lines"]) == 2


async def test_each_change_is_told_once_and_then_validated(shop: Shop) -> None:
    shop.every_answer = TOTALS
    kinds = ("address_update", "country_change", "shipping_option_update", "validation")
    await complete(shop, *kinds, billing_address={"country": "NO"})
    inbox = await shop.inbox()
    assert [delivery["kind"] for delivery in inbox][:4] == list(kinds)


async def test_a_country_that_stays_is_not_told(shop: Shop) -> None:
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
async def test_an_answer_that_is_no_200_with_totals_stops_the_purchase(
    shop: Shop, answer: dict[str, Any], result: str, error_type: str | None
) -> None:
    shop.answer = web.Response(**answer)
    stopped = await complete(shop, "address_update")
    assert stopped["outcome"] == "not_validated"
    assert stopped["validation"]["result"] == result
    assert stopped["validation"]["error_type"] == error_type


async def test_wrong_sums_change_nothing(shop: Shop) -> None:
    shop.answer = web.json_response({**TOTALS, "order_amount": 1})
    stopped = await complete(shop, "address_update")
    assert stopped["validation"]["error_type"] == FAILED
    assert stopped["checkout"]["order_amount"] == CART["order_amount"]
