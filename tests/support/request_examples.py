"""A valid request body for every operation, and the schema of its response."""

from collections.abc import Mapping
from typing import Any

from mockserver.domain.operation import Operation
from mockserver.http.openapi.checkout_examples import (
    CHECKOUT_REQUEST,
    SESSION_REQUEST,
    TOKEN_ORDER_REQUEST,
)
from mockserver.scenario.spec import Spec
from tests.support.merchant import HALF_SHIPPED, UNSHIPPED, line

Op = Operation

BODIES: Mapping[Operation, Any] = {
    Op.UPDATE_AUTHORIZATION: {"order_amount": 21000, "order_lines": [line("NEW", 21000)]},
    Op.UPDATE_CUSTOMER_DETAILS: {"shipping_address": {"city": "Uppsala"}},
    Op.UPDATE_MERCHANT_REFERENCES: {"merchant_reference1": "shop-1"},
    Op.ADD_ORDER_SHIPPING_INFO: {"shipping_info": [{"tracking_number": "T1"}]},
    Op.CAPTURE: {"captured_amount": 10000, "order_lines": [line("B24680", 10000)]},
    Op.ADD_CAPTURE_SHIPPING_INFO: {"shipping_info": [{"tracking_number": "T2"}]},
    Op.EXTEND_DUE_DATE: {"number_of_days": 14},
    Op.REFUND: {"refunded_amount": 3000, "order_lines": [line("A12345", 3000)]},
    Op.CREATE_CHECKOUT: CHECKOUT_REQUEST,
    Op.UPDATE_CHECKOUT: {"merchant_reference1": "shop-1"},
    Op.CREATE_TOKEN_ORDER: TOKEN_ORDER_REQUEST,
    Op.CREATE_HOSTED_SESSION: SESSION_REQUEST,
    Op.UPDATE_CUSTOMER_TOKEN: {"status": "CANCELLED"},
}

RESPONSE_SCHEMAS: Mapping[Operation, str] = {
    Op.GET_ORDER: "order",
    Op.LIST_CAPTURES: "captures",
    Op.GET_CAPTURE: "capture",
    Op.GET_EXTEND_DUE_DATE_OPTIONS: "extend_due_date_options",
    Op.GET_REFUND: "refund",
}

BUSY: Spec = {**HALF_SHIPPED, "refunds": {"shirt": {"lines": ["A12345"]}}}
"""Order on which every operation except cancel is allowed."""


def order_for(operation: Operation) -> Spec:
    """Return an order that allows the operation."""
    return UNSHIPPED if operation is Op.CANCEL else BUSY
