"""What each command does to an order: one short function per command.

``decide(order, command, context)`` is pure. It returns the new order and what the
merchant is told, or raises a :class:`Rejection`; deciding again gives the same answer,
so a decision that lost a race is simply repeated.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.allocation import allocate
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    Cancel,
    CaptureOrder,
    Command,
    ExtendAuthorizationTime,
    ExtendDueDate,
    RefundOrder,
    ReleaseRemainingAuthorization,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.explanation import Allocation
from mockserver.domain.extension import check_due_date, check_extension, extended_expiry
from mockserver.domain.lifecycle import check_allowed, status_of
from mockserver.domain.lookup import find_capture
from mockserver.domain.money import sum_of
from mockserver.domain.operation import Operation
from mockserver.domain.order import Capture, FraudStatus, Order, OrderLine, Refund
from mockserver.domain.refund_case import measure_asked

RAISABLE = frozenset(
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

PARTS_KEPT = 5000
"""How many captures, refunds or parcels an order, and parcels a capture, may have (ours)."""

MANDATORY_ADDRESS_FIELDS = ("street_address", "postal_code", "city", "country")
"""Fields that cannot be cleared (that some cannot is documented, which is assumed)."""


class Context(Struct, frozen=True, gc=False):
    """All that the outside world contributes, drawn once per request.

    ``new_id`` is the id for a capture or refund, should one be made.
    ``allocation_fails`` lets the next allocation fail as if the provider had failed.
    """

    now: datetime
    new_id: str
    assumptions: Assumptions
    allocation_fails: bool = False


class Outcome(Struct, frozen=True, gc=False):
    """What the merchant is told of an accepted command.

    ``created_id`` is set for a new capture or refund, ``lines_valid`` when its lines
    add up to its amount, ``allocation`` for a refund.
    """

    operation: Operation
    created_id: str | None = None
    lines_valid: bool = False
    allocation: Allocation | None = None


class Decision(Struct, frozen=True, gc=False):
    """The order as it is after a command, and the outcome."""

    order: Order
    outcome: Outcome


def decide(order: Order, command: Command, context: Context) -> Decision:
    """Carry a command out on an order.

    Raises:
        Rejection: the lifecycle table, an amount or a rule of the operation says no.
    """
    status = status_of(order, context.now, context.assumptions)
    check_allowed(order, command.operation, status)
    return _DECIDERS[type(command)](order, command, context)


def _done(order: Order, command: Command, **changes: Any) -> Decision:  # noqa: ANN401
    return Decision(replace(order, **changes), Outcome(command.operation))


def _check_not_full(number: int, parts: str, operation: Operation, **ids: str) -> None:
    """Refuse to let an order have so many of something.

    Raises:
        Rejection: they are more than are kept.
    """
    if number > PARTS_KEPT:
        raise Rejection(
            Reason.ORDER_IS_FULL,
            operation,
            **ids,
            parts=parts,
            limit=PARTS_KEPT,
        )


def _acknowledge(order: Order, command: Acknowledge, context: Context) -> Decision:
    return _done(order, command, acknowledged_at=order.acknowledged_at or context.now)


def _update_authorization(
    order: Order,
    command: UpdateAuthorization,
    context: Context,
) -> Decision:
    wanted, captured = command.order_amount, order.captured_amount
    if wanted < captured:
        raise Rejection(
            Reason.AUTHORIZATION_BELOW_CAPTURED,
            command.operation,
            wanted=wanted,
            captured=captured,
        )
    if wanted > order.order_amount and order.payment_method.type not in RAISABLE:
        raise Rejection(
            Reason.RAISE_NOT_OFFERED,
            command.operation,
            wanted=wanted,
            order_amount=order.order_amount,
            payment_method=order.payment_method.type,
        )
    return _done(
        order,
        command,
        order_amount=wanted,
        order_lines=command.order_lines,
        authorization_updated_at=context.now,
    )


def _cancel(order: Order, command: Cancel, context: Context) -> Decision:
    return _done(order, command, cancelled_at=context.now)


def _update_customer_details(
    order: Order,
    command: UpdateCustomerDetails,
    _context: Context,
) -> Decision:
    changed = command.shipping_address
    cleared = [each for each in MANDATORY_ADDRESS_FIELDS if changed.get(each) == ""]
    if cleared:
        raise Rejection(
            Reason.INVALID_ADDRESS,
            command.operation,
            cleared=", ".join(cleared),
        )
    return _done(order, command, shipping_address={**order.shipping_address, **changed})


def _extend_authorization_time(
    order: Order,
    command: ExtendAuthorizationTime,
    context: Context,
) -> Decision:
    check_extension(order, context.now)
    days = context.assumptions.authorization_days
    expiry = extended_expiry(order, context.now, days)
    return _done(order, command, expires_at=expiry, extended_at=context.now)


def _update_merchant_references(
    order: Order,
    command: UpdateMerchantReferences,
    _context: Context,
) -> Decision:
    given = {
        "merchant_reference1": command.merchant_reference1,
        "merchant_reference2": command.merchant_reference2,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    return _done(order, command, **changes)


def _release_remaining_authorization(
    order: Order,
    command: ReleaseRemainingAuthorization,
    context: Context,
) -> Decision:
    keeps = context.assumptions.release_keeps_order_amount
    return _done(
        order,
        command,
        released_at=context.now,
        released_amount=order.remaining_authorized_amount,
        order_amount=order.order_amount if keeps else order.captured_amount,
    )


def _add_order_shipping_info(
    order: Order,
    command: AddOrderShippingInfo,
    _context: Context,
) -> Decision:
    added = order.shipping_info + command.shipping_info
    _check_not_full(len(added), "parcels", command.operation, order_id=order.order_id)
    return _done(order, command, shipping_info=added)


_FRAUD_REFUSALS = {
    FraudStatus.PENDING: Reason.FRAUD_REVIEW_PENDING,
    FraudStatus.REJECTED: Reason.FRAUD_REVIEW_FAILED,
    FraudStatus.STOPPED: Reason.FRAUD_REVIEW_FAILED,
}


def _capture(order: Order, command: CaptureOrder, context: Context) -> Decision:
    refused = _FRAUD_REFUSALS.get(order.fraud_status)
    if refused:
        raise Rejection(refused, command.operation, fraud_status=order.fraud_status)
    remaining = order.remaining_authorized_amount
    if command.captured_amount > remaining:
        raise Rejection(
            Reason.CAPTURE_EXCEEDS_REMAINING,
            command.operation,
            wanted=command.captured_amount,
            remaining=remaining,
            captured=order.captured_amount,
            order_amount=order.order_amount,
        )
    number = len(order.captures) + 1
    _check_not_full(number, "captures", command.operation, order_id=order.order_id)
    capture = Capture(
        capture_id=context.new_id,
        klarna_reference=f"{order.klarna_reference}-{number}",
        captured_amount=command.captured_amount,
        captured_at=context.now,
        description=command.description,
        order_lines=command.order_lines,
        reference=command.reference,
        billing_address=order.billing_address,
        shipping_address=order.shipping_address,
        shipping_info=command.shipping_info,
    )
    changed = replace(
        order,
        captures=(*order.captures, capture),
        acknowledged_at=order.acknowledged_at or context.now,
    )
    valid = _lines_valid(command.order_lines, command.captured_amount)
    return Decision(changed, Outcome(command.operation, capture.capture_id, valid))


def _add_capture_shipping_info(
    order: Order,
    command: AddCaptureShippingInfo,
    _context: Context,
) -> Decision:
    capture = find_capture(order, command.capture_id, command.operation)
    added = capture.shipping_info + command.shipping_info
    _check_not_full(
        len(added),
        "parcels",
        command.operation,
        order_id=order.order_id,
        capture_id=capture.capture_id,
    )
    return _recaptured(order, command, replace(capture, shipping_info=added))


def _trigger_send_out(
    order: Order,
    command: TriggerSendOut,
    context: Context,
) -> Decision:
    capture = find_capture(order, command.capture_id, command.operation)
    return _recaptured(order, command, replace(capture, sent_out_at=context.now))


def _extend_due_date(
    order: Order,
    command: ExtendDueDate,
    _context: Context,
) -> Decision:
    capture = find_capture(order, command.capture_id, command.operation)
    check_due_date(order, command.operation, command.number_of_days)
    days = capture.due_date_extended_by + command.number_of_days
    return _recaptured(order, command, replace(capture, due_date_extended_by=days))


def _recaptured(order: Order, command: Command, changed: Capture) -> Decision:
    captures = tuple(
        changed if each.capture_id == changed.capture_id else each for each in order.captures
    )
    return _done(order, command, captures=captures)


def _refund(order: Order, command: RefundOrder, context: Context) -> Decision:
    check_refundable(order, command.refunded_amount)
    number = len(order.refunds) + 1
    _check_not_full(number, "refunds", command.operation, order_id=order.order_id)
    case = measure_asked(
        order,
        command,
        context.assumptions,
        allocation_fails=context.allocation_fails,
    )
    allocation = allocate(case)
    refund = Refund(
        refund_id=context.new_id,
        refunded_amount=command.refunded_amount,
        refunded_at=context.now,
        allocation=allocation,
        captures_before=len(order.captures),
        description=command.description,
        order_lines=command.order_lines,
        reference=command.reference,
    )
    valid = _lines_valid(command.order_lines, command.refunded_amount)
    return Decision(
        replace(
            order,
            refunds=(*order.refunds, refund),
            next_allocation_fails=order.next_allocation_fails and not case.made_to_fail,
        ),
        Outcome(command.operation, refund.refund_id, valid, allocation),
    )


def check_refundable(order: Order, refunded_amount: int) -> None:
    """Check a refund's amount against what was captured and not yet refunded.

    Raises:
        Rejection: nothing was captured, or less than would then be refunded.
    """
    if not order.captures:
        raise Rejection(
            Reason.ORDER_HAS_NO_CAPTURES,
            Operation.REFUND,
            order_id=order.order_id,
        )
    captured, refunded = order.captured_amount, order.refunded_amount
    if refunded + refunded_amount > captured:
        raise Rejection(
            Reason.REFUND_EXCEEDS_CAPTURED,
            Operation.REFUND,
            wanted=refunded_amount,
            refundable=captured - refunded,
            captured=captured,
            refunded=refunded,
        )


def _lines_valid(lines: tuple[OrderLine, ...], amount: int) -> bool:
    return bool(lines) and sum_of(lines) == amount


_DECIDERS: Mapping[type[Command], Callable[[Order, Any, Context], Decision]] = {
    Acknowledge: _acknowledge,
    UpdateAuthorization: _update_authorization,
    Cancel: _cancel,
    UpdateCustomerDetails: _update_customer_details,
    ExtendAuthorizationTime: _extend_authorization_time,
    UpdateMerchantReferences: _update_merchant_references,
    ReleaseRemainingAuthorization: _release_remaining_authorization,
    AddOrderShippingInfo: _add_order_shipping_info,
    CaptureOrder: _capture,
    AddCaptureShippingInfo: _add_capture_shipping_info,
    TriggerSendOut: _trigger_send_out,
    ExtendDueDate: _extend_due_date,
    RefundOrder: _refund,
}
