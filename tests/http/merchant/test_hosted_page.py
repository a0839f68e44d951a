"""Sessions of the hosted payment page: a redirect to the checkout page, and the way back."""

from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, SESSIONS_PATH, Operation
from tests.support.checkouts import CART
from tests.support.merchant import UNKNOWN_ID, Merchant, Reply
from tests.support.shop import FROZEN

SUCCESS = "https://shop.example/paid?sid={{session_id}}&order={{order_id}}"


async def create_checkout(merchant: Merchant) -> str:
    return str((await merchant.send("POST", CHECKOUTS_PATH, CART)).json["order_id"])


async def open_session(merchant: Merchant, order_id: str, **fields: Any) -> Reply:  # noqa: ANN401
    url = f"https://api.playground.kustom.co/checkout/v3/orders/{order_id}"
    body = {"payment_session_url": url, "merchant_urls": {"success": SUCCESS}, **fields}
    return await merchant.send("POST", SESSIONS_PATH, body)


async def read_session(merchant: Merchant, session_id: str) -> Reply:
    return await merchant.send("GET", f"{SESSIONS_PATH}/{session_id}")


async def test_session_redirects_to_the_checkout_page_and_back(merchant: Merchant) -> None:
    order_id = await create_checkout(merchant)
    reply = await open_session(merchant, order_id, options={"place_order_mode": "NONE"})
    session_id, page_url = reply.json["session_id"], reply.json["redirect_url"]
    assert reply.status == 201
    assert reply.json["session_url"] == f"{merchant.url}{SESSIONS_PATH}/{session_id}"
    page = page_url.removeprefix(merchant.url)
    assert (await merchant.send("GET", page)).status == 200
    paid = await merchant.send("POST", f"{page}/complete", {"push": "hold"})
    back = f"https://shop.example/paid?sid={session_id}&order={order_id}"
    assert paid.json["order"]["confirmation_url"] == back
    for operation in (Operation.GET_ORDER, Operation.ACKNOWLEDGE):
        reply = await merchant.do(operation, order_id=order_id)
        assert reply.status == operation.info.success
    assert (await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")).json["html_snippet"]


async def test_status_of_a_session_follows_its_checkout(merchant: Merchant) -> None:
    await merchant.control("PUT", "scenario", FROZEN)
    order_id = await create_checkout(merchant)
    session_id = (await open_session(merchant, order_id)).json["session_id"]
    session = (await read_session(merchant, session_id)).json
    assert (session["status"], session["expires_at"]) == ("WAITING", "2026-01-17T08:00:00.000Z")
    assert "order_id" not in session
    path = f"checkouts/{order_id}/complete"
    await merchant.control("POST", path, {"outcome": "declined"})
    assert (await read_session(merchant, session_id)).json["status"] == "IN_PROGRESS"
    await merchant.control("POST", path, {"push": "hold"})
    session = (await read_session(merchant, session_id)).json
    assert (session["status"], session["order_id"]) == ("COMPLETED", order_id)
    refused = await open_session(merchant, order_id)
    assert refused.status == 404
    assert refused.header("Mock-Reason").endswith("; status=checkout_complete")


async def test_session_ends_an_hour_before_its_checkout(merchant: Merchant) -> None:
    await merchant.control("PUT", "scenario", FROZEN)
    order_id = await create_checkout(merchant)
    session_id = (await open_session(merchant, order_id)).json["session_id"]
    await merchant.control("POST", "clock", {"advance": "47h"})
    assert (await read_session(merchant, session_id)).status == 404
    assert (await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")).status == 200


async def test_without_a_success_url_the_confirmation_url_counts(merchant: Merchant) -> None:
    order_id = await create_checkout(merchant)
    await open_session(merchant, order_id, merchant_urls={})
    details = await merchant.control("GET", f"checkouts/{order_id}")
    assert details.json["confirmation_url"] == f"http://shop.example/thanks?order={order_id}"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "Bad value: payment_session_url"),
        ({"payment_session_url": UNKNOWN_ID}, 404, "Payment session has expired"),
        (
            {"payment_session_url": "nourl"},
            400,
            "Bad value: payment_session_url (must be the URL of a checkout order)",
        ),
        (
            {"payment_session_url": "…/{id}", "merchant_urls": {"success": "{{sid}}"}},
            400,
            (
                "Bad value: merchant_urls.success ("
                "the only placeholders are {{session_id}} and {{order_id}})"
            ),
        ),
        (
            {"payment_session_url": "…/{id}", "merchant_urls": {"success": "shop"}},
            400,
            "Bad value: merchant_urls.success (must be a valid http or https URI)",
        ),
    ],
    ids=["no URL", "unknown order", "no URL but a word", "unknown placeholder", "no URI"],
)
async def test_bad_request_opens_no_session(
    merchant: Merchant, body: dict[str, Any], status: int, message: str
) -> None:
    order_id = await create_checkout(merchant)
    url = str(body.get("payment_session_url", "")).replace("{id}", order_id)
    sent = {**body, "payment_session_url": url} if body else {}
    refused = await merchant.send("POST", SESSIONS_PATH, sent)
    assert (refused.status, refused.json["error_messages"]) == (status, [message])
    details = await merchant.control("GET", f"checkouts/{order_id}")
    assert details.json["confirmation_url"].startswith("http://shop.example/thanks")


async def test_unknown_session_is_not_found(merchant: Merchant) -> None:
    await create_checkout(merchant)
    refused = await read_session(merchant, UNKNOWN_ID)
    assert (refused.status, refused.json["error_code"]) == (404, "NOT_FOUND")


async def test_export_keeps_the_session(merchant: Merchant) -> None:
    order_id = await create_checkout(merchant)
    session_id = (await open_session(merchant, order_id)).json["session_id"]
    await merchant.reload_export()
    assert (await read_session(merchant, session_id)).json["status"] == "WAITING"
    details = await merchant.control("GET", f"checkouts/{order_id}")
    assert details.json["confirmation_url"].startswith("https://shop.example/paid?sid=")
