"""Problems of the control API, as ``application/problem+json`` (RFC 9457)."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson

from mockserver.api.exchange import Answer
from mockserver.scenario.findings import ScenarioError


class Problem(Exception):  # noqa: N818  # the RFC's word
    """A control request that cannot be carried out; nothing was changed."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:  # noqa: ANN401
        """Take the HTTP status, a sentence, and further members of the document."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more
        self.headers: dict[str, str] = {}


def problem_answer(problem: Problem) -> Answer:
    """Write a problem document."""
    page = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    headers = {"Content-Type": "application/problem+json", **problem.headers}
    return Answer(problem.status, _dumped(page), headers)


def _dumped(page: dict[str, Any]) -> bytes:
    """Write a page as JSON, also where it quotes bytes that are no UTF-8."""
    try:
        return orjson.dumps(page)
    except TypeError:
        return json.dumps(page, ensure_ascii=False).encode(errors="replace")


def not_supported(method: str, methods: Sequence[str]) -> Problem:
    """Say which methods there are instead."""
    allowed = ", ".join(methods)
    problem = Problem(405, f"{method} is not supported here, use {allowed}")
    problem.headers["Allow"] = allowed
    return problem


def scenario_problem(error: ScenarioError) -> Problem:
    """List everything that is wrong with a scenario, with line and column."""
    findings = [
        {
            "code": each.code,
            "path": each.place,
            "message": each.message,
            "line": each.line,
            "column": each.column,
        }
        for each in error.findings
    ]
    return Problem(422, str(error), errors=findings)
