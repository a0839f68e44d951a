"""Examples for the merchant API's OpenAPI document, built from one example order.

Response examples are serialized from the order, as the server does it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.customer_token import TokenStatus
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from mockserver.domain.order import Order
from mockserver.http.merchant import order_serializer
from mockserver.http.merchant.token_api import serialize_token, serialize_token_order
from mockserver.http.openapi.checkout_examples import (
    CHECKOUT_REQUEST,
    SESSION_REQUEST,
    TOKEN_ORDER_REQUEST,
    checkout_example,
    created_session_example,
    session_example,
)
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import build_order, order_defaults
from mockserver.scenario.times import parse_time

EXAMPLE_TIME = "2026-01-15T09:00:00Z"
EXAMPLE_ORDER: Mapping[str, Any] = MappingProxyType(
    {
        "order_id": "7ce4ee13-973c-4f49-a30e-85a0bc675997",
        "klarna_reference": "1LZB87X9",
        "created": EXAMPLE_TIME,
        "billing_address": {
            "given_name": "Testperson-se",
            "family_name": "Approved",
            "street_address": "Stårgatan 1",
            "postal_code": "12345",
            "city": "Ankeborg",
            "email": "checkout@testdrive.example",
            "phone": "+46765260000",
        },
        "lines": [
            {"reference": "A12345", "name": "T-shirt", "unit_price": 3000, "tax_rate": 2500},
            {"reference": "B24680", "name": "Sneakers", "unit_price": 10000, "tax_rate": 2500},
        ],
        "captures": {
            "A": {"lines": ["A12345"], "capture_id": "4ba29b50-be7b-44f5-a492-113e6a865e22"},
        },
        "refunds": {
            "half": {
                "lines": [{"reference": "A12345", "unit_price": 1500, "tax_rate": 2500}],
                "refund_id": "f8b4c1d2-0e6a-4a57-9b33-7d2c5e1f6a90",
            },
        },
    },
)
"""Order of all examples, in scenario syntax: a T-shirt captured, half of it refunded."""

SNEAKERS = {
    "reference": "B24680",
    "name": "Sneakers",
    "quantity": 1,
    "unit_price": 10000,
    "tax_rate": 2500,
    "total_amount": 10000,
    "total_tax_amount": 2000,
}
T_SHIRT = {
    "reference": "A12345",
    "name": "T-shirt",
    "quantity": 1,
    "unit_price": 1500,
    "total_amount": 1500,
}
SHIPPING_INFO = {
    "shipping_company": "PostNord",
    "shipping_method": "Home",
    "tracking_number": "63456415674545679874",
}

REQUESTS: Mapping[Operation, Any] = {
    Operation.UPDATE_AUTHORIZATION: {
        "order_amount": 13000,
        "order_lines": [{**T_SHIRT, "unit_price": 3000, "total_amount": 3000}, SNEAKERS],
    },
    Operation.UPDATE_CUSTOMER_DETAILS: {"shipping_address": {"city": "Uppsala"}},
    Operation.UPDATE_MERCHANT_REFERENCES: {"merchant_reference1": "order-1001"},
    Operation.ADD_ORDER_SHIPPING_INFO: {"shipping_info": [SHIPPING_INFO]},
    Operation.CAPTURE: {
        "captured_amount": 10000,
        "description": "Second parcel",
        "order_lines": [SNEAKERS],
        "shipping_info": [SHIPPING_INFO],
    },
    Operation.ADD_CAPTURE_SHIPPING_INFO: {"shipping_info": [SHIPPING_INFO]},
    Operation.EXTEND_DUE_DATE: {"number_of_days": 14},
    Operation.REFUND: {"refunded_amount": 1500, "order_lines": [T_SHIRT]},
    Operation.CREATE_CHECKOUT: CHECKOUT_REQUEST,
    Operation.UPDATE_CHECKOUT: {"merchant_reference1": "order-1001"},
    Operation.CREATE_TOKEN_ORDER: TOKEN_ORDER_REQUEST,
    Operation.CREATE_HOSTED_SESSION: SESSION_REQUEST,
    Operation.UPDATE_CUSTOMER_TOKEN: {"status": TokenStatus.CANCELLED},
}
"""Request bodies that are accepted for the example order."""

_RESPONSE_EXAMPLES: Mapping[Operation, Callable[[Order], Any]] = {
    Operation.GET_ORDER: lambda order: order_serializer.serialize_order(
        order, derive_status(order, order.created_at, Assumptions()), Assumptions()
    ),
    Operation.LIST_CAPTURES: lambda order: order_serializer.serialize_captures(
        order, Assumptions()
    ),
    Operation.GET_CAPTURE: lambda order: order_serializer.serialize_capture(
        order, order.captures[0], Assumptions()
    ),
    Operation.GET_EXTEND_DUE_DATE_OPTIONS: order_serializer.serialize_due_date_options,
    Operation.CREATE_HOSTED_SESSION: lambda _order: created_session_example(),
    Operation.READ_HOSTED_SESSION: lambda _order: session_example(),
    Operation.READ_CUSTOMER_TOKEN: lambda order: serialize_token(
        TokenStatus.ACTIVE, order.payment_method
    ),
    Operation.CREATE_TOKEN_ORDER: lambda order: serialize_token_order(
        order.order_id, order.fraud_status, order.payment_method
    ),
    Operation.GET_REFUND: lambda order: order_serializer.serialize_single_refund(
        order.refunds[0], Assumptions()
    ),
}


def response_example(operation: Operation) -> Any:  # noqa: ANN401
    """Return an example of a response with a body."""
    if operation.info.base_path == CHECKOUTS_PATH:
        return checkout_example()
    return _RESPONSE_EXAMPLES[operation](_order())


@cache
def _order() -> Order:
    sandbox = Sandbox("example", clock=Clock(parse_time(EXAMPLE_TIME), frozen=True))
    order, _ = build_order(sandbox, "example", EXAMPLE_ORDER, order_defaults(sandbox), ())
    return order
