"""Work grows at most in proportion to what a client sends or has stored.

``tests/scenario/test_growth.py`` does the same for the keys of a scenario. Work is counted in
function calls, not in time: twice as much of a thing may cost twice as many calls, and a
little more for what grows with its logarithm.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mockserver.homes.memory import MemoryHome
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.control import app, orders, sandboxes
from mockserver.http.control.app import ControlApi
from mockserver.http.control.context import ControlContext
from mockserver.http.control.routes import CONTROL_ROUTES
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.sender import Sender
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.http.merchant.authentication import Authentication
from mockserver.http.merchant.handler import MerchantApi
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import Scenario, wrap_value
from mockserver.scenario.spec import Spec
from tests.support.work import count_calls

SIZE = 40
FACTOR = 2.25  # for twice the size
SANDBOX = "/__admin/sandboxes/anna"
ORDER_ID = "7ce4ee13-973c-6f49-a30e-85a0bc675997"
ORDERS = "/ordermanagement/v1/orders"
AUTHORIZATION = f"Basic {b64encode(b'anna:secret').decode()}"
LINE = {"reference": "A", "name": "Shirt", "quantity": 1, "unit_price": 1, "total_amount": 1}


def line(number: int) -> dict[str, Any]:
    return {**LINE, "reference": f"A{number}"}


def one_order(**parts: Any) -> Spec:  # noqa: ANN401  # JSON
    return {"orders": {"o": {"order_id": ORDER_ID, "lines": [{"unit_price": 10**6}], **parts}}}


def numbered(size: int, value: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {f"x{number}": value for number in range(size)}


STORED: Mapping[str, Callable[[int], Spec]] = {
    "orders": lambda n: {"orders": numbered(n, {"lines": [LINE]})},
    "lines": lambda n: one_order(lines=[line(number) for number in range(n)]),
    "captures": lambda n: one_order(
        captures={f"c{number}": {"amount": 1} for number in range(n)}
    ),
    "faults": lambda n: {"faults": numbered(n, {"on": "refund", "do": {"drop": "reset"}})},
    "expectations": lambda n: {
        **one_order(),
        "expect": {"requests": [{"operation": "refund", "count": 1}] * n},
    },
}
READS = [
    route.path.replace("/__admin/sandboxes/{sandbox}", SANDBOX).replace("{order_id}", ORDER_ID)
    for route in CONTROL_ROUTES
    if route.only_reads and route.method == "GET"
]
CHANGES: Mapping[str, tuple[str, str, Callable[[int], Any]]] = {
    "capture": (
        "POST", f"{ORDERS}/{ORDER_ID}/captures",
        lambda n: {"captured_amount": n, "order_lines": [line(number) for number in range(n)]},
    ),
    "invalid capture": (
        "POST", f"{ORDERS}/{ORDER_ID}/captures",
        lambda n: {"captured_amount": 1, "order_lines": [{}] * n},
    ),
    "refund": (
        "POST", f"{ORDERS}/{ORDER_ID}/refunds",
        lambda n: {"refunded_amount": n, "order_lines": [line(number) for number in range(n)]},
    ),
    "order": (
        "POST", f"{SANDBOX}/orders",
        lambda n: {"lines": [line(number) for number in range(n)]},
    ),
    "verdict": (
        "POST", f"{SANDBOX}/verdict",
        lambda n: {"requests": [{"operation": "refund", "count": 1}] * n},
    ),
    "names": ("PUT", f"{SANDBOX}/names", lambda n: numbered(n, "name")),
    "unknown members": ("POST", f"{SANDBOX}/orders", lambda n: numbered(n, 1)),
    "scenario": (
        "PUT", f"{SANDBOX}/scenario",
        lambda n: {"version": 1, **STORED["orders"](n)},
    ),
}  # fmt: skip


class Apis:
    """Both APIs without sockets, on a registry of their own."""

    def __init__(self) -> None:
        registry = SandboxRegistry(Scenario("empty", wrap_value({"version": 1})))
        metrics, home = Metrics(registry.__len__), MemoryHome(registry)
        deliveries = DeliveryRunner(home, Sender(TargetPolicy()))
        pages = PageAddresses(registry, None)
        self.merchant = MerchantApi(Authentication(home), metrics, deliveries, pages)
        self.control = ControlApi(
            ControlContext(home, metrics, deliveries, self.merchant.handle, pages)
        )
        self.registry = registry

    def send(self, method: str, path: str, body: Any = None) -> Response:  # noqa: ANN401
        """Send a request as the user anna."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": AUTHORIZATION}
        segments = tuple(path.strip("/").split("/"))
        request = Request(method, path, segments, headers, content, "http", "localhost")
        api = self.control if path.startswith("/__admin") else self.merchant
        return asyncio.run(api.handle(request))

    def load(self, spec: Spec) -> None:
        """Fill the sandbox."""
        response = self.send("PUT", f"{SANDBOX}/scenario", {"version": 1, **spec})
        assert response.status == 200, response.body


@pytest.fixture(autouse=True)
def _without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do all work in this thread, where it is counted."""
    for module, name in (
        (app, "SMALL_SANDBOX"), (orders, "SMALL_BODY"), (sandboxes, "SMALL_BODY"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 10**9)


def assert_linear(action_of_size: Callable[[int], Callable[[], object]]) -> None:
    """Assert that an action of twice the size takes at most about twice the calls."""
    action_of_size(2)()  # what is imported and cached does not count
    small, large = (count_calls(action_of_size(size)) for size in (SIZE, 2 * SIZE))
    assert large <= FACTOR * small, f"{small} calls for {SIZE}, {large} for {2 * SIZE}"


@pytest.mark.parametrize("stored", STORED)
def test_every_read_takes_linear_work(stored: str) -> None:
    def of_size(size: int) -> Callable[[], object]:
        apis = Apis()
        apis.load(STORED[stored](size))
        return lambda: [apis.send("GET", path) for path in READS]

    assert_linear(of_size)


@pytest.mark.parametrize("path", ["", "/captures"])
def test_merchant_reads_a_long_order_in_linear_work(path: str) -> None:
    def of_size(size: int) -> Callable[[], object]:
        apis = Apis()
        apis.load(STORED["captures"](size))
        return lambda: apis.send("GET", f"{ORDERS}/{ORDER_ID}{path}")

    assert_linear(of_size)


@pytest.mark.parametrize("change", CHANGES)
def test_every_large_body_takes_linear_work(change: str) -> None:
    method, path, body_of_size = CHANGES[change]

    def of_size(size: int) -> Callable[[], object]:
        apis = Apis()
        apis.load(one_order(lines=[line(number) for number in range(size)]))
        if change == "refund":
            apis.send(*_capture(size))
        return lambda: apis.send(method, path, body_of_size(size))

    assert_linear(of_size)


def _capture(size: int) -> tuple[str, str, Any]:
    method, path, body_of_size = CHANGES["capture"]
    return method, path, body_of_size(size)


@pytest.mark.parametrize("rules", ["one path", "many paths"])
def test_fault_rules_match_a_body_in_linear_work(rules: str) -> None:
    def of_size(size: int) -> Callable[[], object]:
        apis = Apis()
        field = "order_lines.reference" if rules == "one path" else "field{}"
        faults = {
            f"f{number}": {"where": {field.format(number): number}, "do": {"drop": "reset"}}
            for number in range(size)
        }
        apis.load({**one_order(), "faults": faults})
        return lambda: apis.send(*_capture(size))

    assert_linear(of_size)


@pytest.mark.parametrize("read", ["audit", "requests", "coverage", f"orders/{ORDER_ID}"])
def test_journal_of_one_order_is_read_in_linear_work(read: str) -> None:
    def of_size(size: int) -> Callable[[], object]:
        apis = Apis()
        apis.load(one_order())
        for _ in range(size):
            apis.send("POST", f"{ORDERS}/{ORDER_ID}/captures", {"captured_amount": 1})
        return lambda: apis.send("GET", f"{SANDBOX}/{read}")

    assert_linear(of_size)


@pytest.mark.parametrize("path", ["/__admin/sandboxes", "/__admin/activity"])
def test_lists_of_the_server_take_linear_work(path: str) -> None:
    def of_size(size: int) -> Callable[[], object]:
        apis = Apis()
        for number in range(size):
            apis.registry.get_or_create(f"user-{number}")
            apis.send("GET", f"/__admin/sandboxes/user-{number}")
        return lambda: apis.send("GET", path)

    assert_linear(of_size)
