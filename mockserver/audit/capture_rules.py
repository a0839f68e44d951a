"""Audit rules about captures (``A2..``)."""

from collections.abc import Sequence

from mockserver.audit.audit_rule import AuditRule, Basis
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, Movement
from mockserver.domain.money import line_total, sum_totals
from mockserver.domain.order import OrderLine

GOODS_AND_FEES = frozenset(("physical", "digital", "shipping_fee"))
"""Types of lines that a refund may have to find again by their reference."""


def _without_lines(capture: Movement, _history: History) -> Evidence | None:
    if capture.lines:
        return None
    order = capture.before
    is_partial = len(order.order_lines) > 1 and capture.amount != order.order_amount
    return Evidence(
        f"capture of {capture.amount} without order lines, of an order of {order.order_amount}"
        f" with {len(order.order_lines)} lines: no refund with lines can be allocated to it",
        (capture.entry,),
        Severity.WARNING if is_partial else Severity.NOTE,
    )


def _with_lines(history: History) -> Sequence[Movement]:
    return [capture for capture in history.captures if capture.lines]


def _lines_off(capture: Movement, _history: History) -> Evidence | None:
    total = sum_totals(capture.lines)
    if total != capture.amount:
        detail = f"captured {capture.amount}, its lines sum to {total}"
        missing = _line_of_total(capture, capture.amount - total)
        if missing:
            detail += f"; the difference is the order's line '{missing.name}'"
        return Evidence(detail, (capture.entry,))
    for line in capture.lines:
        total = line_total(line.quantity, line.unit_price, line.total_discount_amount)
        difference = abs(line.total_amount - total)
        if difference:
            is_rounding = difference <= abs(line.quantity)
            return Evidence(
                f"line '{line.reference or line.name}' has total_amount {line.total_amount},"
                f" but {line.quantity} x {line.unit_price} less"
                f" {line.total_discount_amount} discount is {total}",
                (capture.entry,),
                Severity.NOTE if is_rounding else Severity.WARNING,
            )
    return None


def _line_of_total(capture: Movement, total: int) -> OrderLine | None:
    lines = capture.before.order_lines
    return next((line for line in lines if line.total_amount == total), None)


def _unknown_reference(capture: Movement, _history: History) -> Evidence | None:
    ordered = {line.reference for line in capture.before.order_lines if line.reference}
    unknown = [
        line.reference
        for line in capture.lines
        if line.reference and line.type in GOODS_AND_FEES and line.reference not in ordered
    ]
    if not ordered or not unknown:
        return None
    return Evidence(
        f"captured '{unknown[0]}', the order has {', '.join(sorted(ordered)[:5])}",
        (capture.entry,),
    )


def _reference_unusable(capture: Movement, _history: History) -> Evidence | None:
    articles: dict[str, tuple[str, int]] = {}
    for line in capture.lines:
        if line.type not in GOODS_AND_FEES:
            continue
        if not line.reference:
            return Evidence(f"line '{line.name}' has no reference", (capture.entry,))
        article = (line.name, line.unit_price)
        if articles.setdefault(line.reference, article) != article:
            return Evidence(
                f"reference '{line.reference}' is used for two articles or prices",
                (capture.entry,),
            )
    return None


CAPTURE_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A201", "capture without order lines", Severity.WARNING,
        "nothing was captured", lambda history: history.captures, _without_lines,
        "Send the lines that were shipped with the capture.",
        Basis.DOCUMENTED_BY_KUSTOM, "a refund is matched with the lines of the capture request",
    ),
    AuditRule(
        "A202", "lines of a capture do not add up", Severity.WARNING,
        "nothing was captured with order lines", _with_lines, _lines_off,
        "Compute the amount as the sum of the lines that you send.",
        Basis.DOCUMENTED_BY_KLARNA,
        "fields of an order line; klarna-payments-for-woocommerce 49 and 82",
    ),
    AuditRule(
        "A203", "captured line that the order does not have", Severity.WARNING,
        "nothing was captured with order lines", _with_lines, _unknown_reference,
        "Take references from the order, not from the product catalogue.",
        Basis.FIELD_REPORT, "changelog of klarna-order-management-for-woocommerce",
        preview=True,
    ),
    AuditRule(
        "A204", "captured line that a refund cannot find again", Severity.WARNING,
        "nothing was captured with order lines", _with_lines, _reference_unusable,
        "Give every line a reference that is unique for article and price.",
        Basis.DOCUMENTED_BY_KUSTOM,
        "matching by reference; klarna-checkout-for-woocommerce 611", preview=True,
    ),
)  # fmt: skip
