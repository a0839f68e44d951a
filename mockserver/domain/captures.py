"""Shipments: money taken, parcels, and the invoice of a capture."""

from msgspec.structs import replace

from mockserver.domain.commands import (
    AddCaptureShippingInfo,
    CaptureOrder,
    Command,
    ExtendDueDate,
    TriggerSendOut,
)
from mockserver.domain.decision import Context, Decision, Outcome, check_not_full, done
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.extension import check_due_date
from mockserver.domain.lookup import find_capture
from mockserver.domain.money import add_up
from mockserver.domain.order import Capture, FraudStatus, Order

_FRAUD_REFUSALS = {
    FraudStatus.PENDING: Reason.FRAUD_REVIEW_PENDING,
    FraudStatus.REJECTED: Reason.FRAUD_REVIEW_FAILED,
    FraudStatus.STOPPED: Reason.FRAUD_REVIEW_FAILED,
}


def capture(order: Order, command: CaptureOrder, context: Context) -> Decision:
    """Take money for a shipment.

    Raises:
        Rejection: the risk review says no, less is left, or the order is full.
    """
    refused = _FRAUD_REFUSALS.get(order.fraud_status)
    if refused:
        raise Rejection(refused, command.operation, fraud_status=order.fraud_status)
    remaining = order.remaining_authorized_amount
    if command.captured_amount > remaining:
        raise Rejection(
            Reason.CAPTURE_EXCEEDS_REMAINING,
            command.operation,
            requested=command.captured_amount,
            remaining=remaining,
            captured=order.captured_amount,
            order_amount=order.order_amount,
        )
    number = len(order.captures) + 1
    check_not_full(number, "captures", command.operation, order_id=order.order_id)
    made = Capture(
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
        captures=(*order.captures, made),
        acknowledged_at=order.acknowledged_at or context.now,
    )
    valid = add_up(command.order_lines, command.captured_amount)
    return Decision(changed, Outcome(command.operation, made.capture_id, valid))


def add_capture_shipping_info(
    order: Order,
    command: AddCaptureShippingInfo,
    _context: Context,
) -> Decision:
    """Append parcels to a capture.

    Raises:
        Rejection: there is no such capture, or it has too many.
    """
    found = find_capture(order, command.capture_id, command.operation)
    added = found.shipping_info + command.shipping_info
    check_not_full(
        len(added),
        "parcels",
        command.operation,
        order_id=order.order_id,
        capture_id=found.capture_id,
    )
    return _recaptured(order, command, replace(found, shipping_info=added))


def trigger_send_out(
    order: Order,
    command: TriggerSendOut,
    context: Context,
) -> Decision:
    """Send the invoice of a capture again.

    Raises:
        Rejection: there is no such capture.
    """
    found = find_capture(order, command.capture_id, command.operation)
    return _recaptured(order, command, replace(found, sent_out_at=context.now))


def extend_due_date(
    order: Order,
    command: ExtendDueDate,
    _context: Context,
) -> Decision:
    """Give more days to pay a capture.

    Raises:
        Rejection: there is no such capture, or no such option.
    """
    found = find_capture(order, command.capture_id, command.operation)
    check_due_date(order, command.operation, command.number_of_days)
    days = found.due_date_extended_by + command.number_of_days
    return _recaptured(order, command, replace(found, due_date_extended_by=days))


def _recaptured(order: Order, command: Command, changed: Capture) -> Decision:
    captures = tuple(
        changed if each.capture_id == changed.capture_id else each for each in order.captures
    )
    return done(order, command, captures=captures)
