"""Orders and requests of the benchmarks.

Orders have ids of our choosing, so that every server receives the same bytes. An order
grows with every refund, so refunds are spread over many orders. Requests are those of a
correct shop: amounts and taxes add up, an order is captured once, and no refund repeats
an earlier one, so there is nothing to hint at.
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
REFUNDS_PER_ORDER = 5
LINES = 3
LARGEST_ORDER = 180_000_000  # the provider's limit is a little more
UNIT_PRICE = 100  # minor units
TAX_RATE = 2500  # per cent, with two decimals
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

    @property
    def changes_per_order(self) -> int:
        """How many of its requests change one order."""
        return REFUNDS_PER_ORDER if self.collection == "refunds" else 1

    def orders(self, count: int) -> int:
        """Return the number of orders for this number of requests."""
        return -(-count // self.changes_per_order) if self.collection else READ_ORDERS

    def order(self, number: int) -> dict[str, Any]:
        """Return an order for its requests, in scenario syntax."""
        return order(number, self.lines, captures=0 if self.collection == "captures" else 1)

    def requests(self, count: int, user: str = USER) -> list[bytes]:
        """Return the requests; the second refund of an order is of two pieces, and so on."""
        paths = list(map(path_of, range(1, self.orders(count) + 1)))
        if not self.collection:
            return [request("GET", path, user=user) for path in paths]
        numbers = range(1, self.changes_per_order + 1)
        return [self.change(path, user, pieces) for pieces in numbers for path in paths]

    def change(self, path: str, user: str = USER, pieces: int = 1) -> bytes:
        """Return a request that changes an order."""
        return request("POST", f"{path}/{self.collection}", self.body(pieces), user)

    def body(self, pieces: int = 1) -> bytes:
        """Return the body of a capture or refund of some pieces of each line."""
        amount = "captured_amount" if self.collection == "captures" else "refunded_amount"
        lines = [_line(reference, pieces) for reference in references(self.lines)]
        total = sum(line["total_amount"] for line in lines)
        body = {amount: total, "description": "Part of it", "order_lines": lines}
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
    pieces = LARGEST_ORDER // lines // UNIT_PRICE
    part = {"quantity": pieces // 2 // max(captures, 1), "unit_price": UNIT_PRICE}
    shipped = [{"reference": article, **part} for article in articles]
    return {
        "order_id": order_id(number),
        "lines": [
            {
                "reference": article,
                "name": f"Article {article}",
                "quantity": pieces,
                "unit_price": UNIT_PRICE,
            }
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
    create_orders(server, map(work.order, numbers))
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


def _line(reference: str, pieces: int) -> dict[str, Any]:
    total = pieces * UNIT_PRICE
    return {
        "reference": reference,
        "name": f"Article {reference}",
        "type": "physical",
        "quantity": pieces,
        "quantity_unit": "pcs",
        "unit_price": UNIT_PRICE,
        "total_amount": total,
        "total_discount_amount": 0,
        "tax_rate": TAX_RATE,
        "total_tax_amount": total * TAX_RATE // (10_000 + TAX_RATE),
    }
