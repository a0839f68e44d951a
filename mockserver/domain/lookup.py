"""Find a capture or refund of an order, or raise the refusal of the catalogue."""

import re

from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.operation import Operation
from mockserver.domain.order import Capture, Order, Refund

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: str) -> bool:
    """Whether a text has the form of an id; its version digit may be any."""
    return _UUID.fullmatch(text) is not None


def order_not_found(
    order_id: str,
    operation: Operation,
    capture_id: str = "",
) -> Refusal:
    """Build the refusal for an unknown order id.

    Reading an order by something that is no UUID has a code of its own (documented by
    Klarna for that operation only).
    """
    if operation is Operation.GET_ORDER and not is_uuid(order_id):
        return Refusal(Reason.INVALID_ORDER_ID, operation, order_id=order_id)
    return Refusal(
        Reason.ORDER_NOT_FOUND,
        operation,
        order_id=order_id,
        capture_id=capture_id,
    )


def find_capture(order: Order, capture_id: str, operation: Operation) -> Capture:
    """Find a capture of an order.

    Raises:
        Rejection: the order has no such capture.
    """
    capture = order.get_capture(capture_id)
    if capture is None:
        raise Refusal(
            Reason.CAPTURE_NOT_FOUND,
            operation,
            capture_id=capture_id,
            order_id=order.order_id,
        )
    return capture


def find_refund(order: Order, refund_id: str) -> Refund:
    """Find a refund of an order.

    Raises:
        Rejection: the order has no such refund.
    """
    refund = order.get_refund(refund_id)
    if refund is None:
        raise Refusal(
            Reason.REFUND_NOT_FOUND,
            Operation.GET_REFUND,
            refund_id=refund_id,
            order_id=order.order_id,
        )
    return refund
