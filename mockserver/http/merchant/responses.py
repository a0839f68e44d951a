"""Build responses of the merchant API: recorded headers, bodies in the provider's format.

Header names, the absence of bodies on 201 and 204, and the 401 page are recorded. What the
mock adds is in ``Mock-…`` headers only.
"""

import codecs
from collections.abc import Mapping, Sequence

import orjson

from mockserver.domain.allocation.explanation import Allocation, AllocationOutcome
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.operation import CHECKOUT_OPERATIONS
from mockserver.domain.refusal import Refusal
from mockserver.http.json_values import format_time
from mockserver.http.messages import Response
from mockserver.sandbox.eviction import Eviction
from mockserver.sandbox.journal import Entry

IDEMPOTENCY_KEY_HEADER = "Klarna-Idempotency-Key"
CHECKOUT_OPERATION_NAMES = frozenset(info.operation for info in CHECKOUT_OPERATIONS)
MAX_HEADER_LENGTH = 1000  # characters
ESCAPES = codecs.lookup("unicode_escape").name  # imported now: descriptors may run out later

RECORDED_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
    "X-Content-Type-Options": "nosniff",
    "X-Xss-Protection": "1; mode=block",
    "X-Frame-Options": "DENY",
}
"""Sent with every response. Strict-Transport-Security is recorded too but omitted: on
localhost it would apply to every other port of the developer's machine."""

UNAUTHORIZED_HTML = (
    b"<html>\r\n"
    b"<head><title>401 Authorization Required</title></head>\r\n"
    b"<body>\r\n"
    b"<center><h1>401 Authorization Required</h1></center>\r\n"
    b"<hr><center>openresty</center>\r\n"
    b"</body>\r\n"
    b"</html>\r\n"
)
"""Recorded to the byte (176 bytes)."""


def unauthorized_response() -> Response:
    """Build the response to missing or wrong credentials (recorded)."""
    headers = {
        "Content-Type": "text/html",
        "WWW-Authenticate": 'Basic realm="very closed site"',
    }
    return Response(401, UNAUTHORIZED_HTML, headers)


def encode_error(code: str, messages: Sequence[str], correlation_id: str) -> bytes:
    """Encode the body of an error, in the recorded key order."""
    return orjson.dumps(
        {"error_code": code, "error_messages": messages, "correlation_id": correlation_id}
    )


def provider_json_response(
    status: int,
    body: bytes,
    correlation_id: str,
    recorded_headers: Mapping[str, str] = RECORDED_HEADERS,
) -> Response:
    """Build a JSON response with the recorded headers."""
    return Response(
        status,
        body,
        {
            "Content-Type": "application/json",
            "Klarna-Correlation-Id": correlation_id,
            **recorded_headers,
        },
    )


def accepted_response(
    status: int,
    acceptance: Acceptance,
    *,
    correlation_id: str,
    transaction_id: str,
    order_url: str,
) -> Response:
    """Build the response to an accepted change: no body, ids and location in headers."""
    headers = {
        "Klarna-Correlation-Id": correlation_id,
        "Transaction-Id": transaction_id,
        **RECORDED_HEADERS,
    }
    info = acceptance.operation.info
    if info.created_id_header and acceptance.created_id:
        headers[info.created_id_header] = acceptance.created_id
        headers["Location"] = f"{order_url}/{info.collection}/{acceptance.created_id}"
    if acceptance.lines_valid:
        headers["Klarna-Order-Validation"] = "Valid"
    return Response(status, b"", headers)


def refusal_response(
    refusal: Refusal,
    correlation_id: str,
    assumptions: Assumptions,
) -> Response:
    """Build the response to a refused request, in the provider's format."""
    if refusal.reason is Reason.UNAUTHORIZED:
        return unauthorized_response()
    status, code = refusal.status, refusal.code
    if refusal.reason is Reason.INVALID_FIELDS:
        code = assumptions.validation_error
        status = 400 if code == "BAD_REQUEST" else status
    violations = refusal.facts.get("violations")
    messages = violations if isinstance(violations, list) else [refusal.message]
    body = encode_error(code, messages, correlation_id)
    response = provider_json_response(status, body, correlation_id)
    if _is_empty_404(refusal, assumptions):
        response.body = b""
        del response.headers["Content-Type"]
    if refusal.reason is Reason.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = str(refusal.facts["allowed"])
    return response


def _is_empty_404(refusal: Refusal, assumptions: Assumptions) -> bool:
    """Return whether a missing checkout order is answered without a body."""
    return (
        refusal.reason is Reason.CHECKOUT_NOT_FOUND
        and refusal.operation in CHECKOUT_OPERATION_NAMES
        and assumptions.expired_checkout == "empty_404"
    )


def add_mock_headers(
    response: Response, entry: Entry, eviction: Eviction | None = None
) -> None:
    """Add the ``Mock-…`` headers: reason, allocation, hints, faults, replay, eviction."""
    if eviction is not None:
        text = f"created again; evicted at {format_time(eviction.at)}: {eviction.reason}"
        response.headers["Mock-Sandbox"] = escape_header_value(text)
    result = entry.result
    if isinstance(result, Refusal):
        response.headers["Mock-Reason"] = format_reason(result)
    elif result is not None and result.allocation:
        text = _format_allocation(result.allocation, entry)
        response.headers["Mock-Allocation"] = escape_header_value(text)
    if entry.is_change and entry.hints:
        response.headers["Mock-Hint"] = escape_header_value(" ".join(entry.hints))
    if entry.faults:
        response.headers["Mock-Fault"] = escape_header_value("; ".join(entry.faults))
    if entry.replayed:
        changed = "; the request differs from the first one"
        response.headers["Mock-Replayed"] = "true" + changed * entry.body_changed


def _format_allocation(allocation: Allocation, entry: Entry) -> str:
    """Format an allocation as one line; only a failure is explained."""
    if allocation.outcome is AllocationOutcome.ALLOCATED:
        note = "; ambiguous" if allocation.ambiguous else ""
        return f"allocated; capture_id={allocation.capture_id}{note}"
    explanation = entry.explanation
    if explanation is None:
        return allocation.outcome
    if allocation.outcome is AllocationOutcome.NOT_ATTEMPTED:
        return "; ".join((allocation.outcome, *explanation.hints[:1]))
    return "; ".join(
        (allocation.outcome, ", ".join(explanation.failed_conditions), *explanation.hints[:1])
    )


def escape_header_value(text: str) -> str:
    """Escape a text for a header: one line of ASCII, at most :data:`MAX_HEADER_LENGTH`."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text[:MAX_HEADER_LENGTH]
    line = " ".join(text.split()).encode(ESCAPES).decode("ascii")
    return line[:MAX_HEADER_LENGTH]


def format_reason(refusal: Refusal) -> str:
    """Format the reason and facts of a refusal for the ``Mock-Reason`` header."""
    facts = [
        f"{name}={value}" for name, value in refusal.known_facts.items() if name != "violations"
    ]
    return escape_header_value("; ".join([refusal.reason, *facts]))
