"""Orders as the provider shows them, taken as seeds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.scenarios import import_order
from mockserver.domain.lifecycle import derive_status
from mockserver.http.merchant.order_serializer import serialize_order
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.export import export_sandbox
from mockserver.scenario.provider_order import convert_order, import_scenario
from mockserver.scenario.scenario import parse_scenario, wrap_value
from mockserver.scenario.yaml_reader import parse_yaml

SHOWN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "cases/provider_order.json").read_text(encoding="utf-8")
)
REFERENCE = SHOWN["klarna_reference"]


def order_with(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {**SHOWN, **changes}


PLACED = order_with(
    status="AUTHORIZED",
    captured_amount=0,
    refunded_amount=0,
    remaining_authorized_amount=20000,
    captures=[],
    refunds=[],
)
ORDERS: dict[str, dict[str, Any]] = {
    "captured in part and refunded": SHOWN,
    "just placed": PLACED,
    "cancelled": {**PLACED, "status": "CANCELLED"},
    "expired": {**PLACED, "status": "EXPIRED"},
    "under review": {**PLACED, "fraud_status": "PENDING"},
    "changed": {**PLACED, "order_amount": 15000, "remaining_authorized_amount": 15000},
    "the rest released": order_with(status="CAPTURED", remaining_authorized_amount=0),
    "rejected after the capture": order_with(fraud_status="REJECTED"),
}


def shown_by(sandbox: Sandbox, reference: str = REFERENCE) -> dict[str, Any]:
    order = sandbox.orders[sandbox.order_names[reference]]
    status = derive_status(order, sandbox.clock.now(), sandbox.assumptions)
    return serialize_order(order, status, sandbox.assumptions)


def imported(order: dict[str, Any], *, mask: bool = False) -> Sandbox:
    scenario = wrap_value(import_scenario(order, mask=mask))
    return parse_scenario("import", scenario).build("import")


@pytest.mark.parametrize("case", ORDERS)
def test_imported_order_is_shown_as_it_was(case: str) -> None:
    order = ORDERS[case]
    assert json.loads(json.dumps(shown_by(imported(order)))) == order


def test_fully_refunded_order_that_was_closed_is_closed_again() -> None:
    line = SHOWN["order_lines"][0]
    capture = {**SHOWN["captures"][0], "order_lines": [line], "captured_amount": 3000}
    order = order_with(
        status="CLOSED",
        order_amount=3000,
        original_order_amount=3000,
        order_lines=[line],
        captures=[capture],
        remaining_authorized_amount=0,
    )
    assert shown_by(imported(order))["status"] == "CLOSED"


def test_seeded_read_only_fields_survive_an_export() -> None:
    exported = export_sandbox(imported(SHOWN))
    again = parse_scenario("again", parse_yaml(exported)).build("again")
    view = shown_by(again)
    for key in ("initial_payment_method", "selected_shipping_option"):
        assert view[key] == SHOWN[key]


def test_masked_order_has_a_generated_shopper() -> None:
    view = shown_by(imported(SHOWN, mask=True))
    text = json.dumps(view, ensure_ascii=False)
    for personal in ("Testperson", "Stårgatan", "1941-03-21", "0765260000"):
        assert personal not in text
    assert view["billing_address"]["country"] == "SE"


NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_open_order_of_the_past_moves_so_that_it_has_not_expired() -> None:
    spec = convert_order(SHOWN, NOW)
    assert spec["expires"] > "2026-01-15"
    assert spec["refunds"]["refund-1"]["at"].startswith("2026-01-1")
    assert spec["created"][11:] == "11:57:38Z"


def test_ended_order_of_the_past_keeps_its_times() -> None:
    spec = convert_order(ORDERS["cancelled"], NOW)
    assert spec["created"] == SHOWN["created_at"]


def test_order_of_the_future_moves_before_the_clock() -> None:
    spec = convert_order(ORDERS["cancelled"], datetime(2019, 1, 1, tzinfo=UTC))
    assert spec["created"] < "2019-01-01"
    assert spec["state"]["cancelled"] < "2019-01-01"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no list of captures": (order_with(captures={"a": 1}), "captures: expected a list, got"),
    "a refund that is no object": (order_with(refunds=[7]), "refunds[0]: expected an object"),
    "an amount as text": (order_with(order_amount="1"), "order_amount: expected an integer"),
    "a time": (order_with(created_at="yesterday"), "created_at: not a time"),
    "a time of a capture": (
        order_with(captures=[{**SHOWN["captures"][0], "captured_at": "soon"}]),
        "captures[0].captured_at: not a time",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_order_is_refused_by_the_key_of_the_provider(case: str) -> None:
    order, words = WRONG[case]
    with pytest.raises(ScenarioError) as error:
        import_scenario(order)
    assert words in str(error.value)


WRONG_FILES = {
    "a type": (
        '"unit_price": 7000',
        '"unit_price": "7000"',
        "E103 order_lines[1].unit_price: ",
    ),
    "a capture that is too large": (
        '"captured_amount": 10000,\n      "captured_at"',
        '"captured_amount": 99999,\n      "captured_at"',
        "E203 captures[0]: impossible: capture_exceeds_remaining",
    ),
    "a payment method": ('"FIXED_AMOUNT_BY_CARD"', '"BITCOIN"', "initial_payment_method.type"),
    "another object": ('"order_lines"', '"lines"', "1:1 E102 expected the JSON of an order"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_findings_of_an_imported_file_have_line_and_column(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, words = WRONG_FILES[case]
    text = json.dumps(SHOWN, indent=2)
    assert old in text
    file = tmp_path / "order.json"
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert import_order(str(file), None, mask=False) == 1
    assert words in capsys.readouterr().err


def test_import_writes_a_new_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, target = tmp_path / "order.json", tmp_path / "seed.yaml"
    file.write_text(json.dumps(SHOWN), encoding="utf-8")
    assert import_order(str(file), str(target), mask=False) == 0
    sandbox = parse_scenario("seed", parse_yaml(target.read_bytes())).build("seed")
    assert shown_by(sandbox)["order_id"] == SHOWN["order_id"]
    assert import_order(str(file), str(target), mask=False) == 2
    assert "File exists" in capsys.readouterr().err


def test_times_that_cannot_move_together_are_refused() -> None:
    captures = [{**SHOWN["captures"][0], "captured_at": "8999-12-31T00:00:00Z"}]
    with pytest.raises(ScenarioError, match="too far apart"):
        convert_order(order_with(captures=captures, created_at="1970-01-01"), NOW)
