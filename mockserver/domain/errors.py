"""Error catalogue: every refusal with its status, code, message template and provenance.

One row per reason: status, the provider's code, message template, source. Where the
provider words a reason differently for one operation, that operation has a row of its
own. Several of our reasons may share one provider code; hints are looked up by reason.

Templates may name ``{order_id}`` and other facts, and ``{consequence}``, the sentence
with which the provider ends a refusal of that operation.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from mockserver.domain.operation import CHECKOUT_OPERATIONS, OPERATIONS, Operation
from mockserver.domain.provenance import (
    Provenance,
    assumed,
    klarna_docs,
    kustom_docs,
    read_off_clients,
    recorded,
)


class Reason(StrEnum):
    """Reasons for a refusal; finer than the provider's error codes."""

    ORDER_NOT_FOUND = "order_not_found"
    CAPTURE_NOT_FOUND = "capture_not_found"
    REFUND_NOT_FOUND = "refund_not_found"
    INVALID_ORDER_ID = "invalid_order_id"
    ORDER_HAS_NO_CAPTURES = "order_has_no_captures"
    ORDER_HAS_CAPTURES = "order_has_captures"
    ORDER_FULLY_CAPTURED = "order_fully_captured"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_EXPIRED = "order_expired"
    ORDER_CLOSED = "order_closed"
    FRAUD_REVIEW_PENDING = "fraud_review_pending"
    FRAUD_REVIEW_FAILED = "fraud_review_failed"
    CAPTURE_EXCEEDS_REMAINING = "capture_exceeds_remaining"
    REFUND_EXCEEDS_CAPTURED = "refund_exceeds_captured"
    AUTHORIZATION_BELOW_CAPTURED = "authorization_below_captured"
    RAISE_NOT_OFFERED = "raise_not_offered"
    EXTENSION_NOT_OFFERED = "extension_not_offered"
    DUE_DATE_NOT_OFFERED = "due_date_not_offered"
    RETURN_FEE_NOT_OFFERED = "return_fee_not_offered"
    ORDER_IS_FULL = "order_is_full"
    SANDBOX_IS_FULL = "sandbox_is_full"
    SERVER_IS_FULL = "server_is_full"
    UNAUTHORIZED = "unauthorized"
    FOREIGN_ORIGIN = "foreign_origin"
    INVALID_ADDRESS = "invalid_address"
    PAYMENT_METHOD_FAILED = "payment_method_failed"
    INVALID_FIELDS = "invalid_fields"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_HTTP = "malformed_http"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    UNKNOWN_PATH = "unknown_path"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    OPERATION_WITHDRAWN = "operation_withdrawn"
    CHECKOUT_NOT_FOUND = "checkout_not_found"
    CHECKOUT_READ_ONLY = "checkout_read_only"
    BAD_VALUE = "bad_value"
    TOKEN_NOT_FOUND = "token_not_found"  # noqa: S105  # a name
    TOKEN_NOT_ACTIVE = "token_not_active"  # noqa: S105  # a name
    HOSTED_SESSION_NOT_FOUND = "hosted_session_not_found"
    CONFLICT = "conflict"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


class ErrorDefinition(Struct, frozen=True):
    """One row of the error catalogue.

    ``code`` is empty where the operation has a refusal code of its own
    (``CAPTURE_NOT_ALLOWED``); ``operations`` is empty where the row serves all.
    """

    reason: Reason
    status: int
    code: str
    message: str
    source: Provenance
    operations: frozenset[Operation] = frozenset()


MESSAGE_ENDINGS: Mapping[Operation, str] = {
    Operation.ACKNOWLEDGE: "Acknowledgement not possible.",
    Operation.UPDATE_AUTHORIZATION: "Order authorization cannot be updated",
    Operation.CANCEL: "Cancel not possible.",
    Operation.UPDATE_CUSTOMER_DETAILS: "Customer details cannot be updated.",
    Operation.EXTEND_AUTHORIZATION_TIME: "Authorization time cannot be extended.",
    Operation.UPDATE_MERCHANT_REFERENCES: "Merchant references cannot be updated.",
    Operation.RELEASE_REMAINING_AUTHORIZATION: ("Remaining authorization cannot be released."),
    Operation.ADD_ORDER_SHIPPING_INFO: ("Shipping info cannot be added to order {order_id}."),
    Operation.CAPTURE: "Capture not possible.",
    Operation.ADD_CAPTURE_SHIPPING_INFO: (
        "Shipping info cannot be added to capture {capture_id}."
    ),
    Operation.TRIGGER_SEND_OUT: "Send-out cannot be triggered.",
    Operation.EXTEND_DUE_DATE: "Due date cannot be extended.",
    Operation.REFUND: "Refund not possible.",
}
"""How the provider ends its refusals; the endings of acknowledge, capture, cancel,
refund, update, references, customer details, extend, release and shipping info are
documented, the other two follow the pattern."""

NOT_ALLOWED_CODES: Mapping[Operation, str] = {
    Operation.CAPTURE: "CAPTURE_NOT_ALLOWED",
    Operation.CANCEL: "CANCEL_NOT_ALLOWED",
    Operation.REFUND: "REFUND_NOT_ALLOWED",
}
"""The code of a 403 where it is not plain ``NOT_ALLOWED``."""


def _only(*operations: Operation) -> frozenset[Operation]:
    return frozenset(operations)


_CHECKOUT_BY_ID = _only(*(info.operation for info in CHECKOUT_OPERATIONS if info.path))
_ASSUMED_WORDING = assumed("no wording known; follows the pattern of the documented ones")
_ERRORS_PAGE = klarna_docs("errors in order management")
_STATUS_TABLE = klarna_docs("table of statuses and codes")

ERROR_CATALOGUE: tuple[ErrorDefinition, ...] = (
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NO_SUCH_ORDER",
        "Order {order_id} cannot be found", _ERRORS_PAGE,
    ),
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NO_SUCH_ORDER",
        "Order {order_id} cannot be found. {consequence}", _ERRORS_PAGE,
        _only(
            Operation.ACKNOWLEDGE,
            Operation.ADD_ORDER_SHIPPING_INFO,
            Operation.ADD_CAPTURE_SHIPPING_INFO,
        ),
    ),
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NO_SUCH_ORDER",
        "Order cannot be found. {consequence}", kustom_docs("view and change orders"),
        _only(Operation.UPDATE_MERCHANT_REFERENCES),
    ),
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NO_SUCH_ORDER",
        "Order {order_id} cannot be found.", _ERRORS_PAGE,
        _only(Operation.TRIGGER_SEND_OUT),
    ),
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NO_SUCH_ORDER",
        "Order {order_id} cannot be found. {consequence}", _ASSUMED_WORDING,
        _only(
            Operation.UPDATE_AUTHORIZATION,
            Operation.CANCEL,
            Operation.UPDATE_CUSTOMER_DETAILS,
            Operation.EXTEND_AUTHORIZATION_TIME,
            Operation.RELEASE_REMAINING_AUTHORIZATION,
            Operation.CAPTURE,
            Operation.EXTEND_DUE_DATE,
        ),
    ),
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NOT_FOUND",
        "Order {order_id} cannot be found. Refund not possible.",
        kustom_docs("refund order: the code; the wording is assumed"),
        _only(Operation.REFUND),
    ),
    ErrorDefinition(
        Reason.ORDER_NOT_FOUND, 404, "NOT_FOUND",
        "Order {order_id} cannot be found",
        kustom_docs("get refund: the code; the wording is assumed"),
        _only(Operation.GET_REFUND),
    ),
    ErrorDefinition(
        Reason.CAPTURE_NOT_FOUND, 404, "NO_SUCH_CAPTURE",
        "Capture {capture_id} cannot be found for order {order_id}",
        assumed("the code is documented; worded like the missing refund"),
    ),
    ErrorDefinition(
        Reason.CAPTURE_NOT_FOUND, 404, "NO_SUCH_CAPTURE",
        "Capture could not be found."
        " Shipping info cannot be added to capture {capture_id}",
        _ERRORS_PAGE, _only(Operation.ADD_CAPTURE_SHIPPING_INFO),
    ),
    ErrorDefinition(
        Reason.REFUND_NOT_FOUND, 404, "NOT_FOUND",
        "Refund {refund_id} cannot be found for order {order_id}", _ERRORS_PAGE,
    ),
    ErrorDefinition(
        Reason.INVALID_ORDER_ID, 400, "INVALID_ORDER_ID",
        "Order ID must be a valid UUID.",
        klarna_docs("view and change orders; the status is assumed"),
    ),
    ErrorDefinition(
        Reason.ORDER_HAS_NO_CAPTURES, 403, "", "Order has no captures. {consequence}",
        klarna_docs("order management schema: the cause; the wording is assumed"),
    ),
    ErrorDefinition(
        Reason.ORDER_HAS_NO_CAPTURES, 403, "REFUND_NOT_ALLOWED",
        "Order has no captures. Refund not possible",
        kustom_docs("errors in order management"), _only(Operation.REFUND),
    ),
    ErrorDefinition(
        Reason.ORDER_HAS_NO_CAPTURES, 403, "NOT_ALLOWED", "Order has no captures.",
        klarna_docs("order management schema"),
        _only(Operation.ADD_CAPTURE_SHIPPING_INFO, Operation.TRIGGER_SEND_OUT),
    ),
    ErrorDefinition(
        Reason.ORDER_HAS_CAPTURES, 403, "CANCEL_NOT_ALLOWED",
        "Order has previous captures. Cancel not possible.",
        kustom_docs("view and change orders"), _only(Operation.CANCEL),
    ),
    ErrorDefinition(
        Reason.ORDER_FULLY_CAPTURED, 403, "",
        "Order is fully captured. {consequence}",
        klarna_docs("refund orders and manage authorizations: the release message"),
    ),
    ErrorDefinition(
        Reason.ORDER_FULLY_CAPTURED, 403, "NOT_ALLOWED", "Update not allowed.",
        kustom_docs("view and change orders"), _only(Operation.UPDATE_AUTHORIZATION),
    ),
    ErrorDefinition(
        Reason.ORDER_CANCELLED, 403, "",
        "Order {order_id} is canceled. {consequence}",
        read_off_clients("two generations of an OXID plugin look for 'is canceled.'"),
    ),
    ErrorDefinition(
        Reason.ORDER_CANCELLED, 403, "NOT_ALLOWED", "Update not allowed.",
        kustom_docs("view and change orders"), _only(Operation.UPDATE_AUTHORIZATION),
    ),
    ErrorDefinition(
        Reason.ORDER_EXPIRED, 403, "",
        "Order {order_id} is expired. {consequence}",
        recorded("a refused capture quoted by two shop platforms"),
    ),
    ErrorDefinition(
        Reason.ORDER_EXPIRED, 403, "NOT_ALLOWED",
        "Order is expired. Authorization time cannot be extended.",
        klarna_docs("refund orders and manage authorizations"),
        _only(Operation.EXTEND_AUTHORIZATION_TIME),
    ),
    ErrorDefinition(
        Reason.ORDER_EXPIRED, 403, "NOT_ALLOWED", "Update not allowed.",
        kustom_docs("view and change orders"), _only(Operation.UPDATE_AUTHORIZATION),
    ),
    ErrorDefinition(
        Reason.ORDER_CLOSED, 403, "",
        "Order {order_id} is closed. {consequence}", _ASSUMED_WORDING,
    ),
    ErrorDefinition(
        Reason.ORDER_CLOSED, 403, "NOT_ALLOWED", "Update not allowed.",
        kustom_docs("view and change orders"), _only(Operation.UPDATE_AUTHORIZATION),
    ),
    ErrorDefinition(
        Reason.FRAUD_REVIEW_PENDING, 403, "CAPTURE_NOT_ALLOWED", "Capture not allowed",
        klarna_docs("errors in order management: the wording; the cause is recorded"),
        _only(Operation.CAPTURE),
    ),
    ErrorDefinition(
        Reason.FRAUD_REVIEW_FAILED, 403, "CAPTURE_NOT_ALLOWED", "Capture not allowed",
        klarna_docs("errors in order management: the wording; the cause is assumed"),
        _only(Operation.CAPTURE),
    ),
    ErrorDefinition(
        Reason.CAPTURE_EXCEEDS_REMAINING, 403, "CAPTURE_NOT_ALLOWED",
        "Captured amount is higher than the remaining authorized amount."
        " Capture not possible.",
        recorded("a shop's log; today's WooCommerce plugin looks for the sentence"),
        _only(Operation.CAPTURE),
    ),
    ErrorDefinition(
        Reason.REFUND_EXCEEDS_CAPTURED, 403, "REFUND_NOT_ALLOWED",
        "Over refund is not allowed. Refund not possible.",
        klarna_docs("refund orders and manage authorizations"), _only(Operation.REFUND),
    ),
    ErrorDefinition(
        Reason.AUTHORIZATION_BELOW_CAPTURED, 403, "NOT_ALLOWED",
        "Resulting authorization amount {requested} cannot be less than the captured"
        " amount {captured} for order. {consequence}",
        kustom_docs("errors in order management"), _only(Operation.UPDATE_AUTHORIZATION),
    ),
    ErrorDefinition(
        Reason.RAISE_NOT_OFFERED, 403, "NOT_ALLOWED", "Update not allowed.",
        klarna_docs("view and change orders: raising is limited to some payment methods"),
        _only(Operation.UPDATE_AUTHORIZATION),
    ),
    ErrorDefinition(
        Reason.EXTENSION_NOT_OFFERED, 403, "NOT_ALLOWED",
        "{cause} Authorization time cannot be extended.",
        kustom_docs("extend authorization: the causes; the wording is assumed"),
        _only(Operation.EXTEND_AUTHORIZATION_TIME),
    ),
    ErrorDefinition(
        Reason.DUE_DATE_NOT_OFFERED, 403, "NOT_ALLOWED",
        "{cause} Due date cannot be extended.",
        klarna_docs("due date extension: pay-later methods, listed options; words assumed"),
        _only(Operation.EXTEND_DUE_DATE, Operation.GET_EXTEND_DUE_DATE_OPTIONS),
    ),
    ErrorDefinition(
        Reason.RETURN_FEE_NOT_OFFERED, 403, "REFUND_NOT_ALLOWED",
        "{cause} Refund not possible.",
        klarna_docs("refund with return fees: the causes and the code; the words are assumed"),
        _only(Operation.REFUND),
    ),
    ErrorDefinition(
        Reason.ORDER_IS_FULL, 403, "",
        "The order reached its limit of {limit} {kind}. {consequence}",
        assumed("ours, so that memory is bounded; no limit of the provider is known"),
        _only(
            Operation.CAPTURE,
            Operation.REFUND,
            Operation.ADD_ORDER_SHIPPING_INFO,
            Operation.ADD_CAPTURE_SHIPPING_INFO,
        ),
    ),
    ErrorDefinition(
        Reason.SANDBOX_IS_FULL, 403, "",
        "The sandbox reached its limit of {limit} bytes. {consequence}",
        assumed("ours, so that memory is bounded"),
        _only(*(info.operation for info in OPERATIONS if not info.is_read)),
    ),
    ErrorDefinition(
        Reason.SANDBOX_IS_FULL, 403, "NOT_ALLOWED",
        "The sandbox reached its limit of {limit} bytes.",
        assumed("ours, so that memory is bounded"),
        _only(
            Operation.CREATE_CHECKOUT,
            Operation.UPDATE_CHECKOUT,
            Operation.CREATE_TOKEN_ORDER,
            Operation.CREATE_HOSTED_SESSION,
        ),
    ),
    ErrorDefinition(
        Reason.HOSTED_SESSION_NOT_FOUND, 404, "NOT_FOUND", "Payment session has expired",
        klarna_docs("hosted payment page schema: the status and the words"),
        _only(Operation.CREATE_HOSTED_SESSION),
    ),
    ErrorDefinition(
        Reason.HOSTED_SESSION_NOT_FOUND, 404, "NOT_FOUND",
        "HPP session has expired or could not be found by provided id",
        klarna_docs("hosted payment page schema: the status and the words"),
        _only(Operation.READ_HOSTED_SESSION),
    ),
    ErrorDefinition(
        Reason.TOKEN_NOT_FOUND, 404, "NOT_FOUND", "Invalid customer-token ID",
        kustom_docs("read customer token"),
        _only(Operation.READ_CUSTOMER_TOKEN, Operation.UPDATE_CUSTOMER_TOKEN),
    ),
    ErrorDefinition(
        Reason.TOKEN_NOT_FOUND, 404, "TOKEN_NOT_FOUND", "Invalid customer-token ID",
        kustom_docs("recurring: the code; the words are those of reading a token"),
        _only(Operation.CREATE_TOKEN_ORDER),
    ),
    ErrorDefinition(
        Reason.TOKEN_NOT_ACTIVE, 403, "TOKEN_SUSPENDED", "Customer token is not active",
        kustom_docs("recurring: the code; the words, and the same of a cancelled token,"
        " are assumed"),
        _only(Operation.CREATE_TOKEN_ORDER),
    ),
    ErrorDefinition(
        Reason.SERVER_IS_FULL, 503, "TEMPORARILY_UNAVAILABLE",
        "The server reached its limit of {limit} {kind}.",
        assumed("ours, so that memory is bounded and no sandbox in use is dropped"),
    ),
    ErrorDefinition(
        Reason.UNAUTHORIZED, 401, "UNAUTHORIZED", "Missing or wrong credentials",
        recorded("status, headers and an HTML page; the page has neither code nor message"),
    ),
    ErrorDefinition(
        Reason.FOREIGN_ORIGIN, 403, "NOT_ALLOWED",
        "Requests from web pages of another origin are refused ({detail})",
        assumed("ours, so that a web page cannot use the credentials that a browser remembers"),
    ),
    ErrorDefinition(
        Reason.INVALID_ADDRESS, 422, "INVALID_ADDRESS",
        "The shipping and/or billing address is invalid", _ERRORS_PAGE,
        _only(Operation.UPDATE_CUSTOMER_DETAILS),
    ),
    ErrorDefinition(
        Reason.PAYMENT_METHOD_FAILED, 403, "PAYMENT_METHOD_FAILED",
        "Payment method failed. {consequence}",
        read_off_clients("the code, handled by today's WooCommerce plugin; the words assumed"),
    ),
    ErrorDefinition(
        Reason.INVALID_FIELDS, 422, "UNPROCESSABLE_ENTITY", "{violations}",
        recorded("missing captured_amount, refunded_amount and shipping_info"),
    ),
    ErrorDefinition(
        Reason.MALFORMED_JSON, 400, "BAD_REQUEST", "Malformed JSON: {detail}",
        assumed("the code is in Kustom's list"),
    ),
    ErrorDefinition(
        Reason.MALFORMED_HTTP, 400, "BAD_REQUEST", "Malformed HTTP: {detail}",
        assumed("the code is in Kustom's list"),
    ),
    ErrorDefinition(
        Reason.BODY_TOO_LARGE, 413, "PAYLOAD_TOO_LARGE",
        "Request is too large", kustom_docs("list of codes; the words are Klarna's"),
    ),
    ErrorDefinition(
        Reason.UNSUPPORTED_MEDIA_TYPE, 415, "UNSUPPORTED_MEDIA_TYPE",
        "Content-Type '{media_type}' is not supported, send application/json",
        kustom_docs("list of codes; the words are assumed"),
    ),
    ErrorDefinition(
        Reason.UNSUPPORTED_ENCODING, 415, "UNSUPPORTED_MEDIA_TYPE",
        "Content-Encoding '{content_encoding}' is not supported, send gzip, deflate"
        " or identity",
        assumed("the code is in Kustom's list; what is understood is ours"),
    ),
    ErrorDefinition(
        Reason.UNKNOWN_PATH, 404, "RESOURCE_NOT_FOUND", "No such resource: {path}",
        kustom_docs("list of codes; the words are assumed"),
    ),
    ErrorDefinition(
        Reason.METHOD_NOT_ALLOWED, 405, "HTTP_ERROR",
        "{method} is not supported here, use {allowed}",
        recorded("status and code, on a neighbouring API with an empty message"),
    ),
    ErrorDefinition(
        Reason.OPERATION_WITHDRAWN, 404, "RESOURCE_NOT_FOUND",
        "No such resource: {path}",
        assumed("what a dropped endpoint answers"),
    ),
    ErrorDefinition(
        Reason.CHECKOUT_NOT_FOUND, 404, "NOT_FOUND",
        "No such checkout order: {order_id}",
        read_off_clients("WooCommerce expects an empty body; code and words are assumed"),
        _CHECKOUT_BY_ID,
    ),
    ErrorDefinition(
        Reason.CHECKOUT_READ_ONLY, 403, "READ_ONLY_ORDER",
        "Resource is read-only",
        recorded("update of a completed order, in issues of the WooCommerce plugin"),
        _only(Operation.UPDATE_CHECKOUT, Operation.ABORT_CHECKOUT),
    ),
    ErrorDefinition(
        Reason.BAD_VALUE, 400, "BAD_VALUE", "{violations}",
        recorded("total_amount of a line; other fields in Klarna's samples"),
        _only(Operation.CREATE_CHECKOUT, Operation.UPDATE_CHECKOUT),
    ),
    ErrorDefinition(
        Reason.BAD_VALUE, 400, "BAD_VALUE", "{violations}",
        assumed("no refusal of a body is known; the same as of the checkout API"),
        _only(
            Operation.CREATE_TOKEN_ORDER,
            Operation.UPDATE_CUSTOMER_TOKEN,
            Operation.CREATE_HOSTED_SESSION,
        ),
    ),
    ErrorDefinition(
        Reason.CONFLICT, 409, "CONFLICT",
        "The order was changed by other requests at the same time, try again",
        klarna_docs("status and code, with an empty list; the words are ours"),
    ),
    ErrorDefinition(
        Reason.TOO_MANY_REQUESTS, 429, "TOO_MANY_REQUESTS", "Too many requests",
        _STATUS_TABLE,
    ),
    ErrorDefinition(
        Reason.INTERNAL_ERROR, 500, "INTERNAL_ERROR", "Unexpected server error",
        kustom_docs("list of codes; the words are Klarna's"),
    ),
    ErrorDefinition(
        Reason.TEMPORARILY_UNAVAILABLE, 503, "TEMPORARILY_UNAVAILABLE",
        "Temporarily unavailable", _STATUS_TABLE,
    ),
)  # fmt: skip


def _by_reason() -> Mapping[tuple[Reason, Operation | None], ErrorDefinition]:
    """Index the catalogue; a row for all operations has the key ``None``."""
    return {
        (row.reason, operation): row
        for row in ERROR_CATALOGUE
        for operation in (row.operations or (None,))
    }


_ROWS = _by_reason()


def find_error_definition(reason: Reason, operation: Operation | None) -> ErrorDefinition:
    """Find the row for a reason: the operation's own, the general one, or any.

    Faults use the last: they may refuse any operation for any reason.
    """
    definition = _ROWS.get((reason, operation)) or _ROWS.get((reason, None))
    return definition or next(row for row in ERROR_CATALOGUE if row.reason is reason)
