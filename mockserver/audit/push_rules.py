"""Audit rules about pushes (``A5..``): what the shop answers, and what it does then."""

from collections.abc import Sequence

from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, is_carried_out, is_successful_read
from mockserver.audit.rule import Basis, Rule
from mockserver.domain.operation import Operation
from mockserver.sandbox.deliveries.delivery import Attempt, Delivery
from mockserver.sandbox.journal import Entry

TRIES = 3  # pushes that a shop refuses before it counts as never accepting one
LOST_BY_FAULT = ("lose",)
FIRST_REDIRECT, FIRST_ERROR = 300, 400


def answered_attempts(push: Delivery) -> list[Attempt]:
    """Return the attempts that reached the shop; what a fault lost is not blamed on it."""
    return [
        attempt
        for attempt in push.attempts
        if not any(text.rpartition(": ")[2] in LOST_BY_FAULT for text in attempt.faults)
    ]


def _sent_pushes(history: History) -> Sequence[Delivery]:
    return [push for push in history.pushes if answered_attempts(push)]


def _is_redirect(attempt: Attempt) -> bool:
    status = attempt.status
    return status is not None and FIRST_REDIRECT <= status < FIRST_ERROR


def _redirected(push: Delivery, history: History) -> Evidence | None:
    redirects = [attempt for attempt in answered_attempts(push) if _is_redirect(attempt)]
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
    attempts = answered_attempts(push)
    if len(attempts) < TRIES or any(attempt.succeeded for attempt in attempts):
        return None
    if all(_is_redirect(attempt) for attempt in attempts):
        return None  # which is a finding of its own
    statuses = ", ".join(str(attempt.status or "no answer") for attempt in attempts[:TRIES])
    return Evidence(f"{len(attempts)} pushes, none answered 2xx: {statuses}", ())


def _handled_after_push(history: History) -> Sequence[Entry]:
    """Return the acknowledges and captures of an order that was pushed before."""
    sent = [push.attempts[0].at for push in history.pushes if push.attempts]
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


PUSH_RULES: tuple[Rule, ...] = (
    Rule(
        "A502", "push redirected", Severity.ERROR,
        "no push was sent", _sent_pushes, _redirected,
        "Register the final address, with https and without a redirect.",
        Basis.FIELD_REPORT, "klarna-checkout-for-woocommerce 58: the push was lost",
    ),
    Rule(
        "A503", "push never accepted", Severity.ERROR,
        "no push was sent", _sent_pushes, _never_accepted,
        "Answer 2xx once the order id is stored, also for an order that is not known yet.",
        Basis.DOCUMENTED_BY_KUSTOM, "pushes are repeated for 48 hours, then no more",
        preview=True,
    ),
    Rule(
        "A505", "push trusted without reading the order", Severity.WARNING,
        "no order was acknowledged or captured after a push", _handled_after_push, _trusted,
        "Read the order before it is stored: a push is not signed.",
        Basis.DOCUMENTED_BY_KLARNA, "push callbacks: read the order", preview=True,
    ),
)  # fmt: skip
