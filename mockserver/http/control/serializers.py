"""Serialize orders, journal entries and dry runs for the control API."""

from collections.abc import Iterable, Sequence

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.errors import Refusal
from mockserver.domain.ledger import (
    TimelineEvent,
    build_ledger,
    build_timeline,
    render_timeline,
)
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.order import Order
from mockserver.domain.refusal_hints import refusal_hint
from mockserver.http.merchant.serializers import (
    JsonObject,
    format_time,
    serialize_explanation,
    serialize_order,
)
from mockserver.sandbox.faults.actions import Action, ends_request
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox


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
        "remaining_authorized_amount", "klarna_reference",
    )  # fmt: skip
    return {"name": name, **{key: view[key] for key in summary_keys}}


def serialize_inner_view(sandbox: Sandbox, order: Order) -> JsonObject:
    """Serialize everything known about an order."""
    timeline = build_full_timeline(sandbox, order)
    return {
        "order": serialize_current_order(sandbox, order),
        "allocations": [
            serialize_explanation(explain_allocation(order, refund)) for refund in order.refunds
        ],
        "ledger": build_ledger(order),
        "timeline": [{"at": format_time(event.at), "text": event.text} for event in timeline],
        "timeline_text": render_timeline(timeline),
    }


def build_full_timeline(sandbox: Sandbox, order: Order) -> list[TimelineEvent]:
    """Build the timeline of an order, including refused and faulted requests, oldest first."""
    entries = (entry for entry in sandbox.journal if entry.order_id == order.order_id)
    problem_events = (
        TimelineEvent(entry.at, text) for entry in entries if (text := _describe_problem(entry))
    )
    return sorted([*build_timeline(order), *problem_events], key=lambda event: event.at)


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


def serialize_entry(entry: Entry) -> JsonObject:
    """Serialize a journal entry, with the explanation of its response."""
    result = entry.result
    explanation = entry.explanation
    return {
        "correlation_id": entry.correlation_id,
        "at": format_time(entry.at),
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "order_id": entry.order_id,
        "status": entry.status,
        "replayed": entry.replayed,
        "body_changed": entry.body_changed,
        "refusal": serialize_refusal(result) if isinstance(result, Refusal) else None,
        "allocation": explanation and serialize_explanation(explanation),
        "faults": entry.faults,
        "sent": entry.sent,
        "crash": entry.crash,
        "before": entry.before and build_ledger(entry.before),
        "after": entry.after and build_ledger(entry.after),
        "text": render_entry(entry),
    }


def render_entry(entry: Entry) -> str:
    """Render the explanation of a request as text."""
    lines = [f"{entry.method} {entry.path} got status {entry.status}."]
    if entry.faults:
        lines.append(f"Faults: {'; '.join(entry.faults)}. Sent: {entry.sent}.")
    if entry.replayed:
        changed = " with a different request" if entry.body_changed else ""
        lines.append(f"Replayed: the idempotency key was used before{changed}.")
    if isinstance(entry.result, Refusal):
        provenance = entry.result.definition.source
        lines += [f"Refused: {render_refusal(entry.result)}", f"Provenance: {provenance}."]
    elif entry.explanation:
        lines.append(entry.explanation.text)
    return "\n".join(lines)


def render_refusal(refusal: Refusal) -> str:
    """Render a refusal with its hint."""
    return " ".join((f"{refusal}.", *refusal_hint(refusal)))


def serialize_refusal(refusal: Refusal) -> JsonObject:
    """Serialize a refusal with its reason, facts, hints and provenance."""
    source = refusal.definition.source
    return {
        "reason": refusal.reason,
        "error_code": refusal.code,
        "message": refusal.message,
        "facts": dict(refusal.known_facts),
        "hints": refusal_hint(refusal),
        "provenance": {"mark": source.mark, "source": source.source},
    }
