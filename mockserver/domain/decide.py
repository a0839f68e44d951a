"""``decide(order, command, context)``: apply a command to an order, or refuse it.

``decide(order, command, context)`` is pure. It returns the new order and what the
response needs, or raises a :class:`~mockserver.domain.refusal.Refusal`. Equal inputs give
an equal decision, so a decision that lost a race can be repeated.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.domain.authorization import (
    cancel,
    extend_authorization_time,
    release_remaining_authorization,
    update_authorization,
)
from mockserver.domain.captures import (
    add_capture_shipping_info,
    capture,
    extend_due_date,
    trigger_send_out,
)
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
from mockserver.domain.decision import Context, Decision, accept_changes, check_movement_limit
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import check_allowed, derive_status
from mockserver.domain.order import Order
from mockserver.domain.refunds import refund
from mockserver.domain.refusal import Refusal

MANDATORY_ADDRESS_FIELDS = ("street_address", "postal_code", "city", "country")
"""Fields that cannot be cleared. Documented is that some cannot; which ones is assumed."""


def decide(order: Order, command: Command, context: Context) -> Decision:
    """Apply a command to an order.

    Raises:
        Refusal: the lifecycle table, an amount or a rule of the operation refuses it.
    """
    status = derive_status(order, context.now, context.assumptions)
    check_allowed(order, command.operation, status)
    return _DECIDE_BY_COMMAND[type(command)](order, command, context)


def _acknowledge(order: Order, command: Acknowledge, context: Context) -> Decision:
    return accept_changes(order, command, acknowledged_at=order.acknowledged_at or context.now)


def _update_customer_details(
    order: Order,
    command: UpdateCustomerDetails,
    _context: Context,
) -> Decision:
    changed = command.shipping_address
    cleared = [field for field in MANDATORY_ADDRESS_FIELDS if changed.get(field) == ""]
    if cleared:
        raise Refusal(
            Reason.INVALID_ADDRESS,
            command.operation,
            cleared_fields=", ".join(cleared),
        )
    return accept_changes(
        order, command, shipping_address={**order.shipping_address, **changed}
    )


def _update_merchant_references(
    order: Order,
    command: UpdateMerchantReferences,
    _context: Context,
) -> Decision:
    references = {
        "merchant_reference1": command.merchant_reference1,
        "merchant_reference2": command.merchant_reference2,
    }
    changes = {name: value for name, value in references.items() if value is not None}
    return accept_changes(order, command, **changes)


def _add_order_shipping_info(
    order: Order,
    command: AddOrderShippingInfo,
    _context: Context,
) -> Decision:
    added = order.shipping_info + command.shipping_info
    check_movement_limit(len(added), "parcels", command.operation, order_id=order.order_id)
    return accept_changes(order, command, shipping_info=added)


_DECIDE_BY_COMMAND: Mapping[type[Command], Callable[[Order, Any, Context], Decision]] = {
    Acknowledge: _acknowledge,
    UpdateAuthorization: update_authorization,
    Cancel: cancel,
    UpdateCustomerDetails: _update_customer_details,
    ExtendAuthorizationTime: extend_authorization_time,
    UpdateMerchantReferences: _update_merchant_references,
    ReleaseRemainingAuthorization: release_remaining_authorization,
    AddOrderShippingInfo: _add_order_shipping_info,
    CaptureOrder: capture,
    AddCaptureShippingInfo: add_capture_shipping_info,
    TriggerSendOut: trigger_send_out,
    ExtendDueDate: extend_due_date,
    RefundOrder: refund,
}
