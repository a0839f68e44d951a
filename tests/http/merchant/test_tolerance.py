"""Requests that deviate from the documentation, as real clients send them."""

from collections.abc import AsyncIterator

import pytest

from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import OPERATIONS, Operation
from tests.support.merchant import HALF_SHIPPED, SHIPPED, Merchant, line
from tests.support.request_examples import BODIES, order_for

Op = Operation
BODILESS = [row.operation for row in OPERATIONS if row.method == "POST" and not row.schema]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Send a body in chunks, without a Content-Length."""
    for movement in parts:
        yield movement


def test_operations_without_input_are_known() -> None:
    assert BODILESS == [
        Op.ACKNOWLEDGE,
        Op.CANCEL,
        Op.EXTEND_AUTHORIZATION_TIME,
        Op.RELEASE_REMAINING_AUTHORIZATION,
        Op.TRIGGER_SEND_OUT,
    ]


@pytest.mark.parametrize("operation", BODILESS)
@pytest.mark.parametrize("body", [None, b"", b"{}", b"[]", b"null", b"not JSON at all"])
async def test_operation_without_input_accepts_any_body(
    merchant: Merchant,
    operation: Operation,
    body: bytes | None,
) -> None:
    await merchant.make_order(order_for(operation))
    assert (await merchant.do(operation, body)).status == 204


@pytest.mark.parametrize("operation", BODILESS)
async def test_operation_without_input_accepts_a_chunked_body(
    merchant: Merchant,
    operation: Operation,
) -> None:
    await merchant.make_order(order_for(operation))
    assert (await merchant.do(operation, pieces(b"{", b"}"))).status == 204


@pytest.mark.parametrize("operation", BODILESS)
@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/x-www-form-urlencoded", "*", "text/plain", ""],
)
async def test_operation_without_input_accepts_any_content_type(
    merchant: Merchant,
    operation: Operation,
    media_type: str,
) -> None:
    await merchant.make_order(order_for(operation))
    headers = {"Content-Type": media_type}
    assert (await merchant.do(operation, b"{}", headers=headers)).status == 204


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
@pytest.mark.parametrize(
    ("before", "after"),
    [("/", ""), ("", "/"), ("//", "//")],
    ids=["double slash", "trailing slash", "both, twice"],
)
async def test_extra_slashes_are_accepted_without_a_redirect(
    merchant: Merchant,
    row: object,
    before: str,
    after: str,
) -> None:
    assert isinstance(row, type(OPERATIONS[0]))
    await merchant.make_order(order_for(row.operation))
    if row.operation is Op.GET_REFUND:
        await merchant.refund(1)
    path = before + merchant.path(row.operation) + after
    body = BODIES[row.operation] if row.schema else None
    assert (await merchant.send(row.method, path, body)).status == row.success


async def test_slashes_in_the_middle_of_a_path_collapse(merchant: Merchant) -> None:
    path = merchant.path(Op.CAPTURE).replace("/", "//")
    response = await merchant.send("POST", path, {"captured_amount": 1})
    place = response.header("Location").removeprefix(merchant.url)
    assert "//" not in place
    assert (await merchant.send("GET", place)).status == 200


@pytest.mark.parametrize("body", [b"[]", b"{}", b"x" * 100_000])
async def test_body_of_a_get_is_ignored(merchant: Merchant, body: bytes) -> None:
    responses = [await merchant.do(Op.GET_ORDER, body) for _ in range(2)]
    assert [response.status for response in responses] == [200, 200]
    assert responses[0].json["order_id"] == merchant.order_id


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "text/html, image/gif, image/jpeg, */*; q=0.2", "text/html"],
)
async def test_response_is_json_for_any_accept_header(
    merchant: Merchant,
    accept: str,
) -> None:
    for order_id in (merchant.order_id, "unknown"):
        response = await merchant.do(
            Op.GET_ORDER, headers={"Accept": accept}, order_id=order_id
        )
        assert response.header("Content-Type") == "application/json"


async def test_query_is_ignored(merchant: Merchant) -> None:
    path = merchant.path(Op.GET_ORDER) + "?verbose=1&verbose=2"
    assert (await merchant.send("GET", path)).status == 200


@pytest.mark.parametrize("operation", [name for name in BODIES if name in LIFECYCLE])
async def test_chunked_body_without_length_is_accepted(
    merchant: Merchant,
    operation: Operation,
) -> None:
    await merchant.make_order(order_for(operation))
    if operation is Op.CAPTURE:
        body = pieces(b'{"captured', b'_amount":', b"1}")
        response = await merchant.do(
            operation, body, headers={"Content-Type": "application/json"}
        )
        assert response.status == 201
        return
    response = await merchant.do(operation, BODIES[operation], headers={"Expect": ""})
    assert response.status == operation.info.success


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
    ],
)
async def test_json_media_types_are_accepted(
    merchant: Merchant,
    media_type: str,
) -> None:
    headers = {"Content-Type": media_type}
    response = await merchant.do(Op.CAPTURE, {"captured_amount": 1}, headers=headers)
    assert response.status == 201


WIDER_THAN_DOCUMENTED = {
    "WooCommerce captures with the amounts of its order": (
        Op.CAPTURE,
        {
            "captured_amount": 10000,
            "order_amount": 20000,
            "order_tax_amount": 0,
            "order_lines": [line("B24680", 10000, tax_rate=2500, total_tax_amount=2000)],
            "shipping_info": [{"tracking_number": "", "tracking_uri": ""}],
        },
    ),
    "WooCommerce updates with a tax amount that is not the lines'": (
        Op.UPDATE_AUTHORIZATION,
        {"order_amount": 15000, "order_tax_amount": 1, "order_lines": [line("A12345", 15000)]},
    ),
    "WooCommerce refunds with a fee of nothing": (
        Op.REFUND,
        {
            "refunded_amount": 3000,
            "description": "",
            "reference": "1001|1002",
            "order_lines": [
                line("A12345", 3000),
                {"type": "return_fee", "name": "Fee", "quantity": 1, "unit_price": 0}
                | {"total_amount": 0, "tax_rate": 0, "total_tax_amount": 0},
            ],
        },
    ),
    "a number for a reference": (Op.UPDATE_MERCHANT_REFERENCES, {"merchant_reference2": 1001}),
    "a number for the reference of a line": (
        Op.REFUND,
        {"refunded_amount": 5, "order_lines": [{**line("", 5), "reference": 4711}]},
    ),
    "a number for a tracking number, and an unknown field": (
        Op.ADD_CAPTURE_SHIPPING_INFO,
        {"shipping_info": [{"tracking_number": 123456, "tracking_url": "https://x.example"}]},
    ),
    "empty texts in shipping info": (
        Op.ADD_ORDER_SHIPPING_INFO,
        {"shipping_info": [dict.fromkeys(("shipping_company", "shipping_method"), "")]},
    ),
    "unknown fields everywhere": (
        Op.REFUND,
        {"refunded_amount": 5, "x": {"y": []}, "order_lines": [line("A12345", 5, z=None)]},
    ),
    "null for what is optional": (
        Op.CAPTURE,
        {
            "captured_amount": 1,
            "description": None,
            "order_lines": None,
            "reference": None,
            "shipping_info": None,
            "shipping_delay": None,
        },
    ),
    "null for what is optional in a line": (
        Op.REFUND,
        {
            "refunded_amount": 5,
            "order_lines": [
                line("A12345", 5)
                | dict.fromkeys(("type", "tax_rate", "total_tax_amount", "quantity_unit"))
                | dict.fromkeys(("total_discount_amount", "product_url", "subscription")),
            ],
        },
    ),
    "an integer with a point": (Op.REFUND, {"refunded_amount": 5.0}),
    "an amount of nothing": (Op.REFUND, {"refunded_amount": 0}),
    "a line of a type newer than the old list": (
        Op.REFUND,
        {"refunded_amount": 5, "order_lines": [line("A12345", 5, type="package")]},
    ),
    "a discount": (
        Op.CAPTURE,
        {
            "captured_amount": 9000,
            "order_lines": [line("B24680", 10000), line("SALE", -1000, type="discount")],
        },
    ),
    "nothing to change": (Op.UPDATE_CUSTOMER_DETAILS, {}),
    "no body where all of it is optional": (Op.UPDATE_MERCHANT_REFERENCES, b""),
    "a number for a postal code": (
        Op.UPDATE_CUSTOMER_DETAILS,
        {"shipping_address": {"postal_code": 75320}},
    ),
}


@pytest.mark.parametrize("case", WIDER_THAN_DOCUMENTED)
async def test_body_wider_than_documented_is_accepted(merchant: Merchant, case: str) -> None:
    operation, body = WIDER_THAN_DOCUMENTED[case]
    await merchant.make_order(HALF_SHIPPED)
    assert (await merchant.do(operation, body)).status == operation.info.success


async def test_numbers_sent_for_strings_are_returned_as_strings(merchant: Merchant) -> None:
    await merchant.make_order(SHIPPED)
    await merchant.do(Op.UPDATE_MERCHANT_REFERENCES, {"merchant_reference2": 1001})
    shipping = {"shipping_info": [{"tracking_number": 123456}]}
    await merchant.do(Op.ADD_CAPTURE_SHIPPING_INFO, shipping)
    await merchant.refund(5, {**line("", 5), "reference": 4711})
    order = await merchant.read()
    assert order["merchant_reference2"] == "1001"
    assert order["captures"][0]["shipping_info"] == [{"tracking_number": "123456"}]
    assert order["refunds"][0]["order_lines"][0]["reference"] == "4711"


async def test_number_for_a_reference_finds_its_line(merchant: Merchant) -> None:
    lines = [{"reference": "4711", "unit_price": 100}]
    await merchant.make_order({"lines": lines, "captures": {"A": {"lines": ["4711"]}}})
    response = await merchant.refund(100, {**line("", 100), "reference": 4711})
    assert response.header("Mock-Allocation").startswith("allocated;")


async def test_unknown_fields_are_not_echoed(merchant: Merchant) -> None:
    await merchant.capture(10, line("A12345", 10, colour="red"))
    capture = (await merchant.read())["captures"][0]
    assert "colour" not in capture["order_lines"][0]


async def test_last_of_duplicate_keys_counts(merchant: Merchant) -> None:
    await merchant.do(Op.CAPTURE, b'{"captured_amount":1,"captured_amount":2}')
    assert (await merchant.read())["captured_amount"] == 2


async def test_order_line_type_defaults_to_physical_and_reference_to_none(
    merchant: Merchant,
) -> None:
    bare = {"name": "Goods", "quantity": 1, "unit_price": 5, "total_amount": 5}
    await merchant.capture(5, bare)
    shown = (await merchant.read())["captures"][0]["order_lines"][0]
    assert shown["type"] == "physical"
    assert "reference" not in shown
