"""The typed dictionaries of the public API have the keys and types of the JSON Schemas."""

from collections.abc import Iterable, Iterator, Mapping
from inspect import signature
from posixpath import dirname, join, normpath
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

import mockserver
from mockserver.schemas import shipped_schemas
from mockserver.testing.sandbox_parts import SandboxFaults
from tests.support.public_types import response_types

CONTROL = "control.schema.json"

SHAPES: Mapping[str, type] = {
    "sandbox": mockserver.SandboxSummary,
    "verdict": mockserver.VerdictReport,
    "invariants": mockserver.InvariantsReport,
    "order": mockserver.MerchantOrder,
    "order_summary": mockserver.OrderSummary,
    "order_details": mockserver.OrderDetails,
    "dry_run": mockserver.RefundDryRun,
    "request": mockserver.RequestEntry,
    "await_result": mockserver.AwaitResult,
    "fault": mockserver.FaultStatus,
    "clock": mockserver.ClockState,
    "clock_change": mockserver.ClockChange,
    "audit": mockserver.AuditReport,
    "coverage": mockserver.CoverageCounts,
    "whatif": mockserver.WhatifReport,
    "snapshot": mockserver.SnapshotSummary,
    "problem": mockserver.ProblemDetails,
    "checkout_summary": mockserver.CheckoutSummary,
    "checkout_details": mockserver.CheckoutDetails,
    "completion": mockserver.CheckoutCompletion,
    "delivery": mockserver.DeliveryEntry,
    "await_deliveries_result": mockserver.AwaitDeliveriesResult,
    "webhooks/properties/endpoints/items": mockserver.WebhookEndpointDetails,
}
"""Typed dictionaries by the definition of the control schema; others are within them."""

ARGUMENTS: Mapping[str, Any] = {
    "scenario.schema.json#/$defs/order": mockserver.OrderSpec,
    "scenario.schema.json#/$defs/checkout": mockserver.CheckoutSpec,
    "control.schema.json#/$defs/completion_request": mockserver.CompletionSpec,
}
"""Typed dictionaries of keyword arguments, by the schema of the object they make up."""

NAMES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
    object: "anything",
}


def schema_shape(file: str, node: Mapping[str, Any]) -> str:
    """Describe what a schema allows, in a form that both sides share."""
    if "$ref" in node:
        file, node = resolve(file, node["$ref"])
        return schema_shape(file, node)
    if "anyOf" in node:
        return alternatives(schema_shape(file, option) for option in node["anyOf"])
    if "enum" in node:
        return alternatives(map(repr, node["enum"]))
    kinds = node.get("type", "anything")
    return alternatives(
        of_kind(file, node, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)
    )


def of_kind(file: str, node: Mapping[str, Any], kind: str) -> str:
    if kind == "array":
        return f"list of {schema_shape(file, node['items'])}"
    if kind != "object":
        return kind
    if "properties" not in node:
        values = node.get("additionalProperties", {})
        return f"mapping to {schema_shape(file, values)}"
    properties = node["properties"]
    return fields(
        {key: schema_shape(file, value) for key, value in properties.items()},
        node.get("required", ()),
    )


def type_shape(annotation: Any) -> str:  # noqa: ANN401  # any annotation
    """Describe what a type allows, in the same form."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_typeddict(annotation):
        hints = {key: type_shape(hint) for key, hint in get_type_hints(annotation).items()}
        return fields(hints, annotation.__required_keys__)
    if origin in (Union, UnionType):
        return alternatives(map(type_shape, arguments))
    if origin is Literal:
        return alternatives(map(repr, arguments))
    if origin is list:
        return f"list of {type_shape(arguments[0])}"
    if origin is dict:
        return f"mapping to {type_shape(arguments[1])}"
    return NAMES[annotation]


def alternatives(shapes: Iterable[str]) -> str:
    return " | ".join(sorted(shapes))


def fields(shapes: Mapping[str, str], required: Any) -> str:  # noqa: ANN401  # any container
    marked = (f"{key}{'' if key in required else '?'}: {shapes[key]}" for key in sorted(shapes))
    return f"{{{', '.join(marked)}}}"


def resolve(file: str, reference: str) -> tuple[str, Mapping[str, Any]]:
    """Follow a reference between the shipped schemas."""
    target, _, pointer = reference.partition("#")
    file = normpath(join(dirname(file), target)) if target else file
    node = shipped_schemas()[file]
    for step in pointer.split("/")[1:]:
        node = node[step]
    return file, node


def contained_in(annotation: Any) -> Iterator[str]:  # noqa: ANN401  # any annotation
    if is_typeddict(annotation):
        yield annotation.__name__
        for hint in get_type_hints(annotation).values():
            yield from contained_in(hint)
    for argument in get_args(annotation):
        yield from contained_in(argument)


@pytest.mark.parametrize("name", SHAPES)
def test_typed_dictionary_matches_its_schema(name: str) -> None:
    schema = schema_shape(CONTROL, {"$ref": f"#/$defs/{name}"})
    assert type_shape(SHAPES[name]) == schema


def test_forced_outcomes_match_the_schema() -> None:
    schema = shipped_schemas()[CONTROL]["$defs"]["outcome_request"]["properties"]["outcome"]
    assert list(get_args(mockserver.ForcedOutcome)) == schema["enum"]


@pytest.mark.parametrize(
    ("alias", "key"),
    [(mockserver.CompletionOutcome, "outcome"), (mockserver.PushTiming, "push")],
    ids=["CompletionOutcome", "PushTiming"],
)
def test_completion_literals_match_the_schema(alias: object, key: str) -> None:
    schema = shipped_schemas()[CONTROL]["$defs"]["completion_request"]["properties"][key]
    assert list(get_args(alias)) == schema["enum"]


@pytest.mark.parametrize("reference", ARGUMENTS)
def test_keyword_arguments_are_the_keys_of_the_schema(reference: str) -> None:
    _, schema = resolve(CONTROL, reference)
    arguments = ARGUMENTS[reference]
    assert list(get_type_hints(arguments)) == list(schema["properties"])
    assert arguments.__required_keys__ == frozenset(schema.get("required", ()))


def test_arguments_of_a_fault_are_the_keys_of_the_schema() -> None:
    arguments = {name.rstrip("_") for name in signature(SandboxFaults.add).parameters}
    schema = shipped_schemas()[CONTROL]["$defs"]["fault_request"]
    assert arguments - {"self", "name"} == set(schema["properties"]) - {"id"}


def test_every_typed_dictionary_is_compared_with_a_schema() -> None:
    compared = {name for shape in SHAPES.values() for name in contained_in(shape)}
    assert compared == response_types()


def test_missing_key_and_an_optional_key_are_noticed() -> None:
    schema = shipped_schemas()[CONTROL]["$defs"]["clock"]
    relaxed = {**schema, "required": ["now"]}
    smaller = {**schema, "properties": {"now": schema["properties"]["now"]}}
    shapes = {schema_shape(CONTROL, item) for item in (schema, relaxed, smaller)}
    assert len(shapes) == 3
