"""Build a placed order from scenario syntax, with left-out values filled in.

Defaults: quantity 1, totals from prices, tax from the rate; currency, locale and shopper
from the country. The input is valid by its schema.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from mockserver.domain.authorization import initial_expiry
from mockserver.domain.limits import MAX_AMOUNT
from mockserver.domain.money import sum_totals
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    FraudStatus,
    Order,
    OrderLine,
    PaymentMethod,
)
from mockserver.sandbox.ids import IdGenerator
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath
from mockserver.scenario.order_lines import complete_line, optional_text
from mockserver.scenario.shoppers import COUNTRIES, generate_shopper
from mockserver.scenario.spec import Spec
from mockserver.scenario.times import parse_time_or_offset

PAYMENT_DESCRIPTIONS = {"INVOICE": "Pay later", "CARD": "Card"}  # recorded pairs


class OrderDefaults(Struct, frozen=True):
    """Values that an order inherits when it does not set them."""

    now: datetime
    country: str
    currency: str | None
    locale: str | None
    authorization_days: int


def build_placed_order(
    name: str,
    spec: Spec,
    ids: IdGenerator,
    defaults: OrderDefaults,
    path: ValuePath,
) -> Order:
    """Build an order as it was placed.

    Raises:
        ScenarioError: an invalid time or amount.
    """
    created = parse_time_or_offset(
        spec.get("created"), defaults.now, defaults.now, (*path, "created")
    )
    country = spec.get("country", defaults.country)
    lines = tuple(complete_line(line) for line in spec["lines"])
    amount = resolve_amount(spec, lines, path)
    shopper = _resolve_shopper(spec, country, f"{ids.seed}/people/{name}")
    billing = shopper["billing_address"]
    expires = initial_expiry(created, defaults.authorization_days)
    return Order(
        order_id=_explicit_or_new(spec.get("order_id"), ids, ids.new_order_id),
        klarna_reference=_explicit_or_new(
            spec.get("klarna_reference"), ids, ids.new_klarna_reference
        ),
        created_at=created,
        expires_at=parse_time_or_offset(
            spec.get("expires"), expires, created, (*path, "expires")
        ),
        order_amount=amount,
        original_order_amount=amount,
        order_lines=lines,
        purchase_country=country,
        purchase_currency=spec.get("currency")
        or defaults.currency
        or COUNTRIES[country].currency,
        locale=spec.get("locale") or defaults.locale or COUNTRIES[country].locale,
        payment_method=parse_payment_method(spec),
        customer=shopper["customer"],
        billing_address=billing,
        shipping_address=shopper["shipping_address"],
        fraud_status=FraudStatus(spec.get("fraud_status", "ACCEPTED")),
        merchant_reference1=optional_text(spec.get("merchant_reference1")),
        merchant_reference2=optional_text(spec.get("merchant_reference2")),
        merchant_data=optional_text(spec.get("merchant_data")),
        selected_shipping_option=spec.get("selected_shipping_option"),
    )


def parse_payment_method(spec: Spec) -> PaymentMethod:
    """Parse the key ``payment_method``, an invoice by default."""
    method = spec.get("payment_method", "INVOICE")
    description = PAYMENT_DESCRIPTIONS.get(method, method.replace("_", " ").capitalize())
    return PaymentMethod(
        method, spec.get("payment_description", description), spec.get("number_of_installments")
    )


def _explicit_or_new(explicit: object, ids: IdGenerator, draw: Callable[[], str]) -> str:
    return ids.reserve(str(explicit)) if explicit else draw()


def _resolve_shopper(spec: Spec, country: str, seed: str) -> dict[str, dict[str, str]]:
    """Return the addresses of the spec; generate a shopper only if it has none."""
    addresses = [spec.get("billing_address"), spec.get("shipping_address")]
    customer = {key: str(value) for key, value in spec.get("customer", {}).items()}
    if any(addresses):
        billing, shipping = (
            parse_address(address or addresses[0] or addresses[1], country)
            for address in addresses
        )
    else:
        shopper = generate_shopper(country, seed)
        billing = shipping = dict(shopper.address)
        customer = {"date_of_birth": shopper.date_of_birth, **customer}
    return {
        "billing_address": billing,
        "shipping_address": shipping,
        "customer": {"type": "person", **customer},
    }


def parse_address(spec: Spec | None, country: str) -> dict[str, str]:
    """Parse an address; the country defaults to the order's."""
    fields = {"country": country, **(spec or {})}
    return {key: str(fields[key]) for key in ADDRESS_FIELDS if key in fields}


def resolve_amount(spec: Spec, lines: tuple[OrderLine, ...], path: ValuePath) -> int:
    """Return the amount of the spec, or the sum of the lines.

    Raises:
        ScenarioError: the sum of the lines is out of bounds.
    """
    amount: int = spec.get("amount", sum_totals(lines))
    if not 0 <= amount <= MAX_AMOUNT:
        message = f"the lines add up to {amount}; expected an amount from 0 to {MAX_AMOUNT}"
        raise ScenarioError([Finding("E105", (*path, "lines"), message)])
    return amount
