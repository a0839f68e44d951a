"""What is asked of all servers: orders made for it, and requests about them.

Orders have ids of our choosing, so that the same bytes can be sent to every server. An
order grows with every capture and refund, so changes are spread over many orders.
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

READ_ORDERS = 100  # that reads rotate over
CHANGES_OF_AN_ORDER = 20
LINES = 3
LARGEST_ORDER = 180_000_000  # the provider's limit is a little more
PREPARING_CONNECTIONS = 16
PREPARED_AT_ONCE = 10_000

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
    """A kind of request; ``collection`` is what a change is posted to."""

    name: str
    collection: str = ""
    lines: int = LINES

    @property
    def status(self) -> int:
        """What it is answered."""
        return 201 if self.collection else 200

    @property
    def share(self) -> float:
        """How much of the usual count is asked, since every line is kept."""
        return sqrt(LINES / self.lines)

    def orders(self, count: int) -> int:
        """Tell over how many orders so many requests are spread."""
        return -(-count // CHANGES_OF_AN_ORDER) if self.collection else READ_ORDERS

    def requests(self, count: int, user: str = USER) -> list[bytes]:
        """Write the requests, one for each order."""
        numbers = range(1, self.orders(count) + 1)
        if not self.collection:
            return [request("GET", path_of(number), user=user) for number in numbers]
        return [self.change(path_of(number), user) for number in numbers]

    def change(self, path: str, user: str = USER) -> bytes:
        """Write one change of one order."""
        return request("POST", f"{path}/{self.collection}", self.body(), user)

    def body(self) -> bytes:
        """Write a capture or a refund that takes one minor unit of each line."""
        amount = "captured_amount" if self.collection == "captures" else "refunded_amount"
        lines = [_line(reference) for reference in references(self.lines)]
        said = {amount: self.lines, "description": "Part of it", "order_lines": lines}
        return json.dumps(said).encode()


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
    """Give the id of an order by its number."""
    return f"00000000-0000-4000-8000-{number:012x}"


def path_of(number: int) -> str:
    """Give the path of an order by its number."""
    return f"{ORDERS}/{order_id(number)}"


def references(lines: int) -> list[str]:
    """Name the articles of an order."""
    return [f"A{12_345 + number}" for number in range(lines)]


def order(number: int, lines: int = LINES, captures: int = 1) -> dict[str, Any]:
    """Write an order, half of it captured in so many captures of the same size."""
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


def world(orders: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Write a scenario with some orders, which is JSON and thereby YAML."""
    made = {f"order-{order['order_id']}": order for order in orders}
    return {"version": 1, "seed": "bench", "orders": made}


def prepare(server: Server, work: Work, count: int) -> list[bytes]:
    """Begin anew with the orders that so many requests need; give the requests."""
    empty(server)
    numbers = range(1, work.orders(count) + 1)
    make_orders(server, (order(number, work.lines) for number in numbers))
    return work.requests(count)


def empty(server: Server, user: str = USER) -> None:
    """Leave no order in a sandbox."""
    ask(server, "PUT", f"/__admin/sandboxes/{user}/scenario", world())


def make_orders(server: Server, orders: Iterable[Mapping[str, Any]], user: str = USER) -> None:
    """Make orders in a sandbox."""
    path = f"/__admin/sandboxes/{user}/orders"
    post_all(server, [request("POST", path, json.dumps(order).encode()) for order in orders])


def post_all(server: Server, requests: Sequence[bytes], status: int = 201) -> None:
    """Send each of some requests once."""
    for begin in range(0, len(requests), PREPARED_AT_ONCE):
        some = requests[begin : begin + PREPARED_AT_ONCE]
        run = load(
            server.address,
            some,
            count=len(some),
            connections=PREPARING_CONNECTIONS,
            status=status,
        )
        if run.count < len(some):
            raise LoadError(f"{run.count} of {len(some)} were made in time")


def ask(
    server: Server,
    method: str,
    path: str,
    said: Any = None,  # noqa: ANN401
    user: str = USER,
) -> bytes:
    """Ask one thing; give the body of the answer."""
    name = b64encode(f"{user}:secret".encode()).decode()
    asked = urllib.request.Request(
        f"http://{server.address.host}:{server.address.port}{path}",
        data=None if said is None else json.dumps(said).encode(),
        headers={"Authorization": f"Basic {name}", "Content-Type": JSON},
        method=method,
    )
    with urllib.request.urlopen(asked, timeout=60) as response:  # noqa: S310  # of our own server
        read: bytes = response.read()
    return read


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
