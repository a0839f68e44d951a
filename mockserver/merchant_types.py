"""JSON shapes of the merchant API: what a merchant reads about an order.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares them
with ``schemas/responses``. Amounts are integers in minor units of the order's currency (öre,
cents); times are ISO 8601 texts in UTC, such as ``2026-01-15T09:00:00.000Z``.
"""

from typing import Literal, NotRequired, TypedDict


class MerchantOrderLine(TypedDict):
    """Order line; ``tax_rate`` is in basis points (2500 is 25 %)."""

    reference: NotRequired[str]
    type: Literal[
        "physical",
        "discount",
        "shipping_fee",
        "sales_tax",
        "store_credit",
        "gift_card",
        "digital",
        "surcharge",
        "return_fee",
        "package",
    ]
    quantity: int
    quantity_unit: str
    name: str
    total_amount: int
    unit_price: int
    total_discount_amount: int
    tax_rate: int
    total_tax_amount: int
    product_url: NotRequired[str]
    image_url: NotRequired[str]
    merchant_data: NotRequired[str]
    product_identifiers: NotRequired[dict[str, object]]
    subscription: NotRequired[dict[str, object]]


class MerchantCapture(TypedDict):
    """Capture of an order; ``refunded_amount`` is the sum booked on it."""

    capture_id: str
    klarna_reference: str
    captured_amount: int
    captured_at: str
    description: str
    order_lines: list[MerchantOrderLine]
    reference: NotRequired[str]
    refunded_amount: int
    billing_address: dict[str, str]
    shipping_address: dict[str, str]
    shipping_info: list[dict[str, str]]


class MerchantRefund(TypedDict):
    """Refund of an order."""

    refund_id: str
    refunded_amount: int
    refunded_at: str
    description: str
    order_lines: list[MerchantOrderLine]
    reference: NotRequired[str]
    credit_invoice: NotRequired[bool]


class InitialPaymentMethod(TypedDict):
    """Payment method that the shopper chose."""

    type: str
    description: str
    number_of_installments: NotRequired[int]


class MerchantOrder(TypedDict):
    """Order as ``GET /ordermanagement/v1/orders/{order_id}`` returns it."""

    order_id: str
    status: Literal["AUTHORIZED", "PART_CAPTURED", "CAPTURED", "CANCELLED", "EXPIRED", "CLOSED"]
    fraud_status: Literal["ACCEPTED", "PENDING", "REJECTED", "STOPPED"]
    order_amount: int
    original_order_amount: int
    captured_amount: int
    refunded_amount: int
    remaining_authorized_amount: int
    purchase_currency: str
    locale: str
    order_lines: list[MerchantOrderLine]
    merchant_reference1: NotRequired[str]
    merchant_reference2: NotRequired[str]
    klarna_reference: str
    customer: dict[str, object]
    billing_address: dict[str, str]
    shipping_address: dict[str, str]
    created_at: str
    purchase_country: str
    expires_at: str
    captures: list[MerchantCapture]
    refunds: list[MerchantRefund]
    initial_payment_method: InitialPaymentMethod
    merchant_data: NotRequired[str]
    selected_shipping_option: NotRequired[dict[str, object]]
    shipping_info: NotRequired[list[dict[str, str]]]
