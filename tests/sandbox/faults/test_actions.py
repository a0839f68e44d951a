from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.errors import Reason
from mockserver.sandbox.faults.actions import (
    MAX_DELAY,
    Action,
    BadSignature,
    ConnectionEnd,
    Delay,
    Drop,
    Duplicate,
    FailAllocation,
    Garbage,
    Lose,
    LoseAnswer,
    RateLimit,
    Refuse,
    Reorder,
    Respond,
    SlowBody,
    Truncate,
    ends_request,
    is_before_commit,
)

ACTIONS: dict[str, tuple[Action, bool]] = {
    "respond 503": (Respond(503), True),
    "respond_after 503": (Respond(503, after_commit=True), False),
    "refuse order_expired": (Refuse(Reason.ORDER_EXPIRED), True),
    "delay": (Delay(1, 2), True),
    "rate_limit 5s": (RateLimit(5), True),
    "drop reset": (Drop(ConnectionEnd.RESET), True),
    "fail_allocation": (FailAllocation(), True),
    "lose_answer hang": (LoseAnswer(ConnectionEnd.HANG), False),
    "truncate 10": (Truncate(10), False),
    "garbage": (Garbage(), False),
    "slow_body 100": (SlowBody(100), False),
    "lose": (Lose(), False),
    "duplicate 3": (Duplicate(3), False),
    "reorder": (Reorder(), False),
    "bad_signature": (BadSignature(), False),
}
"""An action of each kind by its name, and whether it takes effect before the commit."""


def test_every_kind_of_action_has_an_example() -> None:
    assert {type(action) for action, _ in ACTIONS.values()} == set(get_args(Action))


@pytest.mark.parametrize("text", ACTIONS)
def test_action_is_named_as_in_a_scenario(text: str) -> None:
    assert str(ACTIONS[text][0]) == text


@pytest.mark.parametrize("text", ACTIONS)
def test_action_takes_effect_before_or_after_the_commit(text: str) -> None:
    action, before = ACTIONS[text]
    assert is_before_commit(action) is before


def test_some_actions_end_the_request_before_the_commit() -> None:
    ends = {"respond 503", "refuse order_expired", "rate_limit 5s", "drop reset"}
    assert {text for text, (action, _) in ACTIONS.items() if ends_request(action)} == ends


@given(st.floats(0, 1), st.floats(0, 100), st.floats(0, 100))
def test_delay_keeps_between_its_bounds(fraction: float, low: float, more: float) -> None:
    delay = Delay(low, low + more)
    assert low <= delay.seconds(fraction) <= (low + more) * (1 + 1e-12)


def test_log_normal_delay_has_its_median_and_its_99th_percentile() -> None:
    delay = Delay(median=0.1, p99=1.0)
    assert delay.seconds(0.5) == pytest.approx(0.1)
    assert delay.seconds(0.99) == pytest.approx(1.0)
    assert delay.seconds(1e-9) > 0


def test_delays_are_bounded() -> None:
    delay = Delay(median=1.0, p99=MAX_DELAY)
    assert delay.seconds(0.999) == MAX_DELAY
