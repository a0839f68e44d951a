"""Serialize orders, journal entries and dry runs for the control API."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import asdict

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import AllocationOutcome, Explanation
from mockserver.domain.ledger import (
    LineTotals,
    TimelineEvent,
    build_ledger,
    build_line_totals,
    build_timeline,
    render_timeline,
)
from mockserver.domain.lifecycle import derive_status, lapse_event
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.http.control.entries import render_refusal, serialize_refusal
from mockserver.http.json_values import JsonObject, format_time
from mockserver.http.merchant.order_serializer import serialize_explanation, serialize_order
from mockserver.sandbox.faults.actions import Action, ends_request
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox

KIND_BY_OPERATION: Mapping[Operation, str] = {
    Operation.ACKNOWLEDGE: "acknowledged",
    Operation.UPDATE_AUTHORIZATION: "updated",
    Operation.EXTEND_AUTHORIZATION_TIME: "extended",
    Operation.RELEASE_REMAINING_AUTHORIZATION: "released",
    Operation.CANCEL: "cancelled",
}
"""Kinds of the events that changes without an id of their own cause."""


def serialize_current_order(sandbox: Sandbox, order: Order) -> JsonObject:
    """Serialize an order as the merchant would read it now."""
    status = derive_status(order, sandbox.clock.now(), sandbox.assumptions)
    return serialize_order(order, status, sandbox.assumptions)


def serialize_order_summaries(sandbox: Sandbox, orders: Iterable[Order]) -> list[JsonObject]:
    """Serialize orders in a few fields, with their names."""
    names = {order_id: name for name, order_id in sandbox.order_names.items()}
    return [
        _serialize_order_summary(sandbox, order, names.get(order.order_id)) for order in orders
    ]


def _serialize_order_summary(sandbox: Sandbox, order: Order, name: str | None) -> JsonObject:
    view = serialize_current_order(sandbox, order)
    summary_keys = (
        "order_id", "status", "order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "purchase_currency", "klarna_reference",
    )  # fmt: skip
    return {
        "name": name,
        **{key: view[key] for key in summary_keys},
        "captures": len(order.captures),
        "refunds": len(order.refunds),
        "not_allocated": count_failed_refunds(order),
    }


def count_failed_refunds(order: Order) -> int:
    """Return how many refunds of an order failed to be allocated."""
    return sum(
        refund.allocation.outcome is AllocationOutcome.FAILED for refund in order.refunds
    )


def serialize_order_details(sandbox: Sandbox, order: Order) -> JsonObject:
    """Serialize everything known about an order."""
    entries = [entry for entry in sandbox.journal if entry.order_id == order.order_id]
    steps = order_steps(sandbox, order, entries)
    return {
        "order": serialize_current_order(sandbox, order),
        "allocations": _serialize_allocations(order, entries),
        "ledger": build_ledger(order),
        "lines": [_serialize_line_totals(totals) for totals in build_line_totals(order)],
        "timeline": [
            _serialize_step(number, step) for number, step in enumerate(steps, start=1)
        ],
        "timeline_text": render_timeline(step.event for step in steps),
    }


def _serialize_allocations(order: Order, entries: Iterable[Entry]) -> list[JsonObject]:
    correlation_ids = {
        entry.created_id: entry.correlation_id for entry in entries if entry.is_change
    }
    return [
        {
            "number": number,
            "refund_id": refund.refund_id,
            "reference": refund.reference,
            "amount": refund.refunded_amount,
            "at": format_time(refund.refunded_at),
            "correlation_id": correlation_ids.get(refund.refund_id),
            **serialize_explanation(explain_allocation(order, refund)),
        }
        for number, refund in enumerate(order.refunds, start=1)
    ]


class TimelineStep(Struct, frozen=True):
    """An event in the timeline of an order, with the request that caused it, if known."""

    event: TimelineEvent
    entry: Entry | None = None


def order_steps(sandbox: Sandbox, order: Order, entries: Sequence[Entry]) -> list[TimelineStep]:
    """Return what happened to an order, refused and faulted requests included.

    Events without a request in the journal come first, by time: they were seeded, or their
    entries were dropped. The others follow in the order of the journal. The end of the
    authorization by time is inserted before the first step that came after it, or
    was refused at the same instant.
    """
    steps = _known_steps(order, entries)
    lapse = lapse_event(order, sandbox.clock.now(), sandbox.assumptions)
    if lapse:
        position = sum(
            (step.event.at, step.event.kind == "refused") <= (lapse.at, False) for step in steps
        )
        steps.insert(position, TimelineStep(lapse))
    return steps


def _known_steps(order: Order, entries: Sequence[Entry]) -> list[TimelineStep]:
    causes = {_cause_key(entry): entry for entry in entries if entry.is_change}
    unexplained: list[TimelineStep] = []
    caused: dict[int, list[TimelineEvent]] = {}
    for event in build_timeline(order):
        entry = causes.get(event.refund_id or event.capture_id or event.kind)
        if entry is None:
            unexplained.append(TimelineStep(event))
        else:
            caused.setdefault(entry.entry_id, []).append(event)
    return unexplained + [
        TimelineStep(event, entry)
        for entry in entries
        for event in _events_of_entry(entry, caused.get(entry.entry_id, []))
    ]


def _cause_key(entry: Entry) -> str:
    """Return what identifies the event that a change caused; of several the last counts."""
    kind = KIND_BY_OPERATION.get(entry.operation) if entry.operation else None
    return entry.created_id or kind or ""


def _events_of_entry(entry: Entry, caused: Sequence[TimelineEvent]) -> Iterator[TimelineEvent]:
    """Yield what a request caused, and then why it was refused or which faults fired."""
    yield from caused
    if text := _describe_problem(entry):
        kind = "faulted" if entry.faults else "refused"
        yield TimelineEvent(caused[0].at if caused else entry.at, text, kind=kind)


def _serialize_step(number: int, step: TimelineStep) -> JsonObject:
    event, entry = step.event, step.entry
    return {
        "step": number,
        "at": format_time(event.at),
        "kind": event.kind,
        "text": event.text,
        "amount": event.amount,
        "capture_id": event.capture_id,
        "refund_id": event.refund_id,
        "correlation_id": entry and entry.correlation_id,
        "faults": entry.faults if entry else [],
    }


def _serialize_line_totals(totals: LineTotals) -> JsonObject:
    return {
        **asdict(totals),
        "left_quantity": totals.left_quantity,
        "left_amount": totals.left_amount,
    }


def _describe_problem(entry: Entry) -> str:
    """Describe a refused or faulted request; return an empty text for others."""
    texts = []
    if entry.faults:
        faults = "; ".join(entry.faults)
        texts.append(f"{entry.operation} faulted by {faults}, sent: {entry.sent}")
    if isinstance(entry.result, Refusal):
        texts.append(f"{entry.operation} refused: {render_refusal(entry.result)}")
    return "; ".join(texts)


def serialize_dry_run(
    explanation: Explanation,
    refusal: Refusal | None,
    fired_actions: Sequence[tuple[FaultRule, Action]],
) -> JsonObject:
    """Serialize the prediction for a refund: refusal, faults and allocation."""
    view, text = serialize_explanation(explanation), explanation.text
    faults = [f"{rule.name}: {action}" for rule, action in fired_actions]
    if refusal or any(ends_request(action) for _, action in fired_actions):
        view["booked"] = []
        text = f"If it were accepted:\n{text}"
    if refusal:
        text = f"Refused: {refusal}\n{text}"
    if faults:
        text = f"Faults that would fire: {'; '.join(faults)}.\n{text}"
    refusal_json = refusal and serialize_refusal(refusal)
    return {**view, "refusal": refusal_json, "faults": faults, "text": text}
