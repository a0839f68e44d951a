"""Read and write JSON bodies outside the merchant API."""

from typing import Any

import orjson

from mockserver.http.merchant.request_parsing import MalformedJsonError, parse_bounded_json
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.schema_errors import schema_findings
from mockserver.schemas import get_schema


def json_response(value: object, status: int = 200) -> Response:
    """Build a JSON response."""
    return Response(status, orjson.dumps(value), {"Content-Type": "application/json"})


def parse_json_object(request: Request) -> dict[str, Any]:
    """Parse the body as a JSON object.

    Raises:
        Problem: the body is too large, malformed, or not an object.
    """
    value = parse_json_body(read_body(request))
    if not isinstance(value, dict):
        raise Problem(422, "expected a JSON object")
    return value


def validate(value: dict[str, Any], reference: str) -> dict[str, Any]:
    """Validate a value against a shipped schema.

    Raises:
        ScenarioError: with every violation.
    """
    findings = schema_findings(get_schema(reference), value)
    if findings:
        raise ScenarioError(findings)
    return value


def read_body(request: Request) -> bytes:
    """Return the body.

    Raises:
        Problem: with status 413 if it is too large.
    """
    if request.body is None:
        raise Problem(413, "the body is larger than 1 MiB")
    return request.body


def parse_json_body(body: bytes) -> Any:  # noqa: ANN401  # JSON
    """Parse the bytes of a body.

    Raises:
        Problem: with status 400 if it is malformed.
    """
    try:
        return parse_bounded_json(body)
    except MalformedJsonError as error:
        raise Problem(400, f"malformed JSON: {error}") from None
