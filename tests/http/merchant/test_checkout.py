"""The checkout API over real HTTP: bodies as clients send them, answers as recorded."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mockserver.domain.checkout.checkout import CHECKOUT_OPTIONS, MERCHANT_FIELDS, MERCHANT_URLS
from mockserver.domain.operation import CHECKOUT_OPERATIONS, CHECKOUTS_PATH, Operation
from mockserver.schemas import get_schema, shipped_schemas
from tests.support.checkouts import CART, EMPTY_CART, SHIRTS, URLS
from tests.support.connection import add_fault
from tests.support.merchant import UNKNOWN_ID, Merchant, Reply
from tests.support.shop import FROZEN

Op = Operation
RECORDED_KEYS = [
    "order_id", "status", "purchase_country", "purchase_currency", "locale",
    "billing_address", "customer", "shipping_address", "order_amount", "order_tax_amount",
    "order_lines", "merchant_urls", "html_snippet", "started_at", "last_modified_at",
    "options", "external_payment_methods", "external_checkouts",
]  # fmt: skip
WOOCOMMERCE_NULLS = dict.fromkeys(
    ("email", "phone", "given_name", "family_name", "organization_name", "street_address",
     "street_address2", "city", "region"),
)  # fmt: skip


async def create(merchant: Merchant, **fields: Any) -> Any:  # noqa: ANN401
    """Create a checkout order and return the response's body."""
    reply = await merchant.send("POST", CHECKOUTS_PATH, {**CART, **fields})
    assert reply.status == 201, reply
    return reply.json


async def update(merchant: Merchant, order_id: str, body: Any) -> Reply:  # noqa: ANN401
    return await merchant.send("POST", f"{CHECKOUTS_PATH}/{order_id}", body)


async def read(merchant: Merchant, order_id: str) -> Reply:
    return await merchant.send("GET", f"{CHECKOUTS_PATH}/{order_id}")


@pytest.mark.parametrize(
    ("name", "known"),
    [("merchant_urls", MERCHANT_URLS), ("options", CHECKOUT_OPTIONS), ("", MERCHANT_FIELDS)],
)
def test_schema_has_the_members_that_are_kept(name: str, known: tuple[str, ...]) -> None:
    rules = shipped_schemas()["checkout.schema.json"]["$defs"]["fields"]
    rules = rules["properties"][name] if name else rules
    assert set(rules["properties"]) == set(known)


@pytest.mark.parametrize("slash", ["", "/"])
async def test_answer_has_the_recorded_shape(merchant: Merchant, slash: str) -> None:
    reply = await merchant.send("POST", CHECKOUTS_PATH + slash, CART)
    page = reply.json
    assert reply.status == 201
    assert list(page) == RECORDED_KEYS
    assert get_schema("responses/checkout.schema.json").is_valid(page)
    assert (page["status"], page["purchase_country"]) == ("checkout_incomplete", "se")
    assert page["billing_address"] == page["shipping_address"] == {"country": "se"}
    assert list(page["options"].values()) == [False, False, False]
    assert page["order_lines"] == [SHIRTS]
    assert page["merchant_urls"] == URLS
    assert b'": ' not in reply.body


RECORDED_OPTIONS = [
    "allow_separate_shipping_address", "date_of_birth_mandatory", "title_mandatory",
    "national_identification_number_mandatory", "require_validate_callback_success",
    "show_subtotal_detail", "phone_mandatory", "verify_national_identification_number",
    "allowed_customer_types", "additional_checkboxes", "require_client_validation",
    "require_client_validation_callback_response",
]  # fmt: skip
SHOP_OF_2023: Mapping[str, Any] = {
    "billing_countries": ["SE"],
    "shipping_countries": ["SE"],
    "merchant_data": "{}",
    "options": {
        **dict.fromkeys(reversed(RECORDED_OPTIONS), True),
        "allowed_customer_types": ["person"],
        "additional_checkboxes": [],
    },
}


@pytest.mark.parametrize(
    ("fields", "later"),
    [
        ({"recurring": True}, ["recurring"]),
        (SHOP_OF_2023, ["billing_countries", "shipping_countries", "merchant_data"]),
    ],
    ids=["recurring in 2020", "a shop in 2023"],
)
async def test_further_members_follow_in_the_recorded_order(
    merchant: Merchant, fields: Mapping[str, Any], later: list[str]
) -> None:
    page = await create(merchant, **fields)
    assert list(page) == [*RECORDED_KEYS, *later]
    again = (await read(merchant, page["order_id"])).json
    assert list(again) == list(page)


async def test_options_come_back_in_the_recorded_order(merchant: Merchant) -> None:
    assert list((await create(merchant, **SHOP_OF_2023))["options"]) == RECORDED_OPTIONS


async def test_answer_has_the_recorded_headers(merchant: Merchant) -> None:
    reply = await merchant.send("POST", CHECKOUTS_PATH, CART)
    order_id = reply.json["order_id"]
    assert reply.header("Location") == f"{merchant.url}{CHECKOUTS_PATH}/{order_id}"
    assert reply.header("Cache-Control") == "max-age=0, no-cache, no-store"
    assert reply.header("Klarna-Correlation-Id")
    assert int(reply.header("Content-Length")) == len(reply.body)


SENT: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an empty cart": (EMPTY_CART, {"order_amount": 0, "order_lines": []}),
    "an empty list for options": (
        {"options": []},
        {"options": {
            "allow_separate_shipping_address": False,
            "date_of_birth_mandatory": False,
            "require_validate_callback_success": False,
        }},
    ),
    "null for what is not set": (
        {"external_payment_methods": None, "gui": {"options": None}},
        {"external_payment_methods": [], "gui": {}},
    ),
    "numbers as references": (
        {"merchant_reference2": 135, "order_lines": [{**SHIRTS, "reference": 7}]},
        {"merchant_reference2": "135", "order_lines": [{**SHIRTS, "reference": "7"}]},
    ),
    "whole floats": ({"order_amount": 20000.0}, {"order_amount": 20000}),
    "merchant_data": ({"merchant_data": '{"a":"\\/"}'}, {"merchant_data": '{"a":"\\/"}'}),
    "empty merchant_data": ({"merchant_data": ""}, {"merchant_data": ""}),
    "unknown members": (
        {"merchant_urls": {**URLS, "id": "x"}, "unknown": 1}, {"merchant_urls": URLS},
    ),
    "a line without type": (
        {"order_lines": [{k: v for k, v in SHIRTS.items() if k != "type"}]},
        {"order_lines": [{k: v for k, v in SHIRTS.items() if k != "type"}]},
    ),
    "countries": (
        {"shipping_countries": ["SE", "NO"]},
        {"shipping_countries": ["SE", "NO"], "billing_countries": ["SE", "NO"]},
    ),
    "a known address": (
        {"billing_address": {**WOOCOMMERCE_NULLS, "postal_code": "11157", "country": "SE"}},
        {"billing_address": {"postal_code": "11157", "country": "se"}},
    ),
    "options in another order": (
        {"options": {"radius_border": "5", "title_mandatory": True}},
        {"options": {
            "allow_separate_shipping_address": False,
            "date_of_birth_mandatory": False,
            "title_mandatory": True,
            "require_validate_callback_success": False,
            "radius_border": "5",
        }},
    ),
}  # fmt: skip
"""What clients send, and what of it comes back."""


@pytest.mark.parametrize("name", SENT)
async def test_sent_checkout_fields_are_returned(merchant: Merchant, name: str) -> None:
    sent, shown = SENT[name]
    page = await create(merchant, **sent)
    assert {key: page[key] for key in shown} == shown
    assert list(page.get("options", {})) == list(shown.get("options", page["options"]))
    assert get_schema("responses/checkout.schema.json").is_valid(page)
    assert (await read(merchant, page["order_id"])).json == page


@pytest.mark.parametrize(("echo", "country"), [("as_sent", "SE"), ("upper", "SE")])
async def test_countries_are_shown_as_assumed(
    new_merchant: Callable[..., Merchant],
    serve: Callable[..., str],
    echo: str,
    country: str,
) -> None:
    page = await create(new_merchant(serve(country_echo=echo)))
    assert (page["purchase_country"], page["billing_address"]) == (country, {"country": "SE"})


BAD: Mapping[str, tuple[Any, str]] = {
    "no body": (b"", "purchase_country"),
    "a list": (b"[]", "body"),
    "a missing field": ({k: v for k, v in CART.items() if k != "locale"}, "locale"),
    "null for a required field": ({**CART, "order_amount": None}, "order_amount"),
    "a sum off by one": ({**CART, "order_amount": 20001}, "order_amount"),
    "an unknown locale": ({**CART, "locale": "svenska"}, "locale"),
    "a half": ({**CART, "order_amount": 20000.5}, "order_amount"),
    "a line out of bounds": (
        {**CART, "order_lines": [{**SHIRTS, "tax_rate": 10001}]}, "tax_rate",
    ),
    "a missing URL": (
        {**CART, "merchant_urls": {k: v for k, v in URLS.items() if k != "push"}},
        "merchant_urls.push",
    ),
    "an empty list of URLs": ({**CART, "merchant_urls": []}, "merchant_urls.terms"),
    "too much merchant_data": ({**CART, "merchant_data": "x" * 6001}, "merchant_data"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_bad_value_is_refused_as_the_provider_does(merchant: Merchant, name: str) -> None:
    body, field = BAD[name]
    reply = await merchant.send("POST", CHECKOUTS_PATH, body)
    assert (reply.status, reply.json["error_code"]) == (400, "BAD_VALUE")
    assert reply.json["error_messages"] == [f"Bad value: {field}"]
    assert reply.header("Mock-Reason").startswith("bad_value; paths=")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"order_amount": 20001}, "paths=order_amount; expected=20000; actual=20001"),
        ({"purchase_country": "Sweden"}, "expected=at most 2 characters; actual=Sweden"),
        ({"options": {"title_mandatory": 1}}, "expected=a boolean; actual=1"),
        ({"customer": {"type": "robot"}}, "expected=one of person, organization"),
        (
            {"billing_address": {"email": 5}},
            "paths=billing_address/email; expected=a string",
        ),
        (
            {"merchant_data": "x" * 6001},
            "merchant_data; expected=at most 6000 characters",
        ),
        ({"order_lines": {}}, "paths=order_lines; expected=a list"),
        ({"merchant_urls": {"push": "x"}}, "merchant_urls/terms; expected=a value"),
    ],
)
async def test_mock_reason_has_the_expected_form_but_no_personal_data(
    merchant: Merchant, fields: dict[str, Any], reason: str
) -> None:
    reply = await merchant.send("POST", CHECKOUTS_PATH, {**CART, **fields})
    assert reply.header("Mock-Reason").endswith(reason)


async def test_hint_has_the_limit_to_keep_to(merchant: Merchant) -> None:
    reply = await merchant.send("POST", CHECKOUTS_PATH, {**CART, "purchase_country": "Sweden"})
    path = f"explain/{reply.header('Klarna-Correlation-Id')}"
    refusal = (await merchant.control("GET", path)).json["refusal"]
    assert refusal["hints"] == ["Send at most 2 characters instead of Sweden."]


@pytest.mark.parametrize(
    "body", [b"{", b"[" * 200 + b"]" * 200, b'{"a":' * 60 + b"1" + b"}" * 60]
)
async def test_body_that_is_no_json_is_refused(merchant: Merchant, body: bytes) -> None:
    reply = await merchant.send("POST", CHECKOUTS_PATH, body)
    assert (reply.status, reply.json["error_code"]) == (400, "BAD_REQUEST")


async def test_echo_can_be_sent_back_with_new_references(merchant: Merchant) -> None:
    """WooCommerce's confirmation update copies eleven members from the preceding read."""
    page = await create(merchant, shipping_countries=["SE"], merchant_data="{}")
    copied = {
        key: page[key]
        for key in (
            "purchase_country", "purchase_currency", "locale", "merchant_urls",
            "order_amount", "order_lines", "order_tax_amount", "billing_countries",
            "shipping_countries", "merchant_data", "options",
        )
    }  # fmt: skip
    reply = await update(merchant, page["order_id"], {**copied, "merchant_reference1": "135"})
    assert reply.status == 200
    assert reply.json["merchant_reference1"] == "135"
    assert {key: reply.json[key] for key in copied} == copied


async def test_update_that_is_refused_changes_nothing(merchant: Merchant) -> None:
    page = await create(merchant)
    reply = await update(merchant, page["order_id"], {"locale": "en-SE", "order_amount": 1})
    assert reply.json["error_messages"] == ["Bad value: order_amount"]
    assert (await read(merchant, page["order_id"])).json == page


async def test_abort_answers_the_order_and_makes_it_read_only(merchant: Merchant) -> None:
    page = await create(merchant)
    aborted = await merchant.send("POST", f"{CHECKOUTS_PATH}/{page['order_id']}/abort")
    assert (aborted.status, aborted.json["status"]) == (200, "checkout_incomplete")
    reply = await update(merchant, page["order_id"], {})
    assert (reply.status, reply.json["error_code"]) == (403, "READ_ONLY_ORDER")
    assert reply.json["error_messages"] == ["Resource is read-only"]


async def test_unknown_order_is_named_before_a_bad_value(merchant: Merchant) -> None:
    reply = await update(merchant, UNKNOWN_ID, {"order_amount": -1})
    assert (reply.status, reply.body) == (404, b"")


async def test_expired_order_is_404_without_a_body(merchant: Merchant) -> None:
    order_id = (await create(merchant))["order_id"]
    await merchant.control("POST", "clock", {"advance": "48h"})
    reply = await read(merchant, order_id)
    assert (reply.status, reply.body) == (404, b"")
    assert "Content-Type" not in reply.header_names
    assert reply.header("Mock-Reason") == (
        f"checkout_not_found; order_id={order_id}; status=expired"
    )


async def test_missing_order_is_404_with_a_body_where_assumed(
    new_merchant: Callable[..., Merchant], serve: Callable[..., str]
) -> None:
    reply = await read(new_merchant(serve(expired_checkout="json_404")), UNKNOWN_ID)
    assert (reply.status, reply.json["error_code"]) == (404, "NOT_FOUND")


async def test_another_merchants_checkout_cannot_be_found(
    merchant: Merchant, new_merchant: Callable[..., Merchant]
) -> None:
    order_id = (await create(merchant))["order_id"]
    assert (await read(new_merchant(), order_id)).status == 404


async def test_order_management_answers_later_where_assumed(merchant: Merchant) -> None:
    scenario = {**FROZEN, "assume": {"order_visible_after": 60}}
    await merchant.control("PUT", "scenario", scenario)
    order_id = (await create(merchant))["order_id"]
    await merchant.control("POST", f"checkouts/{order_id}/complete", {"push": "hold"})
    for operation in (Op.GET_ORDER, Op.ACKNOWLEDGE):
        reply = await merchant.do(operation, order_id=order_id)
        assert (reply.status, reply.json["error_code"]) == (404, "NO_SUCH_ORDER")
    await merchant.control("POST", "clock", {"advance": "1m"})
    assert (await merchant.do(Op.GET_ORDER, order_id=order_id)).status == 200


async def test_checkout_is_no_order_yet(merchant: Merchant) -> None:
    order_id = (await create(merchant))["order_id"]
    assert (await merchant.do(Op.GET_ORDER, order_id=order_id)).status == 404


async def test_snippet_has_one_script_that_works_when_moved(merchant: Merchant) -> None:
    snippet = (await create(merchant))["html_snippet"]
    assert snippet.startswith('<div id="klarna-checkout-container"')
    assert snippet.count("<script") == snippet.count("</script>") == 1
    assert "w._klarnaCheckout = " in snippet
    assert "currentScript" not in snippet
    assert " src=" not in snippet


async def test_journal_explains_checkouts_like_orders(merchant: Merchant) -> None:
    order_id = (await create(merchant))["order_id"]
    refused = await update(merchant, order_id, {"order_amount": 1})
    entries = (await merchant.control("GET", f"requests?order_id={order_id}")).json["requests"]
    assert [(e["operation"], e["status"]) for e in entries] == [
        ("create_checkout", 201),
        ("update_checkout", 400),
    ]
    correlation_id = refused.header("Klarna-Correlation-Id")
    explained = (await merchant.control("GET", f"explain/{correlation_id}")).json
    assert explained["refusal"]["reason"] == "bad_value"
    assert explained["refusal"]["hints"] == ["Send 20000 instead of 1."]


async def test_refusal_by_status_names_the_status_that_allows_it(merchant: Merchant) -> None:
    order_id = (await create(merchant))["order_id"]
    await merchant.send("POST", f"{CHECKOUTS_PATH}/{order_id}/abort")
    refused = await update(merchant, order_id, {})
    correlation_id = refused.header("Klarna-Correlation-Id")
    explained = (await merchant.control("GET", f"explain/{correlation_id}")).json
    assert explained["refusal"]["hints"] == ["Allowed while the order is checkout_incomplete."]


@pytest.mark.parametrize("info", CHECKOUT_OPERATIONS, ids=lambda info: info.operation)
async def test_lost_answer_is_committed(
    merchant: Merchant,
    info: Any,  # noqa: ANN401
) -> None:
    order_id = (await create(merchant))["order_id"]
    await add_fault(merchant, {"respond_after": {"status": 500}}, on=info.operation)
    path = info.full_path.format(order_id=order_id)
    body = CART if info.schema else None
    assert (await merchant.send(info.method, path, body)).status == 500
    counted = await merchant.control("GET", f"requests/count?operation={info.operation}")
    assert counted.json["count"] == 1 + (info.operation is Op.CREATE_CHECKOUT)


async def test_fault_can_refuse_a_creation(merchant: Merchant) -> None:
    await add_fault(merchant, {"refuse": "bad_value"}, on="create_checkout")
    reply = await merchant.send("POST", CHECKOUTS_PATH, CART)
    assert (reply.status, reply.json["error_code"]) == (400, "BAD_VALUE")
    assert reply.json["error_messages"] == ["Bad value: body"]
    assert (await merchant.send("POST", CHECKOUTS_PATH, CART)).status == 201
