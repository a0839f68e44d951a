"""The shipped schemas: valid, complete, and of one meaning to both validators."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mockserver import schemas
from mockserver.domain.errors import Reason
from mockserver.domain.limits import MAX_AMOUNT
from mockserver.domain.operation import ALL_OPERATIONS
from mockserver.resources import shipped_folder
from mockserver.schemas import get_schema, shipped_schemas
from tests.support.request_bodies import LINE, REQUESTS, bodies, json_values, requests

BASE = "https://schemas.example/"

REGISTRY: Registry[Any] = Registry().with_resources(
    (BASE + path, DRAFT202012.create_resource(document))
    for path, document in shipped_schemas().items()
)


@cache
def reference_validator(path: str) -> Draft202012Validator:
    """Validate with ``jsonschema``, which most users have, not with the fast library."""
    return Draft202012Validator({"$ref": BASE + path}, registry=REGISTRY)


def references(value: object) -> Iterator[str]:
    """Find every reference within a schema."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_shipped_folders_are_found() -> None:
    assert shipped_folder("schemas").joinpath("common.schema.json").is_file()
    assert shipped_folder("scenarios").joinpath("fresh-order.yaml").is_file()


def test_every_operation_with_a_body_has_a_schema() -> None:
    taken = {f"requests/{row.schema}.schema.json" for row in ALL_OPERATIONS if row.schema}
    assert taken == set(REQUESTS)


@pytest.mark.parametrize("path", shipped_schemas())
def test_schemas_are_valid_and_name_draft_and_purpose(path: str) -> None:
    document = shipped_schemas()[path]
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["title"]


@pytest.mark.parametrize("path", shipped_schemas())
def test_every_schema_reference_resolves(path: str) -> None:
    resolver = REGISTRY.resolver(base_uri=BASE + path)
    for reference in references(shipped_schemas()[path]):
        assert isinstance(resolver.lookup(reference).contents, dict)


@pytest.mark.parametrize("path", shipped_schemas())
def test_schemas_compile_for_the_fast_validator(path: str) -> None:
    assert isinstance(get_schema(path).is_valid({}), bool)


@pytest.mark.parametrize("path", REQUESTS)
def test_both_validators_agree_on_the_case_table(path: str) -> None:
    reference, quick = reference_validator(path), get_schema(path)
    differing = [
        json.dumps(body)[:200]
        for body in bodies(path)
        if reference.is_valid(body) != quick.is_valid(body)
    ]
    assert differing == []


@pytest.mark.parametrize("path", REQUESTS)
def test_case_table_has_valid_and_invalid_bodies(path: str) -> None:
    assert {get_schema(path).is_valid(body) for body in bodies(path)} == {True, False}


@pytest.mark.parametrize("path", REQUESTS)
def test_body_is_valid_exactly_without_violations(path: str) -> None:
    for body in bodies(path):
        assert get_schema(path).is_valid(body) is not any(get_schema(path).violations(body))


def keywords(value: object) -> Iterator[str]:
    """Find every key within a schema."""
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keywords(item)
    elif isinstance(value, list):
        for item in value:
            yield from keywords(item)


@pytest.mark.parametrize("path", [*REQUESTS, "common.schema.json", "scenario.schema.json"])
def test_request_schemas_have_no_unions(path: str) -> None:
    """Every branch of a union is checked to its end, which has no bound."""
    assert not {"anyOf", "oneOf"} & {*keywords(shipped_schemas()[path])}


def found(reference: str, value: object) -> list[tuple[object, str, object]]:
    return [(v.path, v.keyword, v.constraint) for v in get_schema(reference).violations(value)]


def test_scenario_schema_lists_every_reason_of_a_refusal() -> None:
    reasons = shipped_schemas()["scenario.schema.json"]["$defs"]["reason"]["enum"]
    assert reasons == [*Reason]


def test_each_missing_or_unknown_key_is_one_violation() -> None:
    assert found("scenario.schema.json#/$defs/expected_requests", {"a": 1, "b": 2}) == [
        ((), "additionalProperties", "a"),
        ((), "additionalProperties", "b"),
        ((), "required", "operation"),
    ]


def test_too_long_list_is_checked_up_to_its_maximum() -> None:
    body = {"captured_amount": 1, "order_lines": [LINE] * 1000 + [1, 2]}
    assert found("requests/capture.schema.json", body) == [
        (("order_lines",), "maxItems", 1000),
    ]


def test_pattern_does_not_accept_a_trailing_line_end() -> None:
    (violation,) = get_schema("scenario.schema.json").violations(
        {"version": 1, "currency": "SEK\n"}
    )
    assert (violation.path, violation.keyword) == (("currency",), "pattern")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"use": 1}, (("use",), "type", "string")),
        ({"use": "x", "more": 1}, ((), "additionalProperties", "more")),
        ({"version": 1, "order": {}}, ((), "additionalProperties", "order")),
    ],
)
def test_union_reports_the_branch_with_the_fewest_errors(
    value: object,
    expected: object,
) -> None:
    assert found("control.schema.json#/$defs/scenario_request", value) == [expected]


@pytest.mark.parametrize(("value", "imported"), [(1, False), ("x", True)])
def test_slow_validator_is_imported_only_for_invalid_values(
    value: object,
    imported: bool,  # noqa: FBT001  # a case of the table
) -> None:
    script = (
        "import sys; from mockserver.scenario.schema_errors import schema_findings\n"
        "from mockserver.schemas import get_schema\n"
        f"schema_findings(get_schema('scenario.schema.json'), {{'version': {value!r}}})\n"
        "print('jsonschema' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert ran.stdout.decode().strip() == str(imported)


def test_violation_names_the_schema_if_the_reporter_cannot_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that is out of file descriptors refuses a body all the same."""
    monkeypatch.setitem(sys.modules, "mockserver.schema_reporter", None)
    schemas.get_reporter.cache_clear()  # as in a new process
    assert found("requests/capture.schema.json", {}) == [
        ((), "$ref", "requests/capture.schema.json"),
    ]


@pytest.mark.parametrize("path", REQUESTS)
@settings(deadline=None)
@given(body=json_values | requests)
def test_both_validators_agree_on_any_json(path: str, body: object) -> None:
    accepted = get_schema(path).is_valid(body)
    assert accepted == reference_validator(path).is_valid(body)
    assert accepted is not any(get_schema(path).violations(body))


@pytest.mark.parametrize("path", REQUESTS)
@settings(deadline=None)
@given(more=requests)
def test_both_validators_agree_on_mutated_bodies(
    path: str,
    more: dict[str, Any],
) -> None:
    good = next(bodies(path))
    body = {**good, **more}
    assert reference_validator(path).is_valid(body) == get_schema(path).is_valid(body)


def amounts(rules: object, name: str = "") -> Iterator[int]:
    """Find the maximum of everything in a schema that is called an amount or a price."""
    if isinstance(rules, dict):
        if ("amount" in name or "price" in name) and isinstance(rules.get("maximum"), int):
            yield rules["maximum"]
        for key, below in rules.items():
            yield from amounts(below, key)


@pytest.mark.parametrize("path", ["common.schema.json", "scenario.schema.json"])
def test_schema_maximum_amount_equals_the_domain_limit(path: str) -> None:
    assert set(amounts(shipped_schemas()[path])) == {MAX_AMOUNT}
