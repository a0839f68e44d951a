from datetime import timedelta
from typing import Any

import pytest

from mockserver.domain.operation import Operation
from mockserver.sandbox.actions import Action, Cut, Delay, Drop, Garbage
from mockserver.sandbox.faults import Calls, Facts, Faults, Rule
from tests.builders import NOW

RESET = Drop(Cut.RESET)


def rule(name: str = "rule", *actions: Action, **facts: Any) -> Rule:  # noqa: ANN401
    return Rule(name, actions or (RESET,), **facts)


def call(
    operation: Operation = Operation.REFUND,
    order_id: str = "order-1",
    *,
    days: int = 0,
    body: object = None,
) -> Facts:
    return Facts(operation, order_id, NOW + timedelta(days=days), lambda: body)


def fires(faults: Faults, facts: Facts) -> bool:
    return bool(faults.strike(facts))


def firing_calls(faults: Faults, facts: Facts, calls: int = 8) -> list[int]:
    return [number for number in range(1, calls + 1) if fires(faults, facts)]


def test_without_rules_nothing_happens() -> None:
    assert Faults().strike(call()) == []


def test_a_rule_for_everything_fires_on_everything() -> None:
    faults = Faults([rule()])
    assert fires(faults, call())
    assert fires(faults, call(Operation.GET_ORDER, "order-2", body={"a": 1}))


def test_all_actions_of_a_rule_are_done_in_their_order() -> None:
    slow = rule("slow", Delay(1, 1), Garbage())
    assert Faults([slow]).strike(call()) == [(slow, Delay(1, 1)), (slow, Garbage())]


def test_the_order_of_rules_is_that_in_which_they_came() -> None:
    """However they are found: by operation, by order, by both or by neither."""
    rules = [
        rule("a"),
        rule("b", order_ids=frozenset({"order-1"})),
        rule("c", operations=frozenset({Operation.REFUND})),
        rule("d", operations=frozenset({Operation.REFUND}), order_ids=frozenset({"order-1"})),
        rule("e"),
    ]
    for order in (rules, rules[::-1]):
        faults = Faults(order)
        assert [each for each, _ in faults.strike(call())] == order
        assert faults.rules() == tuple(order)


@pytest.mark.parametrize(
    ("facts", "hits", "misses"),
    [
        pytest.param(
            {"operations": frozenset({Operation.REFUND, Operation.CAPTURE})},
            call(Operation.CAPTURE),
            call(Operation.CANCEL),
            id="operation",
        ),
        pytest.param(
            {"order_ids": frozenset({"order-1"})},
            call(order_id="order-1"),
            call(order_id="order-2"),
            id="order",
        ),
        pytest.param(
            {"since": NOW + timedelta(days=1)},
            call(days=1),
            call(days=0),
            id="since",
        ),
        pytest.param(
            {"until": NOW + timedelta(days=1)},
            call(days=0),
            call(days=1),
            id="until",
        ),
        pytest.param(
            {"since": NOW, "until": NOW + timedelta(days=2)},
            call(days=1),
            call(days=2),
            id="window",
        ),
    ],
)
def test_a_rule_fires_on_the_calls_it_is_for(
    facts: dict[str, Any],
    hits: Facts,
    misses: Facts,
) -> None:
    faults = Faults([rule(**facts)])
    assert not fires(faults, misses)
    assert faults.matched["rule"] == 0
    assert fires(faults, hits)
    assert faults.matched["rule"] == faults.fired["rule"] == 1


BODY = {
    "refunded_amount": 3000,
    "description": "too small",
    "order_lines": [
        {"reference": "A12345", "product": {"size": "L"}},
        {"reference": "B24680", "tags": [["red", "new"], "sale"]},
    ],
}


@pytest.mark.parametrize(
    ("where", "matches"),
    [
        ({"refunded_amount": 3000}, True),
        ({"refunded_amount": "3000"}, True),
        ({"refunded_amount": 3001}, False),
        ({"description": "too small"}, True),
        ({"order_lines.reference": "B24680"}, True),
        ({"order_lines.reference": "b24680"}, False),
        ({"order_lines.product.size": "L"}, True),
        ({"order_lines.tags": "new"}, True),
        ({"order_lines.quantity": 1}, False),
        ({"description.language": "en"}, False),
        ({"refunded_amount": 3000, "order_lines.reference": "A12345"}, True),
        ({"refunded_amount": 3000, "order_lines.reference": "C"}, False),
    ],
    ids=str,
)
def test_a_rule_can_look_at_the_body(
    where: dict[str, Any],
    matches: bool,  # noqa: FBT001  # the row's expectation
) -> None:
    assert fires(Faults([rule(where=where)]), call(body=BODY)) is matches


@pytest.mark.parametrize("body", [None, "text", 5, [], {}], ids=repr)
def test_a_body_of_another_shape_does_not_match(body: object) -> None:
    assert not fires(Faults([rule(where={"a.b": 1})]), call(body=body))


def test_a_body_nested_beyond_reason_is_looked_at_all_the_same() -> None:
    body: object = {"a": 1}
    for _ in range(5000):
        body = [body]
    assert fires(Faults([rule(where={"a": 1})]), call(body=body))


def test_the_body_is_not_read_unless_a_rule_asks_for_it() -> None:
    def unread() -> object:
        raise AssertionError

    facts = Facts(Operation.REFUND, "order-1", NOW, unread)
    assert fires(Faults([rule()]), facts)
    other = rule(where={"a": 1}, operations=frozenset({Operation.CAPTURE}))
    assert not fires(Faults([other]), facts)


@pytest.mark.parametrize(
    ("calls", "firing"),
    [
        pytest.param(None, [1, 2, 3, 4, 5, 6, 7, 8], id="all"),
        pytest.param(Calls(numbers=frozenset({1})), [1], id="the first one"),
        pytest.param(Calls(numbers=frozenset({1, 3})), [1, 3], id="two of them"),
        pytest.param(Calls(first=2), [1, 2], id="the first two"),
        pytest.param(Calls(every=3), [3, 6], id="every third"),
    ],
)
def test_a_rule_fires_on_some_of_the_calls_it_matches(
    calls: Calls | None,
    firing: list[int],
) -> None:
    faults = Faults([rule(calls=calls)])
    assert firing_calls(faults, call()) == firing
    assert faults.matched["rule"] == 8
    assert faults.fired["rule"] == len(firing)


def test_calls_that_do_not_match_are_not_counted() -> None:
    second = Calls(numbers=frozenset({2}))
    faults = Faults([rule(calls=second, operations=frozenset({Operation.REFUND}))])
    assert not fires(faults, call())
    assert not fires(faults, call(Operation.CAPTURE))
    assert fires(faults, call())


def test_a_rule_for_some_orders_counts_for_each_by_itself() -> None:
    first = Calls(numbers=frozenset({1}))
    faults = Faults([rule(calls=first, order_ids=frozenset({"order-1", "order-2"}))])
    assert firing_calls(faults, call(order_id="order-1")) == [1]
    assert firing_calls(faults, call(order_id="order-2")) == [1]


def test_a_rule_for_any_order_counts_for_all_together() -> None:
    first = Calls(numbers=frozenset({1}))
    faults = Faults([rule(calls=first)])
    assert firing_calls(faults, call(order_id="order-1")) == [1]
    assert firing_calls(faults, call(order_id="order-2")) == []


@pytest.mark.parametrize(("probability", "expected"), [(0.0, 0), (1.0, 8)])
def test_the_bounds_of_a_probability_are_certain(probability: float, expected: int) -> None:
    faults = Faults([rule(probability=probability)])
    assert len(firing_calls(faults, call())) == expected


def test_a_probability_fires_sometimes_and_repeatably() -> None:
    def played(seed: str) -> list[int]:
        return firing_calls(Faults([rule(probability=0.5)], seed), call(), 200)

    assert 50 < len(played("7")) < 150
    assert played("7") == played("7")
    assert played("7") != played("8")


def test_a_rule_draws_alike_whatever_other_rules_there_are() -> None:
    alone = Faults([rule(probability=0.5)], "7")
    among = Faults([rule("other", probability=0.5), rule(probability=0.5)], "7")
    calls = [call() for _ in range(50)]
    assert [fires(alone, each) for each in calls] == [
        any(struck.name == "rule" for struck, _ in among.strike(each)) for each in calls
    ]


def test_a_rule_of_the_same_name_replaces_the_old_one_and_counts_anew() -> None:
    faults = Faults([rule(calls=Calls(first=1)), rule("other")])
    faults.strike(call())
    faults.add(rule("rule", Garbage(), calls=Calls(first=1)))
    assert faults.matched["rule"] == faults.fired["rule"] == 0
    assert [action for _, action in faults.strike(call())] == [RESET, Garbage()]
    assert [each.name for each in faults.rules()] == ["other", "rule"]
    assert faults.added == 3


def test_a_removed_rule_fires_no_more_and_is_not_counted() -> None:
    orders = frozenset({"order-1", "order-2"})
    faults = Faults([rule(order_ids=orders), rule("other", order_ids=orders)])
    faults.strike(call())
    assert faults.remove("rule")
    assert not faults.remove("rule")
    assert [each.name for each, _ in faults.strike(call())] == ["other"]
    assert (faults.matched["rule"], faults.fired["rule"]) == (0, 0)
    assert faults.matched["other"] == 2


def test_every_rule_has_randomness_of_its_own() -> None:
    first, second = rule("a"), rule("b")
    faults = Faults([first, second], "7")
    assert faults.source(first).random() != faults.source(second).random()
    assert Faults([first], "7").source(first).random() == (
        Faults([second, first], "7").source(first).random()
    )
