"""Strict parsers agree with the schemas and with the tolerant parsers."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.domain.commands import (
    CaptureOrder,
    Command,
    RefundOrder,
    UpdateAuthorization,
)
from mockserver.domain.order import OrderLine
from mockserver.http.merchant.endpoints import ENDPOINT_BY_OPERATION as ENDPOINTS
from mockserver.http.merchant.endpoints import Endpoint
from mockserver.schemas import get_request_schema, shipped_schemas
from tests.support.malformed_json import NOT_JSON
from tests.support.request_bodies import LINE, LINES, bodies, requests

Schema: TypeAlias = Mapping[str, Any]

KINDS: dict[str, type[Command]] = {
    "capture": CaptureOrder,
    "refund": RefundOrder,
    "update_authorization": UpdateAuthorization,
}
ROWS = {str(row.schema): row for row in ENDPOINTS.values() if row.parse_strict}
NOT_STORED = {"capture": {"shipping_delay"}, "update_authorization": {"description"}}
"""Documented fields that no command has; a body with one is read field by field."""

KEYWORDS = {
    "string": ("maxLength", "enum"),
    "integer": ("minimum", "maximum"),
    "array": ("maxItems",),
}


def test_operations_with_order_lines_have_a_strict_parser() -> None:
    assert ROWS.keys() == KINDS.keys()


def resolved(schema: Schema, components: Schema) -> Schema:
    """Follow a reference to its definition."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(components[name]) if name else schema


def first_type_rules(schema: Schema, components: Schema) -> Mapping[str, Any]:
    """Return the rules of a schema for its first type."""
    schema = resolved(schema, components)
    schema = resolved(next(iter(schema.get("anyOf", [schema]))), components)
    types = schema.get("type", "string")
    kind = next(keyword for keyword in KEYWORDS if keyword in types)
    rules = {keyword: schema[keyword] for keyword in KEYWORDS[kind] if keyword in schema}
    if "enum" in rules:
        rules["enum"] = sorted(item for item in rules["enum"] if item is not None)
    return rules


def schema_of_types(kind: type[Any]) -> tuple[Schema, Schema]:
    """Return the schema that follows from the types of a value, and its definitions."""
    (_,), components = msgspec.json.schema_components(
        [kind],
        schema_hook=lambda _any: {"description": "anything"},
    )
    return components[kind.__name__], components


def shipped_line() -> tuple[Schema, Schema]:
    shared = shipped_schemas()["common.schema.json"]["$defs"]
    return shared["order_line"], shared


def shipped(name: str) -> tuple[Schema, Schema]:
    return shipped_schemas()[f"requests/{name}.schema.json"], shipped_line()[1]


@pytest.mark.parametrize("name", KINDS)
def test_command_types_agree_with_their_schema(name: str) -> None:
    (types, components), (rules, shared) = schema_of_types(KINDS[name]), shipped(name)
    stored_fields = rules["properties"].keys() - NOT_STORED.get(name, set())
    assert types["properties"].keys() == stored_fields
    assert sorted(types["required"]) == sorted(rules["required"])
    assert types["additionalProperties"] is False
    for field in stored_fields:
        expected = first_type_rules(rules["properties"][field], shared)
        if field == "shipping_info":
            continue  # parsed field by field
        assert first_type_rules(types["properties"][field], components) == expected, field


def test_order_line_type_agrees_with_its_schema() -> None:
    (types, components), (rules, shared) = schema_of_types(OrderLine), shipped_line()
    own = types["properties"].keys() - {"extra"}
    returned_fields = rules["properties"].keys() - own
    assert returned_fields == {
        "image_url", "product_url", "merchant_data", "product_identifiers", "subscription",
    }  # fmt: skip
    assert sorted(types["required"]) == sorted(rules["required"])
    assert types["additionalProperties"] is False
    for field in own:
        expected = first_type_rules(rules["properties"][field], shared)
        assert first_type_rules(types["properties"][field], components) == expected, field


def assert_strict_agrees(endpoint: Endpoint, text: bytes, body: Any) -> bool:  # noqa: ANN401  # JSON
    """Assert that a body accepted by the strict parser is valid; return whether it is."""
    assert endpoint.parse_strict is not None
    assert endpoint.parse_command is not None
    command = endpoint.parse_strict(text)
    if command is None:
        return False
    assert get_request_schema(str(endpoint.schema)).is_valid(body), text
    assert command == endpoint.parse_command(body, {}), text
    return True


def odd_bodies(name: str) -> Iterator[Any]:
    yield from bodies(f"requests/{name}.schema.json")
    good = next(bodies(f"requests/{name}.schema.json"))
    extras: list[Any] = [{}, {"a": 1}, None, [], 1]
    names = ("extra", "image_url", "subscription", "made_up")
    for extra in extras:
        yield from ({**good, "order_lines": [{**LINE, name: extra}]} for name in names)
        yield {**good, "extra": extra}
    yield from ({**good, "order_lines": line} for line in LINES)


@pytest.mark.parametrize("name", KINDS)
def test_strict_parser_agrees_with_schema_and_tolerant_parser(name: str) -> None:
    row = ROWS[name]
    read = [
        assert_strict_agrees(row, json.dumps(odd_body).encode(), odd_body)
        for odd_body in odd_bodies(name)
    ]
    assert read[0], "the good body itself"
    assert set(read) == {True, False}


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None)
@given(more=requests, lines=st.lists(requests, max_size=2), ascii_only=st.booleans())
def test_strict_parser_agrees_with_tolerant_parser_on_any_body(
    name: str,
    more: dict[str, Any],
    lines: list[dict[str, Any]],
    ascii_only: bool,  # noqa: FBT001  # drawn
) -> None:
    good = next(bodies(f"requests/{name}.schema.json"))
    for body in (
        {**good, **more},
        {**good, "order_lines": [{**LINE, **line} for line in lines]},
    ):
        assert_strict_agrees(
            ROWS[name], json.dumps(body, ensure_ascii=ascii_only).encode(), body
        )


@pytest.mark.parametrize("case", NOT_JSON)
def test_strict_parser_rejects_invalid_json(case: str) -> None:
    assert ROWS["capture"].parse_strict is not None
    assert ROWS["capture"].parse_strict(NOT_JSON[case]) is None
