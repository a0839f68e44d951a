"""Examples of the checkout API for the OpenAPI document."""

from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.changes import start_checkout
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.hosted_page import open_session
from mockserver.domain.checkout.hosted_session import SessionStatus
from mockserver.http.merchant.checkout_serializer import serialize_checkout
from mockserver.http.merchant.hosted_page_api import (
    serialize_created_session,
    serialize_session,
)
from mockserver.scenario.times import parse_time

ORDER_ID = "7ce4ee13-973c-4f49-a30e-85a0bc675997"
SHOP = "https://shop.example"
PAGE_URL = f"http://localhost:8566/checkout-page/orders/shop/{ORDER_ID}/Yb3kD0v7x1QmZsTn9LfA"
CHECKOUT_REQUEST: dict[str, Any] = {
    "purchase_country": "SE",
    "purchase_currency": "SEK",
    "locale": "sv-SE",
    "order_amount": 24900,
    "order_tax_amount": 4980,
    "order_lines": [
        {
            "type": "physical",
            "reference": "A12345",
            "name": "T-shirt",
            "quantity": 2,
            "unit_price": 10000,
            "tax_rate": 2500,
            "total_amount": 20000,
            "total_tax_amount": 4000,
        },
        {
            "type": "shipping_fee",
            "reference": "flat_rate:1",
            "name": "Parcel",
            "quantity": 1,
            "unit_price": 4900,
            "tax_rate": 2500,
            "total_amount": 4900,
            "total_tax_amount": 980,
        },
    ],
    "merchant_urls": {
        "terms": f"{SHOP}/terms",
        "checkout": f"{SHOP}/checkout",
        "confirmation": f"{SHOP}/thanks/{{checkout.order.id}}",
        "push": f"{SHOP}/push/{{checkout.order.id}}",
    },
}
"""A T-shirt twice and a parcel."""

TOKEN_ORDER_REQUEST = {
    name: CHECKOUT_REQUEST[name]
    for name in ("purchase_currency", "order_amount", "order_tax_amount", "order_lines")
}
"""The same with a customer token."""

SESSION_ID = "b3a9d0c1-5f6e-4b7a-9c8d-0e1f2a3b4c5d"
SESSION_REQUEST = {
    "payment_session_url": f"http://localhost:8566/checkout/v3/orders/{ORDER_ID}",
    "merchant_urls": {"success": f"{SHOP}/thanks?sid={{{{session_id}}}}"},
}


def checkout_example() -> Any:  # noqa: ANN401  # JSON
    """Return the checkout order that the example request makes."""
    return serialize_checkout(_checkout(), Assumptions(), PAGE_URL)


def created_session_example() -> Any:  # noqa: ANN401  # JSON
    """Return what the example request for a session is answered with."""
    return serialize_created_session(_with_session(), "http://localhost:8566", PAGE_URL)


def session_example() -> Any:  # noqa: ANN401  # JSON
    """Return that session."""
    return serialize_session(_with_session(), SessionStatus.WAITING)


def _checkout() -> Checkout:
    now = parse_time("2026-01-15T09:00:00Z")
    return start_checkout(ORDER_ID, CHECKOUT_REQUEST, now, Assumptions())


def _with_session() -> Checkout:
    checkout = _checkout()
    now = checkout.started_at
    return open_session(checkout, SESSION_ID, SESSION_REQUEST, now, Assumptions())
