"""Commands that change the authorization: update, cancel, extend, release."""

from mockserver.domain.commands import (
    Cancel,
    ExtendAuthorizationTime,
    ReleaseRemainingAuthorization,
    UpdateAuthorization,
)
from mockserver.domain.decision import Context, Decision, accept_changes
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.extension import check_extension, extended_expiry
from mockserver.domain.order import Order

RAISABLE_PAYMENT_METHODS = frozenset(
    {
        "ACCOUNT",
        "B2B_INVOICE",
        "BASE_ACCOUNT",
        "DEFERRED_INTEREST",
        "DIRECT_DEBIT",
        "FIXED_AMOUNT",
        "INVOICE",
        "INVOICE_BUSINESS",
    },
)
"""Payment methods whose authorization can be raised (documented by Klarna; the
country limits of FIXED_AMOUNT are not checked)."""


def update_authorization(
    order: Order,
    command: UpdateAuthorization,
    context: Context,
) -> Decision:
    """Replace the authorized amount and the lines.

    Raises:
        Rejection: it is less than was captured, or more than the payment method allows.
    """
    order_amount, captured = command.order_amount, order.captured_amount
    if order_amount < captured:
        raise Refusal(
            Reason.AUTHORIZATION_BELOW_CAPTURED,
            command.operation,
            requested=order_amount,
            captured=captured,
        )
    if (
        order_amount > order.order_amount
        and order.payment_method.type not in RAISABLE_PAYMENT_METHODS
    ):
        raise Refusal(
            Reason.RAISE_NOT_OFFERED,
            command.operation,
            requested=order_amount,
            order_amount=order.order_amount,
            payment_method=order.payment_method.type,
        )
    return accept_changes(
        order,
        command,
        order_amount=order_amount,
        order_lines=command.order_lines,
        authorization_updated_at=context.now,
    )


def cancel(order: Order, command: Cancel, context: Context) -> Decision:
    """Cancel the order."""
    return accept_changes(order, command, cancelled_at=context.now)


def extend_authorization_time(
    order: Order,
    command: ExtendAuthorizationTime,
    context: Context,
) -> Decision:
    """Move the expiry.

    Raises:
        Rejection: an extension is not offered.
    """
    check_extension(order, context.now)
    days = context.assumptions.authorization_days
    expiry = extended_expiry(order, context.now, days)
    return accept_changes(order, command, expires_at=expiry, extended_at=context.now)


def release_remaining_authorization(
    order: Order,
    command: ReleaseRemainingAuthorization,
    context: Context,
) -> Decision:
    """Release the authorization that is not captured."""
    keeps_amount = context.assumptions.release_keeps_order_amount
    return accept_changes(
        order,
        command,
        released_at=context.now,
        released_amount=order.remaining_authorized_amount,
        order_amount=order.order_amount if keeps_amount else order.captured_amount,
    )
