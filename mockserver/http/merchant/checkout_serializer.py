"""Serialize checkout orders as the provider does: recorded key order, times, defaults.

Times have no milliseconds here, absent values are left out, countries are in lower case
(all recorded; the last by the assumption ``country_echo``).
"""

from datetime import datetime
from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.checkout import (
    CHECKOUT_ADDRESSES,
    CHECKOUT_OPTIONS,
    MERCHANT_FIELDS,
    Checkout,
    CheckoutStatus,
    Fields,
)
from mockserver.domain.checkout.completion import completed_amount, completed_tax_amount
from mockserver.http.checkout_page.snippet import html_snippet
from mockserver.http.json_values import JsonObject

FIELDS_BEFORE_SNIPPET = MERCHANT_FIELDS[: MERCHANT_FIELDS.index("options")]
CHOSEN = ("selected_shipping_option", "merchant_requested")
FIELDS_AFTER_TIMES = MERCHANT_FIELDS[MERCHANT_FIELDS.index("options") :]


def serialize_checkout(
    checkout: Checkout, assumptions: Assumptions, page_url: str | None = None
) -> JsonObject:
    """Show a checkout order as create, read, update and abort answer it.

    Args:
        checkout: the checkout order.
        assumptions: those of its sandbox.
        page_url: address of its page; without it there is no ``html_snippet``.
    """
    fields = _shown_fields(checkout, assumptions)
    is_complete = checkout.completed_at is not None
    status = CheckoutStatus.COMPLETE if is_complete else CheckoutStatus.INCOMPLETE
    view: JsonObject = {"order_id": checkout.order_id, "status": status}
    view |= {name: fields[name] for name in FIELDS_BEFORE_SNIPPET if name in fields}
    if page_url is not None:
        view["html_snippet"] = html_snippet(page_url, status, fields["locale"])
    view |= _times(checkout)
    view |= {name: fields[name] for name in FIELDS_AFTER_TIMES if name in fields}
    view |= {name: checkout.shopper[name] for name in CHOSEN if name in checkout.shopper}
    if checkout.token is not None:
        view["recurring_token"] = checkout.token.token_id
    return view


def _times(checkout: Checkout) -> dict[str, str]:
    times = {
        "started_at": format_checkout_time(checkout.started_at),
        "last_modified_at": format_checkout_time(checkout.last_modified_at),
    }
    if checkout.completed_at is not None:
        times["completed_at"] = format_checkout_time(checkout.completed_at)
    return times


def format_checkout_time(moment: datetime) -> str:
    """Write a time as the checkout API does: UTC, whole seconds, ``Z``."""
    return f"{moment.isoformat()[:19]}Z"  # without fraction and offset


def _shown_fields(checkout: Checkout, assumptions: Assumptions) -> Fields:
    """Fill in defaults, what the shopper set, and the case of countries."""
    fields: dict[str, Any] = {
        "external_payment_methods": [],
        "external_checkouts": [],
        **checkout.fields,
        "customer": checkout.customer,
        "options": _options(checkout.options),
    }
    country = _country(fields["purchase_country"], assumptions)
    fields["purchase_country"] = country
    fields["purchase_currency"] = fields["purchase_currency"].upper()
    for name in CHECKOUT_ADDRESSES:
        address = checkout.shopper.get(name) or {"country": country, **fields.get(name, {})}
        fields[name] = {**address, "country": _country(address["country"], assumptions)}
    if "shipping_countries" in fields:
        fields.setdefault("billing_countries", fields["shipping_countries"])
    if checkout.completed_at is not None:
        fields["order_amount"] = completed_amount(checkout, assumptions)
        fields["order_tax_amount"] = completed_tax_amount(checkout, assumptions)
    return fields


def _options(options: Fields) -> Fields:
    return {name: options[name] for name in CHECKOUT_OPTIONS if name in options}


def _country(country: str, assumptions: Assumptions) -> str:
    match assumptions.country_echo:
        case "lower":
            return country.lower()
        case "upper":
            return country.upper()
        case _:
            return country
