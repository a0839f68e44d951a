"""``complete`` and ``deliveries`` against a running server."""

import json
from collections.abc import Iterator
from itertools import chain

import pytest

from mockserver import ControlClient, running_server
from mockserver.cli.main import main
from mockserver.cli.schema_flags import schema_properties

CART = {"name": "cart", "lines": [{"unit_price": 500}]}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server() as server:
        yield server.base_url


def test_purchase_from_the_command_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = ControlClient(url, "cli")
    order_id = client.create_checkout(CART)["order_id"]
    where = ["--url", url, "--sandbox", "cli"]
    assert main(["complete", "cart", "--outcome=pending", "--push=hold", *where]) == 0
    assert json.loads(capsys.readouterr().out)["order"]["fraud_status"] == "PENDING"
    assert main(["deliveries", "list", "--order=cart", *where]) == 0
    shown = f"delivery-1  push  held  -  https://shop.example/push?order={order_id}\n"
    assert capsys.readouterr().out == shown
    assert main(["deliveries", "curl", "delivery-1", *where]) == 0
    assert capsys.readouterr().out.startswith("curl -sS -X POST ")
    assert main(["deliveries", "send", "delivery-1", *where]) == 1
    assert "'delivery-1' was not sent: shop.example is a name" in capsys.readouterr().err
    assert main(["deliveries", "await", "--state=held", *where]) == 0
    assert main(["deliveries", "await", "--count=2", "--timeout=1ms", *where]) == 1


AGE = {"text": "Of age?", "checked": False, "required": True}
NEWS = {"id": "news", "text": "News?", "checked": True, "required": False}
POST = {"id": "post", "name": "Post", "price": 0, "tax_amount": 0, "tax_rate": 0}
FLAGS = {
    "outcome": ["--outcome=pending"],
    "payment_method": ["--payment-method=CARD"],
    "billing_address": [
        "--billing-address",
        "street_name=A=B",
        "--billing-address=street_number=5",
    ],
    "shipping_address": ["--shipping-address=city=Lund"],
    "customer": ["--customer=gender=female"],
    "shipping_option": ["--shipping-option=post"],
    "checkbox": ["--checkbox"],
    "checkboxes": ["--checkboxes=news=false"],
    "push": ["--push=hold"],
    "validation": ["--validation=skip"],
}


def test_every_key_of_a_completion_has_a_flag(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(FLAGS) == list(schema_properties("control.schema.json", "completion_request"))
    client = ControlClient(url, "flags")
    checkout = {
        **CART,
        "options": {"additional_checkbox": AGE, "additional_checkboxes": [NEWS]},
        "shipping_options": [{**POST, "id": "other"}, POST],
    }
    client.create_checkout(checkout)
    flags = list(chain.from_iterable(FLAGS.values()))
    assert main(["complete", "cart", *flags, "--url", url, "--sandbox", "flags"]) == 0
    completed = json.loads(capsys.readouterr().out)
    shown, order = completed["checkout"], completed["order"]
    assert (order["fraud_status"], order["initial_payment_method"]["type"]) == (
        "PENDING",
        "CARD",
    )
    assert shown["billing_address"]["street_address"] == "A=B 5"
    assert (shown["shipping_address"]["city"], shown["customer"]["gender"]) == (
        "Lund",
        "female",
    )
    assert shown["selected_shipping_option"]["id"] == "post"
    assert shown["merchant_requested"] == {
        "additional_checkbox": True,
        "additional_checkboxes": [{"id": "news", "checked": False}],
    }
    assert [delivery["state"] for delivery in completed["deliveries"]] == ["held"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--billing-address=Lund"],
            "--billing-address: expected KEY=VALUE, got 'Lund'",
        ),
        (["--customer==5"], "--customer: expected KEY=VALUE, got '=5'"),
        (
            ["--billing-address=city=A", "--billing-address=city=B"],
            "--billing-address: 'city' is given twice",
        ),
        (
            ["--checkboxes=news=yes"],
            "--checkboxes: expected KEY=true or KEY=false, got 'news=yes'",
        ),
        (["--billing-address=cty=A"], "unknown key 'cty', did you mean 'city'?"),
    ],
)
def test_wrong_value_of_a_flag_exits_with_2(
    url: str, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    client = ControlClient(url, "wrong")
    client.reset()
    client.create_checkout(CART)
    assert main(["complete", "cart", *flags, "--url", url, "--sandbox", "wrong"]) == 2
    assert message in capsys.readouterr().err


def test_refused_call_exits_with_2(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    ControlClient(url, "empty").reset()
    where = ["--url", url, "--sandbox", "empty"]
    assert main(["complete", "nothing", *where]) == 2
    assert "no checkout 'nothing'" in capsys.readouterr().err
    assert main(["deliveries", "curl", "delivery-9", "--url=http://127.0.0.1:1"]) == 2
    assert "no response from http://127.0.0.1:1" in capsys.readouterr().err
