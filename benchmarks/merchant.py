"""Orders and requests of the benchmarks.

Orders have ids of our choosing, so that every server receives the same bytes. An order
grows with every capture and refund, so changes are spread over many orders.
"""

import json
import urllib.request
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from load import LoadError, load, request
from processes import Server

READ_ORDERS = 100  # reads rotate over them
CHANGES_PER_ORDER = 20
LINES = 3
LARGEST_ORDER = 180_000_000  # the provider's limit is a little more
PREPARING_CONNECTIONS = 16
PREPARED_BATCH = 10_000

ORDERS = "/ordermanagement/v1/orders"
USER = "bench"
JSON = "application/json"
ADDRESS = {
    "given_name": "Testperson-se",
    "family_name": "Approved",
    "street_address": "Stårgatan 1",
    "postal_code": "12345",
    "city": "Ankeborg",
    "country": "SE",
    "email": "testperson-se@example.com",
    "phone": "+46765260000",
}


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of request; ``collection`` is the last path segment of a POST."""

    name: str
    collection: str = ""
    lines: int = LINES

    @property
    def status(self) -> int:
        """Expected status."""
        return 201 if self.collection else 200

    @property
    def share(self) -> float:
        """Share of the usual number of requests; fewer if they have many lines."""
        return sqrt(LINES / self.lines)

    def orders(self, count: int) -> int:
        """Return the number of orders for this number of requests."""
        return -(-count // CHANGES_PER_ORDER) if self.collection else READ_ORDERS

    def requests(self, count: int, user: str = USER) -> list[bytes]:
        """Return the requests, one for each order."""
        numbers = range(1, self.orders(count) + 1)
        if not self.collection:
            return [request("GET", path_of(number), user=user) for number in numbers]
        return [self.change(path_of(number), user) for number in numbers]

    def change(self, path: str, user: str = USER) -> bytes:
        """Return a request that changes an order."""
        return request("POST", f"{path}/{self.collection}", self.body(), user)

    def body(self) -> bytes:
        """Return the body of a capture or refund of one minor unit per line."""
        amount = "captured_amount" if self.collection == "captures" else "refunded_amount"
        lines = [_line(reference) for reference in references(self.lines)]
        body = {amount: self.lines, "description": "Part of it", "order_lines": lines}
        return json.dumps(body).encode()


GET = Work("GET order")
CAPTURE = Work("POST capture", "captures")
REFUND = Work("POST refund, 3 lines", "refunds")
WORKS = (
    GET,
    CAPTURE,
    REFUND,
    Work("POST refund, 30 lines", "refunds", 30),
    Work("POST refund, 300 lines", "refunds", 300),
)


def order_id(number: int) -> str:
    """Return the id of an order."""
    return f"00000000-0000-4000-8000-{number:012x}"


def path_of(number: int) -> str:
    """Return the path of an order."""
    return f"{ORDERS}/{order_id(number)}"


def references(lines: int) -> list[str]:
    """Return the references of an order's lines."""
    return [f"A{12_345 + number}" for number in range(lines)]


def order(number: int, lines: int = LINES, captures: int = 1) -> dict[str, Any]:
    """Return an order in scenario syntax, half of it captured in equal captures."""
    articles = references(lines)
    price = LARGEST_ORDER // lines
    part = price // 2 // max(captures, 1)
    shipped = [
        {"reference": article, "quantity": 1, "unit_price": part} for article in articles
    ]
    return {
        "order_id": order_id(number),
        "lines": [
            {"reference": article, "name": f"Article {article}", "unit_price": price}
            for article in articles
        ],
        "merchant_reference1": "1001",
        "billing_address": ADDRESS,
        "captures": {f"capture-{number}": {"lines": shipped} for number in range(captures)},
    }


def scenario(orders: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return a scenario with these orders."""
    named = {f"order-{order['order_id']}": order for order in orders}
    return {"version": 1, "seed": "bench", "orders": named}


def prepare(server: Server, work: Work, count: int) -> list[bytes]:
    """Replace all orders by those that the requests need; return the requests."""
    empty(server)
    numbers = range(1, work.orders(count) + 1)
    create_orders(server, (order(number, work.lines) for number in numbers))
    return work.requests(count)


def empty(server: Server, user: str = USER) -> None:
    """Remove all orders of a sandbox."""
    send(server, "PUT", f"/__admin/sandboxes/{user}/scenario", scenario())


def create_orders(
    server: Server, orders: Iterable[Mapping[str, Any]], user: str = USER
) -> None:
    """Create orders in a sandbox."""
    path = f"/__admin/sandboxes/{user}/orders"
    post_all(server, [request("POST", path, json.dumps(order).encode()) for order in orders])


def post_all(server: Server, requests: Sequence[bytes], status: int = 201) -> None:
    """Send each request once."""
    for start in range(0, len(requests), PREPARED_BATCH):
        batch = requests[start : start + PREPARED_BATCH]
        run = load(
            server.address,
            batch,
            count=len(batch),
            connections=PREPARING_CONNECTIONS,
            status=status,
        )
        if run.count < len(batch):
            raise LoadError(f"{run.count} of {len(batch)} requests were sent in time")


def send(
    server: Server,
    method: str,
    path: str,
    body: Any = None,  # noqa: ANN401
    user: str = USER,
) -> bytes:
    """Send one request and return the body of the response."""
    credentials = b64encode(f"{user}:secret".encode()).decode()
    outgoing = urllib.request.Request(
        f"http://{server.address.host}:{server.address.port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Basic {credentials}", "Content-Type": JSON},
        method=method,
    )
    with urllib.request.urlopen(outgoing, timeout=60) as response:  # noqa: S310  # our server
        content: bytes = response.read()
    return content


def _line(reference: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "name": f"Article {reference}",
        "type": "physical",
        "quantity": 1,
        "quantity_unit": "pcs",
        "unit_price": 1,
        "total_amount": 1,
        "total_discount_amount": 0,
        "tax_rate": 2500,
        "total_tax_amount": 0,
    }
