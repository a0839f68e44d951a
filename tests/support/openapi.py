"""Compare real responses, and those to generated requests, with an OpenAPI document."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jsonschema_rs
import requests
from hypothesis import Phase, given
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mockserver.json_type import Json
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.effort import effort
from tests.support.merchant import Reply

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

READERS: Mapping[str, Callable[[bytes], Json]] = {
    "application/json": json.loads,
    "application/problem+json": json.loads,
    "application/yaml": lambda body: parse_yaml(body).value,
}

FEW = effort(12, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate))
"""Bounded, and the same requests each time."""


def fetch_document(url: str) -> Json:
    """Fetch an OpenAPI document."""
    response = requests.get(url, timeout=10)
    assert response.status_code == 200
    return response.json()


def operations_of(document: Json) -> dict[str, Json]:
    """Return all operations of a document by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def accepts(document: Json, schema: Json, value: Json) -> bool:
    """Return whether a value is valid under a schema of the document."""
    full_schema = {**schema, "components": document["components"]}
    return bool(jsonschema_rs.is_valid(full_schema, value))


def accepts_body(document: Json, operation: Json, body: Json) -> bool:
    """Return whether the document allows a body for an operation."""
    (expected, *_) = operation["requestBody"]["content"].values()
    return accepts(document, expected["schema"], body)


def response_of(document: Json, operation: Json, status: int) -> Json:
    """Return the documented response of a status; resolve its reference."""
    response = operation["responses"][str(status)]
    name = response.get("$ref", "").rpartition("/")[2]
    return document["components"]["responses"][name] if name else response


def assert_conforms(
    document: Json, operation: Json, reply: Reply, *, mock_headers: bool = True
) -> None:
    """Assert that a response is as documented for its status."""
    response = response_of(document, operation, reply.status)
    headers = {name.lower(): value for name, value in reply.headers}
    for name, header in response.get("headers", {}).items():
        if header.get("required") and (mock_headers or not name.startswith("Mock-")):
            assert name.lower() in headers, name
    if "content" not in response:
        assert reply.body == b""
        return
    media_type = headers["content-type"].partition(";")[0]
    schema = response["content"][media_type]["schema"]
    value = READERS.get(media_type, bytes.decode)(reply.body)
    assert accepts(document, schema, value), (operation["operationId"], reply)


@contextmanager
def no_crash_logged() -> Iterator[None]:
    """Assert that the server under test logs no crash."""
    crashes: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: crashes.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("kustom_mock")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
    assert crashes == []


def send_generated_requests(
    schema: BaseSchema,
    operation: str,
    parts: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send generated requests; the document must describe every response.

    ``parts`` are existing ids for path variables, the others stay as generated;
    ``query`` is sent with every request.
    """
    method, path = operation.split()

    @FEW
    @given(case=schema[path][method].as_strategy())
    def send_one(case: Case[Any]) -> None:
        variables = re.findall(r"{(\w+)}", path)
        case.path_parameters = {
            **(case.path_parameters or {}),
            **{name: parts[name] for name in variables if name in parts},
        }
        case.query = {**(case.query or {}), **(query or {})}
        response = case.call(headers=dict(headers or {}), timeout=10)
        case.validate_response(response, checks=CHECKS)

    with no_crash_logged():
        send_one()
