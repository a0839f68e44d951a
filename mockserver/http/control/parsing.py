"""Parse request bodies and build responses of the control API."""

from typing import Any

import orjson
from msgspec.structs import replace

from mockserver.http.control.problems import Problem
from mockserver.http.merchant.request_parsing import MalformedJsonError, parse_bounded_json
from mockserver.http.messages import Request, Response
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.scenario import wrap_value
from mockserver.scenario.schema_errors import schema_findings
from mockserver.scenario.yaml_reader import Document, parse_yaml
from mockserver.schemas import get_schema

DUPLICATE_KEY = "E002"
YAML_SUBTYPES = ("yaml", "x-yaml", "vnd.yaml", "plain")


def json_response(page: object, status: int = 200) -> Response:
    """Answer with a JSON page."""
    return Response(status, orjson.dumps(page), {"Content-Type": "application/json"})


def yaml_response(text: str) -> Response:
    """Answer with YAML."""
    return Response(200, text.encode(), {"Content-Type": "application/yaml"})


def parse_json_object(request: Request) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Problem: too large, malformed, or not an object.
    """
    return _object(_parse_json(_bytes(request)))


def parse_document(request: Request) -> Document:
    """Read YAML or JSON, as the Content-Type says; YAML where it says nothing.

    Raises:
        Problem: too large, malformed JSON, or another media type.
        ScenarioError: malformed YAML, at its line and column.
    """
    body = _bytes(request)
    media_type = request.headers.get("Content-Type", "application/yaml").partition(";")[0]
    kind = media_type.strip().lower().rpartition("/")[2]
    if kind == "json":
        return _parse_with_positions(body, _parse_json(body))
    if kind in YAML_SUBTYPES:
        return parse_yaml(body)
    raise Problem(
        415, f"'{media_type}' is not supported, send application/yaml or application/json"
    )


def _parse_with_positions(body: bytes, value: object) -> Document:
    """Find the places of JSON, which is YAML but for a few ways of writing texts.

    Raises:
        ScenarioError: a doubled key.
    """
    try:
        return parse_yaml(body)
    except ScenarioError as error:
        if any(finding.code == DUPLICATE_KEY for finding in error.findings):
            raise
        return wrap_value(value)


def validate(value: dict[str, Any], reference: str) -> dict[str, Any]:
    """Hold a value to a shipped schema.

    Raises:
        ScenarioError: with every violation.
    """
    findings = schema_findings(get_schema(reference), value)
    if findings:
        raise ScenarioError(findings)
    return value


def validate_name(value: object, key: str) -> str:
    """Hold what stands at a key to the rules of names.

    Raises:
        ScenarioError: it is none.
    """
    findings = schema_findings(get_schema("scenario.schema.json#/$defs/name"), value)
    if findings:
        raise ScenarioError([replace(finding, path=(key,)) for finding in findings])
    return str(value)


def _bytes(request: Request) -> bytes:
    if request.body is None:
        raise Problem(413, "the body is larger than 1 MiB")
    return request.body


def _parse_json(body: bytes) -> Any:  # noqa: ANN401
    try:
        return parse_bounded_json(body)
    except MalformedJsonError as error:
        raise Problem(400, f"malformed JSON: {error}") from None


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem(422, "expected a JSON object")
    return value
