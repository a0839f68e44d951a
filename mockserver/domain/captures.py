"""Commands on captures: capture, shipping info, send-out, due date."""

from msgspec.structs import replace

from mockserver.domain.authorization import check_due_date_extendable
from mockserver.domain.commands import (
    AddCaptureShippingInfo,
    CaptureOrder,
    Command,
    ExtendDueDate,
    TriggerSendOut,
)
from mockserver.domain.decision import (
    Acceptance,
    Context,
    Decision,
    accept_changes,
    check_movement_limit,
    find_capture,
)
from mockserver.domain.errors import Reason
from mockserver.domain.money import lines_add_up
from mockserver.domain.order import Capture, FraudStatus, Order
from mockserver.domain.refusal import Refusal

_REASON_BY_FRAUD_STATUS = {
    FraudStatus.PENDING: Reason.FRAUD_REVIEW_PENDING,
    FraudStatus.REJECTED: Reason.FRAUD_REVIEW_FAILED,
    FraudStatus.STOPPED: Reason.FRAUD_REVIEW_FAILED,
}


def capture(order: Order, command: CaptureOrder, context: Context) -> Decision:
    """Capture an amount for a shipment.

    Raises:
        Refusal: the fraud review forbids it, less is authorized, or the order is full.
    """
    _check_fraud_review(order, command, context)
    _check_authorized(order, command)
    number = len(order.captures) + 1
    check_movement_limit(number, "captures", command.operation, order_id=order.order_id)
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
        fraud_status=FraudStatus.ACCEPTED,
    )
    valid = lines_add_up(command.order_lines, command.captured_amount)
    return Decision(changed, Acceptance(command.operation, capture.capture_id, valid))


def _check_fraud_review(order: Order, command: CaptureOrder, context: Context) -> None:
    reason = _REASON_BY_FRAUD_STATUS.get(order.fraud_status)
    takes_risk = (
        reason is Reason.FRAUD_REVIEW_FAILED
        and context.assumptions.rejected_order == "four_hours"
    )
    if reason and not takes_risk:
        raise Refusal(reason, command.operation, fraud_status=order.fraud_status)


def _check_authorized(order: Order, command: CaptureOrder) -> None:
    remaining = order.remaining_authorized_amount
    if command.captured_amount > remaining:
        raise Refusal(
            Reason.CAPTURE_EXCEEDS_REMAINING,
            command.operation,
            requested=command.captured_amount,
            remaining=remaining,
            captured=order.captured_amount,
            order_amount=order.order_amount,
        )


def add_capture_shipping_info(
    order: Order,
    command: AddCaptureShippingInfo,
    _context: Context,
) -> Decision:
    """Append parcels to a capture.

    Raises:
        Refusal: there is no such capture, or it has too many.
    """
    capture = find_capture(order, command.capture_id, command.operation)
    shipping_info = capture.shipping_info + command.shipping_info
    check_movement_limit(
        len(shipping_info),
        "parcels",
        command.operation,
        order_id=order.order_id,
        capture_id=capture.capture_id,
    )
    return _replace_capture(order, command, replace(capture, shipping_info=shipping_info))


def trigger_send_out(
    order: Order,
    command: TriggerSendOut,
    context: Context,
) -> Decision:
    """Send the invoice of a capture again.

    Raises:
        Refusal: there is no such capture.
    """
    capture = find_capture(order, command.capture_id, command.operation)
    return _replace_capture(order, command, replace(capture, sent_out_at=context.now))


def extend_due_date(
    order: Order,
    command: ExtendDueDate,
    _context: Context,
) -> Decision:
    """Extend the due date of a capture.

    Raises:
        Refusal: there is no such capture, or no such option.
    """
    capture = find_capture(order, command.capture_id, command.operation)
    check_due_date_extendable(order, command.operation, command.number_of_days)
    days = capture.due_date_extended_by + command.number_of_days
    return _replace_capture(order, command, replace(capture, due_date_extended_by=days))


def _replace_capture(order: Order, command: Command, changed: Capture) -> Decision:
    captures = tuple(
        changed if capture.capture_id == changed.capture_id else capture
        for capture in order.captures
    )
    return accept_changes(order, command, captures=captures)
