"""From an order as a scenario writes it to an order as it was placed.

What is left out is filled in: quantity 1, totals from prices, tax from the rate,
currency, locale and shopper from the country. The input has passed its schema.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import Struct

from mockserver.domain.bounds import MAX_AMOUNT
from mockserver.domain.extension import first_expiry
from mockserver.domain.money import sum_of, tax_of, total_of
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    ECHOED_LINE_FIELDS,
    FraudStatus,
    Order,
    OrderLine,
    PaymentMethod,
)
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.ids import Ids
from mockserver.scenario.countries import COUNTRIES
from mockserver.scenario.findings import Finding, Findings, Path, ScenarioError
from mockserver.scenario.people import person
from mockserver.scenario.times import moment_of

Spec: TypeAlias = Mapping[str, Any]

PAYMENT_DESCRIPTIONS = {"INVOICE": "Pay later", "CARD": "Card"}  # recorded pairs


class Defaults(Struct, frozen=True):
    """What an order takes over from its surroundings when it does not say."""

    now: datetime
    country: str
    currency: str | None
    locale: str | None
    authorization_days: int


def placed(
    name: str,
    spec: Spec,
    ids: Ids,
    defaults: Defaults,
    path: Path,
) -> Order:
    """Fill an order in, as it was before anything happened to it.

    Raises:
        ScenarioError: a time or an amount that cannot be.
    """
    created = moment_of(spec.get("created"), defaults.now, defaults.now, (*path, "created"))
    country = spec.get("country", defaults.country)
    lines = tuple(filled_line(each) for each in spec["lines"])
    amount = amount_of(spec, lines, path)
    shopper = _shopper(spec, country, f"{ids.seed}/people/{name}")
    billing = shopper["billing_address"]
    method = spec.get("payment_method", "INVOICE")
    expires = first_expiry(created, defaults.authorization_days)
    return Order(
        order_id=_given_or(spec.get("order_id"), ids, ids.order_id),
        klarna_reference=_given_or(spec.get("klarna_reference"), ids, ids.klarna_reference),
        created_at=created,
        expires_at=moment_of(spec.get("expires"), expires, created, (*path, "expires")),
        order_amount=amount,
        original_order_amount=amount,
        order_lines=lines,
        purchase_country=country,
        purchase_currency=spec.get("currency")
        or defaults.currency
        or COUNTRIES[country].currency,
        locale=spec.get("locale") or defaults.locale or COUNTRIES[country].locale,
        payment_method=PaymentMethod(
            method,
            PAYMENT_DESCRIPTIONS.get(method, method.replace("_", " ").capitalize()),
        ),
        customer=shopper["customer"],
        billing_address=billing,
        shipping_address=shopper["shipping_address"],
        fraud_status=FraudStatus(spec.get("fraud_status", "ACCEPTED")),
        merchant_reference1=text_or_none(spec.get("merchant_reference1")),
        merchant_reference2=text_or_none(spec.get("merchant_reference2")),
        merchant_data=text_or_none(spec.get("merchant_data")),
    )


def _given_or(given: object, ids: Ids, draw: Callable[[], str]) -> str:
    return ids.take(str(given)) if given else draw()


def _shopper(spec: Spec, country: str, seed: str) -> dict[str, dict[str, str]]:
    """Take the addresses that are given; make a shopper up only if none is."""
    given = [spec.get("billing_address"), spec.get("shipping_address")]
    customer = {key: str(value) for key, value in spec.get("customer", {}).items()}
    if any(given):
        billing, shipping = (
            address_of(each or given[0] or given[1], country) for each in given
        )
    else:
        shopper = person(country, seed)
        billing = shipping = dict(shopper.address)
        customer = {"date_of_birth": shopper.date_of_birth, **customer}
    return {
        "billing_address": billing,
        "shipping_address": shipping,
        "customer": {"type": "person", **customer},
    }


def address_of(given: Spec | None, country: str) -> dict[str, str]:
    """Take an address as it is written; the country follows from the order's."""
    full = {"country": country, **(given or {})}
    return {key: str(full[key]) for key in ADDRESS_FIELDS if key in full}


def amount_of(spec: Spec, lines: tuple[OrderLine, ...], path: Path) -> int:
    """Take the amount that is given, or what the lines add up to.

    Raises:
        ScenarioError: the lines add up to more than any order can have.
    """
    amount: int = spec.get("amount", sum_of(lines))
    if not 0 <= amount <= MAX_AMOUNT:
        message = f"the lines add up to {amount}, an amount is from 0 to {MAX_AMOUNT}"
        raise ScenarioError([Finding("E105", (*path, "lines"), message)])
    return amount


def chosen_lines(
    entries: list[Any],
    lines: tuple[OrderLine, ...],
    path: Path,
) -> tuple[OrderLine, ...]:
    """Read the lines of a capture or refund.

    An entry is a reference (the whole line of the order), a reference with a quantity
    (that many of it), or a line of its own.

    Raises:
        ScenarioError: the order has no line of a reference, each of them named.
    """
    found, chosen = Findings(), []
    for index, entry in enumerate(entries):
        with found.gathered():
            chosen.append(_chosen_line(entry, lines, (*path, index)))
    found.refuse()
    return tuple(chosen)


def _chosen_line(entry: Any, lines: tuple[OrderLine, ...], path: Path) -> OrderLine:  # noqa: ANN401
    if isinstance(entry, Mapping) and "unit_price" in entry:
        return filled_line(entry)
    given = entry if isinstance(entry, Mapping) else {"reference": entry}
    reference = str(given["reference"])
    line = next((each for each in lines if each.reference == reference), None)
    if line is None:
        known = [each.reference for each in lines if each.reference]
        message = f"the order has no line '{reference}', {did_you_mean(reference, known)}"
        raise ScenarioError([Finding("E201", path, message)])
    if "quantity" not in given:
        return line
    return filled_line(
        {
            "reference": reference,
            "name": line.name,
            "type": line.type,
            "unit_price": line.unit_price,
            "tax_rate": line.tax_rate,
            **given,
        },
    )


def filled_line(given: Spec) -> OrderLine:
    """Fill an order line in: quantity, total, tax and name follow from the rest."""
    quantity, price = given.get("quantity", 1), given["unit_price"]
    discount, rate = given.get("total_discount_amount", 0), given.get("tax_rate", 0)
    total = given.get("total_amount", total_of(quantity, price, discount))
    reference = text_or_none(given.get("reference"))
    name = given.get("name", reference or given.get("type", "physical"))
    return OrderLine(
        reference=reference,
        name=str(name),
        type=given.get("type", "physical"),
        quantity=quantity,
        quantity_unit=str(given.get("quantity_unit", "")),
        unit_price=price,
        total_amount=total,
        total_discount_amount=discount,
        tax_rate=rate,
        total_tax_amount=given.get("total_tax_amount", tax_of(total, rate)),
        extra={key: _echoed(given[key]) for key in ECHOED_LINE_FIELDS if key in given} or None,
    )


def _echoed(value: object) -> object:
    return value if isinstance(value, Mapping) else str(value)


def text_or_none(value: object) -> str | None:
    """Take numbers for text."""
    return None if value is None else str(value)
