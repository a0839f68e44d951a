"""Hints for refused requests: what would have been allowed instead.

One table by reason, filled in with the facts of the refusal, and the lifecycle table
for what depends on the status. An injected refusal has no facts and therefore no hint.
"""

from collections.abc import Mapping

from mockserver.domain.checkout.checkout import CHECKOUT_LIFECYCLE
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.refusal import UNKNOWN_FACT, Refusal

HINT_BY_REASON: Mapping[Reason, str] = {
    Reason.CAPTURE_EXCEEDS_REMAINING: "At most {remaining} can be captured.",
    Reason.REFUND_EXCEEDS_CAPTURED: "At most {refundable} can be refunded.",
    Reason.AUTHORIZATION_BELOW_CAPTURED: "The new total must be at least {captured}.",
    Reason.RAISE_NOT_OFFERED: (
        "At most {order_amount}: the authorization of {payment_method} orders cannot be raised."
    ),
    Reason.FRAUD_REVIEW_PENDING: (
        "The fraud review is {fraud_status}; once ACCEPTED it can be captured."
    ),
    Reason.FRAUD_REVIEW_FAILED: (
        "The fraud review is {fraud_status}; only ACCEPTED orders can be captured."
    ),
    Reason.BAD_VALUE: "Send {expected} instead of {actual}.",
    Reason.INVALID_ADDRESS: "{cleared_fields} can be changed, but not cleared.",
    Reason.METHOD_NOT_ALLOWED: "Use {allowed}.",
    Reason.UNSUPPORTED_MEDIA_TYPE: "Send application/json instead of '{media_type}'.",
    Reason.UNSUPPORTED_ENCODING: (
        "Send gzip, deflate or identity instead of '{content_encoding}'."
    ),
}
"""Message templates by reason, filled in with the facts of the refusal."""


def refusal_hint(refusal: Refusal) -> tuple[str, ...]:
    """Return what would have been allowed, most useful first; empty if that is unknown."""
    if UNKNOWN_FACT in refusal.facts.values():
        return ()  # injected by a fault
    template = HINT_BY_REASON.get(refusal.reason)
    if template is not None:
        try:
            return (template.format_map(refusal.facts), *_list_earlier_refunds(refusal))
        except KeyError:
            pass  # refused because of the status
    return _hint_allowed_statuses(refusal)


def _list_earlier_refunds(refusal: Refusal) -> tuple[str, ...]:
    refunds = refusal.facts.get("earlier_refunds")
    return (f"Refunded so far: {refunds}.",) if refunds else ()


def _hint_allowed_statuses(refusal: Refusal) -> tuple[str, ...]:
    """Name the statuses in which the operation is allowed, from the lifecycle table."""
    if refusal.operation is None or "status" not in refusal.facts:
        return ()
    allowed = [
        status
        for table in (LIFECYCLE, CHECKOUT_LIFECYCLE)
        for status, cell in table.get(refusal.operation, {}).items()
        if cell.reason is None
    ]
    return (f"Allowed while the order is {' or '.join(allowed)}.",)
