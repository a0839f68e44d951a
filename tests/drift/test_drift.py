"""``run --base-url --drift``: what a real account would have to say about our rules."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.main import main
from mockserver.client import ControlClient
from mockserver.drift.comparison import mask_text, show
from mockserver.drift.drift_report import classify_host

ORDER_ID = "7ce4ee13-973c-6f49-a30e-85a0bc675997"
ORDER = f"""
version: 1
orders:
  shop:
    order_id: {ORDER_ID}
    lines: [{{reference: A, name: T-shirt, unit_price: 3000}}]
"""
CANCEL_TWICE = """
steps:
  - cancel: {order: shop}
  - cancel: {order: shop}
"""
CAPTURE = """
steps:
  - {capture: {order: shop, amount: 3001}, response: {status: 403}}
"""
SECRET_PERSON = "Ada Lovelace Street 12"


def drift(tmp_path: Path, url: str, account: str, steps: str) -> tuple[int, dict[str, Any]]:
    """Play steps against an account, and return the exit code and the report."""
    scenario, file = tmp_path / "shop.yaml", tmp_path / "drift.json"
    scenario.write_text(ORDER + steps)
    flags = ["--base-url", url, "--username", account, "--password", "x"]
    code = main(["run", str(scenario), *flags, "--drift", str(file)])
    report: dict[str, Any] = json.loads(file.read_text())["scenarios"][0]
    return code, report


def fill(url: str, account: str, **order: Any) -> None:  # noqa: ANN401  # any key of an order
    line = {"reference": "A", "name": "T-shirt", "unit_price": 3000}
    spec = {"order_id": ORDER_ID, "lines": [line], **order}
    ControlClient(url, account).load({"version": 1, "orders": {"shop": spec}})


def test_an_account_that_answers_as_predicted_has_no_differences(
    tmp_path: Path, server_url: str
) -> None:
    fill(server_url, "drift-none")
    code, report = drift(tmp_path, server_url, "drift-none", CAPTURE)
    assert (code, report["differences"]) == (0, [])
    assert (report["account"], report["requests"]) == ("other", 2)


def test_a_difference_settles_the_one_assumption_that_predicts_it(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    url = serve(repeated_cancel="refused")
    fill(url, "drift-settles")
    code, report = drift(tmp_path, url, "drift-settles", CANCEL_TWICE)
    status = next(d for d in report["differences"] if d["place"] == "status")
    assert code == 1
    assert (status["predicted"], status["seen"]) == ("204", "403")
    assert status["kind"] == "settles"
    assert status["assumptions"] == ["repeated_cancel: refused"]
    assert status["rule"] == "lifecycle: cancel of CANCELLED"


def test_a_difference_that_no_assumption_predicts_contradicts_a_rule(
    tmp_path: Path, server_url: str
) -> None:
    fill(server_url, "drift-contradicts")
    control = ControlClient(server_url, "drift-contradicts")
    control.add_fault({"on": "capture", "do": {"respond": {"status": 500}}})
    _, report = drift(tmp_path, server_url, "drift-contradicts", CAPTURE)
    status = next(d for d in report["differences"] if d["place"] == "status")
    assert (status["kind"], status["rule"]) == (
        "contradicts",
        "errors: capture_exceeds_remaining",
    )


def test_neither_personal_data_nor_ids_are_written(tmp_path: Path, server_url: str) -> None:
    address = {"given_name": SECRET_PERSON, "street_address2": SECRET_PERSON}
    fill(server_url, "drift-masked", billing_address=address, merchant_data=SECRET_PERSON)
    drift(tmp_path, server_url, "drift-masked", CAPTURE)
    text = (tmp_path / "drift.json").read_text()
    assert SECRET_PERSON not in text
    assert ORDER_ID not in text


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://api.playground.kustom.co", "playground"),
        ("https://api.kustom.co", "live"),
        ("https://api-na.klarna.com/", "live"),
        ("https://notklarna.com", "other"),
        ("http://127.0.0.1:8566", "other"),
    ],
)
def test_the_kind_of_an_account_is_told_by_its_host(url: str, kind: str) -> None:
    assert classify_host(url) == kind


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--drift: needs --base-url"),
        (["--base-url", "https://api.kustom.co"], "is a live account, where captures move"),
    ],
)
def test_bad_input_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    scenario = tmp_path / "shop.yaml"
    scenario.write_text(ORDER + CAPTURE)
    assert main(["run", str(scenario), "--drift", "drift.json", *flags]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("email", "ada@example.org", "a text, masked"),
        ("status", "CAPTURED", "CAPTURED"),
        ("captured_amount", 3000, "3000"),
        ("description", "for Ada", "a text"),
        ("captures", [], "a list"),
        ("shipping_address", {}, "a object, masked"),
        ("recurring", True, "true"),
    ],
)
def test_only_amounts_and_enumerations_are_shown(key: str, value: object, shown: str) -> None:
    assert show(key, value, {}) == shown


def test_messages_keep_their_words_but_no_ids_mails_and_addresses() -> None:
    text = f"Order {ORDER_ID} of ada@example.org from 10.0.0.1"
    assert (
        mask_text(text, {ORDER_ID: "order shop"}) == "Order order shop of (mail) from (address)"
    )
