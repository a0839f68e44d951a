"""Compare an account with the prediction, by ``run --base-url --drift``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.main import main
from mockserver.client import ControlClient
from mockserver.drift.account import Account, AccountError
from mockserver.drift.drift_report import classify_host
from mockserver.http_client import HttpResponse

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
PAGE = Path(__file__).parents[2] / "docs/how-to/drift.md"
SECRET_PERSON = "Ada Lovelace Street 12"


def drift(tmp_path: Path, url: str, account: str, steps: str) -> tuple[int, dict[str, Any]]:
    """Play steps against an account, and return the exit code and the report."""
    code = play(tmp_path, url, account, steps)
    report: dict[str, Any] = json.loads((tmp_path / "drift.json").read_text())["scenarios"][0]
    return code, report


def fill(url: str, account: str, **order: Any) -> None:  # noqa: ANN401  # any key of an order
    line = {"reference": "A", "name": "T-shirt", "unit_price": 3000}
    spec = {"order_id": ORDER_ID, "lines": [line], **order}
    ControlClient(url, account).load({"version": 1, "orders": {"shop": spec}})


def test_account_that_answers_as_predicted_has_no_differences(
    tmp_path: Path, server_url: str
) -> None:
    fill(server_url, "drift-none")
    code, report = drift(tmp_path, server_url, "drift-none", CAPTURE)
    assert (code, report["differences"]) == (0, [])
    assert (report["account"], report["requests"]) == ("other", 2)


def test_difference_settles_the_one_assumption_that_predicts_it(
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


def test_difference_that_no_assumption_predicts_contradicts_a_rule(
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


def play(tmp_path: Path, url: str, account: str, steps: str) -> int:
    """Play steps against an account, and return the exit code."""
    scenario = tmp_path / "shop.yaml"
    scenario.write_text(ORDER + steps)
    flags = ["--base-url", url, "--username", account, "--password", "x"]
    return main(["run", str(scenario), *flags, "--drift", str(tmp_path / "drift.json")])


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "credentials refused: GET "),
        (403, "credentials refused: GET "),
        (404, "order 'shop' not found: GET "),
        (429, "order 'shop' cannot be read: GET "),
        (503, "order 'shop' cannot be read: GET "),
    ],
)
def test_drift_stops_if_the_order_cannot_be_read(
    tmp_path: Path,
    server_url: str,
    capsys: pytest.CaptureFixture[str],
    status: int,
    message: str,
) -> None:
    account = f"drift-unread-{status}"
    fill(server_url, account)
    control = ControlClient(server_url, account)
    control.add_fault({"on": "any", "do": {"respond": {"status": status}}})
    assert play(tmp_path, server_url, account, CANCEL_TWICE) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"kustom-mock: --drift: no report: {message}")
    assert f"was answered with {status}" in error
    assert [file.name for file in tmp_path.iterdir()] == ["shop.yaml"]
    assert len(control.requests()) == 1


def test_credentials_that_are_refused_later_are_not_compared(
    tmp_path: Path, server_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(server_url, "drift-refused-later")
    control = ControlClient(server_url, "drift-refused-later")
    control.add_fault({"on": "cancel", "do": {"respond": {"status": 401}}})
    assert play(tmp_path, server_url, "drift-refused-later", CANCEL_TWICE) == 2
    assert "credentials refused: POST " in capsys.readouterr().err


def test_account_that_does_not_respond_is_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(tmp_path, "http://127.0.0.1:1", "nobody", CANCEL_TWICE) == 2
    assert "no report: no response from http://127.0.0.1:1 to GET " in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["shop.yaml"]


def test_address_that_answers_no_order_is_not_compared() -> None:
    page = HttpResponse(200, {}, b"<html>")
    account = Account("http://shop.example", lambda *_: page, ["shop"])
    with pytest.raises(AccountError, match="without a JSON object; check --base-url"):
        account.send("GET", "/", None, {})


def test_other_order_amount_is_reported_once_and_settles_nothing(
    tmp_path: Path, serve: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(repeated_cancel="refused")
    lines = [{"reference": "A", "name": "T-shirt", "unit_price": 9000}]
    fill(url, "drift-other-order", lines=lines)
    expect = "expect: {orders: {shop: {status: CANCELLED}}}\n"
    _, report = drift(tmp_path, url, "drift-other-order", CANCEL_TWICE + expect)
    differences = report["differences"]
    amounts = [d for d in differences if d["place"] == "body.order_amount"]
    assert [(d["kind"], d["predicted"], d["seen"]) for d in amounts] == [
        ("order", "3000", "9000")
    ]
    statuses = [d for d in differences if d["place"] == "status"]
    assert [(d["kind"], d["assumptions"]) for d in statuses] == [
        ("consistent_with", ["repeated_cancel: refused"])
    ]
    warning = "the order differs from the scenario: order_amount, "
    assert warning in capsys.readouterr().out
    assert warning in (tmp_path / "drift.md").read_text()


def test_body_settles_nothing_that_the_status_does_not(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    url = serve()
    fill(url, "drift-secondary")
    fault = {"status": 409, "body": {"error_code": "CANCEL_NOT_ALLOWED"}}
    ControlClient(url, "drift-secondary").add_fault(
        {"on": "cancel", "calls": [2], "do": {"respond": fault}}
    )
    _, report = drift(tmp_path, url, "drift-secondary", CANCEL_TWICE)
    assert {d["place"] for d in report["differences"]} > {"status"}
    assert not any(d["assumptions"] for d in report["differences"])


def test_drift_page_shows_the_printed_report(
    tmp_path: Path, serve: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(repeated_cancel="refused")
    fill(url, "drift-docs")
    drift(tmp_path, url, "drift-docs", CANCEL_TWICE)
    output = capsys.readouterr().out
    printed = output[output.index("drift of shop") : output.rindex("1 scenario:")]
    example = printed.replace("of shop", "of cancel-twice").replace("(other)", "(playground)")
    assert f"```text\n{example}```" in PAGE.read_text("utf-8")


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
def test_account_kind_follows_its_host(url: str, kind: str) -> None:
    assert classify_host(url) == kind


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--drift: needs --base-url"),
        (
            ["--base-url", "http://127.0.0.1:1", "--drift", "drift.md"],
            "--drift: names the JSON file; the Markdown is written beside it",
        ),
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


def test_page_for_the_maintainers_is_written_beside_the_file(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    url = serve(repeated_cancel="refused")
    fill(url, "drift-page")
    _, report = drift(tmp_path, url, "drift-page", CANCEL_TWICE)
    page = (tmp_path / "drift.md").read_text()
    assert f"kustom-mock {report['version']}, tables {report['tables']}" in page
    assert "| status | 204 | 403 | settles |" in page
    assert "country SE; payment methods: INVOICE;" in page


def test_two_reports_are_compared_place_by_place(
    tmp_path: Path, serve: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(repeated_cancel="refused")
    files = []
    for number, steps in enumerate((CANCEL_TWICE, CAPTURE)):
        account, folder = f"drift-compare-{number}", tmp_path / str(number)
        folder.mkdir()
        fill(url, account)
        drift(folder, url, account, steps)
        files.append(str(folder / "drift.json"))
    capsys.readouterr()
    assert main(["drift", files[0], files[0]]) == 0
    assert capsys.readouterr().out == "shop: 0 gone, 0 new, 0 changed\n"
    assert main(["drift", *files]) == 1
    output = capsys.readouterr().out
    assert " gone, " in output
    assert (
        "  settles: POST /ordermanagement/v1/orders/(order shop)/cancel\n    status: " in output
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected the JSON that run --drift FILE writes"),
        ('{"format": 1}', "expected the JSON that run --drift FILE writes"),
        ('{"format": 9, "scenarios": []}', "expected format 1, got 9"),
    ],
)
def test_file_without_reports_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    file = tmp_path / "drift.json"
    file.write_text(content)
    assert main(["drift", str(file), str(file)]) == 2
    assert message in capsys.readouterr().err


def test_file_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "missing.json", "missing.json"]) == 2
    assert capsys.readouterr().err == "kustom-mock: missing.json: No such file or directory\n"
