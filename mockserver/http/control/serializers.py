"""Serialize orders, journal entries and dry runs for the control API."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import asdict

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.errors import Refusal
from mockserver.domain.ledger import (
    LineBalance,
    TimelineEvent,
    build_ledger,
    build_line_balances,
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
            {
                "refund_id": refund.refund_id,
                "number": number,
                "reference": refund.reference,
                **serialize_explanation(explain_allocation(order, refund)),
            }
            for number, refund in enumerate(order.refunds, 1)
        ],
        "ledger": build_ledger(order),
        "lines": [_serialize_line_balance(balance) for balance in build_line_balances(order)],
        "timeline": [
            {
                "at": format_time(event.at),
                "text": event.text,
                "capture_id": event.capture_id,
                "refund_id": event.refund_id,
            }
            for event in timeline
        ],
        "timeline_text": render_timeline(timeline),
    }


def build_full_timeline(sandbox: Sandbox, order: Order) -> list[TimelineEvent]:
    """Build the timeline of an order, including refused and faulted requests, oldest first."""
    events = build_timeline(order)
    positioned = [(number, event) for number, event in enumerate(events, 1)]
    for entry in sandbox.journal:
        text = _describe_problem(entry) if entry.order_id == order.order_id else ""
        if text:
            at = _end_of(entry)
            positioned.append((_count_earlier(events, entry), TimelineEvent(at, text)))
    return [event for _, event in sorted(positioned, key=lambda item: item[0])]


def _end_of(entry: Entry) -> datetime:
    """Return the time of what the request changed; a fault after the commit came later."""
    if entry.after is None or entry.after is entry.before:
        return entry.at
    return max(entry.at, build_timeline(entry.after)[-1].at)


def _count_earlier(events: Sequence[TimelineEvent], entry: Entry) -> int:
    """Count the events before a request; times do not tell, as a clock may be frozen."""
    if entry.after is None:
        return sum(event.at <= entry.at for event in events)
    known = {capture.capture_id for capture in entry.after.captures}
    known |= {refund.refund_id for refund in entry.after.refunds}
    return max(
        (
            number
            for number, event in enumerate(events, 1)
            if (event.refund_id or event.capture_id) in known
            or (not event.refund_id and not event.capture_id and event.at <= entry.at)
        ),
        default=0,
    )


def _serialize_line_balance(balance: LineBalance) -> JsonObject:
    return {
        **asdict(balance),
        "left_quantity": balance.left_quantity,
        "left_amount": balance.left_amount,
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
