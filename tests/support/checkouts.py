"""Checkout orders: bodies as merchants send them, and values made of them."""

from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.changes import start_checkout
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.completion import Completion, ShopperOutcome
from mockserver.domain.order import PaymentMethod
from tests.support.builders import NOW, ORDER_ID, SWEDEN

DEFAULT = Assumptions()

SHIRTS: dict[str, Any] = {
    "type": "physical",
    "reference": "A12345",
    "name": "T-shirt",
    "quantity": 2,
    "unit_price": 10000,
    "tax_rate": 2500,
    "total_amount": 20000,
    "total_tax_amount": 4000,
}
URLS = {
    "terms": "http://shop.example/terms",
    "checkout": "http://shop.example/checkout",
    "confirmation": "http://shop.example/thanks?order={checkout.order.id}",
    "push": "http://shop.example/push?order={checkout.order.id}",
}
CART: dict[str, Any] = {
    "purchase_country": "SE",
    "purchase_currency": "SEK",
    "locale": "sv-SE",
    "order_amount": 20000,
    "order_tax_amount": 4000,
    "order_lines": [SHIRTS],
    "merchant_urls": URLS,
}
"""A cart with two shirts."""

EMPTY_CART = {**CART, "order_amount": 0, "order_tax_amount": 0, "order_lines": []}

PARCEL = {"id": "parcel", "name": "Parcel", "price": 4900, "tax_amount": 980, "tax_rate": 2500}
PICKUP = {"id": "pickup", "name": "Pick up", "price": 0, "tax_amount": 0, "tax_rate": 0}

PARCEL_LINE = {
    "type": "shipping_fee", "reference": "parcel", "name": "Parcel", "quantity": 1,
    "unit_price": 4900, "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980,
}  # fmt: skip
TOTALS = {
    "order_amount": 20000,
    "order_tax_amount": 4000,
    "order_lines": [SHIRTS],
    "purchase_currency": "SEK",
}
"""The response to a callback that leaves the totals of the cart as they are."""

TOTALS_WITH_PARCEL = {
    **TOTALS,
    "order_amount": 24900,
    "order_tax_amount": 4980,
    "order_lines": [SHIRTS, PARCEL_LINE],
}


def make_checkout(assumptions: Assumptions = DEFAULT, **fields: Any) -> Checkout:  # noqa: ANN401
    """Make a checkout order of two shirts at ``NOW``."""
    return start_checkout(ORDER_ID, {**CART, **fields}, NOW, assumptions)


def make_completion(
    outcome: ShopperOutcome = ShopperOutcome.APPROVED,
    **facts: Any,  # noqa: ANN401  # the keyword arguments of a Completion
) -> Completion:
    """Make what a Swedish shopper does."""
    return Completion(
        outcome=outcome,
        payment_method=PaymentMethod("INVOICE", "Pay later"),
        **{"billing_address": SWEDEN, "shipping_address": SWEDEN, **facts},
    )
