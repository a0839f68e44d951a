"""From an order as a scenario writes it to an order and the commands of its history.

What is left out is filled in: quantity 1, totals from prices, tax from the rate,
currency, locale and shopper from the country. The input has passed its schema.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.extension import first_expiry
from mockserver.domain.money import sum_of, tax_of, total_of
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    FraudStatus,
    Order,
    OrderLine,
    PaymentMethod,
)
from mockserver.sandbox.ids import Ids
from mockserver.scenario.countries import COUNTRIES
from mockserver.scenario.findings import Finding, Path, ScenarioError, did_you_mean
from mockserver.scenario.people import person
from mockserver.scenario.times import moment_of

Spec: TypeAlias = Mapping[str, Any]

PAYMENT_DESCRIPTIONS = {"INVOICE": "Pay later", "CARD": "Card"}  # recorded pairs
LARGEST_AMOUNT = 200_000_000  # as in the schemas of requests
ECHOED = ("product_url", "image_url", "merchant_data", "product_identifiers")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an order takes over from its surroundings when it does not say."""

    now: datetime
    country: str
    currency: str | None
    locale: str | None
    authorization_days: int


@dataclass(frozen=True, slots=True)
class Step:
    """A command of an order's history, when it happens, and where it is written."""

    name: str
    command: Command
    at: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """An order as it was placed, and what happened to it since."""

    order: Order
    steps: tuple[Step, ...]


def plan_order(
    name: str,
    spec: Spec,
    ids: Ids,
    defaults: Defaults,
    path: Path = (),
) -> OrderPlan:
    """Fill an order in and plan its history.

    Raises:
        ScenarioError: a line, time or country that cannot be understood.
    """
    order = _placed(name, spec, ids, defaults, path)
    steps = sorted(_history(spec, order, path), key=lambda step: step.at)
    return OrderPlan(order, tuple(steps))


def _placed(
    name: str,
    spec: Spec,
    ids: Ids,
    defaults: Defaults,
    path: Path,
) -> Order:
    created = moment_of(spec.get("created"), defaults.now, defaults.now, (*path, "created"))
    country = spec.get("country", defaults.country)
    lines = tuple(filled_line(each) for each in spec["lines"])
    amount = _amount(spec, lines, path)
    shopper = _shopper(spec, country, f"{ids.seed}/people/{name}")
    billing = shopper["billing_address"]
    method = spec.get("payment_method", "INVOICE")
    expires = first_expiry(created, defaults.authorization_days)
    return Order(
        order_id=str(spec.get("order_id") or ids.order_id()),
        klarna_reference=str(spec.get("klarna_reference") or ids.klarna_reference()),
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
        merchant_reference1=_text(spec.get("merchant_reference1")),
        merchant_reference2=_text(spec.get("merchant_reference2")),
        merchant_data=_text(spec.get("merchant_data")),
    )


def _shopper(spec: Spec, country: str, seed: str) -> dict[str, dict[str, str]]:
    """Take the addresses that are given; make a shopper up only if none is."""
    given = [spec.get("billing_address"), spec.get("shipping_address")]
    customer = {key: str(value) for key, value in spec.get("customer", {}).items()}
    if any(given):
        billing, shipping = (_address(each or given[0] or given[1], country) for each in given)
    else:
        shopper = person(country, seed)
        billing = shipping = dict(shopper.address)
        customer = {"date_of_birth": shopper.date_of_birth, **customer}
    return {
        "billing_address": billing,
        "shipping_address": shipping,
        "customer": {"type": "person", **customer},
    }


def _address(given: Spec | None, country: str) -> dict[str, str]:
    full = {"country": country, **(given or {})}
    return {key: str(full[key]) for key in ADDRESS_FIELDS if key in full}


def _history(spec: Spec, order: Order, path: Path) -> Iterator[Step]:
    latest = order.created_at
    for kind, make in (("captures", _capture), ("refunds", _refund)):
        usual = latest if kind == "refunds" else order.created_at
        for name, part in spec.get(kind, {}).items():
            place = (*path, kind, name)
            at = moment_of(part.get("at"), usual, order.created_at, (*place, "at"))
            latest = max(latest, at)
            if at < order.created_at:
                message = f"impossible: {at:%Y-%m-%d %H:%M} is before the order was created"
                raise ScenarioError([Finding("E203", (*place, "at"), message)])
            yield Step(str(name), make(part, order, place), at, place)


def _capture(part: Spec, order: Order, path: Path) -> Command:
    lines = chosen_lines(part.get("lines", []), order.order_lines, (*path, "lines"))
    return CaptureOrder(
        captured_amount=_amount(part, lines, path),
        description=str(part.get("description", "")),
        order_lines=lines,
        reference=_text(part.get("reference")),
        shipping_info=tuple(
            {key: str(value) for key, value in each.items()}
            for each in part.get("shipping_info", ())
        ),
    )


def _refund(part: Spec, order: Order, path: Path) -> Command:
    lines = chosen_lines(part.get("lines", []), order.order_lines, (*path, "lines"))
    return RefundOrder(
        refunded_amount=_amount(part, lines, path),
        description=str(part.get("description", "")),
        order_lines=lines,
        reference=_text(part.get("reference")),
    )


def _amount(spec: Spec, lines: tuple[OrderLine, ...], path: Path) -> int:
    """Take the amount that is given, or what the lines add up to."""
    amount: int = spec.get("amount", sum_of(lines))
    if not 0 <= amount <= LARGEST_AMOUNT:
        message = f"the lines add up to {amount}, an amount is from 0 to {LARGEST_AMOUNT}"
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
        ScenarioError: the order has no line of that reference.
    """
    return tuple(
        _chosen_line(entry, lines, (*path, index)) for index, entry in enumerate(entries)
    )


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
    reference = _text(given.get("reference"))
    return OrderLine(
        reference=reference,
        name=str(given.get("name") or reference or given.get("type", "physical")),
        type=given.get("type", "physical"),
        quantity=quantity,
        quantity_unit=str(given.get("quantity_unit", "")),
        unit_price=price,
        total_amount=total,
        total_discount_amount=discount,
        tax_rate=rate,
        total_tax_amount=given.get("total_tax_amount", tax_of(total, rate)),
        extra={key: _echoed(given[key]) for key in ECHOED if key in given},
    )


def _echoed(value: object) -> object:
    return value if isinstance(value, Mapping) else str(value)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
