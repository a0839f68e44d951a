"""Completing checkout orders through the control API."""

from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from tests.support.checkouts import CART, PARCEL, PICKUP, URLS
from tests.support.merchant import UNKNOWN_ID, Merchant

EMAIL = {"billing_address": {"email": "ada@shop.example", "city": "Lund", "phone": ""}}


async def create(merchant: Merchant, **fields: Any) -> str:  # noqa: ANN401
    reply = await merchant.send("POST", CHECKOUTS_PATH, {**CART, **fields})
    assert reply.status == 201, reply
    return str(reply.json["order_id"])


async def complete(merchant: Merchant, order_id: str, **options: Any) -> Any:  # noqa: ANN401
    reply = await merchant.control("POST", f"checkouts/{order_id}/complete", options)
    assert reply.status == 200, reply
    return reply.json


async def test_completion_makes_the_order_the_shop_then_reads(merchant: Merchant) -> None:
    order_id = await create(merchant, merchant_reference1=1001)
    completed = await complete(merchant, order_id)
    assert completed["outcome"] == "approved"
    assert completed["status"] == completed["checkout"]["status"] == "checkout_complete"
    assert completed["confirmation_url"] == f"http://shop.example/thanks?order={order_id}"
    order = (await merchant.do(Operation.GET_ORDER, order_id=order_id)).json
    assert order == completed["order"]
    assert (order["status"], order["order_amount"]) == ("AUTHORIZED", 20000)
    assert order["merchant_reference1"] == "1001"
    address = order["billing_address"]
    assert all(address[key] for key in ("email", "phone", "given_name", "postal_code"))
    assert (address["country"], completed["checkout"]["billing_address"]["country"]) == (
        "SE",
        "se",
    )


async def test_order_from_checkout_is_shipped_and_refunded(merchant: Merchant) -> None:
    order_id = await create(merchant)
    await complete(merchant, order_id)
    merchant.order = (await merchant.do(Operation.GET_ORDER, order_id=order_id)).json
    assert (await merchant.capture(20000, *CART["order_lines"])).status == 201
    assert (await merchant.refund(20000, *CART["order_lines"])).status == 201
    (allocation,) = (await merchant.control("GET", f"orders/{order_id}")).json["allocations"]
    assert allocation["outcome"] == "allocated"


async def test_prefilled_address_takes_precedence_over_a_generated_one(
    merchant: Merchant,
) -> None:
    order_id = await create(merchant, **EMAIL)
    address = (await complete(merchant, order_id))["order"]["billing_address"]
    assert (address["email"], address["city"]) == ("ada@shop.example", "Lund")
    assert address["phone"]


async def test_person_is_shown_by_the_checkout_and_by_the_order(
    merchant: Merchant,
) -> None:
    order_id = await create(merchant, customer={"type": "person"})
    person = {"date_of_birth": "1941-03-21", "gender": "male"}
    completed = await complete(merchant, order_id, customer=person)
    for shown in (completed["checkout"], completed["order"]):
        assert shown["customer"] == {**person, "type": "person"}


PARTS = {"street_name": "Hauptstraße", "street_number": "12", "house_extension": "b"}
CARE_OF = {"care_of": "Müller"}


async def test_street_in_parts_replaces_a_made_up_street(merchant: Merchant) -> None:
    order_id = await create(
        merchant,
        purchase_country="DE",
        purchase_currency="EUR",
        shipping_address={"street_name": "Am Markt", "street_number": 3},
    )
    completed = await complete(merchant, order_id, billing_address={**PARTS, **CARE_OF})
    checkout, order = completed["checkout"], completed["order"]
    assert checkout["billing_address"].items() >= {**PARTS, **CARE_OF}.items()
    assert checkout["shipping_address"]["street_number"] == "3"
    streets = ["Hauptstraße 12 b", "Am Markt 3"]
    for shown in (checkout, order):
        addresses = [shown[name] for name in ("billing_address", "shipping_address")]
        assert [address["street_address"] for address in addresses] == streets
    assert not {*PARTS, *CARE_OF} & order["billing_address"].keys()


async def test_completion_options_replace_the_prefilled_address(merchant: Merchant) -> None:
    order_id = await create(merchant, **EMAIL, shipping_options=[PICKUP, PARCEL])
    order = (
        await complete(
            merchant,
            order_id,
            payment_method="CARD",
            billing_address={"city": "Malmö"},
            shipping_address={"city": "Kiel", "country": "DE"},
            shipping_option="parcel",
        )
    )["order"]
    assert order["initial_payment_method"]["type"] == "CARD"
    assert order["billing_address"]["city"] == "Malmö"
    assert order["shipping_address"]["country"] == "DE"
    assert order["order_amount"] == 24900


@pytest.mark.parametrize(
    ("cart", "entered", "problem"),
    [
        (
            {"shipping_countries": ["SE", "no"]},
            {"billing_address": {"country": "US"}},
            "billing_address cannot be in 'US'; the checkout allows SE, NO",
        ),
        (
            {"shipping_countries": ["SE"], "billing_countries": ["SE", "DE"]},
            {"billing_address": {"country": "DE"}},
            "shipping_address cannot be in 'DE'; the checkout allows SE",
        ),
        (
            {"shipping_countries": ["AD", *["AE"] * 10]},
            {},
            "billing_address cannot be in 'SE'; the checkout allows AD" + ", AE" * 9 + ", …",
        ),
        (
            {"options": {"allowed_customer_types": ["person"]}},
            {"customer": {"type": "organization"}},
            "the customer cannot be of type 'organization'; the checkout allows person",
        ),
    ],
    ids=["billing", "shipping", "long list", "customer type"],
)
async def test_what_the_merchant_does_not_allow_is_refused(
    merchant: Merchant, cart: dict[str, Any], entered: dict[str, Any], problem: str
) -> None:
    order_id = await create(merchant, **cart)
    reply = await merchant.control("POST", f"checkouts/{order_id}/complete", entered)
    assert (reply.status, reply.json["detail"]) == (422, problem)
    shown = (await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")).json
    assert shown["billing_address"] == {"country": "se"}


async def test_what_the_merchant_allows_can_be_entered(merchant: Merchant) -> None:
    options = {"allowed_customer_types": ["person", "organization"]}
    order_id = await create(merchant, shipping_countries=["SE", "NO"], options=options)
    entered = {"billing_address": {"country": "NO"}, "customer": {"type": "organization"}}
    assert (await complete(merchant, order_id, **entered))["outcome"] == "approved"


SEPARATE = {"options": {"allow_separate_shipping_address": True}}
ANN = {"given_name": "Ann", "city": "Lund"}
BOB = {"given_name": "Bob", "city": "Kalmar"}
BILL_ANN, BILL_BOB = {"billing_address": ANN}, {"billing_address": BOB}
DECLINED, ABANDONED = {"outcome": "declined"}, {"outcome": "abandoned"}
SHIP_ANN = {"shipping_address": ANN}


@pytest.mark.parametrize(
    ("cart", "first", "second", "receiver"),
    [
        ({}, {**DECLINED, **BILL_ANN}, {}, "Ann"),
        ({}, {**DECLINED, **BILL_ANN}, BILL_BOB, "Bob"),
        ({}, {**ABANDONED, **BILL_ANN}, BILL_BOB, "Bob"),
        ({**BILL_ANN, **SHIP_ANN}, None, BILL_BOB, "Bob"),
        (SEPARATE, {**DECLINED, **BILL_ANN}, BILL_BOB, "Bob"),
        ({**SEPARATE, **SHIP_ANN}, None, BILL_BOB, "Ann"),
        (SEPARATE, {**DECLINED, **BILL_BOB, **SHIP_ANN}, BILL_BOB, "Ann"),
    ],
    ids=[
        "the same again", "declined", "abandoned", "both prefilled", "one address so far",
        "separate and prefilled", "separate and entered",
    ],
)  # fmt: skip
async def test_shipping_follows_billing_unless_it_is_separate(
    merchant: Merchant,
    cart: dict[str, Any],
    first: dict[str, Any] | None,
    second: dict[str, Any],
    receiver: str,
) -> None:
    order_id = await create(merchant, **cart)
    if first is not None:
        await complete(merchant, order_id, **first)
    order = (await complete(merchant, order_id, **second))["order"]
    assert order["shipping_address"]["given_name"] == receiver


async def test_after_a_decline_the_same_checkout_is_completed(merchant: Merchant) -> None:
    order_id = await create(merchant)
    declined = await complete(
        merchant, order_id, outcome="declined", billing_address={"city": "Kiruna"}
    )
    assert (declined["status"], declined["order"]) == ("checkout_incomplete", None)
    assert declined["checkout"]["billing_address"]["city"] == "Kiruna"
    approved = await complete(merchant, order_id)
    assert approved["order"]["billing_address"]["city"] == "Kiruna"


@pytest.mark.parametrize(
    ("email", "outcome"),
    [("a+denied@shop.example", "declined"), ("a+pend-accept-05@shop.example", "pending")],
)
async def test_test_addresses_of_the_provider_decide_the_outcome(
    merchant: Merchant, email: str, outcome: str
) -> None:
    order_id = await create(merchant, billing_address={"email": email})
    assert (await complete(merchant, order_id))["outcome"] == outcome
    other_id = await create(merchant, billing_address={"email": email})
    assert (await complete(merchant, other_id, outcome="approved"))["outcome"] == "approved"


async def test_country_without_shoppers_of_its_own_gets_an_address(
    merchant: Merchant,
) -> None:
    order_id = await create(merchant, purchase_country="JP", purchase_currency="JPY")
    address = (await complete(merchant, order_id))["order"]["billing_address"]
    assert (address["country"], bool(address["email"])) == ("JP", True)


async def test_completed_checkout_is_read_only(merchant: Merchant) -> None:
    order_id = await create(merchant)
    await complete(merchant, order_id)
    refused = await merchant.send("POST", f"{CHECKOUTS_PATH}/{order_id}", {})
    assert (refused.status, refused.json["error_code"]) == (403, "READ_ONLY_ORDER")
    read = await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")
    assert (read.status, read.json["status"]) == (200, "checkout_complete")
    assert "complete" in read.json["html_snippet"]


@pytest.mark.parametrize("outcome", ["approved", "declined"])
async def test_completed_checkout_cannot_be_completed_again(
    merchant: Merchant, outcome: str
) -> None:
    order_id = await create(merchant)
    before = await complete(merchant, order_id)
    reply = await merchant.control(
        "POST", f"checkouts/{order_id}/complete", {"outcome": outcome}
    )
    assert reply.status == 409
    assert "read-only" in reply.json["detail"]
    after = await merchant.control("GET", f"checkouts/{order_id}")
    assert after.json == {key: before[key] for key in after.json}


async def test_wrong_key_of_a_completion_is_named_without_a_position(
    merchant: Merchant,
) -> None:
    order_id = await create(merchant)
    body = {"billing_address": {"foo": 1}}
    reply = await merchant.control("POST", f"checkouts/{order_id}/complete", body)
    assert reply.json["detail"].startswith("E101 billing_address.foo: unknown key 'foo', ")


async def test_expired_checkout_cannot_be_completed(merchant: Merchant) -> None:
    order_id = await create(merchant)
    await merchant.control("POST", "clock", {"advance": "48h"})
    reply = await merchant.control("POST", f"checkouts/{order_id}/complete", {})
    assert reply.status == 404
    (summary,) = (await merchant.control("GET", "checkouts")).json["checkouts"]
    assert (summary["order_id"], summary["status"]) == (order_id, "expired")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "maybe"}, "unknown value"),
        ({"adress": {}}, "unknown key 'adress'"),
        ({"shipping_option": "pigeon"}, "no shipping option 'pigeon'"),
        ({"checkboxes": {"news": True}}, "no checkbox 'news'; the checkout has none"),
        ({"customer": {"date_of_birth": "21/3/41"}}, "expected a date such as 1941-03-21"),
        ({"checkbox": True}, "no options.additional_checkbox"),
    ],
)
async def test_invalid_options_are_refused_and_change_nothing(
    merchant: Merchant, options: dict[str, Any], message: str
) -> None:
    order_id = await create(merchant)
    reply = await merchant.control("POST", f"checkouts/{order_id}/complete", options)
    assert reply.status == 422
    assert message in reply.json["detail"]
    details = (await merchant.control("GET", f"checkouts/{order_id}")).json
    assert (details["status"], details["order"]) == ("checkout_incomplete", None)
    assert details["checkout"]["merchant_urls"] == URLS


REQUIRED = {"text": "Of age?", "checked": False, "required": True}


@pytest.mark.parametrize("urls", [{}, {"validation": "http://localhost:1/validate"}])
async def test_required_checkbox_must_be_ticked_before_the_shop_is_asked(
    merchant: Merchant, urls: dict[str, str]
) -> None:
    order_id = await create(
        merchant, options={"additional_checkbox": REQUIRED}, merchant_urls={**URLS, **urls}
    )
    path = f"checkouts/{order_id}/complete"
    refused = await merchant.control("POST", path, {})
    assert refused.status == 422
    assert 'complete with {"checkbox": true}' in refused.json["detail"]
    assert (await merchant.control("GET", "deliveries")).json == {"deliveries": []}
    untouched = (await merchant.control("GET", f"checkouts/{order_id}")).json["checkout"]
    assert "merchant_requested" not in untouched
    assert untouched["billing_address"] == {"country": "se"}
    completed = await complete(merchant, order_id, checkbox=True)
    assert completed["checkout"]["merchant_requested"] == {"additional_checkbox": True}


async def test_unknown_checkout_is_not_found(merchant: Merchant) -> None:
    for method, path in (("GET", ""), ("POST", "/complete")):
        body: Any = {} if method == "POST" else None
        reply = await merchant.control(method, f"checkouts/{UNKNOWN_ID}{path}", body)
        assert reply.status == 404
        assert reply.json["detail"].startswith(f"no checkout '{UNKNOWN_ID}'")
