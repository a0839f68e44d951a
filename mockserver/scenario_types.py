"""Shapes of scenario syntax that the Python API takes as keyword arguments.

A test compares them with ``schemas/scenario.schema.json``. Amounts are integers in minor
units of the order's currency (öre, cents).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypedDict


class OrderSpec(TypedDict, total=False):
    """Order in scenario syntax; only ``lines`` is required, everything else has a default.

    Attributes:
        name: name of the order, for the control API only.
        order_id: id; drawn from the seed by default.
        klarna_reference: short reference; drawn from the seed by default.
        lines: what was ordered, such as ``[{"reference": "shirt", "unit_price": 500}]``.
        amount: total; the sum of the lines by default.
        created: when it was placed; the clock's time by default.
        expires: when the authorization ends: a time, or a duration such as ``2d``.
        country: sets currency, locale and shopper.
        currency: such as ``SEK``; the country's by default.
        locale: such as ``sv-SE``; the country's by default.
        payment_method: such as ``CARD``; ``INVOICE`` by default.
        payment_description: its text; derived from the payment method by default.
        number_of_installments: for payment methods that have them.
        selected_shipping_option: shipping option that the shopper chose, as the provider
            returns it.
        fraud_status: status of the fraud review; ``ACCEPTED`` by default.
        merchant_reference1: the merchant's order number.
        merchant_reference2: a second reference of the merchant.
        merchant_data: any text; returned with the order.
        billing_address: the shipping address or a generated one by default.
        shipping_address: the billing address by default.
        customer: more about the shopper, such as ``date_of_birth``.
        captures: captures by name, oldest first.
        refunds: refunds by name, oldest first, after all captures.
        state: state that does not follow from captures and refunds.
    """

    name: str
    order_id: str
    klarna_reference: str
    lines: Required[Sequence[Mapping[str, object]]]
    amount: int
    created: str
    expires: str
    country: str
    currency: str
    locale: str
    payment_method: str
    payment_description: str
    number_of_installments: int
    selected_shipping_option: Mapping[str, object]
    fraud_status: Literal["ACCEPTED", "PENDING", "REJECTED", "STOPPED"]
    merchant_reference1: str | int
    merchant_reference2: str | int
    merchant_data: str
    billing_address: Mapping[str, object]
    shipping_address: Mapping[str, object]
    customer: Mapping[str, str | int]
    captures: Mapping[str, object]
    refunds: Mapping[str, object]
    state: Mapping[str, object]
