"""Fault rules on deliveries: what they do to a call that is due."""

from datetime import timedelta
from functools import cache

import orjson

from mockserver.sandbox.deliveries.delivery import CALLBACKS, Delivery, FiredActions
from mockserver.sandbox.faults.actions import (
    BadSignature,
    Delay,
    Duplicate,
    Lose,
    Reorder,
    Respond,
)
from mockserver.sandbox.faults.rules import FaultRule, RequestFacts
from mockserver.sandbox.sandbox import Sandbox


def match_rules(sandbox: Sandbox, delivery: Delivery) -> FiredActions:
    """Count a delivery that is due, and return what the rules do that fire."""
    if not sandbox.faults:
        return ()
    return tuple(
        (rule.name, _fix_delay(sandbox, rule, action) if isinstance(action, Delay) else action)
        for rule, action in sandbox.faults.apply(_facts(sandbox, delivery))
    )


def is_answered_by_rule(sandbox: Sandbox, delivery: Delivery, timeout: float) -> bool:
    """Return whether the rules that would fire leave nothing to send; counts nothing."""
    fired = sandbox.faults.dry_run(_facts(sandbox, delivery))
    return any(
        isinstance(action, Lose | Respond)
        or (isinstance(action, Delay) and delivery.kind in CALLBACKS and action.low >= timeout)
        for _, action in fired
    )


def _facts(sandbox: Sandbox, delivery: Delivery) -> RequestFacts:
    body = cache(lambda: orjson.loads(delivery.body or b"{}"))
    return RequestFacts(delivery.kind, delivery.order_id, sandbox.clock.now(), body)


def _fix_delay(sandbox: Sandbox, rule: FaultRule, delay: Delay) -> Delay:
    """Return a delay of the time that is drawn from the seed."""
    seconds = delay.seconds(sandbox.faults.draw(rule))
    return Delay(low=seconds, high=seconds)


def put_off(sandbox: Sandbox, delivery: Delivery, fired: FiredActions) -> bool:
    """Make a delivery due later if a rule delays or reorders it; return whether one does."""
    seconds = delay_of(fired)
    if seconds:
        until = sandbox.clock.now() + timedelta(seconds=seconds)
        sandbox.deliveries.put_off(delivery, until, fired)
        return True
    if any(isinstance(action, Reorder) for _, action in fired):
        sandbox.deliveries.reorder(delivery, sandbox.clock.now(), fired)
        return True
    return False


def delay_of(fired: FiredActions) -> float:
    """Return by how many seconds the rules delay a delivery."""
    return sum(action.low for _, action in fired if isinstance(action, Delay))


def number_of_calls(fired: FiredActions) -> int:
    """Return how often the call is made."""
    return max(
        (action.times for _, action in fired if isinstance(action, Duplicate)), default=1
    )


def is_lost(fired: FiredActions) -> bool:
    """Return whether the call never reaches the merchant."""
    return any(isinstance(action, Lose) for _, action in fired)


def replaced_response(fired: FiredActions) -> Respond | None:
    """Return what the merchant is taken to have answered, if a rule says so."""
    responses = (action for _, action in fired if isinstance(action, Respond))
    return next(responses, None)


def has_bad_signature(fired: FiredActions) -> bool:
    """Return whether a webhook is signed with a wrong secret."""
    return any(isinstance(action, BadSignature) for _, action in fired)


def name_fired_actions(fired: FiredActions) -> tuple[str, ...]:
    """Name the rules with their actions, as the journal does."""
    return tuple(f"{name}: {action}" for name, action in fired)
