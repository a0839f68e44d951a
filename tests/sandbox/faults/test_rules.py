"""Faults as data: which calls a rule is for, on which it fires, and what it counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.operation import Operation
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.faults.actions import (
    Delay,
    Garbage,
    RateLimit,
)
from mockserver.sandbox.faults.rules import (
    CallSelector,
    FaultRule,
    FaultRules,
    RequestFacts,
)

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
Op = Operation


def call(
    operation: Operation = Op.REFUND,
    order_id: str = "o1",
    body: Any = None,  # noqa: ANN401  # JSON
    now: datetime = NOW,
) -> RequestFacts:
    return RequestFacts(operation, order_id, now, lambda: body)


def rule(name: str = "rule", **facts: Any) -> FaultRule:  # noqa: ANN401  # any field of a rule
    return replace(FaultRule(name, (Garbage(),)), **facts)


def fired_names(faults: FaultRules, facts: RequestFacts) -> list[str]:
    return [rule.name for rule, _ in faults.apply(facts)]


BODY = {
    "refunded_amount": 10000,
    "flag": True,
    "description": None,
    "order_lines": [
        {"reference": "A12345", "tags": [["x"], ["y", "z"]]},
        {"reference": 42},
    ],
}

# What a rule asks for, the call, and whether they match.
MATCHES: dict[str, tuple[dict[str, Any], RequestFacts, bool]] = {
    "no condition": ({}, call(), True),
    "its operation": ({"operations": {Op.REFUND}}, call(), True),
    "one of its operations": ({"operations": {Op.CAPTURE, Op.REFUND}}, call(), True),
    "another operation": ({"operations": {Op.CAPTURE}}, call(), False),
    "its order": ({"order_ids": {"o1"}}, call(), True),
    "one of its orders": ({"order_ids": {"o1", "o2"}}, call(order_id="o2"), True),
    "another order": ({"order_ids": {"o2"}}, call(), False),
    "operation and order": ({"operations": {Op.REFUND}, "order_ids": {"o1"}}, call(), True),
    "operation but not order": (
        {"operations": {Op.REFUND}, "order_ids": {"o2"}},
        call(),
        False,
    ),
    "order but not operation": (
        {"operations": {Op.CANCEL}, "order_ids": {"o1"}},
        call(),
        False,
    ),
    "before the window": ({"since": NOW}, call(now=NOW - timedelta(microseconds=1)), False),
    "as the window opens": ({"since": NOW}, call(), True),
    "within the window": ({"since": NOW - HOUR, "until": NOW + HOUR}, call(), True),
    "as the window closes": ({"until": NOW}, call(), False),
    "just before it closes": ({"until": NOW}, call(now=NOW - timedelta(microseconds=1)), True),
    "a field of the body": ({"where": {"refunded_amount": 10000}}, call(body=BODY), True),
    "a number written as text": (
        {"where": {"refunded_amount": "10000"}},
        call(body=BODY),
        True,
    ),
    "another number": ({"where": {"refunded_amount": 1}}, call(body=BODY), False),
    "a truth": ({"where": {"flag": True}}, call(body=BODY), True),
    "a field in a list": (
        {"where": {"order_lines.reference": "A12345"}},
        call(body=BODY),
        True,
    ),
    "a text written as a number": (
        {"where": {"order_lines.reference": "42"}},
        call(body=BODY),
        True,
    ),
    "an entry of lists in a list": (
        {"where": {"order_lines.tags": "z"}},
        call(body=BODY),
        True,
    ),
    "no such entry": ({"where": {"order_lines.tags": "w"}}, call(body=BODY), False),
    "a path that ends in a mapping": (
        {"where": {"order_lines": "A12345"}},
        call(body=BODY),
        False,
    ),
    "a path that leads nowhere": ({"where": {"order_lines.name": "x"}}, call(body=BODY), False),
    "a path through a value": ({"where": {"flag.deeper": True}}, call(body=BODY), False),
    "all of several fields": (
        {"where": {"refunded_amount": 10000, "order_lines.reference": 42}},
        call(body=BODY),
        True,
    ),
    "not all of several fields": (
        {"where": {"refunded_amount": 10000, "order_lines.reference": 43}},
        call(body=BODY),
        False,
    ),
    "a body that is no mapping": ({"where": {"a": 1}}, call(body="text"), False),
    "a body that is a list": ({"where": {"a": 1}}, call(body=[{"a": 1}]), True),
    "no body": ({"where": {"a": 1}}, call(), False),
}

# The expected value, the value in the body, and whether they match.
VALUES: list[tuple[Any, Any, bool]] = [
    (12, 12, True),
    (12, 12.0, True),
    (12.0, 12, True),
    (12, 12.5, False),
    (12, 120, False),
    (0, -0.0, True),
    ("12", 12, True),
    ("12", 12.0, True),
    (12, "12", True),
    (12.0, "12", True),
    (12.5, "12.5", True),
    (12.0, "12.0", False),
    ("12.0", 12, False),
    ("12", "12.0", False),
    ("1e3", 1000, False),
    (float("inf"), "inf", True),
    (True, True, True),
    (False, False, True),
    (True, False, False),
    (True, 1, False),
    (1, True, False),
    (0, False, False),
    ("True", True, False),
    (True, "true", False),
    ("None", None, False),
    (0, None, False),
    ("", "", True),
]


@pytest.mark.parametrize("case", MATCHES)
def test_rule_matches_its_conditions(case: str) -> None:
    conditions, facts, matches = MATCHES[case]
    frozen: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, set) else value
        for key, value in conditions.items()
    }
    faults = FaultRules([rule(**frozen)])
    assert fired_names(faults, facts) == ["rule"] * matches
    assert (faults.matched["rule"], faults.fired["rule"]) == (matches, matches)


@pytest.mark.parametrize(("expected", "actual", "matches"), VALUES, ids=repr)
def test_value_matches_an_equal_one_of_its_kind(
    expected: object,
    actual: object,
    *,
    matches: bool,
) -> None:
    faults = FaultRules([rule(where={"a": expected})])
    assert fired_names(faults, call(body={"a": actual})) == ["rule"] * matches


def test_lists_in_lists_are_searched_however_deep() -> None:
    body: Any = "bottom"
    for _ in range(100_000):
        body = [body]
    faults = FaultRules([rule(where={"a": "bottom"})])
    assert fired_names(faults, call(body={"a": body})) == ["rule"]


def test_body_is_not_parsed_unless_a_rule_needs_it() -> None:
    def unread() -> None:
        pytest.fail("the body was read")

    faults = FaultRules(
        [rule(), rule("other", operations=frozenset({Op.CANCEL}), where={"a": 1})]
    )
    facts = replace(call(), body=unread)
    assert fired_names(faults, facts) == ["rule"]


def test_body_path_is_evaluated_once_for_all_rules() -> None:
    looks: list[str] = []

    def look() -> object:
        looks.append("again")
        return {"a": 1}

    faults = FaultRules([rule(text, where={"a": 1}) for text in ("one", "two", "three")])
    assert fired_names(faults, replace(call(), body=look)) == ["one", "two", "three"]
    assert looks == ["again"]


@pytest.mark.parametrize("deep", [{}, {"a": {"a": {}}}])
def test_object_matches_no_text_or_number(deep: object) -> None:
    faults = FaultRules([rule("text", where={"x": str(deep)}), rule("same", where={"x": deep})])
    assert fired_names(faults, call(body={"x": deep})) == ["same"]


def test_no_fault_fires_without_rules() -> None:
    assert FaultRules().apply(call()) == []


# Which of ten calls fire.
COUNTED: dict[str, tuple[CallSelector | None, list[int]]] = {
    "every request by default": (None, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    "the first": (CallSelector(numbers=frozenset({1})), [1]),
    "some by number": (CallSelector(numbers=frozenset({1, 3, 99})), [1, 3]),
    "the first few": (CallSelector(first=2), [1, 2]),
    "every third": (CallSelector(every=3), [3, 6, 9]),
    "every one": (CallSelector(every=1), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
}


@pytest.mark.parametrize("case", COUNTED)
def test_rule_fires_on_the_calls_it_counts(case: str) -> None:
    calls, expected = COUNTED[case]
    faults = FaultRules([rule(calls=calls)])
    assert [n for n in range(1, 11) if faults.apply(call())] == expected
    assert (faults.matched["rule"], faults.fired["rule"]) == (10, len(expected))


def test_calls_that_do_not_match_are_not_counted() -> None:
    faults = FaultRules([rule(operations=frozenset({Op.REFUND}), calls=CallSelector(every=2))])
    fired_actions = [
        bool(faults.apply(call(operation)))
        for operation in (Op.REFUND, Op.CAPTURE, Op.CANCEL, Op.REFUND, Op.REFUND)
    ]
    assert fired_actions == [False, False, False, True, False]


def test_rule_for_all_orders_counts_them_together() -> None:
    faults = FaultRules([rule(calls=CallSelector(numbers=frozenset({2})))])
    assert [bool(faults.apply(call(order_id=text))) for text in ("o1", "o2", "o1")] == [
        False,
        True,
        False,
    ]


def test_rule_for_named_orders_counts_each_on_its_own() -> None:
    faults = FaultRules(
        [rule(order_ids=frozenset({"o1", "o2"}), calls=CallSelector(numbers=frozenset({2})))],
    )
    order_ids = ("o1", "o2", "o1", "o2", "o1")
    assert [bool(faults.apply(call(order_id=order_id))) for order_id in order_ids] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert (faults.matched["rule"], faults.fired["rule"]) == (5, 2)


def draws(probability: float, seed: str, calls: int = 1000) -> list[bool]:
    faults = FaultRules([rule(probability=probability)], seed=seed)
    return [bool(faults.apply(call())) for _ in range(calls)]


@pytest.mark.parametrize("probability", [0.01, 0.2, 0.5, 0.9])
def test_probability_is_about_right_and_repeats_with_its_seed(probability: float) -> None:
    drawn = draws(probability, "seed")
    assert abs(sum(drawn) / len(drawn) - probability) < 0.05
    assert drawn == draws(probability, "seed")
    assert drawn != draws(probability, "other")


def test_probability_1_always_fires_and_0_never() -> None:
    assert all(draws(1.0, "seed"))
    assert not any(draws(0.0, "seed"))


def test_rules_draw_independently_of_each_other() -> None:
    alone = draws(0.5, "seed")
    faults = FaultRules([rule("first", probability=0.5), rule(probability=0.5)], seed="seed")
    assert [("rule" in fired_names(faults, call())) for _ in range(1000)] == alone


def test_unselected_request_draws_no_random_number() -> None:
    faults = FaultRules([rule(probability=0.5, calls=CallSelector(every=2))], seed="seed")
    fired = [bool(faults.apply(call())) for _ in range(200)]
    assert fired[1::2] == draws(0.5, "seed", 100)
    assert not any(fired[::2])


RULES = (
    rule("everything"),
    rule("refunds", operations=frozenset({Op.REFUND})),
    rule("order", order_ids=frozenset({"o1"})),
    rule("both", operations=frozenset({Op.REFUND}), order_ids=frozenset({"o1"})),
    rule("captures", operations=frozenset({Op.CAPTURE})),
)


@given(st.permutations(RULES))
def test_rules_fire_in_the_order_they_were_added(rules: list[FaultRule]) -> None:
    faults = FaultRules(rules)
    assert fired_names(faults, call()) == [e.name for e in rules if e.name != "captures"]
    assert [rule.name for rule in faults.rules()] == [rule.name for rule in rules]


def test_every_action_of_a_rule_fires() -> None:
    actions = (Delay(low=1, high=1), RateLimit(2))
    (first, second) = FaultRules([rule(actions=actions)]).apply(call())
    assert (first[1], second[1]) == actions


def test_rule_of_the_same_name_replaces_and_restarts_counts() -> None:
    faults = FaultRules([rule(calls=CallSelector(first=1)), rule("other")], seed="s")
    faults.apply(call())
    faults.add(rule(operations=frozenset({Op.CAPTURE})))
    assert faults.matched["rule"] == faults.fired["rule"] == 0
    assert fired_names(faults, call()) == ["other"]
    assert fired_names(faults, call(Op.CAPTURE)) == ["other", "rule"]
    assert len(faults.rules()) == 2


def test_removed_rule_loses_its_counts() -> None:
    named = frozenset({"o1"})
    faults = FaultRules([rule(order_ids=named, calls=CallSelector(first=1)), rule("other")])
    faults.apply(call())
    assert faults.remove("rule")
    assert not faults.remove("rule")
    assert fired_names(faults, call()) == ["other"]
    assert "rule" not in faults.matched
    faults.add(rule(order_ids=named, calls=CallSelector(first=1)))
    assert fired_names(faults, call()) == ["other", "rule"]


class CountedName(str):
    """A name that counts how often names are compared."""

    __slots__ = ()
    __hash__ = str.__hash__
    compared = 0

    def __eq__(self, other: object) -> bool:
        """Compare as text."""
        CountedName.compared += 1
        return str.__eq__(self, other)


def test_removing_a_rule_does_not_scan_the_others() -> None:
    names = [CountedName(f"rule-{number}") for number in range(200)]
    faults = FaultRules([rule(name) for name in names])
    faults.apply(call())
    CountedName.compared = 0
    assert all(faults.remove(name) for name in reversed(names))
    assert CountedName.compared < 10 * len(names)


def test_number_of_rules_ever_added_is_kept() -> None:
    faults = FaultRules([rule(), rule("other")])
    faults.remove("rule")
    assert faults.added_count == 2


def test_dry_run_equals_apply_and_does_not_count() -> None:
    rules = (
        rule("second", calls=CallSelector(numbers=frozenset({2}))),
        rule("some", probability=0.5),
    )
    faults, undisturbed = (FaultRules(rules, seed="seed") for _ in range(2))
    for _ in range(20):
        foreseen = faults.dry_run(call())
        assert faults.dry_run(call()) == foreseen
        assert faults.apply(call()) == foreseen == undisturbed.apply(call())
    assert faults.matched == undisturbed.matched


def test_every_rule_has_randomness_of_its_own_that_repeats() -> None:
    one, other = rule("one"), rule("other")
    faults, again = (FaultRules([one, other], seed="seed") for _ in range(2))
    drawn = faults.draw(one)
    assert drawn == again.draw(one)
    assert drawn not in (faults.draw(one), again.draw(other))


def test_only_a_rule_that_names_a_delivery_matches_one() -> None:
    rules = FaultRules((rule("any"), rule("push", operations=frozenset({DeliveryKind.PUSH}))))
    facts = RequestFacts(DeliveryKind.PUSH, "o1", NOW, dict)
    assert [name.name for name, _ in rules.apply(facts)] == ["push"]
    assert [name.name for name, _ in rules.apply(call())] == ["any"]
