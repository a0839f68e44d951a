"""Checkout orders in scenarios: built, expected, exported, and used by steps."""

from typing import Any

import pytest

from mockserver.domain.checkout.completion import ShopperOutcome
from mockserver.sandbox.checkouts import complete_checkout
from mockserver.sandbox.deliveries.delivery import Attempt, DeliveryKind
from mockserver.sandbox.deliveries.schedules import PushMode
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_builder import build_update_body
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.expectations import check_expectations
from mockserver.scenario.export import export_sandbox
from mockserver.scenario.scenario import Scenario, parse_scenario, wrap_value
from mockserver.scenario.steps import CallOperation
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.checkouts import PARCEL, make_completion

SHIRT = {"reference": "A12345", "unit_price": 3000, "tax_rate": 2500}
CART = {"lines": [SHIRT]}


def parse(**spec: Any) -> Scenario:  # noqa: ANN401
    clock = {"start": "2026-01-15T09:00:00Z", "frozen": True}
    document = wrap_value({"version": 1, "seed": 7, "clock": clock, **spec})
    return parse_scenario("test", document)


def build(**spec: Any) -> Sandbox:  # noqa: ANN401
    return parse(**spec).build("shop")


def complete(sandbox: Sandbox, name: str = "cart") -> None:
    order_id = sandbox.order_names[name]
    checkout, _ = complete_checkout(sandbox, order_id, make_completion(ShopperOutcome.APPROVED))
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    sandbox.deliveries.add_push(checkout, now, PushMode.SCHEDULE, assumptions)


def test_missing_checkout_keys_are_filled_in() -> None:
    sandbox = build(country="NO", checkouts={"cart": {**CART, "merchant_reference1": 7}})
    (checkout,) = sandbox.checkouts.values()
    fields = checkout.fields
    assert (fields["purchase_currency"], fields["locale"]) == ("NOK", "nb-NO")
    assert (fields["order_amount"], fields["order_tax_amount"]) == (3000, 600)
    assert fields["merchant_reference1"] == "7"
    assert str(checkout.merchant_url("push")).startswith("https://shop.example/push?order=")
    assert sandbox.order_names == {"cart": checkout.order_id}


def test_tax_lines_count_as_tax() -> None:
    tax = {"type": "sales_tax", "name": "Sales tax", "unit_price": 100}
    sandbox = build(country="US", checkouts={"cart": {"lines": [{"unit_price": 1000}, tax]}})
    (checkout,) = sandbox.checkouts.values()
    assert checkout.fields["order_tax_amount"] == 100


@pytest.mark.parametrize(
    ("checkout", "finding"),
    [
        (
            {**CART, "order_amount": 1},
            "E203 checkouts.cart.order_amount: Bad value: order_amount: expected",
        ),
        (
            {"lines": [{"unit_price": 500, "total_amount": 499}]},
            "E203 checkouts.cart.lines[0].total_amount: Bad value: total_amount: expected 500,",
        ),
        (
            {**CART, "merchant_urls": {"push": "x"}},
            "E203 checkouts.cart.merchant_urls.push: Bad value: merchant_urls.push (must be",
        ),
        (
            {**CART, "merchant_urls": {"pusch": "x"}},
            "E101 checkouts.cart.merchant_urls.pusch: unknown key 'pusch', did you mean",
        ),
        (
            {**CART, "options": {"radius_border": 5}},
            "E105 checkouts.cart.options.radius_border: expected a string, got 5",
        ),
        (
            {**CART, "shipping_options": [{"id": "a"}]},
            "E105 checkouts.cart.shipping_options[0]: 'name' is missing",
        ),
        ({"order_lines": [{"name": "x"}]}, "'quantity' is missing"),
        ({**CART, "started": "yesterday"}, "E106 checkouts.cart.started"),
    ],
)
def test_wrong_checkout_is_a_finding(checkout: dict[str, Any], finding: str) -> None:
    with pytest.raises(ScenarioError, match="E") as caught:
        build(checkouts={"cart": checkout})
    assert finding in str(caught.value)


def test_names_and_ids_are_used_once() -> None:
    order = {"order_id": "same", "lines": [{"unit_price": 1}]}
    checkout = {"order_id": "same", **CART}
    with pytest.raises(ScenarioError, match="is taken"):
        build(checkouts={"a": checkout, "b": checkout})
    with pytest.raises(ScenarioError, match="already exists"):
        build(checkouts={"a": CART}, orders={"a": {"lines": [{"unit_price": 1}]}})
    with pytest.raises(ScenarioError, match="order_id same is taken"):
        build(checkouts={"a": checkout}, orders={"a": order})


def test_update_body_has_only_the_changed_fields() -> None:
    assert build_update_body({"order": "cart", "country": "FI", "tags": ["x"]}) == {
        "purchase_country": "FI",
        "tags": ["x"],
    }
    body = build_update_body({"lines": [SHIRT], "merchant_urls": {"push": "http://x"}})
    assert (body["order_amount"], body["merchant_urls"]["push"]) == (3000, "http://x")


def test_export_builds_the_same_checkouts_masked() -> None:
    spec = {
        **CART,
        "merchant_data": "a login cookie",
        "customer": {"type": "person", "date_of_birth": "1970-01-01"},
        "shipping_options": [PARCEL],
        "billing_address": {"email": "anna@shop.test", "street_name": "Main"},
    }
    sandbox = build(checkouts={"cart": spec, "open": spec})
    complete(sandbox)
    text = export_sandbox(sandbox)
    assert not any(word in text for word in ("login", "anna@", "1970", "Main"))
    copy = parse_scenario("export", parse_yaml(text.encode())).build("copy")
    assert export_sandbox(copy).replace("sandbox copy", "sandbox shop") == text
    assert len(copy.orders) == 1


@pytest.mark.parametrize(
    ("expect", "passed"),
    [
        ({"checkouts": {"cart": {"status": "checkout_complete", "order_amount": 3000}}}, True),
        ({"checkouts": {"cart": {"status": "checkout_incomplete"}}}, False),
        ({"checkouts": {"later": {"status": "checkout_complete"}}}, False),
        ({"deliveries": [{"kind": "push", "count": 2}]}, True),
        (
            {"deliveries": [{"kind": "push", "order": "cart", "answered": 200, "count": 1}]},
            True,
        ),
        ({"deliveries": [{"kind": "push", "answered": True, "at_least": 1}]}, True),
        ({"deliveries": [{"kind": "push", "answered": False, "count": 1}]}, True),
        ({"deliveries": [{"kind": "push", "order": "open", "never": True}]}, True),
        ({"deliveries": [{"kind": "push", "never": True}]}, False),
        ({"deliveries": [{"kind": "webhook", "count": 1}]}, True),
        ({"deliveries": [{"kind": "webhook"}]}, True),
        ({"deliveries": [{"kind": "validation"}]}, False),
        ({"deliveries": [{"kind": "validation", "at_most": 1}]}, True),
    ],
)
def test_expectations_of_checkouts_and_deliveries(expect: dict[str, Any], passed: bool) -> None:  # noqa: FBT001
    sandbox = build(checkouts={"cart": CART, "open": CART})
    complete(sandbox)
    now = sandbox.clock.now()
    for status in (500, 200):
        sandbox.deliveries.settle("delivery-1", Attempt(now, status, 0.1))
    sandbox.deliveries.add(DeliveryKind.WEBHOOK, "x", "http://h", now, held="too far")
    assert check_expectations(expect, sandbox).passed is passed


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("anna+denied@shop.test", "masked+denied@example.com"),
        ("anna+pend-accept-05@shop.test", "masked+pend-accept-05@example.com"),
        ("anna+news@shop.test", "masked@example.com"),
    ],
)
def test_exported_email_keeps_what_decides_a_completion(email: str, masked: str) -> None:
    spec = {**CART, "billing_address": {"email": email}}
    text = export_sandbox(build(checkouts={"cart": spec}))
    assert f"email: {masked}\n" in text
    assert "anna" not in text


def test_export_keeps_empty_fields_and_the_order_of_merchant_urls() -> None:
    urls = {key: f"https://shop.test/{key}" for key in ("push", "checkout", "terms")}
    urls = {"validation": "https://shop.test/validation", **urls, "confirmation": "https://a.b"}
    sandbox = build(
        checkouts={"cart": {**CART, "merchant_urls": urls, "shipping_options": [], "gui": {}}}
    )
    copy = parse_scenario("export", parse_yaml(export_sandbox(sandbox).encode())).build("copy")
    (original,), (copied,) = sandbox.checkouts.values(), copy.checkouts.values()
    assert list(copied.fields["merchant_urls"]) == list(urls)
    assert dict(copied.fields) == dict(original.fields)
    assert (copied.fields["shipping_options"], copied.fields["gui"]) == ([], {})


def test_expected_deliveries_count_attempts_that_are_no_longer_listed() -> None:
    sandbox = build(checkouts={"cart": CART})
    complete(sandbox)
    for _ in range(145):
        sandbox.deliveries.settle("delivery-1", Attempt(sandbox.clock.now(), 500, 0.1))
    expect = {"deliveries": [{"kind": "push", "count": 145}]}
    assert check_expectations(expect, sandbox).passed


@pytest.mark.parametrize(
    "expect",
    [
        {"checkouts": {"crat": {"status": "expired"}}},
        {"deliveries": [{"kind": "push", "order": "crat"}]},
    ],
)
def test_unknown_names_in_expectations_are_findings(expect: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="there is no 'crat', did you mean 'cart'"):
        build(checkouts={"cart": CART}, expect=expect)


def test_later_steps_name_the_lines_of_a_checkout() -> None:
    scenario = parse(
        steps=[
            {"create_checkout": {"order": "cart", **CART}},
            {"update_checkout": {"order": "cart", "lines": [{**SHIRT, "quantity": 2}]}},
            {"update_checkout": {"order": "cart", "lines": []}, "response": {"status": 403}},
            {"complete": {"order": "cart"}},
            {"capture": {"order": "cart", "lines": ["A12345"]}},
        ]
    )
    captured = scenario.steps[4].instruction
    assert isinstance(captured, CallOperation)
    assert captured.body["captured_amount"] == 6000
    assert scenario.steps[3].text == "4. complete approved cart"
