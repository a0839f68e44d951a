"""Answers of the merchant's API: headers in exact case, bodies in the provider's shape.

Header names, the absence of bodies on 201 and 204, and the 401 page are recorded. Our
own words travel in ``Mock-…`` headers only.
"""

import codecs
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.api.exchange import Answer
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Outcome
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.explanation import Allocation, Verdict
from mockserver.sandbox.journal import Entry

LONGEST_HEADER = 1000  # characters
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

UNAUTHORIZED_PAGE = (
    b"<html>\r\n"
    b"<head><title>401 Authorization Required</title></head>\r\n"
    b"<body>\r\n"
    b"<center><h1>401 Authorization Required</h1></center>\r\n"
    b"<hr><center>openresty</center>\r\n"
    b"</body>\r\n"
    b"</html>\r\n"
)
"""Recorded, to the byte: 176 of them."""


def unauthorized() -> Answer:
    """Answer missing or wrong credentials, as the provider's edge does (recorded)."""
    headers = {
        "Content-Type": "text/html",
        "WWW-Authenticate": 'Basic realm="very closed site"',
    }
    return Answer(401, UNAUTHORIZED_PAGE, headers)


def json_answer(status: int, page: bytes, correlation_id: str) -> Answer:
    """Answer with a JSON page."""
    return Answer(
        status,
        page,
        {
            "Content-Type": "application/json",
            "Klarna-Correlation-Id": correlation_id,
            **RECORDED_HEADERS,
        },
    )


def accepted(
    status: int,
    outcome: Outcome,
    *,
    correlation_id: str,
    transaction_id: str,
    order_url: str,
) -> Answer:
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
    return Answer(status, b"", headers)


def refused(
    rejection: Rejection,
    correlation_id: str,
    assumptions: Assumptions,
    transaction_id: str | None = None,
) -> Answer:
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
    answer = json_answer(status, orjson.dumps(page), correlation_id)
    if transaction_id:
        answer.headers["Transaction-Id"] = transaction_id
    if rejection.reason is Reason.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = str(rejection.facts["allowed"])
    return answer


def with_mock_headers(answer: Answer, entry: Entry) -> None:
    """Add what only a sandbox can tell: reason, allocation, replay."""
    result = entry.result
    if isinstance(result, Rejection):
        answer.headers["Mock-Reason"] = reason_header(result)
    elif result is not None and result.allocation:
        text = _allocation_text(result.allocation, entry)
        answer.headers["Mock-Allocation"] = header_text(text)
    if entry.faults:
        answer.headers["Mock-Fault"] = header_text("; ".join(entry.faults))
    if entry.replayed:
        changed = "; the request differs from the first one"
        answer.headers["Mock-Replayed"] = "true" + changed * entry.body_changed


def _allocation_text(allocation: Allocation, entry: Entry) -> str:
    """Sum an allocation up in one line; only a failure has to be explained."""
    if allocation.outcome is Verdict.ALLOCATED:
        note = "; ambiguous" if allocation.ambiguous else ""
        return f"allocated; capture_id={allocation.capture_id}{note}"
    if allocation.outcome is Verdict.NOT_ATTEMPTED:
        return "not_attempted; no order lines were given"
    why = entry.explanation
    if why is None:
        return "failed"
    return f"failed; {', '.join(why.failed_conditions)}; {' '.join(why.hints)}"


def header_text(text: str) -> str:
    """Make any text fit for a header: one line, ASCII, not too long."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text[:LONGEST_HEADER]
    line = " ".join(text.split()).encode(ESCAPES).decode("ascii")
    return line[:LONGEST_HEADER]


def reason_header(rejection: Rejection) -> str:
    """Tell the reason of a refusal and its facts, as ``Mock-Reason`` does."""
    facts = [
        f"{name}={value}"
        for name, value in rejection.known_facts.items()
        if name != "violations"
    ]
    return header_text("; ".join([rejection.reason, *facts]))
