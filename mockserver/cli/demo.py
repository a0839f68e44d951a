"""``kustom-mock demo``: run the provider's refund allocation example step by step.

Every line is the response of a real server over HTTP.
"""

from collections.abc import Mapping
from textwrap import indent
from typing import Any

from mockserver.cli.exit_codes import EXIT_OK
from mockserver.cli.startup import create_registry
from mockserver.domain.operation import ORDERS_PATH
from mockserver.http.server import Server, running_in_thread
from mockserver.http_client import HttpClient, HttpResponse, basic_auth
from mockserver.settings import Settings

DEMO_USER = "demo"
INDENT = "   "
DEMO_T_SHIRT = {"reference": "A12345", "name": "T-shirt", "unit_price": 3000}
JEANS = {"reference": "A98765", "name": "Jeans", "unit_price": 7000}
DEMO_SNEAKERS = {"reference": "B24680", "name": "Sneakers", "unit_price": 10000}
MISSPELT_SNEAKERS = {**DEMO_SNEAKERS, "reference": "B2468O"}


def demo() -> int:
    """Run the example on its own server and print the report."""
    sandboxes = create_registry(Settings(seed="demo"))
    with running_in_thread(Server(sandboxes)) as url:
        _DemoRunner(url).run()
    return EXIT_OK


class _DemoRunner:
    """Sends the requests of the demo and prints the responses."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = HttpClient(url, headers=basic_auth(DEMO_USER, "secret"))
        self.order_id = ""

    def run(self) -> None:
        """Run both halves: a successful refund, then a failing one."""
        print(f"A kustom-mock server runs on {self.url}. The demo acts as the merchant.\n")
        print("1. An order in two shipments, and a refund that is allocated to the right one\n")
        self._ship_two("two-shipments")
        self._refund("Returning the sneakers", DEMO_SNEAKERS)
        print("Both captures are 10000; only the reference tells them apart.\n")
        print("2. The same order, with a misspelt reference\n")
        self._ship_two("misspelt")
        self._refund("Returning the sneakers", MISSPELT_SNEAKERS)
        print("3. The correct reference, after a failed allocation\n")
        self._refund("Returning the sneakers", DEMO_SNEAKERS)

    def _ship_two(self, name: str) -> None:
        order = self._control(
            "orders", {"name": name, "lines": [DEMO_T_SHIRT, JEANS, DEMO_SNEAKERS]}
        )
        self.order_id = order["order_id"]
        print(f"   Order of {order['order_amount']}: T-shirt 3000, jeans 7000, sneakers 10000")
        self._capture("Capture A, shipping part of the order", DEMO_T_SHIRT, JEANS)
        self._capture("Capture B, shipping the rest", DEMO_SNEAKERS)

    def _capture(self, description: str, *goods: Mapping[str, Any]) -> None:
        body = _body("captured_amount", description, goods)
        response = self._merchant("captures", body)
        capture: Any = self._get(f"captures/{response.headers['Capture-Id']}").json()
        names = ", ".join(line["name"] for line in capture["order_lines"])
        print(
            f"   POST captures {body['captured_amount']} ({names})"
            f" -> {response.status}, {capture['klarna_reference']}",
        )

    def _refund(self, description: str, *goods: Mapping[str, Any]) -> None:
        body = _body("refunded_amount", description, goods)
        response = self._merchant("refunds", body)
        references = ", ".join(article["reference"] for article in goods)
        print(
            f"   POST refunds {body['refunded_amount']} ({references}) -> {response.status}\n",
        )
        correlation_id = response.headers["Klarna-Correlation-Id"]
        explained = self._control(f"explain/{correlation_id}")
        print(indent(explained["allocation"]["text"], INDENT), end="\n\n")

    def _merchant(self, path: str, body: Mapping[str, Any]) -> HttpResponse:
        return self.client.send("POST", f"{ORDERS_PATH}/{self.order_id}/{path}", body)

    def _get(self, path: str) -> HttpResponse:
        return self.client.send("GET", f"{ORDERS_PATH}/{self.order_id}/{path}")

    def _control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        method = "POST" if body else "GET"
        return self.client.send(method, f"/__admin/sandboxes/{DEMO_USER}/{path}", body).json()


def _body(
    amount: str,
    description: str,
    articles: tuple[Mapping[str, Any], ...],
) -> dict[str, Any]:
    """Return a request body like that of the provider's page."""
    lines = [
        {
            "reference": article["reference"],
            "name": article["name"],
            "type": "physical",
            "quantity": 1,
            "total_amount": article["unit_price"],
            "unit_price": article["unit_price"],
        }
        for article in articles
    ]
    total = sum(line["total_amount"] for line in lines)
    return {amount: total, "description": description, "order_lines": lines}
