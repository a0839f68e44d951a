"""Rules are actual by what they look for, and none is missed by being actual that way."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mockserver.domain.operation import Operation
from mockserver.sandbox.faults.actions import Garbage
from mockserver.sandbox.faults.matching import index_value, values_at, values_match
from mockserver.sandbox.faults.rules import FaultRule, FaultRules, RequestFacts

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
OPERATIONS = (Operation.REFUND, Operation.CAPTURE)
ORDERS = ("o1", "o2")
PATHS = ("a", "b", "a.b")

scalars: SearchStrategy[Any] = st.sampled_from(
    (0, 1, 1.0, -0.0, 1.5, 10**18, 1e18, "0", "1", "1.0", "1.5", "", True, False, "True", None),
)
few = st.sampled_from((1, 1.0, "1", True, "True", {"b": 1}))
bodies = st.fixed_dictionaries(
    {"a": st.lists(few | st.fixed_dictionaries({"b": few}), max_size=4), "b": few},
)


def some_of(choices: tuple[Any, ...]) -> SearchStrategy[frozenset[Any]]:
    return st.frozensets(st.sampled_from(choices), max_size=1)


rules = st.builds(
    FaultRule,
    name=st.sampled_from("vwxyz"),
    actions=st.just((Garbage(),)),
    operations=some_of(OPERATIONS),
    order_ids=some_of(ORDERS),
    where=st.dictionaries(st.sampled_from(PATHS), few, max_size=2),
)


def matches(rule: FaultRule, operation: Operation, order_id: str, body: object) -> bool:
    """Compare a rule with a call, one thing after the other."""
    if operation not in (rule.operations or OPERATIONS) or order_id not in (
        rule.order_ids or ORDERS
    ):
        return False
    return all(
        any(values_match(actual, expected) for actual in values_at(body, path))
        for path, expected in rule.where.items()
    )


@given(
    given_rules=st.lists(rules, max_size=8),
    removed=st.sets(st.sampled_from("vwxyz"), max_size=2),
    operation=st.sampled_from(OPERATIONS),
    order_id=st.sampled_from(ORDERS),
    body=bodies,
)
def test_exactly_the_matching_rules_fire_in_order(
    given_rules: list[FaultRule],
    removed: set[str],
    operation: Operation,
    order_id: str,
    body: object,
) -> None:
    faults = FaultRules(given_rules)
    left: dict[str, FaultRule] = {}
    for rule in given_rules:
        left.pop(rule.name, None)
        left[rule.name] = rule
    for name in removed:
        assert faults.remove(name) == (left.pop(name, None) is not None)
    fired_actions = faults.apply(RequestFacts(operation, order_id, NOW, lambda: body))
    assert [rule.name for rule, _ in fired_actions] == [
        name for name, rule in left.items() if matches(rule, operation, order_id, body)
    ]


@given(actual=scalars, expected=scalars)
def test_matching_values_have_equal_index_keys(actual: object, expected: object) -> None:
    if values_match(actual, expected):
        assert index_value(actual) == index_value(expected)


@given(scalars | st.just([]) | st.just({"b": 1}))
def test_only_texts_numbers_and_booleans_are_indexed(value: object) -> None:
    assert (index_value(value) is None) == (value is None or isinstance(value, list | dict))
