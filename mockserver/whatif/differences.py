"""Find what differs in a branch, and because of which request."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Allocation, AllocationOutcome
from mockserver.domain.decision import Acceptance
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.whatif.branch import (
    Alternative,
    RecordedChange,
    ReplayResult,
    play_branch,
    recorded_result,
)


class Difference(Struct, frozen=True):
    """A request that came out differently.

    Attributes:
        request: its correlation id.
        here: what it came to in the sandbox.
        there: what it comes to in the branch.
        because: an earlier request whose difference changed the order that this one met.
        unsure: the client had by then seen another response, and might have acted otherwise.
    """

    request: str
    operation: str
    order_id: str | None
    here: str
    there: str
    because: str | None
    unsure: bool


class OrderDifference(Struct, frozen=True):
    """A figure of an order that is different at the end."""

    order_id: str
    field: str
    here: str
    there: str


class Branch(Struct, frozen=True):
    """Differences in a branch; without any, both lists are empty."""

    differs: tuple[Difference, ...]
    end: tuple[OrderDifference, ...]


def playable_changes(
    changes: Sequence[RecordedChange], recorded: Alternative
) -> list[RecordedChange]:
    """Keep the requests whose replay reproduces the recorded result.

    The others depend on something that is not recorded, such as a key of an earlier
    request, so that their differences would say nothing.
    """
    return [
        change
        for change, outcome in play_branch(changes, recorded)
        if describe_result(outcome) == describe_result(recorded_result(change.entry))
    ]


def compare_branch(changes: Sequence[RecordedChange], alternative: Alternative) -> Branch:
    """Play recorded changes under an alternative, and compare with what was recorded."""
    differs: list[Difference] = []
    causes: dict[str | None, str] = {}
    is_seen = False
    here: dict[str, Order] = {}
    there: dict[str, Order] = {}
    for change, outcome in play_branch(changes, alternative):
        entry = change.entry
        was, becomes = describe_result(recorded_result(entry)), describe_result(outcome)
        if was != becomes:
            differs.append(
                Difference(
                    request=entry.correlation_id,
                    operation=str(entry.operation),
                    order_id=entry.order_id,
                    here=was,
                    there=becomes,
                    because=causes.get(entry.order_id),
                    unsure=is_seen,
                )
            )
            causes.setdefault(entry.order_id, entry.correlation_id)
        is_seen = is_seen or outcome.status != entry.status
        here |= {order.order_id: order for order in [entry.after] if order}
        there |= {order.order_id: order for order in [outcome.after] if order}
    return Branch(tuple(differs), tuple(_end_differences(here, there, changes, alternative)))


def _end_differences(
    here: Mapping[str, Order],
    there: Mapping[str, Order],
    changes: Sequence[RecordedChange],
    alternative: Alternative,
) -> Iterator[OrderDifference]:
    """Compare the figures of the orders after the last change."""
    for order_id in [order_id for order_id in here if order_id in there]:
        now = changes[-1].entry.at
        was, becomes = (
            _figures(order, derive_status(order, now, alternative.assumptions))
            for order in (here[order_id], there[order_id])
        )
        for name, value in becomes.items():
            if was.get(name) != value:
                yield OrderDifference(order_id, name, was.get(name, "none"), value)


def describe_result(outcome: ReplayResult) -> str:
    """Describe what a request came to, in one line."""
    result = outcome.result
    if not outcome.status:
        return (
            "no response" if result is None else f"executed, no response ({_result(outcome)})"
        )
    if isinstance(result, Refusal):
        return f"{outcome.status} {result.code or 'refused'}: {result.reason}"
    return f"{outcome.status} {_result(outcome)}".strip()


def _result(outcome: ReplayResult) -> str:
    result = outcome.result
    if isinstance(result, Refusal):
        return str(result.reason)
    if not isinstance(result, Acceptance) or result.allocation is None:
        return "accepted" if result else ""
    return _describe_allocation(result.allocation, _failed(result, outcome.after))


def _failed(result: Acceptance, after: Order | None) -> Sequence[str]:
    refund = after.get_refund(result.created_id or "") if after else None
    if after is None or refund is None:
        return ()
    return explain_allocation(after, refund).failed_conditions


def _describe_allocation(allocation: Allocation, failed: Sequence[str]) -> str:
    booked = ", ".join(f"{b.amount} on {b.klarna_reference}" for b in allocation.booked)
    text = f"{allocation.outcome}, booked {booked or 'nowhere'}"
    if allocation.outcome is AllocationOutcome.FAILED:
        text = f"{allocation.outcome} ({', '.join(failed)}), booked {booked or 'nowhere'}"
    return text


def _figures(order: Order, status: str) -> Mapping[str, str]:
    """Return the figures of an order that are compared at the end."""
    booked = order.booked_by_capture
    return {
        "status": status,
        "captured_amount": str(order.captured_amount),
        "refunded_amount": str(order.refunded_amount),
        "remaining_authorized_amount": str(order.remaining_authorized_amount),
        **{
            f"refunded on {capture.klarna_reference}": str(booked.get(capture.capture_id, 0))
            for capture in order.captures
        },
    }
