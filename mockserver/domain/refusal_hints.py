"""Hints for refused requests: what would have been allowed instead.

One table by reason, filled in with the facts of the refusal, and the lifecycle table
for what depends on the status. A refusal that a fault made up has no numbers of its own, and
nothing is said of it.
"""

from collections.abc import Mapping

from mockserver.domain.errors import UNKNOWN_FACT, Reason, Refusal
from mockserver.domain.lifecycle import LIFECYCLE

HINT_BY_REASON: Mapping[Reason, str] = {
    Reason.CAPTURE_EXCEEDS_REMAINING: "At most {remaining} can be captured.",
    Reason.REFUND_EXCEEDS_CAPTURED: "At most {refundable} can be refunded.",
    Reason.AUTHORIZATION_BELOW_CAPTURED: "The new total must be at least {captured}.",
    Reason.RAISE_NOT_OFFERED: (
        "At most {order_amount}: orders paid by {payment_method} cannot be raised."
    ),
    Reason.FRAUD_REVIEW_PENDING: (
        "The fraud review is {fraud_status}; once ACCEPTED it can be captured."
    ),
    Reason.FRAUD_REVIEW_FAILED: (
        "The fraud review is {fraud_status}; only ACCEPTED orders can be captured."
    ),
    Reason.INVALID_ADDRESS: "{cleared_fields} can be changed, but not cleared.",
    Reason.METHOD_NOT_ALLOWED: "Use {allowed}.",
    Reason.UNSUPPORTED_MEDIA_TYPE: "Send application/json instead of '{media_type}'.",
    Reason.UNSUPPORTED_ENCODING: (
        "Send gzip, deflate or identity instead of '{content_encoding}'."
    ),
}
"""Sentences by reason; each names facts of the refusals it is for."""


def refusal_hint(rejection: Refusal) -> tuple[str, ...]:
    """Return what would have been allowed; empty if unknown."""
    if UNKNOWN_FACT in rejection.facts.values():
        return ()  # made up by a fault
    template = HINT_BY_REASON.get(rejection.reason)
    if template is not None:
        try:
            return (template.format_map(rejection.facts),)
        except KeyError:
            pass  # refused by the status
    return _hint_allowed_statuses(rejection)


def _hint_allowed_statuses(rejection: Refusal) -> tuple[str, ...]:
    """Name the statuses in which the operation is allowed, from the lifecycle table."""
    if rejection.operation is None or "status" not in rejection.facts:
        return ()
    cells = LIFECYCLE[rejection.operation]
    statuses = [status for status, cell in cells.items() if cell.reason is None]
    return (f"Allowed while the order is {' or '.join(statuses)}.",)
