"""The merchant API's OpenAPI document, from the operations, the catalogue and the schemas."""

from collections.abc import Callable, Mapping, Sequence

from mockserver.api.answers import RECORDED_HEADERS
from mockserver.api.openapi.components import (
    Components,
    Page,
    content,
    describe,
    path_parameters,
    words,
)
from mockserver.api.openapi.examples import REQUESTS, answer_example
from mockserver.api.operations import PREFIX, Row
from mockserver.domain.errors import CATALOGUE, CONSEQUENCE, REFUSAL_CODE, Reason, Refusal
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import DEPRECATED, Operation

DESCRIPTION = (
    "Kustom's Order Management API as kustom-mock answers it. The user name of the"
    " credentials is the sandbox; any secret will do unless a scenario lists credentials."
)
UUID: Page = {"type": "string", "maxLength": 255, "minLength": 1}
IDS: Mapping[str, Page] = dict.fromkeys(("order_id", "capture_id", "refund_id"), UUID)
SHOWN = {
    Operation.GET_ORDER: "order",
    Operation.LIST_CAPTURES: "captures",
    Operation.GET_CAPTURE: "capture",
    Operation.GET_EXTEND_DUE_DATE_OPTIONS: "extend_due_date_options",
    Operation.GET_REFUND: "refund",
}
TAGS = ("captures", "refunds")
CREATES = {Operation.CAPTURE: "Capture-Id", Operation.REFUND: "Refund-Id"}
TEXT: Page = {"type": "string"}


def _never(_row: Row) -> bool:
    return False


def _takes_a_body(row: Row) -> bool:
    return row.schema is not None


CONCERNS: Mapping[Reason, Callable[[Row], bool]] = {
    Reason.UNKNOWN_PATH: _never,
    Reason.METHOD_NOT_ALLOWED: _never,
    Reason.MALFORMED_HTTP: _never,
    Reason.INVALID_FIELDS: _takes_a_body,
    Reason.MALFORMED_JSON: _takes_a_body,
    Reason.BODY_TOO_LARGE: _takes_a_body,
    Reason.UNSUPPORTED_MEDIA_TYPE: _takes_a_body,
    Reason.UNSUPPORTED_ENCODING: _takes_a_body,
    Reason.CAPTURE_NOT_FOUND: lambda row: "{capture_id}" in row.path,
    Reason.REFUND_NOT_FOUND: lambda row: "{refund_id}" in row.path,
    Reason.OPERATION_WITHDRAWN: lambda row: row.operation in DEPRECATED,
    Reason.PAYMENT_METHOD_FAILED: lambda row: row.operation is Operation.CAPTURE,
    Reason.CONFLICT: lambda row: row.command is not None,
}
"""Which operations a row of the catalogue for all operations concerns; all where a
reason is not listed, and for those of the lifecycle what that table says."""

BY_STATUS = {cell.refused for cells in LIFECYCLE.values() for cell in cells.values()}

SENT_ALWAYS: Mapping[str, str] = {
    "Klarna-Correlation-Id": "The id by which the control API explains this answer.",
    **dict.fromkeys(RECORDED_HEADERS, "Recorded."),
}
SENT_SOMETIMES: Mapping[str, str] = {
    "Mock-Reason": "Why it was refused, with the numbers.",
    "Mock-Allocation": "How a refund was allocated.",
    "Mock-Replayed": "An idempotency key was known; nothing was done again.",
    "Mock-Fault": "The faults that struck this call.",
}


def merchant_document(rows: Sequence[Row]) -> Page:
    """Describe the operations of the merchant API."""
    components = Components()
    error = components.ref("responses/error.schema.json")
    paths: dict[str, Page] = {}
    for row in rows:
        operation = _operation(row, components, error)
        paths.setdefault(PREFIX + row.path, {})[row.method.lower()] = operation
    parts = {
        "schemas": components.schemas,
        "headers": {
            name: {"description": text, "schema": TEXT, "required": name in SENT_ALWAYS}
            for name, text in {**SENT_ALWAYS, **SENT_SOMETIMES}.items()
        },
        "securitySchemes": {"merchant": {"type": "http", "scheme": "basic"}},
    }
    security: Page = {"security": [{"merchant": []}]}
    title = "kustom-mock: the Order Management API"
    return describe(title, DESCRIPTION, paths, parts, security)


def refusals_of(row: Row) -> list[Refusal]:
    """The rows of the catalogue that concern an operation; its own replace general ones."""
    own = {each.reason for each in CATALOGUE if row.operation in each.operations}
    return [
        each
        for each in CATALOGUE
        if row.operation in each.operations
        or not (each.operations or each.reason in own or not _concerns(each.reason, row))
    ]


def _concerns(reason: Reason, row: Row) -> bool:
    if reason in BY_STATUS:
        return any(cell.refused is reason for cell in LIFECYCLE[row.operation].values())
    return reason not in CONCERNS or CONCERNS[reason](row)


def _operation(row: Row, components: Components, error: Page) -> Page:
    operation: Page = {
        "operationId": row.operation.value,
        "tags": [next((each for each in TAGS if each in row.path), "orders")],
        **words((row.operation.value.replace("_", " ")).capitalize()),
        "x-provider-name": row.provider_name,
        "parameters": [*path_parameters(row.path, IDS), *_header_parameters(row)],
    }
    if row.operation in DEPRECATED:
        operation["deprecated"] = True
    if row.schema:
        examples = {"example": {"value": REQUESTS[row.operation]}}
        body = components.ref(f"requests/{row.schema}.schema.json")
        operation["requestBody"] = {"required": True, **content(body, examples=examples)}
    operation["responses"] = {str(row.success): _success(row, components)}
    operation["responses"]["401"] = _unauthorized()
    by_status: dict[int, list[Refusal]] = {}
    for refusal in refusals_of(row):
        by_status.setdefault(refusal.status, []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        operation["responses"][str(status)] = _refused(row, refusals, error)
    return operation


def _header_parameters(row: Row) -> list[Page]:
    if row.command is None:
        return []
    told = "One key has one effect within 24 hours, whatever the body."
    key: Page = {"name": "Klarna-Idempotency-Key", "in": "header", "description": told}
    return [{**key, "schema": {**TEXT, "maxLength": 255}}]


def _success(row: Row, components: Components) -> Page:
    headers = _headers(*SENT_ALWAYS)
    if row.command is not None:
        headers["Transaction-Id"] = {"required": True, "schema": TEXT}
    created = CREATES.get(row.operation)
    if created:
        headers[created] = {"required": True, "schema": TEXT}
        headers["Location"] = {"required": True, "schema": TEXT}
        told = "Sent when the lines add up to the amount."
        headers["Klarna-Order-Validation"] = {"schema": {"const": "Valid"}, "description": told}
        headers |= _headers("Mock-Allocation") if row.operation is Operation.REFUND else {}
    if row.command is not None:
        headers |= _headers("Mock-Replayed")
    headers |= _headers("Mock-Fault")
    answer: Page = {"description": "Done." if row.command else "As asked.", "headers": headers}
    if row.command is None:
        examples = {"example": {"value": answer_example(row.operation)}}
        body = components.ref(f"responses/{SHOWN[row.operation]}.schema.json")
        answer |= content(body, examples=examples)
    return answer


def _refused(row: Row, refusals: Sequence[Refusal], error: Page) -> Page:
    """Describe the refusals of one status, with an example of each."""
    reasons = ", ".join(dict.fromkeys(each.reason for each in refusals))
    examples = {each.reason.value: {"value": _error_example(row, each)} for each in refusals}
    headers = _headers(*SENT_ALWAYS, "Mock-Reason", "Mock-Fault")
    body = content(error, examples=examples)
    return {"description": f"Refused: {reasons}.", "headers": headers, **body}


def _error_example(row: Row, refusal: Refusal) -> Page:
    ending = CONSEQUENCE.get(row.operation, "")
    own = REFUSAL_CODE.get(row.operation, "NOT_ALLOWED")
    return {
        "correlation_id": "f1a2b3c4-d5e6-4f70-8a9b-0c1d2e3f4a5b",
        "error_code": refusal.code or own,
        "error_messages": [refusal.message.replace("{consequence}", ending).strip()],
    }


def _unauthorized() -> Page:
    challenge = {"required": True, "schema": TEXT}
    body = content(TEXT, "text/html")
    told = "No credentials, unreadable ones, or wrong ones."
    return {"description": told, "headers": {"WWW-Authenticate": challenge}, **body}


def _headers(*names: str) -> Page:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
