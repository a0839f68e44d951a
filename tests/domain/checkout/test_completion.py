"""What the shopper does, and the order it makes."""

from datetime import timedelta
from typing import Any

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.changes import replace_fields
from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.choices import ChoiceError, choose_shipping_option
from mockserver.domain.checkout.completion import (
    ShopperOutcome,
    attempt_checkout,
    build_completed_order,
    completed_amount,
    completed_tax_amount,
    enter_shopper_details,
    outcome_for_email,
)
from mockserver.domain.order import FraudStatus, Order
from mockserver.domain.refusal import Refusal
from tests.support.builders import NOW, ORDER_ID, SWEDEN
from tests.support.checkouts import (
    DEFAULT,
    PARCEL,
    PICKUP,
    SHIRTS,
    URLS,
    make_checkout,
    make_completion,
)

LATER = NOW + timedelta(minutes=5)
OPTIONS: dict[str, Any] = {"shipping_options": [PICKUP, PARCEL]}


def attempt(
    outcome: ShopperOutcome = ShopperOutcome.APPROVED,
    assumptions: Assumptions = DEFAULT,
    fields: dict[str, Any] | None = None,
    **facts: Any,  # noqa: ANN401
) -> tuple[Checkout, Order | None]:
    completion = make_completion(outcome, **facts)
    checkout = make_checkout(assumptions, **(fields or {}))
    checkout = attempt_checkout(checkout, completion, LATER, assumptions)
    return checkout, build_completed_order(checkout, completion, "1VHSHK1Q", assumptions)


def place(**facts: Any) -> Order:  # noqa: ANN401
    _, order = attempt(**facts)
    assert order is not None
    return order


def test_order_has_the_id_and_amounts_of_the_checkout() -> None:
    fields = {"merchant_reference1": "1001", "merchant_data": "{}"}
    order = place(fields=fields)
    assert (order.order_id, order.created_at) == (ORDER_ID, LATER)
    assert order.order_amount == order.original_order_amount == 20000
    assert [line.reference for line in order.order_lines] == ["A12345"]
    assert (order.merchant_reference1, order.merchant_data) == ("1001", "{}")
    assert order.billing_address == SWEDEN


def test_order_shows_the_option_under_its_own_names() -> None:
    details = {"carrier": "PostNord", "pickup_location": {"id": "p1", "name": "Kiosk"}}
    option = {**PARCEL, "shipping_method": "PickUpPoint", "delivery_details": details}
    assert place(fields={"shipping_options": [option]}).selected_shipping_option == {
        **PARCEL,
        "type": "PickUpPoint",
        "carrier": "PostNord",
        "location": {"id": "p1", "name": "Kiosk"},
    }
    assert place().selected_shipping_option is None


def test_order_line_keeps_the_fields_order_management_returns() -> None:
    line = {**SHIRTS, "product_url": "http://shop.example/1", "shipping_attributes": {}}
    (made,) = place(fields={"order_lines": [line]}).order_lines
    assert made.extra == {"product_url": "http://shop.example/1"}


@pytest.mark.parametrize(
    ("outcome", "fraud_status"),
    [
        (ShopperOutcome.APPROVED, FraudStatus.ACCEPTED),
        (ShopperOutcome.PENDING, FraudStatus.PENDING),
        (ShopperOutcome.DECLINED, None),
        (ShopperOutcome.ABANDONED, None),
    ],
)
def test_outcome_makes_an_order_or_none(
    outcome: ShopperOutcome, fraud_status: FraudStatus | None
) -> None:
    checkout, order = attempt(outcome)
    assert (order and order.fraud_status) == fraud_status
    assert (checkout.completed_at is None) is (order is None)
    assert checkout.shopper["billing_address"] == SWEDEN


def test_after_a_decline_the_shopper_may_try_again() -> None:
    checkout, _ = attempt(ShopperOutcome.DECLINED)
    again = attempt_checkout(checkout, make_completion(), LATER, DEFAULT)
    assert again.completed_at == LATER


def test_completed_checkout_cannot_be_completed_again() -> None:
    checkout, _ = attempt()
    with pytest.raises(Refusal, match="Resource is read-only"):
        attempt_checkout(checkout, make_completion(), LATER, DEFAULT)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [(None, PICKUP), ("parcel", PARCEL)],
)
def test_first_shipping_option_is_chosen_unless_named(
    chosen: str | None, expected: dict[str, Any]
) -> None:
    checkout, _ = attempt(fields=OPTIONS, shipping_option=chosen)
    assert checkout.shopper["selected_shipping_option"] == expected


def test_preselected_shipping_option_is_chosen() -> None:
    preselected = {**PARCEL, "preselected": True}
    checkout, _ = attempt(fields={"shipping_options": [PICKUP, preselected]})
    assert checkout.shopper["selected_shipping_option"] == preselected


def test_unknown_shipping_option_is_an_error_with_the_known_ones() -> None:
    with pytest.raises(ChoiceError, match="the checkout has pickup, parcel"):
        attempt(fields=OPTIONS, shipping_option="pigeon")
    with pytest.raises(ChoiceError, match="the checkout has none"):
        attempt(shipping_option="pigeon")


def test_chosen_option_is_added_to_the_amount_and_becomes_a_line() -> None:
    checkout, order = attempt(fields=OPTIONS, shipping_option="parcel")
    assert completed_amount(checkout, DEFAULT) == 24900
    assert completed_tax_amount(checkout, DEFAULT) == 4980
    assert order is not None
    assert order.order_amount == 24900
    shipping = order.order_lines[-1]
    assert (shipping.type, shipping.reference) == ("shipping_fee", "parcel")
    assert (shipping.total_amount, shipping.total_tax_amount) == (4900, 980)


CALLBACK = {"merchant_urls": {**URLS, "shipping_option_update": "https://shop.example/s"}}


@pytest.mark.parametrize(
    ("fields", "shipping_price"),
    [(CALLBACK, "added_unless_callback"), ({}, "never_added")],
)
def test_chosen_option_is_not_added(fields: dict[str, Any], shipping_price: str) -> None:
    assumptions = Assumptions(shipping_price=shipping_price)
    checkout, order = attempt(
        assumptions=assumptions, fields={**OPTIONS, **fields}, shipping_option="parcel"
    )
    assert order is not None
    assert completed_amount(checkout, assumptions) == order.order_amount == 20000


@pytest.mark.parametrize(
    ("locale_in_order", "locale"), [("follows_country", "nl-BE"), ("as_sent", "nl-NL")]
)
def test_locale_of_the_order_follows_the_assumption(locale_in_order: str, locale: str) -> None:
    assumptions = Assumptions(locale_in_order=locale_in_order)
    fields = {"purchase_country": "be", "purchase_currency": "eur", "locale": "nl-NL"}
    order = place(assumptions=assumptions, fields=fields)
    assert (order.purchase_country, order.locale) == ("BE", locale)
    assert order.purchase_currency == "EUR"


def test_order_shows_countries_in_upper_case_and_known_fields_only() -> None:
    address = {"given_name": "A", "country": "se", "care_of": "B"}
    order = place(billing_address=address, shipping_address={"city": "Lund"})
    assert order.billing_address == {"given_name": "A", "country": "SE"}
    assert order.shipping_address == {"city": "Lund"}


def test_entered_customer_fields_complete_the_sent_ones() -> None:
    fields = {"customer": {"type": "person", "date_of_birth": "1980-01-01"}}
    entered = {"date_of_birth": "1941-03-21", "gender": "female"}
    checkout, order = attempt(fields=fields, customer=entered)
    assert order is not None
    assert checkout.customer == order.customer == {"type": "person", **entered}
    assert attempt(fields=fields)[0].customer == fields["customer"]


@pytest.mark.parametrize(
    ("email", "outcome"),
    [
        ("me@shop.example", ShopperOutcome.APPROVED),
        ("me+denied@shop.example", ShopperOutcome.DECLINED),
        ("me+red@shop.example", ShopperOutcome.DECLINED),
        ("me+pend-accept-05@shop.example", ShopperOutcome.PENDING),
        ("me+pend-reject-10@shop.example", ShopperOutcome.PENDING),
        ("me+pend-accept-5@shop.example", ShopperOutcome.APPROVED),
        ("ME+DENIED@shop.example", ShopperOutcome.DECLINED),
        ("me+red+2@shop.example", ShopperOutcome.DECLINED),
        ("me+2+Pend-Accept-05@shop.example", ShopperOutcome.PENDING),
        ("me+denied2@shop.example", ShopperOutcome.APPROVED),
        ("me+require_signup@shop.example", ShopperOutcome.APPROVED),
    ],
)
def test_test_addresses_ask_for_an_outcome(email: str, outcome: ShopperOutcome) -> None:
    assert outcome_for_email(email) is outcome


def test_identified_shopper_can_choose_another_shipping_option() -> None:
    addresses = {"billing_address": SWEDEN, "shipping_address": SWEDEN}
    checkout = enter_shopper_details(
        make_checkout(**OPTIONS), addresses, "parcel", LATER, DEFAULT
    )
    assert checkout.shopper["billing_address"] == SWEDEN
    assert (checkout.last_modified_at, checkout.completed_at) == (LATER, None)
    assert choose_shipping_option(checkout) == PARCEL
    assert choose_shipping_option(checkout, "pickup") == PICKUP


def test_option_that_the_shop_withdraws_is_no_longer_chosen() -> None:
    checkout = enter_shopper_details(make_checkout(**OPTIONS), {}, "parcel", LATER, DEFAULT)
    fields = {"shipping_options": [PICKUP]}
    assert choose_shipping_option(replace_fields(checkout, fields, LATER, DEFAULT)) == PICKUP


def test_addresses_of_the_shop_count_until_the_shopper_has_identified() -> None:
    checkout = enter_shopper_details(make_checkout(**OPTIONS), {}, "parcel", LATER, DEFAULT)
    fields = {"billing_address": {"city": "Lund"}}
    updated = replace_fields(checkout, fields, LATER, DEFAULT)
    assert updated.fields["billing_address"] == {"city": "Lund"}
