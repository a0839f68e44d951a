"""Audit rules about refunds (``A3..``)."""

from collections.abc import Sequence
from itertools import islice

from mockserver.audit.audit_rule import AuditRule, Basis
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, Movement
from mockserver.audit.reference_sums import ReferenceSum
from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.case import RETURN_FEE
from mockserver.domain.allocation.explanation import AllocationOutcome, Explanation
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, OrderLine, Refund
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.journal import Entry

SPLIT = "references_in_one_capture"
SPLIT_HINT = "Send one refund for each shipment."


def _after_several_captures(history: History) -> Sequence[Movement]:
    return [refund for refund in history.refunds if _has_several_captures(refund.before)]


def _has_several_captures(order: Order) -> bool:
    """Return whether more than one capture took money; stops at the second."""
    with_money = (capture for capture in order.captures if capture.captured_amount > 0)
    return len(list(islice(with_money, 2))) > 1


def _without_lines(refund: Movement, _history: History) -> Evidence | None:
    refundable = refund.before.captured_amount - refund.before.refunded_amount
    if refund.amount == refundable or any(line.type != RETURN_FEE for line in refund.lines):
        return None
    assert isinstance(refund.record, Refund)  # noqa: S101  # of a refund
    booked = ", ".join(
        f"{booking.amount} on capture {booking.klarna_reference}"
        for booking in refund.record.allocation.booked
    )
    return Evidence(
        f"refund of {refund.amount} without lines of articles, on an order of"
        f" {len(refund.before.captures)} shipments; booked by assumption"
        f" unallocated_refund: {booked or 'on no capture'}",
        (refund.entry,),
    )


def _with_lines(history: History) -> Sequence[Movement]:
    return [refund for refund in history.refunds if refund.lines]


def _lines_differ(refund: Movement, history: History) -> Evidence | None:
    for line in refund.lines:
        if line.type == RETURN_FEE or not line.reference:
            continue
        captured = history.captured_lines.find(refund.before.captures, line.reference)
        if captured and (difference := _difference(line, captured)):
            return Evidence(f"line '{line.reference}': {difference}", (refund.entry,))
    return None


def _difference(line: OrderLine, captured: ReferenceSum) -> str:
    """Return by how much a line takes more than its share of what was captured."""
    quantity, total = captured.quantity, captured.amount
    if line.quantity > quantity:
        return f"refunded {line.quantity} pieces of {quantity} captured"
    share = total * line.quantity / quantity if quantity else total
    if line.total_amount > share + 1:
        return (
            f"refunded {line.total_amount} for {line.quantity} of {quantity} pieces, that"
            f" were captured at {total}"
        )
    return ""


def _first_failures(history: History) -> Sequence[Movement]:
    """Return the first refund that was not allocated, if that was not injected."""
    order = history.order
    failed = [
        refund
        for refund in (order.refunds if order else ())
        if refund.allocation.outcome is AllocationOutcome.FAILED
    ]
    if not failed or failed[0].allocation.failure_injected:
        return ()
    return [
        refund
        for refund in history.refunds
        if refund.record is failed[0] and not _has_only_fees(refund)
    ]


def _has_only_fees(refund: Movement) -> bool:
    """Return whether all lines are return fees: then ``A301`` is the rule for it."""
    return bool(refund.lines) and all(line.type == RETURN_FEE for line in refund.lines)


def _is_split(refund: Movement, explanation: Explanation) -> bool:
    """Return whether every line was captured, but not in one capture."""
    captured = {
        line.reference for capture in refund.before.captures for line in capture.order_lines
    }
    return SPLIT in explanation.failed_conditions and all(
        line.reference and line.reference in captured
        for line in refund.lines
        if line.type != RETURN_FEE
    )


def _not_allocated(refund: Movement, _history: History) -> Evidence | None:
    explanation = _explain(refund)
    if _is_split(refund, explanation):
        return None
    failed = [condition for condition in explanation.conditions if not condition.holds]
    reasons = "; ".join(f"{condition.name}: {condition.detail}" for condition in failed)
    hint = explanation.hints[0] if explanation.hints else None
    return Evidence(
        f"refund of {refund.amount} was accepted, but not allocated to a capture ({reasons});"
        " no later refund of this order will be allocated",
        (refund.entry,),
        hint=hint,
    )


def _spans_captures(refund: Movement, _history: History) -> Evidence | None:
    if not _is_split(refund, _explain(refund)):
        return None
    references = ", ".join(line.reference for line in refund.lines if line.reference)
    return Evidence(
        f"refund of {refund.amount} names {references}, which were not captured together; no"
        " later refund of this order will be allocated",
        (refund.entry,),
        hint=SPLIT_HINT,
    )


def _explain(refund: Movement) -> Explanation:
    assert isinstance(refund.record, Refund)  # noqa: S101  # of a refund
    return explain_allocation(refund.after, refund.record)


def _ambiguous(refund: Movement, _history: History) -> Evidence | None:
    assert isinstance(refund.record, Refund)  # noqa: S101  # of a refund
    allocation = refund.record.allocation
    if not allocation.ambiguous:
        return None
    return Evidence(
        f"refund of {refund.amount} fits several captures; it was allocated to the oldest,"
        f" {allocation.klarna_reference}",
        (refund.entry,),
    )


def _too_large(history: History) -> Sequence[Entry]:
    return history.refusals(Operation.REFUND, Reason.REFUND_EXCEEDS_CAPTURED)


def _over_refund(entry: Entry, _history: History) -> Evidence | None:
    if not isinstance(entry.result, Refusal) or entry.before is None:
        return None
    facts = entry.result.facts
    requested, refundable = facts.get("requested"), facts.get("refundable")
    if not isinstance(requested, int) or not isinstance(refundable, int):
        return None
    pieces = sum(abs(line.quantity) for line in entry.before.order_lines)
    is_rounding = refundable > 0 and requested - refundable <= pieces
    return Evidence(
        f"refund of {requested} refused, {refundable} was left"
        + ("; so small a difference comes from rounding" if is_rounding else ""),
        (entry,),
        Severity.WARNING if is_rounding else Severity.NOTE,
    )


def _before_capture(history: History) -> Sequence[Entry]:
    return history.refusals(Operation.REFUND, Reason.ORDER_HAS_NO_CAPTURES)


def _uncaptured_refund(entry: Entry, history: History) -> Evidence | None:
    if history.is_followed_by(entry, Operation.CANCEL, Operation.CAPTURE):
        return None
    return Evidence(
        "refund of an order without captures refused; the order was not cancelled afterwards,"
        " so the amount stays reserved",
        (entry,),
    )


REFUND_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A301", "refund without lines on an order of several shipments", Severity.WARNING,
        "no order with two captures was refunded", _after_several_captures, _without_lines,
        "Send the returned lines with the refund.",
        Basis.DOCUMENTED_BY_KLARNA,
        "lines of a refund are highly recommended; adyen-commercetools 975",
    ),
    AuditRule(
        "A302", "refund takes more of a line than was captured", Severity.WARNING,
        "nothing was refunded with order lines", _with_lines, _lines_differ,
        "Copy price and tax from the captured line, and give the remainder to the last piece.",
        Basis.ARITHMETIC, "PrestaShop 40271, woocommerce 30263",
    ),
    AuditRule(
        "A303", "refund that could not be allocated", Severity.ERROR,
        "no refund failed to be allocated", _first_failures, _not_allocated,
        "Send lines that add up to the refund and were captured together.",
        Basis.DOCUMENTED_BY_KUSTOM, "after one failed allocation no later refund is allocated",
    ),
    AuditRule(
        "A304", "refund over several shipments", Severity.ERROR,
        "no refund failed to be allocated", _first_failures, _spans_captures,
        SPLIT_HINT,
        Basis.DOCUMENTED_BY_KUSTOM,
        "all references must be on one capture; mollie/Magento 218",
    ),
    AuditRule(
        "A306", "refund that fits several shipments", Severity.NOTE,
        "no order with two captures was refunded", _after_several_captures, _ambiguous,
        "Record which parcel came back, and check on which capture the refund was booked.",
        Basis.DOCUMENTED_BY_KUSTOM, "matching by reference alone", preview=True,
    ),
    AuditRule(
        "A307", "refund of more than is left", Severity.NOTE,
        "no refund was too large", _too_large, _over_refund,
        "Cap the refund at what is left.",
        Basis.FIELD_REPORT, "woocommerce 64668 (179.26 of 179.25)", preview=True,
    ),
    AuditRule(
        "A308", "refund before any capture", Severity.WARNING,
        "no refund came before a capture", _before_capture, _uncaptured_refund,
        "Cancel an order that was not captured.",
        Basis.DOCUMENTED_BY_KUSTOM, "only captured amounts are refunded; mollie/magento2 904",
        preview=True,
    ),
)  # fmt: skip
