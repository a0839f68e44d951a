"""Audit rules about idempotency keys (``A1..``)."""

from collections.abc import Sequence

from mockserver.audit.audit_rule import AuditRule, Basis, Scope
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, is_carried_out
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import AMOUNT_REASONS, LIFECYCLE, derive_status
from mockserver.domain.operation import ACCUMULATING_OPERATIONS
from mockserver.domain.order import FraudStatus, Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.idempotency import KEY_LIFETIME
from mockserver.sandbox.journal import Entry

"""Refusals that depend on the request, although one status always leads to them."""


def _without_key(history: History) -> Sequence[Entry]:
    """Return the changes that add something, and that were executed."""
    return [
        entry
        for operation in ACCUMULATING_OPERATIONS
        for entry in history.by_operation.get(operation, ())
        if is_carried_out(entry)
    ]


def _key_missing(entry: Entry, _history: History) -> Evidence | None:
    if entry.idempotency_key:
        return None
    return Evidence(f"{entry.operation} without an idempotency key", (entry,))


def _changes_with_key(history: History) -> Sequence[list[Entry]]:
    """Collect the changes that were executed under one key."""
    by_key: dict[str, list[Entry]] = {}
    for entry in history.entries:
        if entry.idempotency_key and is_carried_out(entry):
            by_key.setdefault(entry.idempotency_key, []).append(entry)
    return list(by_key.values())


def _key_shared(changes: list[Entry], _history: History) -> Evidence | None:
    first = changes[0]
    for entry in changes[1:]:
        is_other = (entry.operation, entry.order_id) != (first.operation, first.order_id)
        if is_other and entry.at - first.at < KEY_LIFETIME:
            return Evidence(
                f"one key for {first.operation} of order {first.order_id} and"
                f" {entry.operation} of order {entry.order_id}",
                (first, entry),
            )
    return None


def _replays(history: History) -> Sequence[Entry]:
    return [entry for entry in history.entries if entry.replayed]


def _key_reused(entry: Entry, _history: History) -> Evidence | None:
    if not entry.body_changed:
        return None
    return Evidence(
        f"the {entry.operation} was answered {entry.status} with the stored result of another"
        " request under the same key; it was not executed",
        (entry,),
    )


def _replayed_refusals(history: History) -> Sequence[Entry]:
    return [entry for entry in _replays(history) if isinstance(entry.result, Refusal)]


def _refusal_kept(entry: Entry, history: History) -> Evidence | None:
    refusal, order = entry.result, entry.before
    if not isinstance(refusal, Refusal) or order is None or entry.body_changed:
        return None
    if not _is_cause_gone(refusal, entry, order, history):
        return None
    return Evidence(
        f"the {entry.operation} was refused again by its idempotency key: {refusal.reason},"
        " although that is no longer so",
        (entry,),
    )


def _is_cause_gone(refusal: Refusal, entry: Entry, order: Order, history: History) -> bool:
    """Return whether a refusal by the state of an order no longer holds for its state now."""
    if refusal.reason is Reason.FRAUD_REVIEW_PENDING:
        return order.fraud_status is FraudStatus.ACCEPTED
    row = LIFECYCLE.get(entry.operation) if entry.operation else None
    by_status = {permission.reason for permission in row.values()} if row else set()
    if not row or refusal.reason not in by_status - AMOUNT_REASONS:
        return False
    status = derive_status(order, entry.at, history.sandbox.assumptions)
    return row[status].reason is None


KEY_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A101", "change without an idempotency key", Severity.NOTE,
        "nothing was captured, refunded or shipped", _without_key, _key_missing,
        "Send one UUID for each intended capture or refund, stored before the first try.",
        Basis.DOCUMENTED_BY_KLARNA, "a key is optional, and recommended for every POST",
    ),
    AuditRule(
        "A105", "idempotency key reused for another request", Severity.WARNING,
        "no request was answered by its idempotency key", _replays, _key_reused,
        "Use a new key for every different capture or refund.",
        Basis.DOCUMENTED_BY_KUSTOM, "only the key counts, the content is disregarded",
    ),
    AuditRule(
        "A106", "idempotency key shared by different requests", Severity.WARNING,
        "no change was sent with an idempotency key", _changes_with_key, _key_shared,
        "Derive the key from the operation and the shipment, not from the order.",
        Basis.FIELD_REPORT, "whether a key holds for one operation, one order or the merchant"
        " is not documented; Adyen's hold for the whole account", Scope.SANDBOX, preview=True,
    ),
    AuditRule(
        "A108", "refusal kept by an idempotency key", Severity.WARNING,
        "no refusal was repeated by an idempotency key", _replayed_refusals, _refusal_kept,
        "Use a new key once the cause of a refusal is gone.",
        Basis.FIELD_REPORT, "medusa 16390: a payment could not be captured any more",
        preview=True,
    ),
)  # fmt: skip
