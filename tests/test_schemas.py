"""The shipped schemas: valid, complete, and of one meaning to both validators."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mockserver import schemas
from mockserver.domain.limits import MAX_AMOUNT
from mockserver.domain.operation import ALL_OPERATIONS
from mockserver.resources import shipped_folder
from mockserver.schemas import get_schema, shipped_schemas
from tests.support.request_examples import BODIES

REQUESTS = sorted(path for path in shipped_schemas() if path.startswith("requests/"))
BASE = "https://schemas.example/"
LARGE = 2**63

REGISTRY: Registry[Any] = Registry().with_resources(
    (BASE + path, DRAFT202012.create_resource(document))
    for path, document in shipped_schemas().items()
)


def reference_validator(path: str) -> Draft202012Validator:
    """Judge by the library that people use, not the one that is quick."""
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


def test_the_shipped_folders_are_found() -> None:
    assert shipped_folder("schemas").joinpath("common.schema.json").is_file()
    assert shipped_folder("scenarios").joinpath("fresh-order.yaml").is_file()


def test_every_operation_that_takes_a_body_has_a_schema() -> None:
    taken = {f"requests/{row.schema}.schema.json" for row in ALL_OPERATIONS if row.schema}
    assert taken == set(REQUESTS)


@pytest.mark.parametrize("path", shipped_schemas())
def test_a_schema_is_valid_and_says_which_draft_it_is_and_what_it_is_for(path: str) -> None:
    document = shipped_schemas()[path]
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["title"]


@pytest.mark.parametrize("path", shipped_schemas())
def test_every_reference_of_a_schema_resolves(path: str) -> None:
    resolver = REGISTRY.resolver(base_uri=BASE + path)
    for reference in references(shipped_schemas()[path]):
        assert isinstance(resolver.lookup(reference).contents, dict)


@pytest.mark.parametrize("path", shipped_schemas())
def test_a_schema_compiles_for_the_quick_validator(path: str) -> None:
    assert isinstance(get_schema(path).is_valid({}), bool)


AMOUNTS: list[Any] = [
    0, 1, 200_000_000, 200_000_001, -1, 1.0, 1.5, 1e5, 1e30, -0.0, True, False, None, "1", [],
    {}, LARGE, -LARGE, LARGE - 1, float(LARGE),
]  # fmt: skip
TEXTS: list[Any] = ["", "x" * 255, "x" * 256, "é" * 255, "😀" * 255, "😀" * 256, 1, 1.5, True]
TEXTS += [None, [], {}, LARGE, "a\nb"]
LINES: list[Any] = [None, [], {}, "x", [None], [{}], [[]], [1]]
LINE = {"name": "x", "quantity": 1, "unit_price": 1, "total_amount": 1}
LINES += [[{**LINE, name: value}] for name in ("quantity", "unit_price") for value in AMOUNTS]
LINES += [[{**LINE, name: value}] for name in ("reference", "type", "name") for value in TEXTS]
LINES += [[LINE] * 1000, [LINE] * 1001, [{**LINE, "type": "package"}]]
COUNTRIES: list[Any] = ["SE", "se", "", "S", "SWE", "S\n", "SE\n", "12", "ÅÄ", 1, None]
METHODS: list[Any] = ["Home", "", None, "home", 1]
SHIPPING: list[Any] = [[{"shipping_method": method}] for method in METHODS]
SHIPPING += [[{"tracking_number": text}] for text in TEXTS]
SHIPPING += [None, [], [None], [{}], [{}] * 500, [{}] * 501, {}]

TABLE: dict[str, list[Any]] = {
    "captured_amount": AMOUNTS,
    "refunded_amount": AMOUNTS,
    "order_amount": AMOUNTS,
    "number_of_days": AMOUNTS,
    "shipping_delay": AMOUNTS,
    "description": TEXTS,
    "reference": TEXTS,
    "merchant_reference1": TEXTS,
    "order_lines": LINES,
    "shipping_info": SHIPPING,
    "shipping_address": [
        None, {}, [], "x", *({"country": country} for country in COUNTRIES),
        *({"postal_code": text} for text in TEXTS),
    ],
}  # fmt: skip


def bodies(path: str) -> Iterator[Any]:
    """Vary every field of a good body; then bodies that are no objects."""
    name = path.removeprefix("requests/").removesuffix(".schema.json")
    good = next(BODIES[row.operation] for row in ALL_OPERATIONS if row.schema == name)
    yield good
    for field, values in TABLE.items():
        yield from ({**good, field: value} for value in values)
    yield from ({key: good[key] for key in good if key != left_out} for left_out in good)
    yield from [None, [], "", 0, True, {}]


@pytest.mark.parametrize("path", REQUESTS)
def test_both_validators_agree_on_the_table(path: str) -> None:
    reference, quick = reference_validator(path), get_schema(path)
    differing = [
        json.dumps(body)[:200]
        for body in bodies(path)
        if reference.is_valid(body) != quick.is_valid(body)
    ]
    assert differing == []


@pytest.mark.parametrize("path", REQUESTS)
def test_the_table_holds_bodies_of_both_verdicts(path: str) -> None:
    assert {get_schema(path).is_valid(body) for body in bodies(path)} == {True, False}


@pytest.mark.parametrize("path", REQUESTS)
def test_a_body_is_accepted_exactly_if_there_are_no_violations(path: str) -> None:
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
def test_what_people_write_has_no_unions(path: str) -> None:
    """Every branch of a union is checked to its end, which has no bound."""
    assert not {"anyOf", "oneOf"} & {*keywords(shipped_schemas()[path])}


def found(reference: str, value: object) -> list[tuple[object, str, object]]:
    return [(v.path, v.keyword, v.constraint) for v in get_schema(reference).violations(value)]


def test_each_missing_and_each_unknown_key_is_a_violation_of_its_own() -> None:
    assert found("scenario.schema.json#/$defs/expected_requests", {"a": 1, "b": 2}) == [
        ((), "additionalProperties", "a"),
        ((), "additionalProperties", "b"),
        ((), "required", "operation"),
    ]


def test_a_list_that_is_too_long_is_checked_up_to_its_maximum() -> None:
    body = {"captured_amount": 1, "order_lines": [LINE] * 1000 + [1, 2]}
    assert found("requests/capture.schema.json", body) == [
        (("order_lines",), "maxItems", 1000),
    ]


def test_a_line_end_after_a_text_is_no_part_of_its_pattern() -> None:
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
def test_of_a_union_the_branch_with_the_fewest_errors_is_reported(
    value: object,
    expected: object,
) -> None:
    assert found("control.schema.json#/$defs/scenario_request", value) == [expected]


@pytest.mark.parametrize(("value", "imported"), [(1, False), ("x", True)])
def test_the_slow_validator_is_imported_for_an_invalid_value_only(
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


def test_where_the_slow_validator_cannot_be_imported_the_schema_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that is out of file descriptors refuses a body all the same."""
    monkeypatch.setitem(sys.modules, "mockserver.schema_reporter", None)
    schemas._reporter.cache_clear()  # noqa: SLF001  # as in a new process
    assert found("requests/capture.schema.json", {}) == [
        ((), "$ref", "requests/capture.schema.json"),
    ]


def field_names() -> list[str]:
    """Find every field that a request can have."""

    def names(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value.get("properties", ())
            for item in value.values():
                yield from names(item)

    shared = shipped_schemas()["common.schema.json"]
    return sorted(
        {
            *names(shared),
            *(n for request in REQUESTS for n in names(shipped_schemas()[request])),
        }
    )


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-LARGE, LARGE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["physical", "SE", "Home", "DAY", 200_000_000, "x" * 256])
)
fields = st.sampled_from(field_names())
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=5),
    max_leaves=12,
)
requests = st.dictionaries(fields, json_values, max_size=6)


@pytest.mark.parametrize("path", REQUESTS)
@settings(deadline=None)
@given(body=json_values | requests)
def test_both_validators_agree_on_whatever_is_sent(path: str, body: object) -> None:
    accepted = get_schema(path).is_valid(body)
    assert accepted == reference_validator(path).is_valid(body)
    assert accepted is not any(get_schema(path).violations(body))


@pytest.mark.parametrize("path", REQUESTS)
@settings(deadline=None)
@given(more=requests)
def test_both_validators_agree_on_a_good_body_with_anything_changed(
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
def test_the_largest_amount_of_a_schema_is_that_of_the_domain(path: str) -> None:
    assert set(amounts(shipped_schemas()[path])) == {MAX_AMOUNT}
