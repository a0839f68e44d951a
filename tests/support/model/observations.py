"""The product's executions and orders, converted to the terms of the model."""

from datetime import datetime
from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.order import Capture, Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.execution import Execution
from tests.support.model.order_model import Response


def response_of(executed: Execution) -> Response:
    """Convert an execution to a response of the model."""
    result, repeated = executed.result, (executed.replayed, executed.body_changed)
    if isinstance(result, Refusal):
        return Response(False, result.reason, None, *repeated)  # noqa: FBT003
    outcome = result.allocation.outcome if result.allocation else None
    return Response(True, result.created_id, outcome, *repeated)  # noqa: FBT003


def numbers_of(order: Order, now: datetime, assumed: Assumptions) -> dict[str, Any]:
    """Convert an order to the numbers of ``OrderModel.numbers``."""
    booked = order.booked_by_capture
    return {
        "status": derive_status(order, now, assumed),
        "authorized": order.order_amount,
        "captured": order.captured_amount,
        "refunded": order.refunded_amount,
        "remaining": order.remaining_authorized_amount,
        "released": order.released_amount,
        "expires": order.expires_at,
        "shipments": [
            (capture.capture_id, _shipment(capture, booked.get(capture.capture_id, 0)))
            for capture in order.captures
        ],
        "refunds": [
            (refund.refund_id, refund.refunded_amount, refund.allocation.outcome)
            for refund in order.refunds
        ],
        "next_fails": order.fail_next_allocation,
        "acknowledged": order.acknowledged_at is not None,
        "parcels": len(order.shipping_info),
        "city": order.shipping_address["city"],
        "reference": order.merchant_reference1,
    }


def _shipment(capture: Capture, booked: int) -> dict[str, Any]:
    return {
        "captured": capture.captured_amount,
        "goods": {line.reference for line in capture.order_lines},
        "returned": booked,
        "parcels": len(capture.shipping_info),
        "more_days_to_pay": capture.due_date_extended_by,
        "sent_out": capture.sent_out_at is not None,
    }
