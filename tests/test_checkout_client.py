"""Checkout orders through the control client and the fixture object."""

from urllib.request import Request, urlopen

import orjson
import pytest

from mockserver.client import ControlClient, ControlError
from mockserver.domain.operation import CHECKOUTS_PATH
from mockserver.testing.sandbox_handle import KustomSandbox
from tests.support.checkouts import CART, URLS

UNREACHABLE = {**CART, "merchant_urls": dict.fromkeys(URLS, "http://127.0.0.1:1/")}


@pytest.fixture
def kustom(server_url: str) -> KustomSandbox:
    """A sandbox without orders."""
    sandbox = KustomSandbox(ControlClient(server_url, "checkout-client"))
    sandbox.load({"version": 1})
    return sandbox


def create(kustom: KustomSandbox) -> str:
    request = Request(  # noqa: S310  # the server of this test
        kustom.base_url + CHECKOUTS_PATH,
        orjson.dumps(UNREACHABLE),
        kustom.headers,
        method="POST",
    )
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=10) as response:  # noqa: S310
        return str(orjson.loads(response.read())["order_id"])


def test_shopper_is_declined_and_then_pays(kustom: KustomSandbox) -> None:
    order_id = create(kustom)
    assert kustom.complete(order_id, outcome="declined")["order"] is None
    assert kustom.control.checkout(order_id)["status"] == "checkout_incomplete"
    order = kustom.complete(order_id)["order"]
    assert order is not None
    assert order["order_id"] == order_id
    (summary,) = kustom.control.checkouts()
    assert summary["status"] == "checkout_complete"


def test_completion_arguments_reach_the_order(kustom: KustomSandbox) -> None:
    completed = kustom.complete(
        create(kustom),
        outcome="pending",
        payment_method="CARD",
        billing_address={"given_name": "Ada", "email": "ada@example.com"},
        shipping_address={"given_name": "Bo"},
        push="hold",
    )
    order = completed["order"]
    assert order is not None
    assert completed["outcome"] == order["fraud_status"].lower() == "pending"
    assert order["initial_payment_method"]["type"] == "CARD"
    assert order["billing_address"]["given_name"] == "Ada"
    assert order["shipping_address"]["given_name"] == "Bo"
    assert [delivery["state"] for delivery in completed["deliveries"]] == ["held"]


def test_unknown_shipping_option_is_an_error(kustom: KustomSandbox) -> None:
    with pytest.raises(ControlError, match="no shipping option 'tomorrow'"):
        kustom.complete(create(kustom), shipping_option="tomorrow")


def test_push_waits_in_the_inbox_until_it_is_sent(kustom: KustomSandbox) -> None:
    order_id = create(kustom)
    kustom.complete(order_id, push="hold")
    (delivery,) = kustom.control.deliveries(kind="push", order_id=order_id, state="held")
    sent = kustom.control.send_delivery(delivery["id"])
    assert [attempt["status"] for attempt in sent["attempts"]] == [None]
