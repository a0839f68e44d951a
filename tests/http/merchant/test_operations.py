import json
import re
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from mockserver.domain.operation import OPERATIONS, Operation, OperationInfo
from mockserver.schemas import get_schema
from tests.support.merchant import UNSHIPPED, Merchant, Reply, basic, line
from tests.support.request_examples import BODIES, BUSY, RESPONSE_SCHEMAS, order_for

Op = Operation
UUID_4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

NAMES = [
    "get_order", "acknowledge", "update_authorization", "cancel", "update_customer_details",
    "extend_authorization_time", "update_merchant_references",
    "release_remaining_authorization", "add_order_shipping_info", "capture",
    "list_captures", "get_capture", "add_capture_shipping_info", "trigger_send_out",
    "extend_due_date", "get_extend_due_date_options", "refund", "get_refund",
]  # fmt: skip

RECORDED = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
    "X-Content-Type-Options": "nosniff",
    "X-Xss-Protection": "1; mode=block",
    "X-Frame-Options": "DENY",
}

ORDER_KEYS = [
    "order_id", "status", "fraud_status", "order_amount", "original_order_amount",
    "captured_amount", "refunded_amount", "remaining_authorized_amount",
    "purchase_currency", "locale", "order_lines", "merchant_reference1",
    "klarna_reference", "customer", "billing_address", "shipping_address", "created_at",
    "purchase_country", "expires_at", "captures", "refunds", "initial_payment_method",
]  # fmt: skip
CAPTURE_KEYS = [
    "capture_id", "klarna_reference", "captured_amount", "captured_at", "description",
    "order_lines", "refunded_amount", "billing_address", "shipping_address",
    "shipping_info",
]  # fmt: skip
REFUND_KEYS = ["refund_id", "refunded_amount", "refunded_at", "description", "order_lines"]
LINE_KEYS = [
    "reference", "type", "quantity", "quantity_unit", "name", "total_amount", "unit_price",
    "total_discount_amount", "tax_rate", "total_tax_amount",
]  # fmt: skip
ADDRESS_KEYS = [
    "given_name", "family_name", "title", "street_address", "street_address2",
    "postal_code", "city", "region", "country", "email", "phone",
]  # fmt: skip

every_operation = pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
CHANGES = [row for row in OPERATIONS if row.method != "GET"]
READS = [row for row in OPERATIONS if row.method == "GET"]
CREATIONS = [row for row in OPERATIONS if row.success == 201]
every_change = pytest.mark.parametrize("row", CHANGES, ids=lambda row: row.operation)
every_read = pytest.mark.parametrize("row", READS, ids=lambda row: row.operation)
every_creation = pytest.mark.parametrize("row", CREATIONS, ids=lambda row: row.operation)


async def succeed(merchant: Merchant, row: OperationInfo) -> Reply:
    """Carry an operation out on an order that allows it."""
    await merchant.make_order(order_for(row.operation))
    body = BODIES[row.operation] if row.schema else None
    response = await merchant.do(row.operation, body)
    assert response.status == row.success, response
    return response


def test_18_operations_of_the_contract_are_there() -> None:
    assert [row.operation for row in OPERATIONS] == NAMES


@every_operation
async def test_success_has_the_documented_status_and_correlation_id(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    response = await succeed(merchant, row)
    assert UUID_4.fullmatch(response.header("Klarna-Correlation-Id"))
    assert {name: response.header(name) for name in RECORDED} == RECORDED


@every_read
async def test_read_is_compact_json_that_matches_its_schema(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    response = await succeed(merchant, row)
    assert response.header("Content-Type") == "application/json"
    assert get_schema(f"responses/{RESPONSE_SCHEMAS[row.operation]}.schema.json").is_valid(
        response.json
    )
    compact = json.dumps(response.json, separators=(",", ":"), ensure_ascii=False)
    assert response.body == compact.encode()


@every_read
async def test_read_has_no_transaction_id_and_no_location(
    merchant: Merchant, row: OperationInfo
) -> None:
    response = await succeed(merchant, row)
    assert not response.header_names & {"Transaction-Id", "Location", "Klarna-Order-Validation"}


@every_change
async def test_change_has_a_transaction_id_and_no_body(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    response = await succeed(merchant, row)
    assert UUID_4.fullmatch(response.header("Transaction-Id"))
    assert response.header("Transaction-Id") != response.header("Klarna-Correlation-Id")
    assert response.body == b""
    assert "Content-Type" not in response.header_names


@every_change
async def test_201_has_a_content_length_and_204_has_none(
    merchant: Merchant, row: OperationInfo
) -> None:
    response = await succeed(merchant, row)
    lengths = [value for name, value in response.headers if name == "Content-Length"]
    assert lengths == (["0"] if row.success == 201 else [])


@every_change
async def test_only_a_creation_has_a_location(merchant: Merchant, row: OperationInfo) -> None:
    response = await succeed(merchant, row)
    assert ("Location" in response.header_names) is (row.success == 201)


@every_creation
async def test_creation_returns_the_id_and_absolute_location(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    response = await succeed(merchant, row)
    made = response.header({Op.CAPTURE: "Capture-Id", Op.REFUND: "Refund-Id"}[row.operation])
    assert UUID_4.fullmatch(made)
    place = response.header("Location")
    assert place == merchant.url + merchant.path(row.operation) + "/" + made
    there = await merchant.send("GET", place.removeprefix(merchant.url))
    assert there.status == 200
    assert made in there.json.values()


@every_creation
async def test_location_uses_the_host_of_the_request(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    await merchant.make_order(BUSY)
    headers = {"Host": "kustom.mock:8566"}
    response = await merchant.do(row.operation, BODIES[row.operation], headers=headers)
    place = urlsplit(response.header("Location"))
    assert (place.scheme, place.netloc) == ("http", "kustom.mock:8566")


@every_creation
async def test_lines_that_add_up_are_reported_valid(
    merchant: Merchant, row: OperationInfo
) -> None:
    response = await succeed(merchant, row)
    assert response.header("Klarna-Order-Validation") == "Valid"


@every_creation
@pytest.mark.parametrize("lines", [[], [line("A12345", 11)]], ids=["no lines", "another sum"])
async def test_lines_that_do_not_add_up_are_accepted_but_not_valid(
    merchant: Merchant,
    row: OperationInfo,
    lines: list[object],
) -> None:
    await merchant.make_order(BUSY)
    amount = {Op.CAPTURE: "captured_amount", Op.REFUND: "refunded_amount"}[row.operation]
    response = await merchant.do(row.operation, {amount: 10, "order_lines": lines})
    assert response.status == 201
    assert "Klarna-Order-Validation" not in response.header_names


async def test_order_has_the_recorded_keys_in_the_recorded_order(merchant: Merchant) -> None:
    await merchant.make_order({**BUSY, "merchant_reference1": "1001"})
    order = await merchant.read()
    assert list(order) == ORDER_KEYS
    assert list(order["captures"][0]) == CAPTURE_KEYS
    assert list(order["refunds"][0]) == REFUND_KEYS
    assert list(order["order_lines"][0]) == LINE_KEYS
    assert list(order["billing_address"]) == ADDRESS_KEYS
    assert list(order["initial_payment_method"]) == ["type", "description"]


async def test_get_refund_has_one_more_key(merchant: Merchant) -> None:
    await merchant.make_order(BUSY)
    refund = (await merchant.do(Op.GET_REFUND)).json
    assert list(refund) == [*REFUND_KEYS, "credit_invoice"]
    assert refund == {**(await merchant.read())["refunds"][0], "credit_invoice": False}


async def test_capture_reads_the_same_alone_in_the_list_and_in_the_order(
    merchant: Merchant,
) -> None:
    await merchant.make_order(BUSY)
    alone = (await merchant.do(Op.GET_CAPTURE)).json
    assert [alone] == (await merchant.do(Op.LIST_CAPTURES)).json
    assert [alone] == (await merchant.read())["captures"]


async def test_unset_fields_are_omitted_or_empty_as_recorded(
    merchant: Merchant,
) -> None:
    await merchant.make_order(BUSY)
    order = await merchant.read()
    assert "merchant_reference1" not in order
    assert None not in order.values()
    assert [order["captures"][0][key] for key in ("description", "shipping_info")] == ["", []]
    assert order["refunds"][0]["description"] == ""
    assert order["order_lines"][0]["quantity_unit"] == ""
    empty = ("title", "street_address2", "region")
    assert [order["shipping_address"][key] for key in empty] == ["", "", ""]


async def test_captures_and_refunds_are_lists_even_when_there_are_none(
    merchant: Merchant,
) -> None:
    order = await merchant.read()
    assert (order["captures"], order["refunds"]) == ([], [])
    assert (await merchant.do(Op.LIST_CAPTURES)).body == b"[]"


async def test_times_have_three_decimals_and_expiry_is_at_midnight(merchant: Merchant) -> None:
    await merchant.make_order(BUSY)
    order = await merchant.read()
    times = [
        order["created_at"],
        order["captures"][0]["captured_at"],
        order["refunds"][0]["refunded_at"],
    ]
    assert all(TIME.fullmatch(time) for time in times)
    assert order["expires_at"].endswith("T00:00:00.000Z")


async def test_references_have_the_recorded_form(merchant: Merchant) -> None:
    await merchant.make_order(BUSY)
    order = await merchant.read()
    assert re.fullmatch(r"[A-Z0-9]{8}", order["klarna_reference"])
    assert order["captures"][0]["klarna_reference"] == order["klarna_reference"] + "-1"


async def test_every_response_has_its_own_correlation_id(merchant: Merchant) -> None:
    responses = [await merchant.do(Op.GET_ORDER) for _ in range(5)]
    assert len({response.header("Klarna-Correlation-Id") for response in responses}) == 5


async def test_text_is_sent_as_unescaped_utf_8(merchant: Merchant) -> None:
    await merchant.do(Op.UPDATE_MERCHANT_REFERENCES, {"merchant_reference1": "Åre ✓"})
    response = await merchant.do(Op.GET_ORDER)
    assert '"merchant_reference1":"Åre ✓"'.encode() in response.body


async def test_header_names_keep_their_case(
    merchant: Merchant,
) -> None:
    connection = HTTPConnection(urlsplit(merchant.url).netloc)
    connection.request(
        "POST",
        merchant.path(Op.CAPTURE),
        b'{"captured_amount":1}',
        {"Authorization": basic(merchant.user), "Content-Type": "application/json"},
    )
    response = connection.getresponse()
    names = response.msg.keys()
    connection.close()
    assert response.status == 201
    assert {"Location", "Capture-Id", "Klarna-Correlation-Id", "Transaction-Id"} <= set(names)
    assert len(names) == len(set(names))


FULL_LINE = {
    "reference": "B24680",
    "type": "digital",
    "name": "Sneakers",
    "quantity": 2,
    "quantity_unit": "pcs",
    "unit_price": 5500,
    "total_amount": 10000,
    "total_discount_amount": 1000,
    "tax_rate": 2500,
    "total_tax_amount": 2000,
    "product_url": "https://shop.example/p",
    "image_url": "https://shop.example/i",
    "merchant_data": "row 7",
    "product_identifiers": {"brand": "Fast"},
    "subscription": {"interval": "MONTH", "interval_count": 1, "name": "Feet"},
}
SHIPPING = {
    "shipping_company": "DHL",
    "shipping_method": "Home",
    "tracking_number": "T1",
    "tracking_uri": "https://dhl.example/T1",
    "return_shipping_company": "UPS",
    "return_tracking_number": "R1",
    "return_tracking_uri": "https://ups.example/R1",
}


async def test_capture_returns_everything_it_was_created_with(merchant: Merchant) -> None:
    sent = {
        "captured_amount": 10000,
        "description": "Shipping the sneakers",
        "order_lines": [FULL_LINE],
        "reference": "parcel-1",
        "shipping_info": [SHIPPING],
    }
    made = await merchant.do(Op.CAPTURE, {**sent, "shipping_delay": 0})
    shown = await merchant.do(Op.GET_CAPTURE, capture_id=made.header("Capture-Id"))
    assert {key: shown.json[key] for key in sent} == sent
    assert "shipping_delay" not in shown.json
    assert get_schema("responses/capture.schema.json").is_valid(shown.json)


async def test_unknown_fields_of_a_line_are_omitted(merchant: Merchant) -> None:
    line = {**FULL_LINE, "extra": {"a": 1}, "unknown": [[]], "subscription": None}
    line["product_identifiers"] = {"brand": "Fast", "unknown": {"deep": []}}
    made = await merchant.do(Op.CAPTURE, {"captured_amount": 10000, "order_lines": [line]})
    shown = await merchant.do(Op.GET_CAPTURE, capture_id=made.header("Capture-Id"))
    expected = {**FULL_LINE}
    del expected["subscription"]
    assert shown.json["order_lines"] == [expected]


async def test_refund_returns_everything_it_was_created_with(
    shipping_merchant: Merchant,
) -> None:
    sent = {
        "refunded_amount": 10000,
        "description": "Returning the sneakers",
        "order_lines": [FULL_LINE],
        "reference": "1001|7",
    }
    made = await shipping_merchant.do(Op.REFUND, sent)
    shown = await shipping_merchant.do(Op.GET_REFUND, refund_id=made.header("Refund-Id"))
    assert {key: shown.json[key] for key in sent} == sent
    assert get_schema("responses/refund.schema.json").is_valid(shown.json)


async def test_update_replaces_total_and_lines(merchant: Merchant) -> None:
    body = {"order_amount": 30000, "order_lines": [FULL_LINE], "description": "upsell"}
    await merchant.do(Op.UPDATE_AUTHORIZATION, body)
    order = await merchant.read()
    assert order["order_lines"] == [FULL_LINE]
    amounts = ("order_amount", "original_order_amount", "remaining_authorized_amount")
    assert [order[key] for key in amounts] == [30000, 20000, 30000]


async def test_cancelled_order_keeps_its_remaining_amount(merchant: Merchant) -> None:
    await merchant.do(Op.CANCEL)
    order = await merchant.read()
    assert (order["status"], order["remaining_authorized_amount"]) == ("CANCELLED", 20000)


async def test_customer_has_the_date_of_birth_first(merchant: Merchant) -> None:
    customer = {"type": "person", "date_of_birth": "1941-03-21"}
    await merchant.make_order({**UNSHIPPED, "customer": customer})
    order = await merchant.read()
    assert list(order["customer"].items()) == [
        ("date_of_birth", "1941-03-21"),
        ("type", "person"),
    ]


async def test_new_customer_details_are_merged_and_an_empty_text_clears(
    merchant: Merchant,
) -> None:
    before = merchant.order["shipping_address"]
    changed = {"city": "Uppsala", "phone": "", "given_name": "Åsa"}
    await merchant.do(Op.UPDATE_CUSTOMER_DETAILS, {"shipping_address": changed})
    order = await merchant.read()
    assert order["shipping_address"] == {**before, **changed}
    assert order["billing_address"] == merchant.order["billing_address"]


async def test_extension_moves_the_expiry_to_today_and_28_days(merchant: Merchant) -> None:
    await merchant.make_order({**UNSHIPPED, "expires": "2d"})
    await merchant.do(Op.EXTEND_AUTHORIZATION_TIME)
    fresh = merchant.order["created_at"]
    extended = (await merchant.read())["expires_at"]
    await merchant.make_order()
    assert extended == merchant.order["expires_at"] > fresh


async def test_merchant_reference_update_overwrites_clears_or_keeps(
    merchant: Merchant,
) -> None:
    both = {"merchant_reference1": "one", "merchant_reference2": "two"}
    await merchant.do(Op.UPDATE_MERCHANT_REFERENCES, both)
    await merchant.do(Op.UPDATE_MERCHANT_REFERENCES, {"merchant_reference2": ""})
    order = await merchant.read()
    assert (order["merchant_reference1"], order["merchant_reference2"]) == ("one", "")
    assert list(order)[11:13] == ["merchant_reference1", "merchant_reference2"]


async def test_release_leaves_nothing_to_capture(merchant: Merchant) -> None:
    await merchant.make_order(BUSY)
    await merchant.do(Op.RELEASE_REMAINING_AUTHORIZATION)
    order = await merchant.read()
    amounts = ("order_amount", "captured_amount", "remaining_authorized_amount")
    assert [order[key] for key in amounts] == [20000, 10000, 0]
    assert order["status"] == "CAPTURED"


@pytest.mark.parametrize(
    "operation", [Op.ADD_ORDER_SHIPPING_INFO, Op.ADD_CAPTURE_SHIPPING_INFO]
)
async def test_shipping_info_is_appended(merchant: Merchant, operation: Operation) -> None:
    await merchant.make_order(BUSY)
    await merchant.do(operation, {"shipping_info": [SHIPPING]})
    await merchant.do(operation, {"shipping_info": [{"tracking_number": "T2"}]})
    order = await merchant.read()
    place = order if operation is Op.ADD_ORDER_SHIPPING_INFO else order["captures"][0]
    assert place["shipping_info"] == [SHIPPING, {"tracking_number": "T2"}]


async def test_refund_changes_only_the_refunded_amount(
    shipping_merchant: Merchant,
) -> None:
    await shipping_merchant.refund(10000, line("B24680", 10000))
    order = await shipping_merchant.read()
    amounts = ("order_amount", "captured_amount", "refunded_amount")
    assert [order[key] for key in amounts] == [20000, 20000, 10000]
    assert [capture["refunded_amount"] for capture in order["captures"]] == [0, 10000]


@pytest.mark.parametrize(
    "operation",
    [Op.TRIGGER_SEND_OUT, Op.EXTEND_DUE_DATE, Op.GET_EXTEND_DUE_DATE_OPTIONS],
)
async def test_withdrawn_operation_answers_as_an_unknown_path(
    serve: Callable[..., str],
    new_merchant: Callable[..., Merchant],
    operation: Operation,
) -> None:
    merchant = new_merchant(serve(deprecated_operations="not_found"))
    await merchant.make_order(BUSY)
    response = await merchant.do(operation, BODIES.get(operation))
    assert (response.status, response.json["error_code"]) == (404, "RESOURCE_NOT_FOUND")
