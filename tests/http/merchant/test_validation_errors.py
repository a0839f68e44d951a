"""Invalid requests are refused in the provider's format and change nothing."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mockserver.domain.operation import OPERATIONS, ORDERS_PATH, Operation, OperationInfo
from mockserver.http.merchant.order_cache import OrderCache
from mockserver.sandbox.sandbox import Sandbox
from mockserver.schemas import get_schema
from tests.support.malformed_json import NOT_JSON
from tests.support.merchant import Merchant, Reply, line
from tests.support.request_examples import BODIES, BUSY

Op = Operation
MEBIBYTE = 2**20
TAKING_BODIES = [row for row in OPERATIONS if row.schema]
every_operation = pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.operation)
every_body = pytest.mark.parametrize("row", TAKING_BODIES, ids=lambda row: row.operation)


def messages(response: Reply, status: int, code: str) -> list[str]:
    """Assert that a response is a refusal; return its messages."""
    assert (response.status, response.header("Content-Type")) == (status, "application/json")
    assert get_schema("responses/error.schema.json").is_valid(response.json)
    assert response.json["correlation_id"] == response.header("Klarna-Correlation-Id")
    assert response.json["error_code"] == code
    return list(response.json["error_messages"])


async def refusal_of(merchant: Merchant, operation: Operation, body: Any) -> Reply:  # noqa: ANN401
    """Send a body that is refused, and hold that nothing changes."""
    async with merchant.nothing_changes():
        return await merchant.do(operation, body)


@pytest.fixture
async def merchant(merchant: Merchant) -> Merchant:
    """A merchant whose order would allow every operation."""
    await merchant.make_order(BUSY)
    return merchant


@pytest.mark.parametrize("case", NOT_JSON)
async def test_malformed_json_is_refused(merchant: Merchant, case: str) -> None:
    response = await refusal_of(merchant, Op.CAPTURE, NOT_JSON[case])
    (message,) = messages(response, 400, "BAD_REQUEST")
    assert message.startswith("Malformed JSON: ")


@every_body
async def test_malformed_json_is_refused_by_every_operation_with_a_body(
    merchant: Merchant,
    row: OperationInfo,
) -> None:
    messages(await refusal_of(merchant, row.operation, b"{"), 400, "BAD_REQUEST")


@every_body
@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"true"])
async def test_body_that_is_not_an_object_is_refused(
    merchant: Merchant,
    row: OperationInfo,
    body: bytes,
) -> None:
    response = await refusal_of(merchant, row.operation, body)
    (message,) = messages(response, 422, "UNPROCESSABLE_ENTITY")
    assert "'body' must" in message


MISSING = {
    Op.CAPTURE: ["'captured_amount' must not be null"],
    Op.REFUND: ["'refunded_amount' must not be null"],
    Op.ADD_ORDER_SHIPPING_INFO: ["'shipping_info' must not be null"],
    Op.ADD_CAPTURE_SHIPPING_INFO: ["'shipping_info' must not be null"],
    Op.EXTEND_DUE_DATE: ["'number_of_days' must not be null"],
    Op.UPDATE_AUTHORIZATION: [
        "'order_amount' must not be null",
        "'order_lines' must not be null",
    ],
}


@pytest.mark.parametrize("operation", MISSING)
@pytest.mark.parametrize("how", ["left out", "null", "no body"])
async def test_missing_required_field_has_the_recorded_message(
    merchant: Merchant,
    operation: Operation,
    how: str,
) -> None:
    names = [item.split("'")[1] for item in MISSING[operation]]
    body = {"left out": {}, "null": dict.fromkeys(names), "no body": None}[how]
    response = await refusal_of(merchant, operation, body)
    assert sorted(messages(response, 422, "UNPROCESSABLE_ENTITY")) == MISSING[operation]


LONG = "x" * 256
GOOD = line("A12345", 10)

INVALID: dict[str, tuple[Operation, Any, str]] = {
    "true for an amount": (
        Op.CAPTURE,
        {"captured_amount": True},
        "'captured_amount' must be an integer, got true",
    ),
    "a text for an amount": (
        Op.REFUND,
        {"refunded_amount": "100"},
        """'refunded_amount' must be an integer, got "100\"""",
    ),
    "half a cent": (
        Op.REFUND,
        {"refunded_amount": 1.5},
        "'refunded_amount' must be an integer, got 1.5",
    ),
    "a negative amount": (
        Op.CAPTURE,
        {"captured_amount": -1},
        "'captured_amount' must be greater than or equal to 0, got -1",
    ),
    "an amount above the bound": (
        Op.CAPTURE,
        {"captured_amount": 200_000_001},
        "'captured_amount' must be less than or equal to 200000000, got 200000001",
    ),
    "an amount beyond 64 bits": (
        Op.UPDATE_AUTHORIZATION,
        b'{"order_amount": 18446744073709551615, "order_lines": []}',
        "'order_amount' must be less than or equal to 200000000, got 18446744073709551615",
    ),
    "a company name too long, as documented": (
        Op.ADD_ORDER_SHIPPING_INFO,
        {"shipping_info": [{"shipping_company": "x" * 101}]},
        "The size of the shipping_info/shipping_company value must be between 0 and 100",
    ),
    "a description too long": (
        Op.CAPTURE,
        {"captured_amount": 1, "description": LONG},
        "The size of the description value must be between 0 and 255",
    ),
    "a reference too long": (
        Op.UPDATE_MERCHANT_REFERENCES,
        {"merchant_reference1": LONG},
        "The size of the merchant_reference1 value must be between 0 and 255",
    ),
    "a list that must not be empty": (
        Op.ADD_CAPTURE_SHIPPING_INFO,
        {"shipping_info": []},
        "The size of the shipping_info value must be between 1 and 500",
    ),
    "too many lines": (
        Op.REFUND,
        {"refunded_amount": 1, "order_lines": [GOOD] * 1001},
        "The size of the order_lines value must be between 0 and 1000",
    ),
    "no list": (
        Op.UPDATE_AUTHORIZATION,
        {"order_amount": 1, "order_lines": {}},
        "'order_lines' must be a list, got {}",
    ),
    "no line": (
        Op.REFUND,
        {"refunded_amount": 1, "order_lines": [GOOD, "A12345"]},
        """'order_lines/1' must be an object, got "A12345\"""",
    ),
    "a line without a name": (
        Op.REFUND,
        {"refunded_amount": 1, "order_lines": [{**GOOD, "name": None}]},
        "'order_lines/0/name' must not be null",
    ),
    "a line of an unknown type": (
        Op.CAPTURE,
        {"captured_amount": 1, "order_lines": [{**GOOD, "type": "gold"}]},
        (
            "'order_lines/0/type' must be one of physical, discount, shipping_fee, sales_tax,"
            """ store_credit, gift_card, digital, surcharge, return_fee, package, got "gold\""""
        ),
    ),
    "a quantity below nothing": (
        Op.CAPTURE,
        {"captured_amount": 1, "order_lines": [{**GOOD, "quantity": -1}]},
        "'order_lines/0/quantity' must be greater than or equal to 0, got -1",
    ),
    "a reference that is true": (
        Op.UPDATE_MERCHANT_REFERENCES,
        {"merchant_reference2": True},
        "'merchant_reference2' must be a string or an integer, got true",
    ),
    "a country that is none": (
        Op.UPDATE_CUSTOMER_DETAILS,
        {"shipping_address": {"country": "12"}},
        """'shipping_address/country' must match ^([A-Za-z]{2})?$, got "12\"""",
    ),
    "no days at all": (
        Op.EXTEND_DUE_DATE,
        {"number_of_days": 0},
        "'number_of_days' must be greater than or equal to 1, got 0",
    ),
    "a shipping method of one's own": (
        Op.ADD_ORDER_SHIPPING_INFO,
        {"shipping_info": [{"shipping_method": "Pigeon"}]},
        (
            "'shipping_info/0/shipping_method' must be one of PickUpStore, Home, BoxReg,"
            " BoxUnreg, PickUpPoint, Own, Postal, DHLPackstation, Digital, Undefined,"
            """ PickUpWarehouse, ClickCollect, PalletDelivery, got "Pigeon\""""
        ),
    ),
}


@pytest.mark.parametrize("case", INVALID)
async def test_invalid_field_message_has_the_expected_value(
    merchant: Merchant,
    case: str,
) -> None:
    operation, body, message = INVALID[case]
    response = await refusal_of(merchant, operation, body)
    assert messages(response, 422, "UNPROCESSABLE_ENTITY") == [message]


@pytest.mark.parametrize("number", [b"9" * 30, b"-" + b"9" * 30, b"1e300", b"2e8000", b"1e-1"])
async def test_numbers_of_any_size_are_validated_as_numbers(
    merchant: Merchant,
    number: bytes,
) -> None:
    response = await refusal_of(merchant, Op.REFUND, b'{"refunded_amount":' + number + b"}")
    assert response.status in {400, 422}
    assert get_schema("responses/error.schema.json").is_valid(response.json)


async def test_all_violations_are_listed(merchant: Merchant) -> None:
    body = {
        "captured_amount": -1,
        "description": LONG,
        "order_lines": [GOOD, {"name": "x", "quantity": 1.5, "unit_price": True}],
    }
    response = await refusal_of(merchant, Op.CAPTURE, body)
    assert sorted(messages(response, 422, "UNPROCESSABLE_ENTITY")) == [
        "'captured_amount' must be greater than or equal to 0, got -1",
        "'order_lines/1/quantity' must be an integer, got 1.5",
        "'order_lines/1/total_amount' must not be null",
        "'order_lines/1/unit_price' must be an integer, got true",
        "The size of the description value must be between 0 and 255",
    ]


async def test_at_most_100_violations_are_reported(merchant: Merchant) -> None:
    for lines, more in (
        (100, []),
        (101, ["more errors follow; only the first 100 are reported"]),
    ):
        body = {"captured_amount": 1, "order_lines": [{**GOOD, "name": 1}] * lines}
        response = await refusal_of(merchant, Op.CAPTURE, body)
        reported = messages(response, 422, "UNPROCESSABLE_ENTITY")
        assert reported[100:] == more
        assert set(reported[:100]) == {
            f"'order_lines/{line}/name' must be a string, got 1" for line in range(100)
        }


async def test_long_value_is_shortened_in_the_message(merchant: Merchant) -> None:
    response = await refusal_of(merchant, Op.REFUND, {"refunded_amount": LONG})
    (message,) = messages(response, 422, "UNPROCESSABLE_ENTITY")
    assert message.endswith("x…")
    assert len(message) < 130


async def test_invalid_fields_status_follows_the_assumption(
    serve: Callable[..., str],
    new_merchant: Callable[..., Merchant],
) -> None:
    merchant = new_merchant(serve(validation_error="BAD_REQUEST"))
    await merchant.make_order()
    response = await merchant.do(Op.CAPTURE, {})
    assert messages(response, 400, "BAD_REQUEST") == MISSING[Op.CAPTURE]


def capture_of_size(size: int) -> bytes:
    """Write the body of a capture, filled up to a number of bytes."""
    body = b'{"captured_amount": 1}'
    return body + b" " * (size - len(body))


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """Send a body in chunks, so that no length is announced."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in chunks"])
async def test_body_of_more_than_one_mebibyte_is_refused(
    merchant: Merchant,
    announced: bool,  # noqa: FBT001  # a column of the table
) -> None:
    body = capture_of_size(MEBIBYTE + 1)
    response = await refusal_of(merchant, Op.CAPTURE, body if announced else in_pieces(body))
    assert messages(response, 413, "PAYLOAD_TOO_LARGE") == ["Request is too large"]


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in chunks"])
async def test_body_of_exactly_one_mebibyte_is_read(
    merchant: Merchant,
    announced: bool,  # noqa: FBT001  # a column of the table
) -> None:
    body = capture_of_size(MEBIBYTE)
    sent = body if announced else in_pieces(body)
    assert (await merchant.do(Op.CAPTURE, sent)).status == 201


@every_body
@pytest.mark.parametrize(
    "media_type",
    ["application/x-www-form-urlencoded", "text/plain", "application/xml", "*", ""],
)
async def test_body_of_another_media_type_is_refused(
    merchant: Merchant,
    row: OperationInfo,
    media_type: str,
) -> None:
    headers = {"Content-Type": media_type}
    async with merchant.nothing_changes():
        response = await merchant.do(row.operation, BODIES[row.operation], headers=headers)
    (message,) = messages(response, 415, "UNSUPPORTED_MEDIA_TYPE")
    expected = f"Content-Type '{media_type}' is not supported, send application/json"
    assert message == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ordermanagement",
        ORDERS_PATH,
        ORDERS_PATH + "/",
        ORDERS_PATH + "/{order_id}/capture",
        ORDERS_PATH + "/{order_id}/captures/{capture_id}/refunds",
        ORDERS_PATH + "/{order_id}/captures/{capture_id}/shipping-info/1",
        "/checkout/v2/orders/{order_id}",
        "/ordermanagement/v2/orders/{order_id}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_unknown_path_is_refused_and_named(
    merchant: Merchant,
    method: str,
    path: str,
) -> None:
    path = path.format(order_id=merchant.order_id, capture_id=merchant.capture_id)
    async with merchant.nothing_changes():
        response = await merchant.send(method, path)
    assert messages(response, 404, "RESOURCE_NOT_FOUND") == [f"No such resource: {path}"]


ALLOWED = {
    "": "GET, HEAD",
    "/acknowledge": "POST",
    "/authorization": "PATCH",
    "/captures": "POST, GET, HEAD",
    "/refunds": "POST",
    "/captures/{capture_id}": "GET, HEAD",
    "/captures/{capture_id}/extend-due-date": "PATCH",
}


WRONG = [
    (method, path)
    for path, right in ALLOWED.items()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    if method not in right.split(", ")
]


@pytest.mark.parametrize(("method", "path"), WRONG)
async def test_wrong_method_is_refused_with_the_allowed_ones(
    merchant: Merchant,
    method: str,
    path: str,
) -> None:
    place = f"{ORDERS_PATH}/{merchant.order_id}{path}".format(capture_id=merchant.capture_id)
    async with merchant.nothing_changes():
        response = await merchant.send(method, place)
    (message,) = messages(response, 405, "HTTP_ERROR")
    assert message == f"{method} is not supported here, use {ALLOWED[path]}"
    assert response.header("Allow") == ALLOWED[path]


@pytest.mark.parametrize("order_id", ["7ce4ee13", "%00", "%0A", "%ff", "%E2%9C%93", "..", "'"])
async def test_malformed_order_id_is_refused_on_reads(
    merchant: Merchant,
    order_id: str,
) -> None:
    response = await merchant.do(Op.GET_ORDER, order_id=order_id)
    assert messages(response, 400, "INVALID_ORDER_ID") == ["Order ID must be a valid UUID."]


@pytest.mark.parametrize("order_id", ["7ce4ee13", "%00", "%0D%0AX:%20y", "%E2%9C%93"])
async def test_malformed_order_id_is_not_found_on_changes(
    merchant: Merchant,
    order_id: str,
) -> None:
    response = await merchant.do(Op.CAPTURE, {"captured_amount": 1}, order_id=order_id)
    messages(response, 404, "NO_SUCH_ORDER")
    assert "X" not in response.header_names


@pytest.mark.unshared("a turn that is taken again crashes again")
@pytest.mark.parametrize(
    ("owner", "name", "operation"),
    [
        (OrderCache, "encode", Op.GET_ORDER),
        (Sandbox, "get_order", Op.LIST_CAPTURES),
        (Sandbox, "check_not_withdrawn", Op.CAPTURE),
        (Sandbox, "check_not_withdrawn", Op.CANCEL),
    ],
)
async def test_crash_is_a_provider_500_and_logged_with_traceback(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    owner: type,
    name: str,
    operation: Operation,
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        response = await merchant.do(operation, BODIES.get(operation))
    assert messages(response, 500, "INTERNAL_ERROR") == ["Unexpected server error"]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert response.json["correlation_id"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def test_crash_before_parsing_is_a_provider_500(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def crash(_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("mockserver.http.merchant.authentication.parse_authorization", crash)
        response = await merchant.do(Op.GET_ORDER)
    assert messages(response, 500, "INTERNAL_ERROR") == ["Unexpected server error"]
    assert any(
        json.loads(response.body)["correlation_id"] in message for message in caplog.messages
    )


@every_operation
async def test_refusal_has_no_location_and_no_created_id(
    merchant: Merchant, row: OperationInfo
) -> None:
    response = await merchant.send("TRACE", merchant.path(row.operation))
    assert response.status >= 400
    assert not response.header_names & {"Location", "Capture-Id", "Refund-Id"}
