"""Parse the queries and documents of control requests."""

import re
from functools import cache

from msgspec.structs import replace

from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import Route
from mockserver.http.json_bodies import parse_json_body, read_body
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.document import Document
from mockserver.scenario.json_reader import parse_json
from mockserver.scenario.schema_errors import schema_findings
from mockserver.scenario.text_encoding import decode_text
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.schemas import get_schema, shipped_schemas

CONTROL_SCHEMAS = "control.schema.json"
COUNT_PATTERN = re.compile(r"[0-9]{1,9}")
MAX_LIMIT = 10_000
YAML_SUBTYPES = ("yaml", "x-yaml", "vnd.yaml", "plain")

REPEATABLE_FILTERS = ("allow",)
"""Filters that are lists: separated by commas, or repeated."""


def yaml_response(text: str) -> Response:
    """Build a YAML response."""
    return Response(200, text.encode(), {"Content-Type": "application/yaml"})


def check_query(route: Route, request: Request) -> None:
    """Refuse unknown filters, and those sent twice that are no lists.

    Raises:
        Problem: with status 422.
    """
    if not request.query or route.unauthenticated:
        return
    names = query_names(route.query_schema) if route.query_schema else ()
    keys = [key for key, _ in request.query.items()]  # a repeated key is there repeatedly
    for key in keys:
        if key not in names:
            hint = did_you_mean(key, names) if names else "this call has no filters"
            raise Problem(422, f"unknown filter '{key}', {hint}")
        if keys.count(key) > 1 and key not in REPEATABLE_FILTERS:
            raise Problem(422, f"filter '{key}' is repeated; send it once")


@cache
def query_names(query_schema: str) -> tuple[str, ...]:
    """Return the names of the filters in a schema of ``control.schema.json``."""
    return tuple(shipped_schemas()[CONTROL_SCHEMAS]["$defs"][query_schema]["properties"])


def parse_document(request: Request) -> Document:
    """Parse the body as YAML or JSON, by its Content-Type; YAML without one.

    Raises:
        Problem: the body is too large, malformed JSON, or has another media type.
        ScenarioError: malformed YAML, or a duplicate key, with line and column.
    """
    body = read_body(request)
    media_type = request.headers.get("Content-Type", "application/yaml").partition(";")[0]
    kind = media_type.strip().lower().rpartition("/")[2]
    if kind == "json":
        parse_json_body(decode_text(body).encode())
        return parse_json(body)
    if kind in YAML_SUBTYPES:
        return parse_yaml(body)
    raise Problem(
        415, f"'{media_type}' is not supported, send application/yaml or application/json"
    )


def parse_flag(request: Request, name: str) -> bool:
    """Return a query argument that is ``true`` or ``false``; false if it is left out.

    Raises:
        Problem: another value.
    """
    value = request.query.get(name, "false")
    if value not in ("true", "false"):
        raise Problem(422, f"expected true or false for '{name}', got '{value}'")
    return value == "true"


def parse_limit(request: Request) -> int | None:
    """Return how many of a list are asked for.

    Raises:
        Problem: it is not a number from 1 to ``MAX_LIMIT``.
    """
    limit = request.query.get("limit")
    if limit is None:
        return None
    if not COUNT_PATTERN.fullmatch(limit) or not 1 <= int(limit) <= MAX_LIMIT:
        raise Problem(422, f"expected 1 to {MAX_LIMIT} for 'limit', got '{limit}'")
    return int(limit)


def validate_name(value: object, key: str) -> str:
    """Validate the value of a key as a name.

    Raises:
        ScenarioError: it is not a valid name.
    """
    findings = schema_findings(get_schema("scenario.schema.json#/$defs/name"), value)
    if findings:
        raise ScenarioError([replace(finding, path=(key,)) for finding in findings])
    return str(value)
