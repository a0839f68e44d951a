"""``merchant_data`` may hold a shopper's login cookie: records and pages mask it.

What stands in for the merchant's own view shows it: the merchant API, the control API's
orders and checkouts, and the inbox, from which a delivery is sent on as it is.
"""

import logging
from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from tests.support.checkouts import CART, TOTALS, URLS
from tests.support.shop import Shop

COOKIE = "wordpress_logged_in_5=ada|17"
DATA = f'{{"cookie":"{COOKIE}","note":"it\'s \\\\ \\u00e4"}}'
SANDBOX_PATH = "/__admin/sandboxes/{sandbox}"
MERCHANT_VIEWS = {
    f"{SANDBOX_PATH}/orders/{{order_id}}",
    f"{SANDBOX_PATH}/checkouts/{{checkout_id}}",
    f"{SANDBOX_PATH}/deliveries",
    f"{SANDBOX_PATH}/deliveries/await",
    f"{SANDBOX_PATH}/deliveries/{{delivery_id}}",
}
STREAMS = {f"{SANDBOX_PATH}/events"}


async def buy(shop: Shop) -> tuple[str, list[str]]:
    """Send ``merchant_data`` in every way there is; return the order and correlation ids."""
    merchant = shop.merchant
    callbacks = dict.fromkeys(("validation", "address_update"), f"{shop.url}/callback")
    shop.every_answer = {**TOTALS, "merchant_data": DATA}
    body = {**CART, "merchant_data": DATA, "recurring": True}
    body["merchant_urls"] = {**URLS, **callbacks}
    replies = [await merchant.send("POST", CHECKOUTS_PATH, body)]
    path = f"{CHECKOUTS_PATH}/{replies[0].json['order_id']}"
    replies.append(await merchant.send("POST", path, {"merchant_data": DATA}))
    replies.append(await merchant.send("POST", path, {"merchant_data": DATA, "locale": "?"}))
    replies.append(await merchant.send("GET", path))
    order_id = replies[0].json["order_id"]
    control = {"push": "hold", "billing_address": {"city": "Lund"}}
    done = await merchant.control("POST", f"checkouts/{order_id}/complete", control)
    assert done.json["outcome"] == "approved", done
    token = done.json["checkout"]["recurring_token"]
    renewal = {**TOTALS, "merchant_data": DATA}
    replies.append(
        await merchant.do(Operation.CREATE_TOKEN_ORDER, renewal, customer_token=token)
    )
    replies.append(await merchant.do(Operation.GET_ORDER, order_id=order_id))
    assert COOKIE in replies[-1].body.decode()
    await merchant.control("POST", "snapshots", {"name": "here"})
    return order_id, [str(reply.header("Klarna-Correlation-Id")) for reply in replies]


def readable_paths(document: Any) -> list[str]:  # noqa: ANN401  # an OpenAPI document
    """Return the paths of the control API that can be read."""
    return [path for path, calls in document["paths"].items() if "get" in calls]


async def test_only_the_merchant_view_of_the_control_api_shows_it(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    merchant, (order_id, correlation_ids) = shop.merchant, await buy(shop)
    document = (await merchant.send("GET", "/__admin/openapi.json")).json
    ids = {
        "sandbox": merchant.user,
        "order_id": order_id,
        "checkout_id": order_id,
        "delivery_id": "delivery-1",
        "scenario": "split-shipment",
    }
    shown = set()
    for path in {*readable_paths(document)} - STREAMS:
        for correlation_id in correlation_ids if "{correlation_id}" in path else ("",):
            url = path.format_map({**ids, "correlation_id": correlation_id})
            reply = await merchant.send("GET", url)
            assert reply.status in (200, 404), reply
            if COOKIE in reply.body.decode(errors="replace"):
                shown.add(path)
    assert shown == MERCHANT_VIEWS
    assert COOKIE not in caplog.text


async def test_journal_that_is_asked_for_personal_data_shows_it(shop: Shop) -> None:
    _, (correlation_id, *_) = await buy(shop)
    entry = await shop.merchant.control("GET", f"requests/{correlation_id}?unmasked=true")
    assert COOKIE in entry.body.decode()


async def test_merchant_and_the_shop_get_it_unchanged(shop: Shop) -> None:
    order_id, _ = await buy(shop)
    read = await shop.merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")
    assert read.json["merchant_data"] == DATA
    assert [body["merchant_data"] for body in shop.callbacks] == [DATA] * len(shop.callbacks)
    assert shop.callbacks
