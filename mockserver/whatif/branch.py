"""Decide recorded commands again, under other assumptions or faults.

Nothing of the sandbox changes. The same commands come in the same sequence at the same
times; a capture or refund keeps the id it was recorded with, so that later paths stay valid.
The client's reactions are recorded, not simulated.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from msgspec import Struct

from mockserver.domain.assumptions import ASSUMPTIONS, Assumptions, AssumptionValue
from mockserver.domain.commands import Command
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import execute
from mockserver.sandbox.faults.actions import (
    ENDING_ACTIONS,
    Action,
    Drop,
    RateLimit,
    Refuse,
    Respond,
    name_action,
)
from mockserver.sandbox.faults.rules import FaultRule, FaultRules, RequestFacts
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox

DROPPED = 0  # the status of a request without a response


class RecordedChange(Struct, frozen=True):
    """A recorded request that can be decided again.

    ``body`` returns its parsed body, for fault rules that look at it.
    """

    entry: Entry
    command: Command
    body: Callable[[], object]


class ReplayResult(Struct, frozen=True):
    """Outcome of a request: its result, its status, and the order afterwards."""

    result: Acceptance | Refusal | None
    status: int
    after: Order | None


class Alternative(Struct, frozen=True):
    """Assumptions and faults of a replay.

    Attributes:
        assumptions: the assumptions in force.
        added: fault rules that the recording did not have.
        removed: names of recorded rules that have no effect here.
    """

    assumptions: Assumptions
    added: tuple[FaultRule, ...] = ()
    removed: frozenset[str] = frozenset()


class _RecordedIds(IdGenerator):
    """Repeats the id that a capture or refund was recorded with."""

    recorded: str | None = None

    @property
    def next_change_id(self) -> str:
        """The recorded id, or a new one."""
        return self.recorded or super().next_change_id


def recorded_result(entry: Entry) -> ReplayResult:
    """Return what a recorded request came to."""
    return ReplayResult(entry.result, entry.status, entry.after)


def play_branch(
    changes: Sequence[RecordedChange], alternative: Alternative
) -> Iterator[tuple[RecordedChange, ReplayResult]]:
    """Decide recorded changes again, in their sequence; yield what each comes to."""
    ids = _RecordedIds("what-if")
    assumptions = alternative.assumptions
    branch = Sandbox("what-if", clock=Clock(frozen=True), ids=ids, assumptions=assumptions)
    branch.faults = FaultRules(alternative.added)
    branch.orders = first_known_orders(changes)
    recorded: dict[str, Order] = {}
    for change in changes:
        entry = change.entry
        order_id = entry.order_id or ""
        _copy_changed_order(branch, recorded.get(order_id), entry)
        if entry.after is not None:
            recorded[order_id] = entry.after
        branch.clock.set(entry.at)
        ids.recorded = entry.created_id
        yield change, _decide(branch, change, alternative.removed)


def first_known_orders(changes: Iterable[RecordedChange]) -> dict[str, Order]:
    """Return the first recorded state of each order."""
    orders: dict[str, Order] = {}
    for change in changes:
        if change.entry.before is not None:
            orders.setdefault(change.entry.before.order_id, change.entry.before)
    return orders


def _facts(order: Order) -> object:
    """Return what an order came to; its times differ by the moment of a decision."""
    outcomes = [refund.allocation.outcome for refund in order.refunds]
    return (
        order.order_amount,
        order.captured_amount,
        order.booked_by_capture,
        outcomes,
        order.cancelled_at is None,
        order.released_at is None,
    )


def _copy_changed_order(branch: Sandbox, recorded: Order | None, entry: Entry) -> None:
    """Copy an order that was changed outside the recorded requests.

    Once the branch has come to another order, it stays with its own.
    """
    before = entry.before
    if before is None or before is recorded:
        return
    present = branch.orders.get(before.order_id)
    if present is None or recorded is None or _facts(present) == _facts(recorded):
        branch.orders[before.order_id] = before


def _decide(branch: Sandbox, change: RecordedChange, removed: Container[str]) -> ReplayResult:
    """Decide one change, unless a fault ends its request first."""
    entry, operation = change.entry, change.command.operation
    order_id = entry.order_id or ""
    still_recorded = [
        name_action_of(text) for text in entry.faults if text.partition(": ")[0] not in removed
    ]
    facts = RequestFacts(operation, order_id, entry.at, change.body)
    actions = [action for _, action in branch.faults.apply(facts)]
    order = branch.orders.get(order_id)
    if any(name.split()[0] in ENDING_ACTIONS for name in still_recorded):
        return ReplayResult(entry.result, entry.status, order)
    for action in actions:
        ended = _ended_by(action, order)
        if ended is not None:
            return ended
    fails = "fail_allocation" in [*still_recorded, *map(name_action, actions)]
    executed = execute(
        branch, order_id, change.command, entry.idempotency_key, fail_allocation=fails
    )
    result = executed.result
    status = result.status if isinstance(result, Refusal) else operation.info.success
    if still_recorded and type(result) is type(entry.result):
        status = entry.status  # a fault after the commit may have changed it
    return ReplayResult(result, _status_after(status, actions), executed.after)


def name_action_of(text: str) -> str:
    """Return the action in the text of an applied fault, such as ``lost: drop reset``."""
    return text.rpartition(": ")[2]


def _ended_by(action: Action, order: Order | None) -> ReplayResult | None:
    """Return what a request comes to that a fault ends before it is decided."""
    match action:
        case Drop():
            return ReplayResult(None, DROPPED, order)
        case Refuse(reason):
            refusal = Refusal(reason)
            return ReplayResult(refusal, refusal.status, order)
        case RateLimit():
            refusal = Refusal(Reason.TOO_MANY_REQUESTS)
            return ReplayResult(refusal, refusal.status, order)
        case Respond(status=status, after_commit=False):
            return ReplayResult(None, status, order)
    return None


def _status_after(status: int, actions: Sequence[Action]) -> int:
    """Return the status that the client sees: none if the response is lost."""
    for action in actions:
        name = name_action(action).split()[0]
        if name == "lose_answer":
            return DROPPED
        if isinstance(action, Respond):
            return action.status
    return status


def other_values(assumptions: Assumptions) -> Iterator[tuple[str, AssumptionValue]]:
    """Yield every assumption with each value other than the one in force."""
    for name, assumption in ASSUMPTIONS.items():
        for value in assumption.meanings:
            if value != getattr(assumptions, name):
                yield name, value
