"""Orders as a scenario writes them: what is filled in, and what cannot have come about."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import asdict

from mockserver.domain.money import TAX_TOLERANCE, line_tax
from mockserver.domain.order import ADDRESS_FIELDS
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.order_lines import complete_line, index_lines, resolve_lines
from mockserver.scenario.sandbox_builder import add_order
from mockserver.scenario.scenario import ScenarioDefaults
from mockserver.scenario.shoppers import COUNTRIES, generate_shopper
from tests.support.case_tables import Case, every_case
from tests.support.scenarios import (
    FROZEN,
    only_order,
    orders_of,
    refusal_of,
    sandbox_of,
    scenario_of,
)

LINES = (
    complete_line(
        {"reference": "A12345", "name": "T-shirt", "unit_price": 3000, "quantity": 2}
    ),
    complete_line({"reference": "B24680", "unit_price": 10000, "tax_rate": 2500}),
)
SNEAKERS = "{reference: B24680, unit_price: 4000}"
ONE = f"""{FROZEN}orders:
  one:
    lines: [{{reference: A12345, unit_price: 3000, quantity: 2}}, {SNEAKERS}]
"""


def one_order(more: str) -> str:
    return f"{ONE}    {more}\n"


@every_case("scenario", "filled")
def test_missing_line_fields_get_defaults(case: Case) -> None:
    line = asdict(complete_line(case["line"]))
    assert {key: line[key] for key in case["is"]} == case["is"]


@pytest.mark.parametrize("rate", [0, 600, 1200, 2100, 2500, 10_000])
@pytest.mark.parametrize("price", [1, 99, 100, 3333, 199_999_999])
def test_default_tax_is_within_the_provider_tolerance(
    price: int,
    rate: int,
) -> None:
    line = complete_line({"unit_price": price, "tax_rate": rate})
    exact = price - price * 10_000 / (10_000 + rate)
    assert abs(line.total_tax_amount - exact) <= TAX_TOLERANCE
    assert line.total_tax_amount == line_tax(price, rate)


def test_amount_defaults_to_the_sum_of_the_lines() -> None:
    assert only_order(one_order("country: SE")).order_amount == 10_000
    order = only_order(one_order("amount: 9999"))
    assert (order.order_amount, order.original_order_amount) == (9999, 9999)


@pytest.mark.parametrize("country", COUNTRIES)
def test_currency_locale_and_shopper_follow_from_the_country(country: str) -> None:
    order = only_order(f"country: {country}\norders: {{one: {{lines: [{{unit_price: 1}}]}}}}")
    expected = COUNTRIES[country]
    assert order.purchase_country == order.billing_address["country"] == country
    assert (order.purchase_currency, order.locale) == (expected.currency, expected.locale)
    assert order.billing_address == order.shipping_address
    assert set(order.billing_address) <= set(ADDRESS_FIELDS)
    assert all(text and "\n" not in text for text in order.billing_address.values())
    assert "1940" <= order.customer["date_of_birth"][:4] <= "2000"


def test_norway_is_a_country() -> None:
    order = only_order("country: NO\norders: {one: {lines: [{unit_price: 1}]}}")
    assert (order.purchase_country, order.purchase_currency) == ("NO", "NOK")


def test_only_us_addresses_have_a_region() -> None:
    assert "region" in generate_shopper("US", "seed").address
    assert "region" not in generate_shopper("SE", "seed").address


def test_order_overrides_the_scenario_defaults() -> None:
    order = only_order(
        "country: NO\ncurrency: EUR\nlocale: en-NO\norders:\n  one:\n    country: DK\n"
        "    currency: SEK\n    lines: [{unit_price: 1}]\n",
    )
    facts = order.purchase_country, order.purchase_currency, order.locale
    assert facts == ("DK", "SEK", "en-NO")


def test_explicit_addresses_are_not_completed_by_generated_data() -> None:
    order = only_order(one_order("billing_address: {given_name: Ada, postal_code: 12345}"))
    assert order.billing_address == {
        "given_name": "Ada",
        "postal_code": "12345",
        "country": "SE",
    }
    assert order.shipping_address == order.billing_address
    assert order.customer == {"type": "person"}


def test_missing_address_is_copied_from_the_other() -> None:
    order = only_order(
        one_order("shipping_address: {city: Umeå}\n    billing_address: {city: Luleå}"),
    )
    assert (order.billing_address["city"], order.shipping_address["city"]) == ("Luleå", "Umeå")


def test_number_or_date_like_text_stays_as_written() -> None:
    order = only_order(
        one_order(
            "merchant_reference1: 0010\n    merchant_reference2: 2026-01-15\n"
            "    customer: {date_of_birth: 1941-03-21}",
        ),
    )
    assert order.merchant_reference1 == "0010"
    assert order.merchant_reference2 == "2026-01-15"
    assert order.customer["date_of_birth"] == "1941-03-21"


@pytest.mark.parametrize(
    ("method", "expected_text"),
    [("INVOICE", "Pay later"), ("CARD", "Card"), ("PAY_IN_X", "Pay in x")],
)
def test_payment_method_has_a_description(method: str, expected_text: str) -> None:
    paid = only_order(one_order(f"payment_method: {method}")).payment_method
    assert (paid.type, paid.description) == (method, expected_text)


def test_payment_method_defaults_to_invoice() -> None:
    assert only_order(ONE).payment_method.type == "INVOICE"


def test_order_expires_at_midnight_after_authorization_days() -> None:
    assert only_order(ONE).expires_at == datetime(2026, 2, 12, tzinfo=UTC)
    assumed = only_order(f"assume: {{authorization_days: 7}}\n{ONE}")
    assert assumed.expires_at == datetime(2026, 1, 22, tzinfo=UTC)
    written = only_order(one_order("created: 2026-01-01\n    expires: 3d"))
    assert written.expires_at == datetime(2026, 1, 4, tzinfo=UTC)


SEEDED = f"""seed: 7
{FROZEN}orders:
  one: {{lines: [{{unit_price: 1}}], captures: {{A: {{amount: 1}}}}}}
  two: {{lines: [{{unit_price: 1}}]}}
"""


def test_equal_seeds_give_equal_shoppers_and_ids() -> None:
    assert orders_of(sandbox_of(SEEDED, "x")) == orders_of(sandbox_of(SEEDED, "y"))


def test_different_seeds_give_different_shoppers_and_ids() -> None:
    one = orders_of(sandbox_of(SEEDED))["one"]
    other = orders_of(sandbox_of(SEEDED.replace("seed: 7", "seed: 8")))["one"]
    assert one.order_id != other.order_id
    assert one.klarna_reference != other.klarna_reference
    assert one.captures[0].capture_id != other.captures[0].capture_id
    assert one.billing_address != other.billing_address


def test_seed_defaults_to_the_server_seed_then_the_sandbox_name() -> None:
    unseeded = SEEDED.replace("seed: 7\n", "")
    given = scenario_of(unseeded, ScenarioDefaults(seed="7"))
    assert orders_of(given.build("x")) == orders_of(sandbox_of(SEEDED))
    assert orders_of(sandbox_of(unseeded, "7")) == orders_of(sandbox_of(SEEDED))
    assert orders_of(sandbox_of(unseeded, "x")) != orders_of(sandbox_of(unseeded, "y"))


def test_orders_of_one_scenario_have_different_shoppers() -> None:
    made = orders_of(sandbox_of(SEEDED))
    assert made["one"].billing_address != made["two"].billing_address


def test_reference_alone_is_the_whole_line() -> None:
    assert resolve_lines(["A12345"], index_lines(LINES), ()) == (LINES[0],)


def test_reference_with_quantity_is_part_of_the_line() -> None:
    (line,) = resolve_lines([{"reference": "A12345", "quantity": 1}], index_lines(LINES), ())
    assert (line.name, line.quantity, line.total_amount) == ("T-shirt", 1, 3000)


def test_part_of_a_line_has_its_share_of_the_tax() -> None:
    (line,) = resolve_lines([{"reference": "B24680", "quantity": 3}], index_lines(LINES), ())
    assert (line.total_amount, line.total_tax_amount) == (30_000, 6000)


def test_part_of_a_line_can_set_its_total() -> None:
    entry = {"reference": "A12345", "quantity": 1, "total_amount": 2500}
    assert resolve_lines([entry], index_lines(LINES), ())[0].total_amount == 2500


def test_line_with_unit_price_is_a_full_line() -> None:
    entry = {"type": "return_fee", "unit_price": -50}
    (line,) = resolve_lines([entry], index_lines(LINES), ())
    assert (line.reference, line.type, line.total_amount) == (None, "return_fee", -50)


def test_numeric_reference_matches_the_line() -> None:
    lines = (complete_line({"reference": "42", "unit_price": 1}),)
    assert resolve_lines([42], index_lines(lines), ()) == lines


def test_history_is_replayed_in_chronological_order() -> None:
    sandbox = sandbox_of(
        one_order(
            "captures:\n      late: {lines: [B24680], at: 2d}\n"
            "      early: {lines: [A12345], at: 1d}\n"
            "    refunds: {R: {lines: [A12345], at: 36h}}",
        ),
    )
    order = orders_of(sandbox)["one"]
    names = [sandbox.movement_names[capture.capture_id] for capture in order.captures]
    assert names == ["early", "late"]
    assert [capture.captured_at.day for capture in order.captures] == [16, 17]
    assert order.refunds[0].allocation.capture_id == order.captures[0].capture_id


def test_refund_without_time_follows_the_last_capture() -> None:
    order = only_order(
        one_order("captures: {A: {lines: [A12345], at: 2d}}\n    refunds: {R: {amount: 1}}"),
    )
    assert order.refunds[0].refunded_at == order.captures[0].captured_at


@every_case("scenario", "impossible")
def test_impossible_scenarios_match_the_case_table(case: Case) -> None:
    text = case.get("text") or one_order(case["order"])
    message = refusal_of(text)
    assert case["says"] in message
    for item in case.get("numbers", ()):
        assert item in message


@pytest.mark.parametrize(
    "more",
    [
        "merchant_reference1: 100.00",
        "amount: 100.0",
        "customer: {national_identification_number: 4.0}",
        "captures: {A: {amount: 1.0}}",
    ],
)
def test_integral_float_is_not_an_integer(more: str) -> None:
    assert "E103" in (message := refusal_of(one_order(more)))
    assert "expected an integer, got" in message


def test_float_is_accepted_where_floats_are_valid() -> None:
    response = "{respond: {status: 200, body: {rate: 2.0}}}"
    text = f"{ONE}faults: {{always: {{probability: 1.0, do: {response}}}}}"
    (rule,) = sandbox_of(text).faults.rules()
    assert rule.probability == 1.0
    assert "'rate': 2.0" in repr(rule.actions[0])


def test_refused_order_leaves_the_sandbox_unchanged() -> None:
    sandbox = Sandbox("x")
    lines = [{"reference": "A", "unit_price": 100}]
    with pytest.raises(ScenarioError):
        add_order(sandbox, "o", {"lines": lines, "captures": {"A": {"amount": 101}}})
    assert (sandbox.order_names, sandbox.movement_names) == ({}, {})
    assert sandbox.orders == {}
    add_order(sandbox, "o", {"lines": lines})
    with pytest.raises(ScenarioError, match="E202 order 'o' already exists"):
        add_order(sandbox, "o", {"lines": lines})
    assert len(sandbox.orders) == 1
