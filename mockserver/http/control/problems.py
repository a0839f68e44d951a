"""Problem responses of the control API (RFC 9457)."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson

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
    """Write a problem document."""
    page = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.extensions,
    }
    headers = {"Content-Type": "application/problem+json", **problem.headers}
    return Response(problem.status, _dump_json(page), headers)


def _dump_json(page: dict[str, Any]) -> bytes:
    """Write a page as JSON, also where it quotes bytes that are no UTF-8."""
    try:
        return orjson.dumps(page)
    except TypeError:
        return json.dumps(page, ensure_ascii=False).encode(errors="replace")


def method_not_allowed(method: str, methods: Sequence[str]) -> Problem:
    """Build a 405 problem that lists the allowed methods."""
    allowed = ", ".join(methods)
    problem = Problem(405, f"{method} is not supported here, use {allowed}")
    problem.headers["Allow"] = allowed
    return problem


def scenario_problem(error: ScenarioError) -> Problem:
    """List everything that is wrong with a scenario, with line and column."""
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
    return Problem(422, str(error), errors=findings)
