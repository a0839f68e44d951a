"""Build responses of the merchant API: recorded headers, bodies in the provider's format.

Header names, the absence of bodies on 201 and 204, and the 401 page are recorded. Our
own words travel in ``Mock-…`` headers only.
"""

import codecs
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.domain.allocation.explanation import Allocation, AllocationOutcome
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.operation import CHECKOUT_OPERATIONS
from mockserver.http.messages import Response
from mockserver.sandbox.journal import Entry

CHECKOUT_OPERATION_NAMES = frozenset(info.operation for info in CHECKOUT_OPERATIONS)
MAX_HEADER_LENGTH = 1000  # characters
ESCAPES = codecs.lookup("unicode_escape").name  # loaded now: later no file may be left to open

RECORDED_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
    "X-Content-Type-Options": "nosniff",
    "X-Xss-Protection": "1; mode=block",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer. Strict-Transport-Security is recorded too and left out: on
localhost it would follow the developer to every other port."""

UNAUTHORIZED_HTML = (
    b"<html>\r\n"
    b"<head><title>401 Authorization Required</title></head>\r\n"
    b"<body>\r\n"
    b"<center><h1>401 Authorization Required</h1></center>\r\n"
    b"<hr><center>openresty</center>\r\n"
    b"</body>\r\n"
    b"</html>\r\n"
)
"""Recorded, to the byte: 176 of them."""


def unauthorized_response() -> Response:
    """Answer missing or wrong credentials, as the provider's edge does (recorded)."""
    headers = {
        "Content-Type": "text/html",
        "WWW-Authenticate": 'Basic realm="very closed site"',
    }
    return Response(401, UNAUTHORIZED_HTML, headers)


def provider_json_response(
    status: int,
    page: bytes,
    correlation_id: str,
    recorded_headers: Mapping[str, str] = RECORDED_HEADERS,
) -> Response:
    """Answer with a JSON page."""
    return Response(
        status,
        page,
        {
            "Content-Type": "application/json",
            "Klarna-Correlation-Id": correlation_id,
            **recorded_headers,
        },
    )


def accepted_response(
    status: int,
    outcome: Acceptance,
    *,
    correlation_id: str,
    transaction_id: str,
    order_url: str,
) -> Response:
    """Answer an accepted change: no body, ids and the new place in headers."""
    headers = {
        "Klarna-Correlation-Id": correlation_id,
        "Transaction-Id": transaction_id,
        **RECORDED_HEADERS,
    }
    info = outcome.operation.info
    if info.created_id_header and outcome.created_id:
        headers[info.created_id_header] = outcome.created_id
        headers["Location"] = f"{order_url}/{info.collection}/{outcome.created_id}"
    if outcome.lines_valid:
        headers["Klarna-Order-Validation"] = "Valid"
    return Response(status, b"", headers)


def refusal_response(
    rejection: Refusal,
    correlation_id: str,
    assumptions: Assumptions,
    transaction_id: str | None = None,
) -> Response:
    """Answer a refusal in the provider's shape, and with nothing else in the body."""
    status, code = rejection.status, rejection.code
    if rejection.reason is Reason.INVALID_FIELDS:
        code = assumptions.validation_error
        status = 400 if code == "BAD_REQUEST" else status
    page: dict[str, Any] = {
        "correlation_id": correlation_id,
        "error_code": code,
        "error_messages": rejection.facts.get("violations") or [rejection.message],
    }
    response = provider_json_response(status, orjson.dumps(page), correlation_id)
    if _is_empty_404(rejection, assumptions):
        response.body = b""
        del response.headers["Content-Type"]
    if transaction_id:
        response.headers["Transaction-Id"] = transaction_id
    if rejection.reason is Reason.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = str(rejection.facts["allowed"])
    return response


def _is_empty_404(refusal: Refusal, assumptions: Assumptions) -> bool:
    """Return whether a missing checkout order is answered without a body."""
    return (
        refusal.reason is Reason.CHECKOUT_NOT_FOUND
        and refusal.operation in CHECKOUT_OPERATION_NAMES
        and assumptions.expired_checkout == "empty_404"
    )


def add_mock_headers(response: Response, entry: Entry) -> None:
    """Add the ``Mock-…`` headers: reason, allocation, fault, replay."""
    result = entry.result
    if isinstance(result, Refusal):
        response.headers["Mock-Reason"] = format_reason(result)
    elif result is not None and result.allocation:
        text = _allocation_text(result.allocation, entry)
        response.headers["Mock-Allocation"] = escape_header_value(text)
    if entry.faults:
        response.headers["Mock-Fault"] = escape_header_value("; ".join(entry.faults))
    if entry.replayed:
        changed = "; the request differs from the first one"
        response.headers["Mock-Replayed"] = "true" + changed * entry.body_changed


def _allocation_text(allocation: Allocation, entry: Entry) -> str:
    """Sum an allocation up in one line; only a failure has to be explained."""
    if allocation.outcome is AllocationOutcome.ALLOCATED:
        note = "; ambiguous" if allocation.ambiguous else ""
        return f"allocated; capture_id={allocation.capture_id}{note}"
    if allocation.outcome is AllocationOutcome.NOT_ATTEMPTED:
        return "not_attempted; no order lines were given"
    why = entry.explanation
    if why is None:
        return "failed"
    return f"failed; {', '.join(why.failed_conditions)}; {' '.join(why.hints)}"


def escape_header_value(text: str) -> str:
    """Make any text fit for a header: one line, ASCII, not too long."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text[:MAX_HEADER_LENGTH]
    line = " ".join(text.split()).encode(ESCAPES).decode("ascii")
    return line[:MAX_HEADER_LENGTH]


def format_reason(rejection: Refusal) -> str:
    """Render the reason and facts of a refusal for the ``Mock-Reason`` header."""
    facts = [
        f"{name}={value}"
        for name, value in rejection.known_facts.items()
        if name != "violations"
    ]
    return escape_header_value("; ".join([rejection.reason, *facts]))
