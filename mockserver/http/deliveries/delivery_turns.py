"""What is done to the state of a sandbox before and after a delivery is sent.

Each function is one turn: it runs without awaiting.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from mockserver.http.deliveries import delivery_faults
from mockserver.http.deliveries.sender import no_response, timeout_of
from mockserver.sandbox.clock import ClockMove
from mockserver.sandbox.deliveries.delivery import (
    Attempt,
    Delivery,
    FiredActions,
    is_stopped,
)
from mockserver.sandbox.sandbox import Sandbox


class PreparedDelivery(NamedTuple):
    """A delivery that is sent now, after fault rules were applied.

    Attributes:
        fired: names and actions of the rules that fired.
        overtakes: ids of the reordered deliveries that are sent after this one.
    """

    delivery: Delivery
    fired: FiredActions
    overtakes: Sequence[str]


class ClockStep(NamedTuple):
    """What is due after a step of the clock, and the rest of its move."""

    due: Sequence[Delivery]
    rest: ClockMove


def take_step(sandbox: Sandbox, move: ClockMove) -> ClockStep:
    """Move the clock to what is due next, or to the end of the move, and take what is due."""
    now = sandbox.clock.now()
    goal = move.goal(now)
    batch = sandbox.deliveries.take_due(goal, lambda d: _is_wanted(sandbox, d))
    moment = max(now, batch[0].due[0] if batch else goal)
    _move_clock(sandbox, moment)
    return ClockStep(batch, move.after(moment - now))


def _is_wanted(sandbox: Sandbox, delivery: Delivery) -> bool:
    order = sandbox.orders.get(delivery.order_id)
    return not is_stopped(delivery, order, sandbox.assumptions)


def match_rules(sandbox: Sandbox, delivery: Delivery) -> PreparedDelivery | None:
    """Count a delivery for the fault rules; return None if one puts it off."""
    fired = delivery_faults.match_rules(sandbox, delivery)
    if delivery_faults.put_off(sandbox, delivery, fired):
        return None
    return PreparedDelivery(delivery, fired, sandbox.deliveries.reordered_to(delivery.url))


def skip_rules(sandbox: Sandbox, delivery: Delivery) -> PreparedDelivery:
    """Prepare a delivery that no fault rule counts, or that fired rules before."""
    overtakes = sandbox.deliveries.reordered_to(delivery.url)
    return PreparedDelivery(delivery, delivery.fired, overtakes)


def settle(
    sandbox: Sandbox, delivery: Delivery, attempt: Attempt, held: str
) -> Delivery | None:
    """Record an attempt, unless the delivery was removed."""
    return sandbox.deliveries.settle(delivery.delivery_id, attempt, held)


def match_question(sandbox: Sandbox, delivery: Delivery) -> FiredActions:
    """Count a question to the merchant for the fault rules; a frozen clock moves by a delay."""
    fired = delivery_faults.match_rules(sandbox, delivery)
    delay, timeout = delivery_faults.delay_of(fired), timeout_of(delivery)
    if sandbox.clock.frozen:
        sandbox.clock.advance(timedelta(seconds=min(delay, timeout)))
    if delay >= timeout:
        at, names = sandbox.clock.now(), delivery_faults.name_fired_actions(fired)
        attempt = Attempt(at, None, timeout, no_response(delivery), names)
        sandbox.deliveries.settle(delivery.delivery_id, attempt)
    return fired


def release_reordered(sandbox: Sandbox, delivery_ids: Sequence[str]) -> None:
    """Make the deliveries due that were to be sent after another."""
    sandbox.deliveries.release_reordered(delivery_ids, sandbox.clock.now())


def _move_clock(sandbox: Sandbox, moment: datetime) -> None:
    """Move the clock forward; it never goes back, also if another request moves it."""
    if moment > sandbox.clock.now():
        sandbox.clock.set(moment)
