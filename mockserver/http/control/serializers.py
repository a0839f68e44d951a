"""Serialize orders, journal entries and dry runs for the control API."""

from collections.abc import Iterable, Sequence

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
    """Show an order as the merchant would see it now."""
    status = derive_status(order, sandbox.clock.now(), sandbox.assumptions)
    return serialize_order(order, status, sandbox.assumptions)


def serialize_order_summaries(sandbox: Sandbox, orders: Iterable[Order]) -> list[JsonObject]:
    """Show orders in a few fields, with their names."""
    names = {order_id: name for name, order_id in sandbox.order_names.items()}
    return [
        _serialize_order_summary(sandbox, order, names.get(order.order_id)) for order in orders
    ]


def _serialize_order_summary(sandbox: Sandbox, order: Order, name: str | None) -> JsonObject:
    page = serialize_current_order(sandbox, order)
    summary_keys = (
        "order_id", "status", "order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "klarna_reference",
    )  # fmt: skip
    return {"name": name, **{key: page[key] for key in summary_keys}}


def serialize_inner_view(sandbox: Sandbox, order: Order) -> JsonObject:
    """Show all there is to know of an order."""
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
            # A clock may be frozen: the order after the request tells what came before it.
            earlier = build_timeline(entry.after) if entry.after else ()
            position = sum(event in earlier for event in events)
            at = max([entry.at, *(event.at for event in earlier)])
            positioned.append((position, TimelineEvent(at, text)))
    return [event for _, event in sorted(positioned, key=lambda item: item[0])]


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
        texts.append(f"{entry.operation} struck by {faults}, delivered: {entry.sent}")
    if isinstance(entry.result, Refusal):
        texts.append(f"{entry.operation} refused: {render_refusal(entry.result)}")
    return "; ".join(texts)


def serialize_dry_run(
    explanation: Explanation,
    refusal: Refusal | None,
    fired_actions: Sequence[tuple[FaultRule, Action]],
) -> JsonObject:
    """Show what a refund would lead to: refused or not, struck or not, how allocated."""
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
    """Show why a request got the answer it got."""
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
    lines = [f"{entry.method} {entry.path} was answered {entry.status}."]
    if entry.faults:
        lines.append(f"Faults: {'; '.join(entry.faults)}. Delivered: {entry.sent}.")
    if entry.replayed:
        changed = " with a different request" if entry.body_changed else ""
        lines.append(f"A replay: its idempotency key was known{changed}.")
    if isinstance(entry.result, Refusal):
        row = entry.result.definition
        lines += [f"Refused: {render_refusal(entry.result)}", f"This rule is {row.source}."]
    elif entry.explanation:
        lines.append(entry.explanation.text)
    return "\n".join(lines)


def render_refusal(rejection: Refusal) -> str:
    """Render a refusal with its hint."""
    return " ".join((f"{rejection}.", *refusal_hint(rejection)))


def serialize_refusal(rejection: Refusal) -> JsonObject:
    """Show a refusal with its rule, its numbers and its source."""
    source = rejection.definition.source
    return {
        "reason": rejection.reason,
        "error_code": rejection.code,
        "message": rejection.message,
        "facts": dict(rejection.known_facts),
        "hints": refusal_hint(rejection),
        "provenance": {"mark": source.mark, "source": source.source},
    }
