"""What is asked of both servers: orders made for it, and requests about them.

An order grows with every capture and refund, so changes are spread over many orders.
"""

import json
import urllib.request
from itertools import count
from typing import Any

from load import request
from processes import Server

CHANGES_OF_AN_ORDER = 20

_ORDERS = "/ordermanagement/v1/orders"
_NAMES = (f"order-{number}" for number in count(1))
_PRICES = {"A12345": 60_000_000, "A98765": 60_000_000, "B24680": 60_000_000}
_ORDER = {
    "lines": [
        {"reference": reference, "name": f"Article {reference}", "unit_price": price}
        for reference, price in _PRICES.items()
    ],
    "merchant_reference1": "1001",
    "billing_address": {
        "given_name": "Testperson-se",
        "family_name": "Approved",
        "street_address": "Stårgatan 1",
        "postal_code": "12345",
        "city": "Ankeborg",
        "country": "SE",
        "email": "testperson-se@example.com",
        "phone": "+46765260000",
    },
}
_HALF = [
    {"reference": each, "quantity": 1, "unit_price": price // 2}
    for each, price in _PRICES.items()
]
_SHIPPED = {"captures": {"first": {"lines": _HALF}}}
_LINES = [
    {
        "reference": each,
        "name": f"Article {each}",
        "type": "physical",
        "quantity": 1,
        "quantity_unit": "pcs",
        "unit_price": 1,
        "total_amount": 1,
        "total_discount_amount": 0,
        "tax_rate": 2500,
        "total_tax_amount": 0,
    }
    for each in _PRICES
]
REFUND = json.dumps(
    {"refunded_amount": 3, "description": "Returned", "order_lines": _LINES},
).encode()
CAPTURE = json.dumps(
    {"captured_amount": 3, "description": "Shipped", "order_lines": _LINES},
).encode()


def order_page(server: Server) -> tuple[bytes, bytes]:
    """Make a shipped order; give the request that reads it, and the bytes of the answer."""
    path = f"{_ORDERS}/{_make_order(server)}"
    return request("GET", path), _ask(server, path)


def refunds(server: Server, number: int) -> list[bytes]:
    """Make orders, and requests that refund three lines of each in turn."""
    return _changes(server, number, "refunds", REFUND)


def captures(server: Server, number: int) -> list[bytes]:
    """Make orders, and requests that capture three lines of each in turn."""
    return _changes(server, number, "captures", CAPTURE)


def _changes(server: Server, number: int, collection: str, body: bytes) -> list[bytes]:
    return [
        request("POST", f"{_ORDERS}/{_make_order(server)}/{collection}", body)
        for _ in range(-(-number // CHANGES_OF_AN_ORDER))
    ]


def _make_order(server: Server) -> str:
    spec = {**_ORDER, **_SHIPPED, "name": next(_NAMES)}
    answer = _ask(server, "/__admin/sandboxes/bench/orders", json.dumps(spec).encode())
    made: dict[str, Any] = json.loads(answer)
    return str(made["order_id"])


def _ask(server: Server, path: str, body: bytes | None = None) -> bytes:
    asked = urllib.request.Request(
        f"http://{server.address.host}:{server.address.port}{path}",
        data=body,
        headers={"Authorization": "Basic YmVuY2g6c2VjcmV0"},
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310  # of our own server
        read: bytes = answer.read()
    return read
