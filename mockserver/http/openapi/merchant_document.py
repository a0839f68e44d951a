"""OpenAPI document of the merchant API, generated from endpoints and error catalogue."""

from collections.abc import Callable, Mapping, Sequence

from mockserver.domain.errors import (
    ERROR_CATALOGUE,
    MESSAGE_ENDINGS,
    NOT_ALLOWED_CODES,
    ErrorDefinition,
    Reason,
)
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import (
    CHECKOUTS_PATH,
    ORDERS_PATH,
    SESSIONS_PATH,
    TOKENS_PATH,
    Operation,
    OperationInfo,
)
from mockserver.http.json_values import JsonObject
from mockserver.http.merchant.checkout_api import CHECKOUT_HEADERS
from mockserver.http.merchant.responses import RECORDED_HEADERS
from mockserver.http.openapi.components import (
    Components,
    build_document,
    content,
    docstring_fields,
    path_parameters,
)
from mockserver.http.openapi.examples import REQUESTS, response_example

MERCHANT_DESCRIPTION = (
    "Kustom's Order Management, Checkout, Customer Token and Hosted Payment Page APIs as"
    " kustom-mock answers them. The user name of the credentials is the sandbox; any secret"
    " is accepted unless a scenario lists credentials."
)
ID_SCHEMA: JsonObject = {"type": "string", "maxLength": 255, "minLength": 1}
IDS: Mapping[str, JsonObject] = dict.fromkeys(
    ("order_id", "capture_id", "refund_id", "customer_token", "session_id"), ID_SCHEMA
)
TAGS = ("captures", "refunds")
CHARGES = (Operation.CAPTURE, Operation.CREATE_TOKEN_ORDER)
TAG_BY_PATH = {
    CHECKOUTS_PATH: "checkout",
    TOKENS_PATH: "customer tokens",
    SESSIONS_PATH: "hosted page",
}
TEXT: JsonObject = {"type": "string"}
CREATED = 201


def _never(_info: OperationInfo) -> bool:
    return False


def _is_checkout(info: OperationInfo) -> bool:
    return info.base_path == CHECKOUTS_PATH


def _is_order_management(info: OperationInfo) -> bool:
    return info.base_path == ORDERS_PATH


def _has_body(info: OperationInfo) -> bool:
    return info.schema is not None


APPLIES_TO: Mapping[Reason, Callable[[OperationInfo], bool]] = {
    Reason.UNKNOWN_PATH: _never,
    Reason.METHOD_NOT_ALLOWED: _never,
    Reason.MALFORMED_HTTP: _never,
    Reason.UNAUTHORIZED: _never,  # described apart: its body is HTML
    Reason.FOREIGN_ORIGIN: _never,
    Reason.INVALID_FIELDS: lambda info: _has_body(info) and _is_order_management(info),
    Reason.MALFORMED_JSON: _has_body,
    Reason.BODY_TOO_LARGE: _has_body,
    Reason.UNSUPPORTED_MEDIA_TYPE: _has_body,
    Reason.UNSUPPORTED_ENCODING: _has_body,
    Reason.CAPTURE_NOT_FOUND: lambda info: "{capture_id}" in info.path,
    Reason.REFUND_NOT_FOUND: lambda info: "{refund_id}" in info.path,
    Reason.OPERATION_WITHDRAWN: lambda info: info.deprecated,
    Reason.PAYMENT_METHOD_FAILED: lambda info: info.operation in CHARGES,
    Reason.CONFLICT: lambda info: not info.is_read,
    Reason.ORDER_NOT_FOUND: _is_order_management,
}
"""Which operations a general row of the error catalogue applies to.

A reason that is not listed applies to all; the lifecycle table decides for its own reasons."""

LIFECYCLE_REASONS = {cell.reason for cells in LIFECYCLE.values() for cell in cells.values()}

COMMON_HEADERS: Mapping[str, str] = {
    "Klarna-Correlation-Id": "Id for looking up the explanation in the control API.",
    **dict.fromkeys(RECORDED_HEADERS, "Recorded."),
}
CONDITIONAL_HEADERS: Mapping[str, str] = {
    "Mock-Reason": "Reason of the refusal, with its facts.",
    "Mock-Allocation": "How a refund was allocated.",
    "Mock-Hint": "What in this accepted request will cause trouble later.",
    "Mock-Replayed": "The response was replayed for a known idempotency key.",
    "Mock-Fault": "The faults that fired on this request.",
}


def merchant_document(operations: Sequence[OperationInfo]) -> JsonObject:
    """Describe the operations of the merchant API."""
    components = Components()
    error = components.ref("responses/error.schema.json")
    paths: dict[str, JsonObject] = {}
    for info in operations:
        operation = _operation(info, components, error)
        paths.setdefault(info.full_path, {})[info.method.lower()] = operation
    parts = {
        "schemas": components.schemas,
        "headers": {
            name: {"description": text, "schema": TEXT, "required": name in COMMON_HEADERS}
            for name, text in {**COMMON_HEADERS, **CONDITIONAL_HEADERS}.items()
        },
        "securitySchemes": {"merchant": {"type": "http", "scheme": "basic"}},
    }
    security: JsonObject = {"security": [{"merchant": []}]}
    title = "kustom-mock: the Order Management, Checkout, Customer Token and Hosted Page APIs"
    return build_document(title, MERCHANT_DESCRIPTION, paths, parts, security)


def errors_of(info: OperationInfo) -> list[ErrorDefinition]:
    """Return the catalogue rows of an operation; its own rows replace general ones."""
    own_reasons = {
        error.reason for error in ERROR_CATALOGUE if info.operation in error.operations
    }
    return [
        error
        for error in ERROR_CATALOGUE
        if info.operation in error.operations
        or not (
            error.operations or error.reason in own_reasons or not _applies(error.reason, info)
        )
    ]


def _applies(reason: Reason, info: OperationInfo) -> bool:
    if reason in LIFECYCLE_REASONS:
        return any(cell.reason is reason for cell in LIFECYCLE.get(info.operation, {}).values())
    return reason not in APPLIES_TO or APPLIES_TO[reason](info)


def _operation(info: OperationInfo, components: Components, error: JsonObject) -> JsonObject:
    operation: JsonObject = {
        "operationId": info.operation.value,
        "tags": [_tag(info)],
        **docstring_fields((info.operation.value.replace("_", " ")).capitalize()),
        "x-provider-name": info.provider_name,
        "parameters": [*path_parameters(info.path, IDS), *_header_parameters(info)],
    }
    if info.deprecated:
        operation["deprecated"] = True
    if info.schema:
        examples = {"example": {"value": REQUESTS[info.operation]}}
        body = components.ref(f"requests/{info.schema}.schema.json")
        operation["requestBody"] = {"required": True, **content(body, examples=examples)}
    operation["responses"] = {str(info.success): _success(info, components)}
    operation["responses"]["401"] = _unauthorized()
    by_status: dict[int, list[ErrorDefinition]] = {}
    for refusal in errors_of(info):
        by_status.setdefault(refusal.status, []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        operation["responses"][str(status)] = _refusal_response(info, refusals, error)
    return operation


def _tag(info: OperationInfo) -> str:
    if not _is_order_management(info):
        return TAG_BY_PATH[info.base_path]
    return next((tag for tag in TAGS if tag in info.path), "orders")


def _header_parameters(info: OperationInfo) -> list[JsonObject]:
    if not info.takes_idempotency_key:
        return []
    description = "A key takes effect once within 24 hours, whatever the body."
    key: JsonObject = {
        "name": "Klarna-Idempotency-Key",
        "in": "header",
        "description": description,
    }
    return [{**key, "schema": {**TEXT, "maxLength": 255}}]


def _success(info: OperationInfo, components: Components) -> JsonObject:
    headers = _success_headers(info)
    if _is_order_management(info) and not info.is_read:
        headers["Transaction-Id"] = {"required": True, "schema": TEXT}
    if info.created_id_header:
        headers[info.created_id_header] = {"required": True, "schema": TEXT}
        headers["Location"] = {"required": True, "schema": TEXT}
        description = "Sent when the lines add up to the amount."
        headers["Klarna-Order-Validation"] = {
            "schema": {"const": "Valid"},
            "description": description,
        }
        headers |= _headers("Mock-Allocation") if info.operation is Operation.REFUND else {}
    if info.takes_idempotency_key:
        headers |= _headers("Mock-Replayed", "Mock-Hint")
    headers |= _headers("Mock-Fault")
    response: JsonObject = {
        "description": "Success." if info.response_schema else "Done.",
        "headers": headers,
    }
    if info.response_schema:
        examples = {"example": {"value": response_example(info.operation)}}
        body = components.ref(f"responses/{info.response_schema}.schema.json")
        response |= content(body, examples=examples)
    return response


def _success_headers(info: OperationInfo) -> JsonObject:
    if not _is_checkout(info):
        return _headers(*COMMON_HEADERS)
    headers = _headers("Klarna-Correlation-Id", *CHECKOUT_HEADERS)
    if info.success == CREATED:
        headers["Location"] = {"required": True, "schema": TEXT}
    return headers


def _refusal_response(
    info: OperationInfo, refusals: Sequence[ErrorDefinition], error: JsonObject
) -> JsonObject:
    """Describe the refusals of one status, with an example of each."""
    reasons = ", ".join(dict.fromkeys(definition.reason for definition in refusals))
    examples = {
        definition.reason.value: {"value": _error_example(info, definition)}
        for definition in refusals
    }
    headers = _headers(*COMMON_HEADERS, "Mock-Reason", "Mock-Fault")
    body = content(error, examples=examples)
    if reasons == Reason.CHECKOUT_NOT_FOUND:  # by the default of `expired_checkout`
        body = {}
    return {"description": f"Refused: {reasons}.", "headers": headers, **body}


def _error_example(info: OperationInfo, refusal: ErrorDefinition) -> JsonObject:
    ending = MESSAGE_ENDINGS.get(info.operation, "")
    default_code = NOT_ALLOWED_CODES.get(info.operation, "NOT_ALLOWED")
    return {
        "error_code": refusal.code or default_code,
        "error_messages": [refusal.message.replace("{consequence}", ending).strip()],
        "correlation_id": "f1a2b3c4-d5e6-4f70-8a9b-0c1d2e3f4a5b",
    }


def _unauthorized() -> JsonObject:
    challenge = {"required": True, "schema": TEXT}
    body = content(TEXT, "text/html")
    description = "Missing, unreadable or wrong credentials."
    return {"description": description, "headers": {"WWW-Authenticate": challenge}, **body}


def _headers(*names: str) -> JsonObject:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
