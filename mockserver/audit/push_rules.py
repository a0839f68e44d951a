"""Audit rules about pushes (``A5..``): what the shop answers, and what it does then."""

from collections.abc import Sequence
from datetime import timedelta

from mockserver.audit.audit_rule import AuditRule, Basis
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, is_carried_out, is_successful_read
from mockserver.domain.operation import Operation
from mockserver.sandbox.deliveries.delivery import Attempt, Delivery, DeliveryKind
from mockserver.sandbox.deliveries.schedules import TIMEOUTS
from mockserver.sandbox.journal import Entry

TRIES = 3  # pushes that a shop refuses before it counts as never accepting one
REACTION_TIME = timedelta(seconds=60)  # in which a shop acts on a push or webhook
FIRST_REDIRECT, FIRST_ERROR = 300, 400


def has_fault(attempt: Attempt, name: str) -> bool:
    """Return whether a fault action took effect, such as ``lose``."""
    return any(text.rpartition(": ")[2] == name for text in attempt.faults)


def received_attempts(delivery: Delivery) -> list[Attempt]:
    """Return the attempts that reached the shop; what a fault lost is not blamed on it."""
    return [attempt for attempt in delivery.attempts if not has_fault(attempt, "lose")]


def _sent_pushes(history: History) -> Sequence[Delivery]:
    return [push for push in history.sent(DeliveryKind.PUSH) if received_attempts(push)]


def _slow(push: Delivery, _history: History) -> Evidence | None:
    limit = push.timeout or TIMEOUTS[DeliveryKind.PUSH]
    slow = [attempt for attempt in received_attempts(push) if attempt.seconds >= limit]
    if not slow:
        return None
    return Evidence(f"push {push.delivery_id} was not answered within {limit:g} seconds", ())


def _is_redirect(attempt: Attempt) -> bool:
    status = attempt.status
    return status is not None and FIRST_REDIRECT <= status < FIRST_ERROR


def _redirected(push: Delivery, history: History) -> Evidence | None:
    redirects = [attempt for attempt in received_attempts(push) if _is_redirect(attempt)]
    if not redirects:
        return None
    order = history.order
    is_handled = order is not None and (order.acknowledged_at or order.captures)
    return Evidence(
        f"push {push.delivery_id} was answered {redirects[0].status}, which is a failure: a"
        " redirect is not followed",
        (),
        Severity.WARNING if is_handled else Severity.ERROR,
    )


def _never_accepted(push: Delivery, _history: History) -> Evidence | None:
    attempts = received_attempts(push)
    if len(attempts) < TRIES or any(attempt.succeeded for attempt in attempts):
        return None
    if all(_is_redirect(attempt) for attempt in attempts):
        return None  # which is a finding of its own
    statuses = ", ".join(str(attempt.status or "no response") for attempt in attempts[:TRIES])
    return Evidence(f"{len(attempts)} pushes, none answered 2xx: {statuses}", ())


def _references_after_pushes(history: History) -> Sequence[list[tuple[Attempt, Entry]]]:
    """Pair each merchant reference that was set with the push that came before it."""
    attempts = [a for push in history.sent(DeliveryKind.PUSH) for a in received_attempts(push)]
    pairs = []
    for entry in history.by_operation.get(Operation.UPDATE_MERCHANT_REFERENCES, ()):
        before = [a for a in attempts if timedelta() <= entry.at - a.at <= REACTION_TIME]
        if before and is_carried_out(entry):
            pairs.append((before[-1], entry))
    return [pairs] if pairs else ()


def _not_idempotent(pairs: list[tuple[Attempt, Entry]], _history: History) -> Evidence | None:
    first_push, first = pairs[0]
    for push, entry in pairs[1:]:
        references = [_reference(entry) for entry in (first, entry)]
        if push is not first_push and all(references) and references[0] != references[1]:
            return Evidence(
                f"after two pushes the order has the references '{references[0]}' and"
                f" '{references[1]}': the shop has two orders",
                (first, entry),
            )
    return None


def _reference(entry: Entry) -> str | None:
    return entry.after.merchant_reference1 if entry.after else None


def _handled_after_push(history: History) -> Sequence[Entry]:
    """Return the acknowledges and captures of an order that was pushed before."""
    sent = [push.attempts[0].at for push in history.sent(DeliveryKind.PUSH) if push.attempts]
    operations = (Operation.ACKNOWLEDGE, Operation.CAPTURE)
    return [
        entry
        for entry in history.entries
        if sent and entry.operation in operations and is_carried_out(entry)
        if entry.at >= min(sent)
    ]


def _trusted(entry: Entry, history: History) -> Evidence | None:
    earlier = (other for other in history.entries if other.entry_id < entry.entry_id)
    if any(is_successful_read(other) for other in earlier):
        return None
    return Evidence(f"{entry.operation} after a push, without reading the order", (entry,))


PUSH_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A501", "push answered late", Severity.WARNING,
        "no push was sent", _sent_pushes, _slow,
        "Answer first, and do the work afterwards.",
        Basis.FIELD_REPORT, "klarna-checkout-for-woocommerce 85: given up after 5 seconds",
    ),
    AuditRule(
        "A502", "push redirected", Severity.ERROR,
        "no push was sent", _sent_pushes, _redirected,
        "Register the final address, with https and without a redirect.",
        Basis.FIELD_REPORT, "klarna-checkout-for-woocommerce 58: the push was lost",
    ),
    AuditRule(
        "A503", "push never accepted", Severity.ERROR,
        "no push was sent", _sent_pushes, _never_accepted,
        "Answer 2xx once the order id is stored, also for an order that is not known yet.",
        Basis.DOCUMENTED_BY_KUSTOM, "pushes are repeated for 48 hours, then no more",
        preview=True,
    ),
    AuditRule(
        "A504", "push handled twice", Severity.ERROR,
        "no merchant reference was set after a push",
        _references_after_pushes, _not_idempotent,
        "Make the Kustom order id unique in the shop's table of orders.",
        Basis.FIELD_REPORT,
        "klarna-checkout-for-woocommerce 18, 77 and 85; ps_checkout 1548", preview=True,
    ),
    AuditRule(
        "A505", "push trusted without reading the order", Severity.WARNING,
        "no order was acknowledged or captured after a push", _handled_after_push, _trusted,
        "Read the order before it is stored: a push is not signed.",
        Basis.DOCUMENTED_BY_KLARNA, "push callbacks: read the order", preview=True,
    ),
)  # fmt: skip
