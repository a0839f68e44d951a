"""Problem responses of the control API (RFC 9457)."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson

from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.homes.store import StoreError
from mockserver.http.messages import Response
from mockserver.scenario.diagnostics import ScenarioError


class Problem(Exception):  # noqa: N818  # the RFC's word
    """Raised for a control request that is refused; nothing was changed."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:  # noqa: ANN401
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extensions = more
        self.headers: dict[str, str] = {}


def problem_response(problem: Problem) -> Response:
    """Build a problem response."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.extensions,
    }
    headers = {"Content-Type": "application/problem+json", **problem.headers}
    return Response(problem.status, _dump_json(document), headers)


def _dump_json(document: dict[str, Any]) -> bytes:
    """Serialize a problem, even if it quotes bytes that are not UTF-8."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, ensure_ascii=False).encode(errors="replace")


def method_not_allowed(method: str, methods: Sequence[str]) -> Problem:
    """Build a 405 problem that lists the allowed methods."""
    allowed = ", ".join(methods)
    problem = Problem(405, f"{method} is not supported here, use {allowed}")
    problem.headers["Allow"] = allowed
    return problem


def refusal_problem(refusal: Refusal) -> Problem:
    """Build the problem for a sandbox (409) or a server (503) that is full."""
    status = 503 if refusal.reason is Reason.SERVER_IS_FULL else 409
    limit = refusal.message.rstrip(".")
    detail = f"{limit[0].lower()}{limit[1:]}; {refusal.facts.get('hint', 'reset it first')}"
    held = {"held": refusal.facts["held"]} if "held" in refusal.facts else {}
    return Problem(status, detail, reason=refusal.reason, **held)


def unauthorized() -> Problem:
    """Build a 401 problem with its challenge."""
    problem = Problem(401, "expected 'Authorization: Bearer …' with the admin token")
    problem.headers["WWW-Authenticate"] = 'Bearer realm="kustom-mock control API"'
    return problem


def store_problem(error: StoreError) -> Problem:
    """Build a 503 problem for a turn that could not be settled."""
    problem = Problem(503, error.detail, reason=error.reason)
    if not error.is_lasting:
        problem.headers["Retry-After"] = "1"
    return problem


def scenario_problem(error: ScenarioError) -> Problem:
    """Build a 422 problem with every finding of a scenario, with line and column.

    The detail leaves out positions if all are 1:1, as in bodies without known positions.
    """
    findings = [
        {
            "code": finding.code,
            "path": finding.location,
            "message": finding.message,
            "line": finding.line,
            "column": finding.column,
        }
        for finding in error.findings
    ]
    has_positions = any((f.line, f.column) != (1, 1) for f in error.findings)
    texts = [str(f) if has_positions else f.text for f in error.findings]
    return Problem(422, "\n".join(texts), errors=findings)
