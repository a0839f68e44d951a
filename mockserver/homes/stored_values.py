"""The stored form of what the tables of a sandbox hold, apart from orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from msgspec import Struct, convert, field

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.homes.stored_orders import (
    StoredAcceptance,
    restore_acceptance,
    store_acceptance,
)
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.faults.actions import Action
from mockserver.sandbox.faults.rules import CallSelector, FaultRule, Subject
from mockserver.sandbox.idempotency import Receipt
from mockserver.sandbox.tally import RefundFacts, RequestRow, RowCount


class StoredRefusal(Struct, frozen=True, omit_defaults=True):
    """A refusal; an exception cannot be encoded itself."""

    reason: Reason
    operation: Operation | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class StoredReceipt(Struct, frozen=True, omit_defaults=True):
    """A receipt of an accepted or refused request."""

    fingerprint: bytes
    made_at: datetime
    accepted: StoredAcceptance | None = None
    refused: StoredRefusal | None = None


class StoredRule(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A fault rule; ``operations`` are names of operations and kinds of deliveries."""

    name: str
    actions: tuple[Action, ...]
    operations: list[str] = field(default_factory=list)
    order_ids: frozenset[str] = frozenset()
    where: Mapping[str, Any] = field(default_factory=dict)
    calls: CallSelector | None = None
    probability: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)


class StoredRow(Struct, frozen=True, array_like=True):
    """A counter of the tally."""

    row: Sequence[Any]
    count: int
    first: str


def store_result(
    result: Acceptance | Refusal | None,
) -> tuple[StoredAcceptance | None, StoredRefusal | None]:
    """Return the stored form of a result: as an acceptance, or as a refusal."""
    if isinstance(result, Refusal):
        return None, StoredRefusal(result.reason, result.operation, result.facts)
    return store_acceptance(result) if result else None, None


def restore_result(
    accepted: StoredAcceptance | None,
    refused: StoredRefusal | None,
    assumptions: Assumptions,
) -> Acceptance | Refusal | None:
    """Return a result from its stored form."""
    if refused is None:
        return restore_acceptance(accepted, assumptions) if accepted else None
    refusal = Refusal(refused.reason, refused.operation)
    refusal.facts = refused.facts
    return refusal


def store_rule(rule: FaultRule) -> StoredRule:
    """Return the stored form of a fault rule."""
    values = {name: getattr(rule, name) for name in FaultRule.__struct_fields__}
    return StoredRule(**{**values, "operations": sorted(rule.operations)})


def restore_rule(stored: StoredRule, _assumptions: Assumptions) -> FaultRule:
    """Return a fault rule from its stored form."""
    values = {name: getattr(stored, name) for name in FaultRule.__struct_fields__}
    subjects = frozenset(map(_find_subject, stored.operations))
    return FaultRule(**{**values, "operations": subjects})


def _find_subject(name: str) -> Subject:
    return DeliveryKind(name) if name in list(DeliveryKind) else Operation(name)


def store_row(counter: RowCount) -> StoredRow:
    """Return the stored form of a counter of the tally."""
    return StoredRow(cast("RequestRow", counter.row), counter.count, counter.first)


def restore_row(stored: StoredRow, _assumptions: Assumptions) -> RowCount:
    """Return a counter of the tally from its stored form."""
    values = dict(zip(RequestRow._fields, stored.row, strict=False))  # newer ones may follow
    if values["refund"] is not None:
        values["refund"] = values["refund"][: len(RefundFacts._fields)]
    row = convert([*values.values()], RequestRow)
    return RowCount(row, stored.count, stored.first)


def store_receipt(receipt: Receipt) -> StoredReceipt:
    """Return the stored form of a receipt."""
    return StoredReceipt(receipt.fingerprint, receipt.made_at, *store_result(receipt.result))


def restore_receipt(stored: StoredReceipt, assumptions: Assumptions) -> Receipt:
    """Return a receipt from its stored form.

    Raises:
        ValueError: it has no result.
    """
    result = restore_result(stored.accepted, stored.refused, assumptions)
    if result is None:
        message = "expected a receipt with a result"
        raise ValueError(message)
    return Receipt(stored.fingerprint, result, stored.made_at)
