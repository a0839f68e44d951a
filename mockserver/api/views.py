"""The domain as the provider writes it: key order, times and empty texts as recorded.

Key order, ``""`` for unset address and line texts, left-out rather than null fields and
three-decimal times are recorded (2020, EU playground).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.explanation import Explanation
from mockserver.domain.extension import DUE_DATE_OPTIONS
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    Address,
    Capture,
    Order,
    OrderLine,
    Refund,
)

View: TypeAlias = dict[str, Any]

_EMPTY_ADDRESS_TEXTS = ("title", "street_address2", "region")


def time_text(moment: datetime) -> str:
    """Write a time as the provider does: UTC, three decimals, ``Z``."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def order_view(order: Order, status: Status, assumptions: Assumptions) -> View:
    """Show an order as ``get_order`` answers it."""
    view = {
        "order_id": order.order_id,
        "status": status,
        "fraud_status": order.fraud_status,
        "order_amount": order.order_amount,
        "original_order_amount": order.original_order_amount,
        "captured_amount": order.captured_amount,
        "refunded_amount": order.refunded_amount,
        "remaining_authorized_amount": order.remaining_authorized_amount,
        "purchase_currency": order.purchase_currency,
        "locale": order.locale,
        "order_lines": [line_view(each) for each in order.order_lines],
        "merchant_reference1": order.merchant_reference1,
        "merchant_reference2": order.merchant_reference2,
        "klarna_reference": order.klarna_reference,
        "customer": order.customer,
        "billing_address": address_view(order.billing_address),
        "shipping_address": address_view(order.shipping_address),
        "created_at": time_text(order.created_at),
        "purchase_country": order.purchase_country,
        "expires_at": time_text(order.expires_at),
        "captures": captures_view(order, assumptions),
        "refunds": [refund_view(each) for each in order.refunds],
        "initial_payment_method": {
            "type": order.payment_method.type,
            "description": order.payment_method.description,
        },
        "merchant_data": order.merchant_data,
        "shipping_info": list(order.shipping_info) or None,
    }
    return _without_unset(view)


def captures_view(order: Order, assumptions: Assumptions) -> list[View]:
    """Show all captures of an order, oldest first."""
    landed = order.landed_amounts
    if assumptions.capture_refunded_amount == "stays_zero":
        landed = {}
    return [_capture_view(c, landed.get(c.capture_id, 0)) for c in order.captures]


def capture_view(order: Order, capture: Capture, assumptions: Assumptions) -> View:
    """Show one capture of an order."""
    views = captures_view(order, assumptions)
    return next(each for each in views if each["capture_id"] == capture.capture_id)


def _capture_view(capture: Capture, refunded_amount: int) -> View:
    view = {
        "capture_id": capture.capture_id,
        "klarna_reference": capture.klarna_reference,
        "captured_amount": capture.captured_amount,
        "captured_at": time_text(capture.captured_at),
        "description": capture.description,
        "order_lines": [line_view(each) for each in capture.order_lines],
        "reference": capture.reference,
        "refunded_amount": refunded_amount,
        "billing_address": address_view(capture.billing_address),
        "shipping_address": address_view(capture.shipping_address),
        "shipping_info": list(capture.shipping_info),
    }
    return _without_unset(view)


def refund_view(refund: Refund) -> View:
    """Show a refund as it stands in an order."""
    view = {
        "refund_id": refund.refund_id,
        "refunded_amount": refund.refunded_amount,
        "refunded_at": time_text(refund.refunded_at),
        "description": refund.description,
        "order_lines": [line_view(each) for each in refund.order_lines],
        "reference": refund.reference,
    }
    return _without_unset(view)


def lone_refund_view(refund: Refund) -> View:
    """Show a refund that is read alone: one key more (recorded)."""
    return {**refund_view(refund), "credit_invoice": False}


def due_date_options_view(order: Order) -> View:
    """Show the options for extending a due date, with their fees."""
    return {
        "currency": order.purchase_currency,
        "options": [
            {"amount": fee, "number_of_days": days} for days, fee in DUE_DATE_OPTIONS.items()
        ],
    }


def line_view(line: OrderLine) -> View:
    """Show an order line; a reference that was not given is left out."""
    view: View = {} if line.reference is None else {"reference": line.reference}
    view |= {
        "type": line.type,
        "quantity": line.quantity,
        "quantity_unit": line.quantity_unit,
        "name": line.name,
        "total_amount": line.total_amount,
        "unit_price": line.unit_price,
        "total_discount_amount": line.total_discount_amount,
        "tax_rate": line.tax_rate,
        "total_tax_amount": line.total_tax_amount,
    }
    return {**view, **line.extra} if line.extra else view


def address_view(address: Address) -> View:
    """Show an address in the recorded key order."""
    return {
        key: address.get(key, "")
        for key in ADDRESS_FIELDS
        if key in address or key in _EMPTY_ADDRESS_TEXTS
    }


def explanation_view(explanation: Explanation) -> View:
    """Show how a refund was allocated and why (control API, design §3)."""
    allocation, near = explanation.allocation, explanation.nearest
    return {
        "outcome": allocation.outcome,
        "capture_id": allocation.capture_id,
        "booked": [
            {"capture_id": each.capture_id, "amount": each.amount} for each in allocation.booked
        ],
        "conditions": [
            {
                "name": each.name,
                "holds": each.holds,
                "expected": each.expected,
                "actual": each.actual,
                "detail": each.detail,
            }
            for each in explanation.conditions
        ],
        "nearest": near
        and {
            "capture_id": near.capture_id,
            "klarna_reference": near.klarna_reference,
            "differences": near.differences,
        },
        "ambiguous": allocation.ambiguous,
        "assumptions": explanation.assumptions,
        "hints": explanation.hints,
        "text": explanation.text,
    }


def _without_unset(view: Mapping[str, Any]) -> View:
    return {key: value for key, value in view.items() if value is not None}
