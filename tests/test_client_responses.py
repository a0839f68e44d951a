"""What a server answers has exactly the keys and types that the client's methods promise."""

from collections.abc import Callable, Mapping
from inspect import getmembers, isfunction
from typing import Any, get_type_hints

import msgspec
import pytest

from mockserver.client import ControlClient
from mockserver.http_client import HttpClient, basic_auth
from tests.support.checkouts import PARCEL, PICKUP

SECRET = "secret"  # any password is accepted
LINES = [{"reference": "shirt", "quantity": 2, "unit_price": 500}]
NEW_SECRET = f"whsec_{'A' * 32}"
SCENARIO: Mapping[str, object] = {
    "orders": {
        "shipped": {
            "lines": LINES,
            "captures": {"first": {"amount": 1000}},
            "refunds": {"back": {"amount": 100}},
        },
        "fresh": {"lines": LINES},
    },
    "checkouts": {
        "cart": {
            "lines": LINES,
            "shipping_options": [PARCEL, PICKUP],
            "options": {
                "additional_checkbox": {"text": "News", "checked": False, "required": False}
            },
            "merchant_urls": {"push": "http://127.0.0.1:1/push"},
        },
    },
    "webhooks": {"endpoints": [{"url": "http://127.0.0.1:1/hook"}]},
    "expect": {"orders": {"fresh": {"captured_amount": 1}}},
}
FAULT = {"on": ["refund"], "do": {"delay": "1s"}}
Calls = Mapping[str, Callable[[ControlClient], object]]
CALLS: Calls = {
    "info": lambda client: client.info(),
    "clock": lambda client: client.clock(),
    "set_clock": lambda client: client.set_clock(advance="40d"),
    "take_snapshot": lambda client: client.take_snapshot("here"),
    "restore_snapshot": lambda client: client.restore_snapshot("before"),
    "orders": lambda client: client.orders(),
    "create_order": lambda client: client.create_order({"lines": LINES}),
    "order": lambda client: client.order("shipped"),
    "force": lambda client: client.force("fresh", "expire"),
    "explain": lambda client: client.explain(client.requests()[0]["correlation_id"]),
    "explain_refund": lambda client: client.explain_refund(
        "shipped", {"refunded_amount": 9999}
    ),
    "add_fault": lambda client: client.add_fault(FAULT),
    "faults": lambda client: client.faults(),
    "requests": lambda client: client.requests(),
    "await_requests": lambda client: client.await_requests(),
    "verdict": lambda client: client.verdict(),
    "check_expectations": lambda client: client.check_expectations(
        {"orders": {"fresh": {"captured_amount": 0}}}
    ),
    "invariants": lambda client: client.invariants(),
    "audit": lambda client: client.audit(),
    "coverage": lambda client: client.coverage(),
    "whatif": lambda client: client.whatif(),
    "checkouts": lambda client: client.checkouts(),
    "checkout": lambda client: client.checkout("cart"),
    "create_checkout": lambda client: client.create_checkout({"lines": LINES}),
    "complete": lambda client: client.complete("cart", payment_method="CARD"),
    "deliveries": lambda client: client.deliveries(),
    "await_deliveries": lambda client: client.await_deliveries(kind="push"),
    "delivery": lambda client: client.delivery(client.deliveries()[0]["id"]),
    "send_delivery": lambda client: client.send_delivery(client.deliveries()[0]["id"]),
    "webhooks": lambda client: client.webhooks(),
    "set_webhooks": lambda client: client.set_webhooks(
        [{"url": "http://127.0.0.1:1/hook", "secret": NEW_SECRET}]
    ),
}
"""A call for each method of the client that returns JSON."""

UNTYPED = {
    "call": "any path, so any JSON",
    "send": "any path, so any response",
    "picture": "SVG",
    "export": "YAML",
    "drop": "nothing",
    "remove_fault": "nothing",
    "clear_faults": "nothing",
    "clear_requests": "nothing",
    "use": "order ids by name",
    "load": "order ids by name",
    "reset": "order ids by name",
    "name_movements": "names by id",
}
"""The other methods, and what they return."""


@pytest.fixture
def client(server_url: str) -> ControlClient:
    """A sandbox with orders, checkout orders, a fault, a snapshot and a recorded request."""
    client = ControlClient(server_url, "client-responses")
    client.load(SCENARIO)
    client.add_fault({"id": "slow", **FAULT})
    client.take_snapshot("before")
    client.create_checkout({"name": "bought", "lines": LINES})
    client.complete("bought")
    order_id = client.order("shipped")["order"]["order_id"]
    HttpClient(server_url).send(
        "POST",
        f"/ordermanagement/v1/orders/{order_id}/refunds",
        {"refunded_amount": 1},
        basic_auth(client.sandbox, SECRET),
    )
    return client


@pytest.mark.parametrize("method", CALLS)
def test_response_has_exactly_the_promised_keys_and_types(
    client: ControlClient, method: str
) -> None:
    promised: Any = get_type_hints(getattr(ControlClient, method))["return"]
    response = CALLS[method](client)
    assert msgspec.convert(response, promised) == response  # unknown keys would be left out


def test_every_method_of_the_client_has_a_call() -> None:
    methods = {name for name, _ in getmembers(ControlClient, isfunction) if name[0] != "_"}
    assert methods == CALLS.keys() | UNTYPED.keys()


def test_wrong_type_and_an_unknown_key_are_noticed(client: ControlClient) -> None:
    response = client.clock()
    promised: Any = get_type_hints(ControlClient.clock)["return"]
    with pytest.raises(msgspec.ValidationError, match="frozen"):
        msgspec.convert({**response, "frozen": "no"}, promised)
    assert msgspec.convert({**response, "zone": "UTC"}, promised) == response
