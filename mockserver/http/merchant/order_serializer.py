"""Serialize domain values as the provider does: recorded key order, times, empty texts.

Recorded (2020, EU playground): the key order, ``""`` for unset texts of addresses and lines,
absent rather than null fields, and times with three decimals.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict

from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.authorization import DUE_DATE_OPTIONS
from mockserver.domain.lifecycle import Status
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    Address,
    Capture,
    Order,
    OrderLine,
    PaymentMethod,
    Refund,
)
from mockserver.http.json_values import JsonObject, format_time

_EMPTY_ADDRESS_TEXTS = ("title", "street_address2", "region")


def serialize_order(order: Order, status: Status, assumptions: Assumptions) -> JsonObject:
    """Serialize an order as in the response of ``get_order``."""
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
        "order_lines": [serialize_order_line(line) for line in order.order_lines],
        "merchant_reference1": order.merchant_reference1,
        "merchant_reference2": order.merchant_reference2,
        "klarna_reference": order.klarna_reference,
        "customer": _serialize_customer(order.customer),
        "billing_address": serialize_address(order.billing_address),
        "shipping_address": serialize_address(order.shipping_address),
        "created_at": format_time(order.created_at),
        "purchase_country": order.purchase_country,
        "expires_at": format_time(order.expires_at),
        "captures": serialize_captures(order, assumptions),
        "refunds": [serialize_refund(refund, assumptions) for refund in order.refunds],
        "initial_payment_method": _serialize_payment_method(order.payment_method),
        "merchant_data": order.merchant_data,
        "selected_shipping_option": order.selected_shipping_option,
        "shipping_info": list(order.shipping_info) or None,
    }
    return _drop_unset(view)


def _serialize_payment_method(method: PaymentMethod) -> JsonObject:
    view: JsonObject = {"type": method.type, "description": method.description}
    if method.number_of_installments is not None:
        view["number_of_installments"] = method.number_of_installments
    return view


def serialize_captures(order: Order, assumptions: Assumptions) -> list[JsonObject]:
    """Serialize the captures of an order, oldest first."""
    booked = _booked_by_capture(order, assumptions)
    return [
        _serialize_capture_with_refunds(c, booked.get(c.capture_id, 0)) for c in order.captures
    ]


def serialize_capture(order: Order, capture: Capture, assumptions: Assumptions) -> JsonObject:
    """Serialize one capture of an order."""
    booked = _booked_by_capture(order, assumptions)
    return _serialize_capture_with_refunds(capture, booked.get(capture.capture_id, 0))


def _booked_by_capture(order: Order, assumptions: Assumptions) -> Mapping[str, int]:
    if assumptions.capture_refunded_amount == "stays_zero":
        return {}
    return order.booked_by_capture


def _serialize_capture_with_refunds(capture: Capture, refunded_amount: int) -> JsonObject:
    view = {
        "capture_id": capture.capture_id,
        "klarna_reference": capture.klarna_reference,
        "captured_amount": capture.captured_amount,
        "captured_at": format_time(capture.captured_at),
        "description": capture.description,
        "order_lines": [serialize_order_line(line) for line in capture.order_lines],
        "reference": capture.reference,
        "refunded_amount": refunded_amount,
        "billing_address": serialize_address(capture.billing_address),
        "shipping_address": serialize_address(capture.shipping_address),
        "shipping_info": list(capture.shipping_info),
    }
    return _drop_unset(view)


def serialize_refund(refund: Refund, assumptions: Assumptions) -> JsonObject:
    """Serialize a refund as in the response of ``get_order``."""
    view = {
        "refund_id": refund.refund_id,
        "refunded_amount": refund.refunded_amount,
        "refunded_at": format_time(refund.refunded_at),
        "description": refund.description,
        "order_lines": [serialize_order_line(line) for line in refund.order_lines],
        "reference": refund.reference if assumptions.refund_reference == "shown" else None,
    }
    return _drop_unset(view)


def serialize_single_refund(refund: Refund, assumptions: Assumptions) -> JsonObject:
    """Serialize a refund as in the response of ``get_refund``: one key more (recorded)."""
    return {**serialize_refund(refund, assumptions), "credit_invoice": False}


def serialize_due_date_options(order: Order) -> JsonObject:
    """Serialize the options for extending a due date, with their fees."""
    return {
        "currency": order.purchase_currency,
        "options": [
            {"amount": fee, "number_of_days": days} for days, fee in DUE_DATE_OPTIONS.items()
        ],
    }


def serialize_order_line(line: OrderLine) -> JsonObject:
    """Serialize an order line; an absent reference is omitted."""
    view: JsonObject = {} if line.reference is None else {"reference": line.reference}
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


def _serialize_customer(customer: Mapping[str, str]) -> JsonObject:
    """Serialize a customer; the date of birth comes first (recorded)."""
    first = [key for key in ("date_of_birth",) if key in customer]
    return {key: customer[key] for key in dict.fromkeys([*first, *customer])}


def serialize_address(address: Address) -> JsonObject:
    """Serialize an address in the recorded key order."""
    return {
        key: address.get(key, "")
        for key in ADDRESS_FIELDS
        if key in address or key in _EMPTY_ADDRESS_TEXTS
    }


def serialize_explanation(explanation: Explanation) -> JsonObject:
    """Serialize how a refund was allocated, and why, for the control API."""
    allocation, nearest = explanation.allocation, explanation.nearest
    return {
        "outcome": allocation.outcome,
        "capture_id": allocation.capture_id,
        "booked": [
            {"capture_id": booking.capture_id, "amount": booking.amount}
            for booking in allocation.booked
        ],
        "conditions": [
            {
                "name": condition.name,
                "holds": condition.holds,
                "expected": condition.expected,
                "actual": condition.actual,
                "detail": condition.detail,
            }
            for condition in explanation.conditions
        ],
        "nearest": nearest
        and {
            "capture_id": nearest.capture_id,
            "klarna_reference": nearest.klarna_reference,
            "differences": nearest.differences,
        },
        "ambiguous": allocation.ambiguous,
        "candidates": [asdict(candidate) for candidate in explanation.candidates],
        "assumptions": explanation.assumptions,
        "hints": explanation.hints,
        "text": explanation.text,
    }


def _drop_unset(view: Mapping[str, Any]) -> JsonObject:
    return {key: value for key, value in view.items() if value is not None}
