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
from mockserver.domain.errors import CATALOGUE, CONSEQUENCE, REFUSAL_CODE, Reason, Refusal
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import ORDERS_PATH, Operation, OperationInfo

DESCRIPTION = (
    "Kustom's Order Management API as kustom-mock answers it. The user name of the"
    " credentials is the sandbox; any secret will do unless a scenario lists credentials."
)
UUID: Page = {"type": "string", "maxLength": 255, "minLength": 1}
IDS: Mapping[str, Page] = dict.fromkeys(("order_id", "capture_id", "refund_id"), UUID)
TAGS = ("captures", "refunds")
TEXT: Page = {"type": "string"}


def _never(_info: OperationInfo) -> bool:
    return False


def _takes_a_body(info: OperationInfo) -> bool:
    return info.schema is not None


CONCERNS: Mapping[Reason, Callable[[OperationInfo], bool]] = {
    Reason.UNKNOWN_PATH: _never,
    Reason.METHOD_NOT_ALLOWED: _never,
    Reason.MALFORMED_HTTP: _never,
    Reason.INVALID_FIELDS: _takes_a_body,
    Reason.MALFORMED_JSON: _takes_a_body,
    Reason.BODY_TOO_LARGE: _takes_a_body,
    Reason.UNSUPPORTED_MEDIA_TYPE: _takes_a_body,
    Reason.UNSUPPORTED_ENCODING: _takes_a_body,
    Reason.CAPTURE_NOT_FOUND: lambda info: "{capture_id}" in info.path,
    Reason.REFUND_NOT_FOUND: lambda info: "{refund_id}" in info.path,
    Reason.OPERATION_WITHDRAWN: lambda info: info.deprecated,
    Reason.PAYMENT_METHOD_FAILED: lambda info: info.operation is Operation.CAPTURE,
    Reason.CONFLICT: lambda info: not info.is_read,
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


def merchant_document(operations: Sequence[OperationInfo]) -> Page:
    """Describe the operations of the merchant API."""
    components = Components()
    error = components.ref("responses/error.schema.json")
    paths: dict[str, Page] = {}
    for info in operations:
        operation = _operation(info, components, error)
        paths.setdefault(ORDERS_PATH + info.path, {})[info.method.lower()] = operation
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


def refusals_of(info: OperationInfo) -> list[Refusal]:
    """The rows of the catalogue that concern an operation; its own replace general ones."""
    own = {each.reason for each in CATALOGUE if info.operation in each.operations}
    return [
        each
        for each in CATALOGUE
        if info.operation in each.operations
        or not (each.operations or each.reason in own or not _concerns(each.reason, info))
    ]


def _concerns(reason: Reason, info: OperationInfo) -> bool:
    if reason in BY_STATUS:
        return any(cell.refused is reason for cell in LIFECYCLE[info.operation].values())
    return reason not in CONCERNS or CONCERNS[reason](info)


def _operation(info: OperationInfo, components: Components, error: Page) -> Page:
    operation: Page = {
        "operationId": info.operation.value,
        "tags": [next((each for each in TAGS if each in info.path), "orders")],
        **words((info.operation.value.replace("_", " ")).capitalize()),
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
    by_status: dict[int, list[Refusal]] = {}
    for refusal in refusals_of(info):
        by_status.setdefault(refusal.status, []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        operation["responses"][str(status)] = _refused(info, refusals, error)
    return operation


def _header_parameters(info: OperationInfo) -> list[Page]:
    if info.is_read:
        return []
    told = "One key has one effect within 24 hours, whatever the body."
    key: Page = {"name": "Klarna-Idempotency-Key", "in": "header", "description": told}
    return [{**key, "schema": {**TEXT, "maxLength": 255}}]


def _success(info: OperationInfo, components: Components) -> Page:
    headers = _headers(*SENT_ALWAYS)
    if not info.is_read:
        headers["Transaction-Id"] = {"required": True, "schema": TEXT}
    if info.created_id_header:
        headers[info.created_id_header] = {"required": True, "schema": TEXT}
        headers["Location"] = {"required": True, "schema": TEXT}
        told = "Sent when the lines add up to the amount."
        headers["Klarna-Order-Validation"] = {"schema": {"const": "Valid"}, "description": told}
        headers |= _headers("Mock-Allocation") if info.operation is Operation.REFUND else {}
    if not info.is_read:
        headers |= _headers("Mock-Replayed")
    headers |= _headers("Mock-Fault")
    answer: Page = {"description": "As asked." if info.is_read else "Done.", "headers": headers}
    if info.is_read:
        examples = {"example": {"value": answer_example(info.operation)}}
        body = components.ref(f"responses/{info.response_schema}.schema.json")
        answer |= content(body, examples=examples)
    return answer


def _refused(info: OperationInfo, refusals: Sequence[Refusal], error: Page) -> Page:
    """Describe the refusals of one status, with an example of each."""
    reasons = ", ".join(dict.fromkeys(each.reason for each in refusals))
    examples = {each.reason.value: {"value": _error_example(info, each)} for each in refusals}
    headers = _headers(*SENT_ALWAYS, "Mock-Reason", "Mock-Fault")
    body = content(error, examples=examples)
    return {"description": f"Refused: {reasons}.", "headers": headers, **body}


def _error_example(info: OperationInfo, refusal: Refusal) -> Page:
    ending = CONSEQUENCE.get(info.operation, "")
    own = REFUSAL_CODE.get(info.operation, "NOT_ALLOWED")
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
