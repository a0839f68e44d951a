"""Commands that change the authorization: update, cancel, extend, release."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from mockserver.domain.commands import (
    Cancel,
    ExtendAuthorizationTime,
    ReleaseRemainingAuthorization,
    UpdateAuthorization,
)
from mockserver.domain.decision import Acceptance, Context, Decision, accept_changes
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Status
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal

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
        Refusal: it is less than was captured, or more than the payment method allows.
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
    """Cancel the order; cancelling it again changes nothing.

    Raises:
        Refusal: it is cancelled already, and a repeated cancel is assumed to be refused.
    """
    if order.cancelled_at is None:
        return accept_changes(order, command, cancelled_at=context.now)
    if context.assumptions.repeated_cancel == "refused":
        raise Refusal(
            Reason.ORDER_CANCELLED,
            command.operation,
            order_id=order.order_id,
            status=Status.CANCELLED,
        )
    return Decision(order, Acceptance(command.operation))


def extend_authorization_time(
    order: Order,
    command: ExtendAuthorizationTime,
    context: Context,
) -> Decision:
    """Move the expiry.

    Raises:
        Refusal: an extension is not offered.
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


FIRST_EXTENDABLE_CREATION = datetime(2025, 9, 25, tzinfo=UTC)
NON_EXTENDABLE_COUNTRIES = frozenset({"ES", "FR", "IT", "PT"})
MAX_TIME_TO_EXPIRY = timedelta(days=90)
MAX_AUTHORIZATION_PERIOD = timedelta(days=180)

KLARNA_PAYMENT_METHODS = frozenset(
    {
        "ACCOUNT",
        "BANK_TRANSFER",
        "DEFERRED_INTEREST",
        "DIRECT_DEBIT",
        "FIXED_AMOUNT",
        "FIXED_SUM_CREDIT",
        "INVOICE",
        "INVOICE_BUSINESS",
        "PAY_IN_X",
        "PAY_LATER_IN_PARTS",
    },
)
PAY_LATER_METHODS = frozenset({"INVOICE", "INVOICE_BUSINESS", "PAY_LATER_IN_PARTS"})

DUE_DATE_OPTIONS: Mapping[int, int] = {14: 1900, 30: 2900, 60: 4900}
"""Days by which a due date can be extended, and the fee in minor units (assumed)."""


def initial_expiry(created_at: datetime, days: int) -> datetime:
    """Return midnight UTC, so many days after the day of creation (recorded form)."""
    return _midnight_utc(created_at) + timedelta(days=days)


def extended_expiry(order: Order, now: datetime, days: int) -> datetime:
    """Return midnight UTC, so many days after today; never earlier than the present expiry."""
    latest = _midnight_utc(order.created_at) + MAX_AUTHORIZATION_PERIOD
    requested = min(_midnight_utc(now) + timedelta(days=days), latest)
    return max(requested, order.expires_at)


def check_extension(order: Order, now: datetime) -> None:
    """Check whether the authorization of an order can be extended at all.

    Raises:
        Refusal: with the cause, which is documented; its wording is not.
    """
    causes = {
        f"Orders paid by {order.payment_method.type} cannot be extended.": (
            order.payment_method.type not in KLARNA_PAYMENT_METHODS
        ),
        f"Orders in {order.purchase_country} cannot be extended.": (
            order.purchase_country in NON_EXTENDABLE_COUNTRIES
        ),
        f"Orders created before {FIRST_EXTENDABLE_CREATION:%Y-%m-%d} cannot be extended.": (
            order.created_at < FIRST_EXTENDABLE_CREATION
        ),
        f"The authorization expires in {MAX_TIME_TO_EXPIRY.days} days or more.": (
            order.expires_at - _midnight_utc(now) >= MAX_TIME_TO_EXPIRY
        ),
    }
    for cause, applies in causes.items():
        if applies:
            raise Refusal(
                Reason.EXTENSION_NOT_OFFERED,
                Operation.EXTEND_AUTHORIZATION_TIME,
                cause=cause,
            )


def check_due_date_extendable(
    order: Order, operation: Operation, days: int | None = None
) -> None:
    """Check whether due dates of an order can be extended, and by so many days.

    Raises:
        Refusal: not a pay-later method, or not one of the options.
    """
    if order.payment_method.type not in PAY_LATER_METHODS:
        cause = f"Orders paid by {order.payment_method.type} have no due date."
    elif days is not None and days not in DUE_DATE_OPTIONS:
        options = ", ".join(map(str, DUE_DATE_OPTIONS))
        cause = f"{days} days is not offered; the options are {options} days."
    else:
        return
    raise Refusal(Reason.DUE_DATE_NOT_OFFERED, operation, cause=cause)


def _midnight_utc(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
