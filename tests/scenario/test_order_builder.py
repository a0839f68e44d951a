"""Orders as a scenario writes them: what is filled in, and what cannot have come about."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import asdict

from mockserver.domain.money import TAX_TOLERANCE, line_tax
from mockserver.domain.order import ADDRESS_FIELDS
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.order_builder import complete_line, resolve_lines
from mockserver.scenario.sandbox_builder import add_order
from mockserver.scenario.scenario import ScenarioDefaults
from mockserver.scenario.shoppers import COUNTRIES, generate_shopper
from tests.scenario.case_tables import (
    FROZEN,
    Case,
    cases,
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


@pytest.mark.parametrize("case", cases("filled"))
def test_what_a_line_leaves_out_is_filled_in(case: Case) -> None:
    line = asdict(complete_line(case["line"]))
    assert {key: line[key] for key in case["is"]} == case["is"]


@pytest.mark.parametrize("rate", [0, 600, 1200, 2100, 2500, 10_000])
@pytest.mark.parametrize("price", [1, 99, 100, 3333, 199_999_999])
def test_tax_that_is_filled_in_is_within_the_tolerance_of_the_provider(
    price: int,
    rate: int,
) -> None:
    line = complete_line({"unit_price": price, "tax_rate": rate})
    exact = price - price * 10_000 / (10_000 + rate)
    assert abs(line.total_tax_amount - exact) <= TAX_TOLERANCE
    assert line.total_tax_amount == line_tax(price, rate)


def test_the_amount_is_the_sum_of_the_lines_unless_it_is_written() -> None:
    assert only_order(one_order("country: SE")).order_amount == 10_000
    order = only_order(one_order("amount: 9999"))
    assert (order.order_amount, order.original_order_amount) == (9999, 9999)


@pytest.mark.parametrize("country", COUNTRIES)
def test_currency_locale_and_people_follow_from_the_country(country: str) -> None:
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


def test_only_an_american_lives_in_a_region() -> None:
    assert "region" in generate_shopper("US", "seed").address
    assert "region" not in generate_shopper("SE", "seed").address


def test_an_order_may_say_otherwise_than_its_scenario() -> None:
    order = only_order(
        "country: NO\ncurrency: EUR\nlocale: en-NO\norders:\n  one:\n    country: DK\n"
        "    currency: SEK\n    lines: [{unit_price: 1}]\n",
    )
    facts = order.purchase_country, order.purchase_currency, order.locale
    assert facts == ("DK", "SEK", "en-NO")


def test_addresses_that_are_written_are_nobody_elses() -> None:
    order = only_order(one_order("billing_address: {given_name: Ada, postal_code: 12345}"))
    assert order.billing_address == {
        "given_name": "Ada",
        "postal_code": "12345",
        "country": "SE",
    }
    assert order.shipping_address == order.billing_address
    assert order.customer == {"type": "person"}


def test_each_address_may_be_written_on_its_own() -> None:
    order = only_order(
        one_order("shipping_address: {city: Umeå}\n    billing_address: {city: Luleå}"),
    )
    assert (order.billing_address["city"], order.shipping_address["city"]) == ("Luleå", "Umeå")


def test_a_text_that_looks_like_a_number_or_date_stays_as_it_is_written() -> None:
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
    ("method", "words"),
    [("INVOICE", "Pay later"), ("CARD", "Card"), ("PAY_IN_X", "Pay in x")],
)
def test_a_payment_method_has_words(method: str, words: str) -> None:
    paid = only_order(one_order(f"payment_method: {method}")).payment_method
    assert (paid.type, paid.description) == (method, words)


def test_an_order_is_paid_by_invoice_unless_it_says_otherwise() -> None:
    assert only_order(ONE).payment_method.type == "INVOICE"


def test_an_order_expires_at_midnight_after_the_days_assumed() -> None:
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


def test_an_equal_seed_makes_equal_people_and_ids() -> None:
    assert orders_of(sandbox_of(SEEDED, "x")) == orders_of(sandbox_of(SEEDED, "y"))


def test_another_seed_makes_other_people_and_ids() -> None:
    one = orders_of(sandbox_of(SEEDED))["one"]
    other = orders_of(sandbox_of(SEEDED.replace("seed: 7", "seed: 8")))["one"]
    assert one.order_id != other.order_id
    assert one.klarna_reference != other.klarna_reference
    assert one.captures[0].capture_id != other.captures[0].capture_id
    assert one.billing_address != other.billing_address


def test_without_a_seed_the_server_s_counts_then_the_name_of_the_sandbox() -> None:
    unseeded = SEEDED.replace("seed: 7\n", "")
    given = scenario_of(unseeded, ScenarioDefaults(seed="7"))
    assert orders_of(given.build("x")) == orders_of(sandbox_of(SEEDED))
    assert orders_of(sandbox_of(unseeded, "7")) == orders_of(sandbox_of(SEEDED))
    assert orders_of(sandbox_of(unseeded, "x")) != orders_of(sandbox_of(unseeded, "y"))


def test_two_orders_of_one_world_are_of_two_people() -> None:
    made = orders_of(sandbox_of(SEEDED))
    assert made["one"].billing_address != made["two"].billing_address


def test_a_reference_alone_is_the_whole_line() -> None:
    assert resolve_lines(["A12345"], LINES, ()) == (LINES[0],)


def test_a_reference_with_a_quantity_is_so_many_of_the_line() -> None:
    (line,) = resolve_lines([{"reference": "A12345", "quantity": 1}], LINES, ())
    assert (line.name, line.quantity, line.total_amount) == ("T-shirt", 1, 3000)


def test_a_part_of_a_line_has_its_part_of_the_tax() -> None:
    (line,) = resolve_lines([{"reference": "B24680", "quantity": 3}], LINES, ())
    assert (line.total_amount, line.total_tax_amount) == (30_000, 6000)


def test_a_part_may_have_a_total_of_its_own() -> None:
    entry = {"reference": "A12345", "quantity": 1, "total_amount": 2500}
    assert resolve_lines([entry], LINES, ())[0].total_amount == 2500


def test_a_line_with_a_price_is_a_line_of_its_own() -> None:
    entry = {"type": "return_fee", "unit_price": -50}
    (line,) = resolve_lines([entry], LINES, ())
    assert (line.reference, line.type, line.total_amount) == (None, "return_fee", -50)


def test_a_number_finds_the_line_whose_reference_it_is() -> None:
    lines = (complete_line({"reference": "42", "unit_price": 1}),)
    assert resolve_lines([42], lines, ()) == lines


def test_events_happen_in_order_of_time_whatever_their_order_in_the_file() -> None:
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


def test_a_refund_without_a_time_follows_the_last_capture() -> None:
    order = only_order(
        one_order("captures: {A: {lines: [A12345], at: 2d}}\n    refunds: {R: {amount: 1}}"),
    )
    assert order.refunds[0].refunded_at == order.captures[0].captured_at


@pytest.mark.parametrize("case", cases("impossible"))
def test_a_world_that_cannot_be_is_refused_at_its_line(case: Case) -> None:
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
def test_a_whole_fraction_is_no_whole_number(more: str) -> None:
    assert "E103" in (message := refusal_of(one_order(more)))
    assert "expected an integer, got" in message


def test_a_fraction_stays_one_where_fractions_belong() -> None:
    response = "{respond: {status: 200, body: {rate: 2.0}}}"
    text = f"{ONE}faults: {{always: {{probability: 1.0, do: {response}}}}}"
    (rule,) = sandbox_of(text).faults.rules()
    assert rule.probability == 1.0
    assert "'rate': 2.0" in repr(rule.actions[0])


def test_an_order_that_is_refused_leaves_nothing_behind() -> None:
    sandbox = Sandbox("x")
    lines = [{"reference": "A", "unit_price": 100}]
    with pytest.raises(ScenarioError):
        add_order(sandbox, "o", {"lines": lines, "captures": {"A": {"amount": 101}}})
    assert (sandbox.order_names, sandbox.movement_names) == ({}, {})
    assert sandbox.orders == {}
    add_order(sandbox, "o", {"lines": lines})
    with pytest.raises(ScenarioError, match="E202 order 'o' exists already"):
        add_order(sandbox, "o", {"lines": lines})
    assert len(sandbox.orders) == 1
