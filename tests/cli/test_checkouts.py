"""``complete`` and ``deliveries`` against a running server."""

import json
from collections.abc import Iterator

import pytest

from mockserver import ControlClient, running_server
from mockserver.cli.main import main

CART = {"name": "cart", "lines": [{"unit_price": 500}]}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server() as server:
        yield server.base_url


def test_a_purchase_from_the_command_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_a_refused_call_exits_with_2(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    ControlClient(url, "empty").reset()
    where = ["--url", url, "--sandbox", "empty"]
    assert main(["complete", "nothing", *where]) == 2
    assert "no checkout 'nothing'" in capsys.readouterr().err
    assert main(["deliveries", "curl", "delivery-9", "--url=http://127.0.0.1:1"]) == 2
    assert "no response from http://127.0.0.1:1" in capsys.readouterr().err
