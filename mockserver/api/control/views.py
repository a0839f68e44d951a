"""What the control API shows: the inner side of orders, and why a call got its answer."""

from collections.abc import Iterable, Sequence

from mockserver.api.views import View, explanation_view, order_view, time_text
from mockserver.domain.allocation import explained
from mockserver.domain.errors import Rejection
from mockserver.domain.explanation import Explanation
from mockserver.domain.ledger import Event, ledger, timeline, timeline_text
from mockserver.domain.lifecycle import status_of
from mockserver.domain.order import Order
from mockserver.domain.remedies import allowed_instead
from mockserver.sandbox.actions import Action, answers_at_once
from mockserver.sandbox.faults import Rule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox


def order_page(sandbox: Sandbox, order: Order) -> View:
    """Show an order as the merchant would see it now."""
    status = status_of(order, sandbox.clock.now(), sandbox.assumptions)
    return order_view(order, status, sandbox.assumptions)


def order_summaries(sandbox: Sandbox, orders: Iterable[Order]) -> list[View]:
    """Show orders in a few fields, with their names."""
    names = {order_id: name for name, order_id in sandbox.order_names.items()}
    return [_order_summary(sandbox, each, names.get(each.order_id)) for each in orders]


def _order_summary(sandbox: Sandbox, order: Order, name: str | None) -> View:
    page = order_page(sandbox, order)
    kept = (
        "order_id", "status", "order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "klarna_reference",
    )  # fmt: skip
    return {"name": name, **{key: page[key] for key in kept}}


def inner_view(sandbox: Sandbox, order: Order) -> View:
    """Show all there is to know of an order."""
    told = full_timeline(sandbox, order)
    return {
        "order": order_page(sandbox, order),
        "allocations": [explanation_view(explained(order, each)) for each in order.refunds],
        "ledger": ledger(order),
        "timeline": [{"at": time_text(each.at), "text": each.text} for each in told],
        "timeline_text": timeline_text(told),
    }


def full_timeline(sandbox: Sandbox, order: Order) -> list[Event]:
    """Tell what happened to an order, and to requests about it, oldest first."""
    about = (each for each in sandbox.journal if each.order_id == order.order_id)
    told = (Event(each.at, text) for each in about if (text := _trouble(each)))
    return sorted([*timeline(order), *told], key=lambda event: event.at)


def _trouble(entry: Entry) -> str:
    """Tell of a request that was refused or struck by a fault; else nothing."""
    texts = []
    if entry.faults:
        faults = "; ".join(entry.faults)
        texts.append(f"{entry.operation} struck by {faults}, delivered: {entry.sent}")
    if isinstance(entry.result, Rejection):
        texts.append(f"{entry.operation} refused: {refusal_text(entry.result)}")
    return "; ".join(texts)


def dry_run_view(
    explanation: Explanation,
    refused: Rejection | None,
    struck: Sequence[tuple[Rule, Action]],
) -> View:
    """Show what a refund would lead to: refused or not, struck or not, how allocated."""
    view, text = explanation_view(explanation), explanation.text
    faults = [f"{rule.name}: {action}" for rule, action in struck]
    if refused or any(answers_at_once(action) for _, action in struck):
        view["booked"] = []
        text = f"Were it accepted:\n{text}"
    if refused:
        text = f"Refused: {refused}\n{text}"
    if faults:
        text = f"Struck by faults: {'; '.join(faults)}.\n{text}"
    refusal = refused and rejection_view(refused)
    return {**view, "refusal": refusal, "faults": faults, "text": text}


def entry_view(entry: Entry) -> View:
    """Show why a request got the answer it got."""
    result = entry.result
    explanation = entry.explanation
    return {
        "correlation_id": entry.correlation_id,
        "at": time_text(entry.at),
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "order_id": entry.order_id,
        "status": entry.status,
        "replayed": entry.replayed,
        "body_changed": entry.body_changed,
        "refusal": rejection_view(result) if isinstance(result, Rejection) else None,
        "allocation": explanation and explanation_view(explanation),
        "faults": entry.faults,
        "sent": entry.sent,
        "crash": entry.crash,
        "before": entry.before and ledger(entry.before),
        "after": entry.after and ledger(entry.after),
        "text": entry_text(entry),
    }


def entry_text(entry: Entry) -> str:
    """Tell in words why a request got the answer it got."""
    lines = [f"{entry.method} {entry.path} was answered {entry.status}."]
    if entry.faults:
        lines.append(f"Faults: {'; '.join(entry.faults)}. Delivered: {entry.sent}.")
    if entry.replayed:
        changed = " although the request had changed" if entry.body_changed else ""
        lines.append(f"A replay: its idempotency key was known{changed}.")
    if isinstance(entry.result, Rejection):
        row = entry.result.refusal
        lines += [f"Refused: {refusal_text(entry.result)}", f"This rule is {row.source}."]
    elif entry.explanation:
        lines.append(entry.explanation.text)
    return "\n".join(lines)


def refusal_text(rejection: Rejection) -> str:
    """Tell why a request was refused, and what would have been allowed."""
    return " ".join((f"{rejection}.", *allowed_instead(rejection)))


def rejection_view(rejection: Rejection) -> View:
    """Show a refusal with its rule, its numbers and its source."""
    source = rejection.refusal.source
    return {
        "reason": rejection.reason,
        "error_code": rejection.code,
        "message": rejection.message,
        "facts": dict(rejection.known_facts),
        "hints": allowed_instead(rejection),
        "provenance": {"mark": source.mark, "source": source.where},
    }
