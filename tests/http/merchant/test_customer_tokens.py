"""Customer tokens: created with a recurring checkout order, used for orders, cancelled."""

from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, TOKENS_PATH, Operation
from tests.support.checkouts import CART
from tests.support.merchant import Merchant, Reply

RENEWAL = {
    name: CART[name]
    for name in ("purchase_currency", "order_amount", "order_tax_amount", "order_lines")
}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def create_token(merchant: Merchant, **completion: Any) -> str:  # noqa: ANN401
    """Complete a recurring checkout order; return its token."""
    body = {**CART, "recurring": True}
    order_id = (await merchant.send("POST", CHECKOUTS_PATH, body)).json["order_id"]
    await merchant.control("POST", f"checkouts/{order_id}/complete", completion)
    read = await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")
    return str(read.json["recurring_token"])


async def order_with(
    merchant: Merchant,
    token: str,
    key: str | None = None,
    **fields: Any,  # noqa: ANN401
) -> Reply:
    headers = {"Klarna-Idempotency-Key": key} if key else {}
    path = f"{TOKENS_PATH}/{token}/order"
    return await merchant.send("POST", path, {**RENEWAL, **fields}, headers=headers)


async def set_status(merchant: Merchant, token: str, status: str) -> Reply:
    return await merchant.send("PATCH", f"{TOKENS_PATH}/{token}/status", {"status": status})


async def test_only_a_recurring_checkout_creates_a_token(merchant: Merchant) -> None:
    order_id = (await merchant.send("POST", CHECKOUTS_PATH, CART)).json["order_id"]
    await merchant.control("POST", f"checkouts/{order_id}/complete", {})
    read = await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")
    assert "recurring_token" not in read.json
    assert await create_token(merchant) != await create_token(merchant)


@pytest.mark.parametrize(
    ("completion", "shown"),
    [
        ({}, {"payment_method_type": "INVOICE"}),
        (
            {"payment_method": "CARD"},
            {
                "payment_method_type": "CARD",
                "card": {
                    "brand": "VISA",
                    "expiry_date": "12/2030",
                    "masked_number": "************4242",
                },
            },
        ),
    ],
    ids=["invoice", "card"],
)
async def test_token_shows_its_payment_method(
    merchant: Merchant, completion: Mapping[str, str], shown: Mapping[str, Any]
) -> None:
    token = await create_token(merchant, **completion)
    reply = await merchant.send("GET", f"{TOKENS_PATH}/{token}")
    assert (reply.status, reply.json) == (200, {"status": "ACTIVE", **shown})
    assert b'\n  "status" : "ACTIVE"' in reply.body


async def test_order_with_a_token_is_in_order_management(merchant: Merchant) -> None:
    token = await create_token(merchant, billing_address={"city": "Lund"})
    reply = await order_with(merchant, token, merchant_reference1=4711)
    order_id = reply.json["order_id"]
    assert reply.json == {
        "order_id": order_id,
        "fraud_status": "ACCEPTED",
        "authorized_payment_method": {"type": "invoice"},
    }
    order = (await merchant.do(Operation.GET_ORDER, order_id=order_id)).json
    assert (order["status"], order["order_amount"]) == ("AUTHORIZED", 20000)
    assert order["merchant_reference1"] == "4711"
    assert (order["billing_address"]["city"], order["purchase_country"]) == ("Lund", "SE")


async def test_shipping_address_of_its_own_counts_for_the_order(merchant: Merchant) -> None:
    token = await create_token(merchant)
    reply = await order_with(merchant, token, shipping_address={"city": "Kiel"})
    order = (await merchant.do(Operation.GET_ORDER, order_id=reply.json["order_id"])).json
    assert order["shipping_address"]["city"] == "Kiel"
    assert "given_name" not in order["shipping_address"]


async def test_key_makes_one_order(merchant: Merchant) -> None:
    token = await create_token(merchant)
    first = await order_with(merchant, token, key="renewal-1")
    again = await order_with(merchant, token, key="renewal-1")
    other = await order_with(merchant, token, key="renewal-1", merchant_reference1="x")
    assert first.json == again.json == other.json
    assert again.header("Mock-Replayed") == "true"
    assert "differs" in str(other.header("Mock-Replayed"))
    assert (await order_with(merchant, token)).json != first.json


async def test_auto_capture_captures_the_whole_token_order(merchant: Merchant) -> None:
    token = await create_token(merchant)
    reply = await order_with(merchant, token, auto_capture=True)
    order = (await merchant.do(Operation.GET_ORDER, order_id=reply.json["order_id"])).json
    assert (order["status"], order["captured_amount"]) == ("CAPTURED", 20000)


async def test_cancelled_token_pays_nothing(merchant: Merchant) -> None:
    token = await create_token(merchant)
    for _ in range(2):
        cancelled = await set_status(merchant, token, "CANCELLED")
        assert (cancelled.status, cancelled.body) == (202, b"")
    read = await merchant.send("GET", f"{TOKENS_PATH}/{token}")
    assert read.json["status"] == "CANCELLED"
    refused = await order_with(merchant, token)
    assert (refused.status, refused.json["error_code"]) == (403, "TOKEN_SUSPENDED")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"order_amount": 20001}, "Bad value: order_amount"),
        ({"order_amount": 0}, "Bad value: order_amount"),
        ({"order_tax_amount": 1}, "Bad value: order_tax_amount"),
        ({"order_lines": []}, "Bad value: order_lines"),
        ({"purchase_currency": None}, "Bad value: purchase_currency"),
        ({"auto_capture": "yes"}, "Bad value: auto_capture"),
    ],
)
async def test_bad_value_makes_no_order(
    merchant: Merchant, fields: Mapping[str, Any], message: str
) -> None:
    token = await create_token(merchant)
    refused = await order_with(merchant, token, key="k", **fields)
    assert (refused.status, refused.json["error_messages"]) == (400, [message])
    assert (await order_with(merchant, token, key="k")).status == 200


async def test_only_cancelled_is_a_status_to_set(merchant: Merchant) -> None:
    token = await create_token(merchant)
    refused = await set_status(merchant, token, "SUSPENDED")
    assert (refused.status, refused.json["error_messages"]) == (400, ["Bad value: status"])


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "", "NOT_FOUND"), ("PATCH", "/status", "NOT_FOUND"),
     ("POST", "/order", "TOKEN_NOT_FOUND")],
)  # fmt: skip
async def test_unknown_token_is_named_before_a_bad_value(
    merchant: Merchant, method: str, path: str, code: str
) -> None:
    body: Any = None if method == "GET" else {}
    refused = await merchant.send(method, f"{TOKENS_PATH}/{UNKNOWN}{path}", body)
    assert (refused.status, refused.json["error_code"]) == (404, code)
    assert refused.json["error_messages"] == ["Invalid customer-token ID"]


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("payment_method_failed", 403, "PAYMENT_METHOD_FAILED"),
        ("token_not_active", 403, "TOKEN_SUSPENDED"),
    ],
)
async def test_fault_fails_the_payment_of_an_order(
    merchant: Merchant, reason: str, status: int, code: str
) -> None:
    token = await create_token(merchant)
    rule = {"on": "create_token_order", "calls": 1, "do": {"refuse": reason}}
    await merchant.control("POST", "faults", rule)
    refused = await order_with(merchant, token)
    assert (refused.status, refused.json["error_code"]) == (status, code)
    assert (await order_with(merchant, token)).status == 200


async def test_redirect_url_is_empty_where_assumed(merchant: Merchant) -> None:
    scenario = {"version": 1, "assume": {"token_order_redirect_url": "empty"}}
    await merchant.control("PUT", "scenario", scenario)
    reply = await order_with(merchant, await create_token(merchant))
    assert reply.json["redirect_url"] == ""


async def test_export_keeps_tokens_and_their_status(merchant: Merchant) -> None:
    active, cancelled = [await create_token(merchant) for _ in range(2)]
    await set_status(merchant, cancelled, "CANCELLED")
    await merchant.reload_export()
    statuses = [
        (await merchant.send("GET", f"{TOKENS_PATH}/{token}")).json["status"]
        for token in (active, cancelled)
    ]
    assert statuses == ["ACTIVE", "CANCELLED"]
    assert (await order_with(merchant, active)).status == 200
