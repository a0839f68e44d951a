"""Any input gives either a scenario or findings with positions, never another exception.

``KUSTOM_FUZZ`` multiplies the number of examples.
"""

from collections.abc import Iterator
from typing import Any, cast

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mockserver.domain.errors import Reason
from mockserver.domain.ledger import broken_invariants
from mockserver.scenario.diagnostics import LINT_CODES, Finding, ScenarioError
from mockserver.scenario.document import Document
from mockserver.scenario.lint import lint
from mockserver.scenario.loader import list_shipped
from mockserver.scenario.scenario import Scenario, parse_scenario, wrap_value
from mockserver.scenario.schema_errors import MAX_FINDINGS
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.schemas import shipped_schemas
from tests.support.effort import effort
from tests.support.strategies import damaged

LARGEST = 20_000  # bytes of one example

RICH = b"""\
version: 1
title: Everything at once
description: &words what a file can say
seed: 7
clock: {start: 2026-01-15T09:00:00Z, frozen: true}
country: NO
assume: {unallocated_refund: newest_first, authorization_days: 30}
credentials: {PK1: secret, 4711: 0815}
orders:
  two: &two
    order_id: 7ce4ee13-973c-6f49-a30e-85a0bc675997
    klarna_reference: ABC123
    created: 2026-01-01
    expires: 60d
    merchant_reference1: 0010
    payment_method: INVOICE
    fraud_status: ACCEPTED
    billing_address: {given_name: Ada, postal_code: 12345, country: SE}
    customer: {date_of_birth: 1941-03-21}
    lines:
      - &shirt {reference: A12345, name: T-shirt, unit_price: 3000, quantity: 2, tax_rate: 2500}
      - {<<: *shirt, reference: B24680, total_discount_amount: 100}
      - {type: discount, unit_price: -100, total_amount: -100}
    captures:
      A: {lines: [A12345], description: *words, at: 1d}
      B: {lines: [{reference: B24680, quantity: 1}], reference: 77, at: 2026-01-10}
    refunds:
      first: {lines: [A12345], at: 11d}
      second: {amount: 50}
  other: {lines: [*shirt], country: DK, amount: 6000}
faults:
  lost: {on: refund, order: two, calls: 1, do: {lose_answer: reset}}
  slow: {on: [capture, refund], calls: {every: 3}, do: {delay: {uniform: [1s, 2s]}}}
  wild: {probability: 0.2, from: 1h, until: 2d, do: [{delay: 250ms}, {refuse: conflict}]}
  own: {where: {order_lines.reference: A1}, do: {respond: {status: 503, headers: {X: 1}}}}
expect:
  orders:
    two: {captures: {A: {refunded_amount: 6000}}, refunds: [{allocated_to: A}]}
  requests: [{operation: refund, count: 1}, {operation: capture, never: true}]
  faults: {lost: {fired: 1}}
allow: [W301, W307]
"""
SHIPPED = [item.read_bytes() for item in list_shipped().values()]
SEEDS = [RICH, *(item for item in SHIPPED if len(item) <= LARGEST)]
ESCAPED = {code: f"\\u{code:04x}" for code in (0x7F, 0x85, 0x2028, 0x2029, 0xFEFF)}
"""Characters that JSON accepts unescaped, and YAML as line breaks or not at all."""


def parse_and_lint(text: str | bytes | Document) -> Scenario | None:
    """Parse, build and lint a text; return the scenario, or None if it is refused."""
    try:
        document = text if isinstance(text, Document) else parse_yaml(text)
        scenario = parse_scenario("fuzz", document)
        sandbox = scenario.build("fuzz")
    except ScenarioError as error:
        assert_sound(error.findings)
        return None
    assert_sound(lint(scenario))
    for order in sandbox.orders.values():
        assert list(broken_invariants(order)) == []
        assert 0 <= order.captured_amount <= order.order_amount
    scenario.check_expectations(sandbox)
    return scenario


def assert_sound(findings: Any) -> None:  # noqa: ANN401  # any sequence
    """Assert that every finding has a known code, a position and a bounded message."""
    assert len(findings) <= max(MAX_FINDINGS + 1, 1000)
    for finding in findings:
        assert isinstance(finding, Finding)
        assert finding.code in LINT_CODES
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.message
        assert len(finding.message) < 3000


# Keys and values of the language, so that examples are not refused at their first key.


def _keys(value: Any) -> Iterator[str]:  # noqa: ANN401  # a schema
    if isinstance(value, dict):
        yield from value.get("properties", {})
        for item in value.values():
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


KEYS = sorted(set(_keys(shipped_schemas()["scenario.schema.json"])))
WORDS = [
    "A", "B", "one", "two", "SE", "NO", "EUR", "28d", "-1d", "1e9d", "2026-01-15", "soon",
    "10000-01-01", "9999-12-31T23:59:59Z", "CAPTURED", "refund", "any", "reset", "hang", "*a",
    "&a", "<<", "W301", "A12345", "failed", "null", "true", "010", "1.0", "0.5", "-1",
    "200000000", "999999999999999999",
    *map(str, Reason),
]  # fmt: skip

plain = st.one_of(
    st.sampled_from(WORDS),
    st.integers(-5, 5),
    st.integers(-(10**18), 10**18),
    st.integers(-4000, 4000).map(lambda number: number / 8),
    st.booleans(),
    st.none(),
    st.text(max_size=8),
)
values: SearchStrategy[Any] = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from([*KEYS, "one", "A"]), inner, max_size=4),
    ),
    max_leaves=15,
)
wild = st.floats(allow_nan=False, allow_infinity=False)
amounts = st.one_of(
    st.integers(-200, 400), wild, st.sampled_from([10**9, 2 * 10**8, 1.0, "010"])
)
lines = st.fixed_dictionaries(
    {"unit_price": amounts},
    optional={
        "reference": st.sampled_from(["A", "B", 7, 1.0]),
        "quantity": st.integers(-1, 10**9),
        "tax_rate": st.integers(0, 10_000),
        "total_amount": amounts,
        "type": st.sampled_from(["physical", "discount", "return_fee", "x"]),
        "product_identifiers": st.dictionaries(st.text(max_size=3), values, max_size=2),
    },
)
times = st.sampled_from(["1d", "2h", "0s", "36500d", "2026-01-15", "8999-12-31", "soon", "-1d"])
parts = st.dictionaries(
    st.sampled_from(["A", "B", "C"]),
    st.fixed_dictionaries(
        {},
        optional={
            "lines": st.lists(st.sampled_from(["A", "B", 7]) | lines, max_size=3),
            "amount": amounts,
            "at": times,
            "reference": plain,
        },
    ),
    max_size=3,
)
orders = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.fixed_dictionaries(
        {"lines": st.lists(lines, min_size=1, max_size=4)},
        optional={
            "captures": parts,
            "refunds": parts,
            "created": times,
            "expires": times,
            "amount": amounts,
            "country": st.sampled_from(["SE", "NO", "US", "no"]),
            "fraud_status": st.sampled_from(["ACCEPTED", "PENDING", "STOPPED"]),
            "order_id": st.sampled_from(["x", "a/b", "y"]),
        },
    ),
    max_size=3,
)
actions = st.dictionaries(
    st.sampled_from(
        ["respond", "refuse", "delay", "rate_limit", "drop", "truncate", "garbage", "fault"],
    ),
    values | times | st.sampled_from(["conflict", "reset", {"status": 200, "body": {}}]),
    max_size=2,
)
faults = st.dictionaries(
    st.sampled_from(["f", "g"]),
    st.fixed_dictionaries(
        {"do": actions | st.lists(actions, max_size=2)},
        optional={
            "on": st.sampled_from(["any", "refund", ["refund", "capture"], []]),
            "order": st.sampled_from(["one", "nowhere", ["one", "two"]]),
            "calls": st.integers(-1, 3) | values,
            "probability": st.floats(0, 1) | values,
            "from": times,
            "until": times,
            "where": st.dictionaries(st.text(max_size=5), plain, max_size=2),
        },
    ),
    max_size=2,
)
scenarios = st.fixed_dictionaries(
    {"orders": orders},
    optional={
        "faults": faults,
        "seed": plain,
        "clock": st.fixed_dictionaries({}, optional={"start": times, "frozen": st.booleans()}),
        "assume": st.dictionaries(
            st.sampled_from(["unallocated_refund", "authorization_days", "x"]),
            st.sampled_from(["none", "newest_first", 1, 180, 0, True]),
        ),
        "credentials": st.dictionaries(st.text(max_size=5), plain, max_size=2),
        "expect": values,
        "allow": st.lists(st.sampled_from(["W301", "W303", "x"]), max_size=2),
    },
)
yamlish = st.lists(
    st.one_of(
        st.sampled_from([*KEYS, *WORDS]),
        st.sampled_from(":{}[],-?*&!|>'\"#%@`~\n \t\r\0"),
        st.sampled_from(["\n  ", ": ", "- ", "<<: *a\n"]),
        st.text(max_size=4),
    ),
    max_size=60,
).map("".join)


@effort(400)
@given(yamlish)
def test_yaml_like_text_is_parsed_or_refused(text: str) -> None:
    parse_and_lint(text)


@effort(200)
@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(raw: bytes) -> None:
    parse_and_lint(raw)


@effort(200)
@given(values | wild)
def test_any_json_value_is_parsed_or_refused(value: Any) -> None:  # noqa: ANN401  # JSON
    parse_and_lint(wrap_value(value))


@effort(200)
@given(scenarios)
def test_generated_scenario_is_parsed_or_refused(spec: Any) -> None:  # noqa: ANN401  # JSON
    parse_and_lint(wrap_value(spec))


@effort(80)
@given(scenarios)
def test_scenario_is_equal_as_yaml_and_as_json(spec: Any) -> None:  # noqa: ANN401  # JSON
    page = orjson.dumps(spec)
    as_json = parse_and_lint(wrap_value(orjson.loads(page)))
    as_yaml = parse_and_lint(page.decode().translate(ESCAPED))
    if as_json is not None and as_yaml is not None:
        assert as_json.spec == as_yaml.spec


WORDS_AND_SIGNS = st.sampled_from([*KEYS, *WORDS]).map(str.encode) | st.sampled_from(
    [b":", b"\n", b"  ", b"{", b"]", b"-", b"'", b"&a ", b"*a", b"\xff"],
)


@effort(500)
@given(damaged(SEEDS, WORDS_AND_SIGNS, longest=40))
def test_mutated_file_is_parsed_or_refused(text: bytes) -> None:
    parse_and_lint(text)


@st.composite
def grafts(draw: st.DrawFn) -> bytes:
    """Draw a valid file with one value, at any depth, replaced by another."""
    value = cast("Any", parse_yaml(draw(st.sampled_from(SEEDS))).value)
    container = value
    while True:
        keys = list(container) if isinstance(container, dict) else range(len(container))
        key = draw(st.sampled_from(list(keys)))
        below = container[key]
        if not (isinstance(below, dict | list) and below and draw(st.booleans())):
            break
        container = below
    container[key] = draw(values)
    return yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True).encode()


@effort(200)
@given(grafts())
def test_file_with_one_replaced_value_is_parsed_or_refused(text: bytes) -> None:
    parse_and_lint(text)


@pytest.mark.parametrize("text", SEEDS)
def test_unmutated_files_are_valid(text: bytes) -> None:
    assert parse_and_lint(text) is not None
