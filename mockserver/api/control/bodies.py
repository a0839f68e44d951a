"""Reading what the control API is sent, and writing what it answers."""

from typing import Any

import orjson
from msgspec.structs import replace

from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.api.json_in import MalformedJsonError, read_json
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.problems import schema_findings
from mockserver.scenario.scenario import document_of
from mockserver.scenario.source import Document, parse
from mockserver.schemas import schema

DOUBLED = "E002"
YAML_TYPES = ("yaml", "x-yaml", "vnd.yaml", "plain")


def json_answer(page: object, status: int = 200) -> Answer:
    """Answer with a JSON page."""
    return Answer(status, orjson.dumps(page), {"Content-Type": "application/json"})


def yaml_answer(text: str) -> Answer:
    """Answer with YAML."""
    return Answer(200, text.encode(), {"Content-Type": "application/yaml"})


def json_body(call: Call) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Problem: too large, malformed, or not an object.
    """
    return _object(_loaded(_bytes(call)))


def document(call: Call) -> Document:
    """Read YAML or JSON, as the Content-Type says; YAML where it says nothing.

    Raises:
        Problem: too large, malformed JSON, or another media type.
        ScenarioError: malformed YAML, at its line and column.
    """
    body = _bytes(call)
    media_type = call.headers.get("Content-Type", "application/yaml").partition(";")[0]
    kind = media_type.strip().lower().rpartition("/")[2]
    if kind == "json":
        return _positioned(body, _loaded(body))
    if kind in YAML_TYPES:
        return parse(body)
    raise Problem(415, f"'{media_type}' is not supported, send application/yaml or json")


def _positioned(body: bytes, value: object) -> Document:
    """Find the places of JSON, which is YAML but for a few ways of writing texts.

    Raises:
        ScenarioError: a doubled key.
    """
    try:
        return parse(body)
    except ScenarioError as error:
        if any(each.code == DOUBLED for each in error.findings):
            raise
        return document_of(value)


def checked(value: dict[str, Any], reference: str) -> dict[str, Any]:
    """Hold a value to a shipped schema.

    Raises:
        ScenarioError: with every violation.
    """
    findings = schema_findings(schema(reference), value)
    if findings:
        raise ScenarioError(findings)
    return value


def checked_name(value: object, key: str) -> str:
    """Hold what stands at a key to the rules of names.

    Raises:
        ScenarioError: it is none.
    """
    findings = schema_findings(schema("scenario.schema.json#/$defs/name"), value)
    if findings:
        raise ScenarioError([replace(each, path=(key,)) for each in findings])
    return str(value)


def _bytes(call: Call) -> bytes:
    if call.body is None:
        raise Problem(413, "the body is larger than 1 MiB")
    return call.body


def _loaded(body: bytes) -> Any:  # noqa: ANN401
    try:
        return read_json(body)
    except MalformedJsonError as error:
        raise Problem(400, f"malformed JSON: {error}") from None


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem(422, "expected a JSON object")
    return value
