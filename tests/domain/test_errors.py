from collections import Counter
from string import Formatter

import pytest

from mockserver.domain.decision import find_capture, find_refund, order_not_found
from mockserver.domain.errors import (
    ERROR_CATALOGUE,
    MESSAGE_ENDINGS,
    NOT_ALLOWED_CODES,
    ErrorDefinition,
    Reason,
    find_error_definition,
)
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import READ_OPERATIONS, Operation
from mockserver.domain.refusal import UNKNOWN_FACT, Refusal
from tests.support.builders import capture_of, drive, make_line, make_order, refund_of

ORDER_ID = "7ce4ee13-973c-6f49-a30e-85a0bc675997"

FACTS = {
    "order_id": ORDER_ID,
    "capture_id": "c1",
    "refund_id": "r1",
    "requested": 2,
    "captured": 1,
    "cause": "Because.",
    "violations": "'captured_amount' may not be null",
    "detail": "unexpected end",
    "media_type": "text/plain",
    "content_encoding": "br",
    "path": "/nowhere",
    "method": "PUT",
    "allowed": "GET",
    "limit": 5000,
    "kind": "captures",
}
"""All that any refusal may name."""

KNOWN_CODES = {
    401: {"UNAUTHORIZED"},
    400: {
        "BAD_REQUEST",
        "BAD_VALUE",
        "INVALID_ORDER_ID",
        "NOT_FOUND",
        "INVALID_REQUEST_PARAMETERS",
    },
    403: {
        "",
        "CAPTURE_NOT_ALLOWED",
        "CANCEL_NOT_ALLOWED",
        "REFUND_NOT_ALLOWED",
        "NOT_ALLOWED",
        "PAYMENT_METHOD_FAILED",
        "READ_ONLY_ORDER",
        "TOKEN_SUSPENDED",
    },
    404: {
        "NO_SUCH_ORDER",
        "NO_SUCH_CAPTURE",
        "NOT_FOUND",
        "RESOURCE_NOT_FOUND",
        "TOKEN_NOT_FOUND",
    },
    405: {"HTTP_ERROR"},
    409: {"CONFLICT"},
    413: {"PAYLOAD_TOO_LARGE", "REQUEST_TOO_LARGE"},
    415: {"UNSUPPORTED_MEDIA_TYPE"},
    422: {"UNPROCESSABLE_ENTITY", "INVALID_ADDRESS"},
    429: {"TOO_MANY_REQUESTS"},
    500: {"INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "UNEXPECTED_ERROR"},
    503: {"TEMPORARILY_UNAVAILABLE"},
}
"""The provider's own pairs of status and code; a 403 may leave the code to its operation."""


def row_id(row: ErrorDefinition) -> str:
    where = ", ".join(sorted(row.operations)) or "everything"
    return f"{row.reason} of {where}"


def each_row(rows: tuple[ErrorDefinition, ...] = ERROR_CATALOGUE) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row_id(row)) for row in rows])


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_row(reason: Reason) -> None:
    assert [row for row in ERROR_CATALOGUE if row.reason is reason]


def test_every_catalogue_row_is_reachable() -> None:
    places = Counter(
        (row.reason, operation)
        for row in ERROR_CATALOGUE
        for operation in (row.operations or (None,))
    )
    assert [place for place, rows in places.items() if rows > 1] == []


@each_row()
def test_every_row_has_a_status_and_code_of_the_provider(row: ErrorDefinition) -> None:
    assert row.code in KNOWN_CODES[row.status]


@each_row()
def test_every_template_can_be_filled_for_each_of_its_operations(row: ErrorDefinition) -> None:
    unknown = placeholders(row.message) - {*FACTS, "consequence"}
    assert not unknown, f"add a value for {sorted(unknown)} to FACTS in this file"
    for operation in row.operations or Operation:
        message = Refusal(row.reason, operation, **FACTS).message
        assert message
        assert not placeholders(message)


@pytest.mark.parametrize(
    ("reason", "operation"),
    sorted(
        {
            (cell.reason, operation)
            for operation, row in LIFECYCLE.items()
            for cell in row.values()
            if cell.reason is not None
        },
    ),
)
def test_lifecycle_refusals_have_their_own_message(
    reason: Reason,
    operation: Operation,
) -> None:
    row = find_error_definition(reason, operation)
    assert not row.operations or operation in row.operations
    refusal = Refusal(reason, operation, order_id=ORDER_ID, status=Status.CLOSED)
    assert "{" not in refusal.message
    assert refusal.status == 403
    assert refusal.code == NOT_ALLOWED_CODES.get(operation, "NOT_ALLOWED")


@pytest.mark.parametrize(
    ("reason", "operations"),
    [
        (Reason.ORDER_HAS_CAPTURES, {Operation.CANCEL}),
        (Reason.FRAUD_REVIEW_PENDING, {Operation.CAPTURE}),
        (Reason.FRAUD_REVIEW_FAILED, {Operation.CAPTURE}),
        (Reason.CAPTURE_EXCEEDS_REMAINING, {Operation.CAPTURE}),
        (Reason.REFUND_EXCEEDS_CAPTURED, {Operation.REFUND}),
        (Reason.AUTHORIZATION_BELOW_CAPTURED, {Operation.UPDATE_AUTHORIZATION}),
        (Reason.RAISE_NOT_OFFERED, {Operation.UPDATE_AUTHORIZATION}),
        (Reason.EXTENSION_NOT_OFFERED, {Operation.EXTEND_AUTHORIZATION_TIME}),
        (
            Reason.DUE_DATE_NOT_OFFERED,
            {Operation.EXTEND_DUE_DATE, Operation.GET_EXTEND_DUE_DATE_OPTIONS},
        ),
        (
            Reason.ORDER_IS_FULL,
            {
                Operation.CAPTURE,
                Operation.REFUND,
                Operation.ADD_ORDER_SHIPPING_INFO,
                Operation.ADD_CAPTURE_SHIPPING_INFO,
            },
        ),
        (Reason.INVALID_ADDRESS, {Operation.UPDATE_CUSTOMER_DETAILS}),
    ],
)
def test_operation_specific_reasons_have_rows_for_these_operations_only(
    reason: Reason,
    operations: set[Operation],
) -> None:
    named = [row.operations for row in ERROR_CATALOGUE if row.reason is reason]
    assert all(named)
    assert {operation for row in named for operation in row} == operations


def test_every_change_has_the_ending_of_its_refusals() -> None:
    assert set(MESSAGE_ENDINGS) == set(LIFECYCLE) - READ_OPERATIONS


def test_reason_that_never_occurs_has_a_message_for_faults() -> None:
    """A fault may refuse anything for any reason."""
    refusal = Refusal(Reason.INVALID_ADDRESS, Operation.CAPTURE)
    assert refusal.status == 422
    assert refusal.message == "The shipping and/or billing address is invalid"


def test_refusal_without_operation_has_the_general_message() -> None:
    refusal = Refusal(Reason.ORDER_CANCELLED, order_id=ORDER_ID)
    assert refusal.message == f"Order {ORDER_ID} is canceled."
    assert refusal.code == "NOT_ALLOWED"


def test_refused_read_has_no_message_ending() -> None:
    refusal = Refusal(Reason.ORDER_CANCELLED, Operation.GET_CAPTURE, order_id=ORDER_ID)
    assert refusal.message == f"Order {ORDER_ID} is canceled."


def test_fact_with_braces_is_taken_as_it_is() -> None:
    refusal = Refusal(Reason.ORDER_NOT_FOUND, Operation.GET_ORDER, order_id="{status}")
    assert refusal.message == "Order {status} cannot be found"


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        pytest.param(
            Refusal(Reason.AUTHORIZATION_BELOW_CAPTURED, requested=7000, captured=8000),
            "authorization_below_captured: Resulting authorization amount 7000 cannot be less"
            " than the captured amount 8000 for order. (requested=7000, captured=8000)",
            id="with facts",
        ),
        pytest.param(
            Refusal(Reason.INVALID_FIELDS, violations=["one", "two"]),
            "invalid_fields: one; two",
            id="without the violations that its message names",
        ),
        pytest.param(
            Refusal(Reason.DUE_DATE_NOT_OFFERED, cause="Because."),
            "due_date_not_offered: Because. Due date cannot be extended.",
            id="without the cause that its message names",
        ),
        pytest.param(
            Refusal(Reason.MALFORMED_HTTP, detail="no host"),
            "malformed_http: Malformed HTTP: no host",
            id="without the detail that its message names",
        ),
        pytest.param(
            Refusal(Reason.CONFLICT, order_id="1", capture_id=""),
            "conflict: The order was changed by other requests at the same time, try again"
            " (order_id=1)",
            id="without an empty fact",
        ),
        pytest.param(
            Refusal(Reason.CONFLICT, order_id="1", capture_id=UNKNOWN_FACT),
            "conflict: The order was changed by other requests at the same time, try again"
            " (order_id=1)",
            id="without a fact that nobody knows",
        ),
        pytest.param(
            Refusal(Reason.BODY_TOO_LARGE),
            "body_too_large: Request is too large",
            id="without facts",
        ),
    ],
)
def test_refusal_reads_as_reason_message_and_facts(
    refusal: Refusal,
    text: str,
) -> None:
    assert str(refusal) == text


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        (Reason.INVALID_FIELDS, (422, "UNPROCESSABLE_ENTITY", FACTS["violations"])),
        (Reason.MALFORMED_JSON, (400, "BAD_REQUEST", "Malformed JSON: unexpected end")),
        (Reason.MALFORMED_HTTP, (400, "BAD_REQUEST", "Malformed HTTP: unexpected end")),
        (Reason.BODY_TOO_LARGE, (413, "PAYLOAD_TOO_LARGE", "Request is too large")),
        (
            Reason.UNSUPPORTED_MEDIA_TYPE,
            (
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Content-Type 'text/plain' is not supported, send application/json",
            ),
        ),
        (Reason.UNKNOWN_PATH, (404, "RESOURCE_NOT_FOUND", "No such resource: /nowhere")),
        (Reason.METHOD_NOT_ALLOWED, (405, "HTTP_ERROR", "PUT is not supported here, use GET")),
        (
            Reason.OPERATION_WITHDRAWN,
            (404, "RESOURCE_NOT_FOUND", "No such resource: /nowhere"),
        ),
        (
            Reason.CONFLICT,
            (
                409,
                "CONFLICT",
                "The order was changed by other requests at the same time, try again",
            ),
        ),
        (Reason.TOO_MANY_REQUESTS, (429, "TOO_MANY_REQUESTS", "Too many requests")),
        (Reason.INTERNAL_ERROR, (500, "INTERNAL_ERROR", "Unexpected server error")),
        (
            Reason.TEMPORARILY_UNAVAILABLE,
            (503, "TEMPORARILY_UNAVAILABLE", "Temporarily unavailable"),
        ),
    ],
)
def test_general_refusals_read_the_same_for_every_operation(
    reason: Reason,
    answer: tuple[int, str, str],
) -> None:
    for operation in (None, *Operation):
        refusal = Refusal(reason, operation, **FACTS)
        assert (refusal.status, refusal.code, refusal.message) == answer


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        (Operation.CAPTURE, "PAYMENT_METHOD_FAILED", "Capture not possible."),
        (Operation.REFUND, "PAYMENT_METHOD_FAILED", "Refund not possible."),
        (Operation.TRIGGER_SEND_OUT, "PAYMENT_METHOD_FAILED", "Send-out cannot be triggered."),
        (Operation.GET_ORDER, "PAYMENT_METHOD_FAILED", ""),
    ],
)
def test_payment_method_failure_message_ends_with_the_operation(
    operation: Operation,
    code: str,
    message: str,
) -> None:
    refusal = Refusal(Reason.PAYMENT_METHOD_FAILED, operation)
    assert (refusal.status, refusal.code) == (403, code)
    assert refusal.message == f"Payment method failed. {message}".strip()


@pytest.mark.parametrize("word", [*Reason, *Operation])
def test_reasons_and_operations_are_written_as_they_are_named(word: Reason | Operation) -> None:
    """Scenarios, faults and the journal spell them."""
    assert word.value == word.name.lower()


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        (Operation.GET_ORDER, "NO_SUCH_ORDER", "Order {id} cannot be found"),
        (Operation.GET_CAPTURE, "NO_SUCH_ORDER", "Order {id} cannot be found"),
        (Operation.LIST_CAPTURES, "NO_SUCH_ORDER", "Order {id} cannot be found"),
        (
            Operation.ACKNOWLEDGE,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Acknowledgement not possible.",
        ),
        (
            Operation.UPDATE_MERCHANT_REFERENCES,
            "NO_SUCH_ORDER",
            "Order cannot be found. Merchant references cannot be updated.",
        ),
        (
            Operation.ADD_ORDER_SHIPPING_INFO,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Shipping info cannot be added to order {id}.",
        ),
        (
            Operation.ADD_CAPTURE_SHIPPING_INFO,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Shipping info cannot be added to capture c1.",
        ),
        (Operation.TRIGGER_SEND_OUT, "NO_SUCH_ORDER", "Order {id} cannot be found."),
        (
            Operation.CAPTURE,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Capture not possible.",
        ),
        (
            Operation.CANCEL,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Cancel not possible.",
        ),
        (
            Operation.UPDATE_AUTHORIZATION,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Order authorization cannot be updated",
        ),
        (
            Operation.UPDATE_CUSTOMER_DETAILS,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Customer details cannot be updated.",
        ),
        (
            Operation.EXTEND_AUTHORIZATION_TIME,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Authorization time cannot be extended.",
        ),
        (
            Operation.RELEASE_REMAINING_AUTHORIZATION,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Remaining authorization cannot be released.",
        ),
        (
            Operation.EXTEND_DUE_DATE,
            "NO_SUCH_ORDER",
            "Order {id} cannot be found. Due date cannot be extended.",
        ),
        (Operation.REFUND, "NOT_FOUND", "Order {id} cannot be found. Refund not possible."),
        (Operation.GET_REFUND, "NOT_FOUND", "Order {id} cannot be found"),
    ],
)
def test_order_not_found_message_depends_on_the_operation(
    operation: Operation,
    code: str,
    message: str,
) -> None:
    refusal = order_not_found(ORDER_ID, operation, "c1")
    assert (refusal.status, refusal.code) == (404, code)
    assert refusal.message == message.replace("{id}", ORDER_ID)


@pytest.mark.parametrize(
    ("order_id", "code"),
    [
        ("K4MADNY", "INVALID_ORDER_ID"),
        ("", "INVALID_ORDER_ID"),
        (f"{ORDER_ID}0", "INVALID_ORDER_ID"),
        (ORDER_ID, "NO_SUCH_ORDER"),
        (ORDER_ID.upper(), "NO_SUCH_ORDER"),
        ("1dab0505-d1d5-1041-ac57-5ffda5af139c", "NO_SUCH_ORDER"),
    ],
)
def test_reading_an_order_by_a_malformed_id_has_its_own_code(
    order_id: str,
    code: str,
) -> None:
    """The version digit of an id varies and is not looked at."""
    refusal = order_not_found(order_id, Operation.GET_ORDER)
    assert refusal.code == code
    assert refusal.facts["order_id"] == order_id


def test_malformed_id_message_names_the_uuid() -> None:
    refusal = order_not_found("K4MADNY", Operation.GET_ORDER)
    assert (refusal.status, refusal.message) == (400, "Order ID must be a valid UUID.")


def test_order_not_found_without_capture_has_an_empty_capture_id() -> None:
    assert order_not_found(ORDER_ID, Operation.CANCEL).facts["capture_id"] == ""


def test_changing_an_order_by_a_malformed_id_is_not_found() -> None:
    assert order_not_found("K4MADNY", Operation.CAPTURE).code == "NO_SUCH_ORDER"


def test_captures_and_refunds_are_found_by_their_ids() -> None:
    order = drive(make_order(), capture_of(make_line()), refund_of(make_line()))
    assert find_capture(order, "change-1", Operation.GET_CAPTURE) is order.captures[0]
    assert find_refund(order, "change-2") is order.refunds[0]


def test_capture_is_no_refund_and_a_refund_no_capture() -> None:
    order = drive(make_order(), capture_of(make_line()), refund_of(make_line()))
    with pytest.raises(Refusal) as no_capture:
        find_capture(order, "change-2", Operation.GET_CAPTURE)
    with pytest.raises(Refusal) as no_refund:
        find_refund(order, "change-1")
    assert no_capture.value.code == "NO_SUCH_CAPTURE"
    assert no_refund.value.code == "NOT_FOUND"
    assert no_refund.value.message == f"Refund change-1 cannot be found for order {ORDER_ID}"
