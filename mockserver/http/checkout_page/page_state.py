"""What the checkout page shows, as JSON: the cart, what was entered, what may be chosen."""

from typing import Any

from mockserver.domain.checkout.checkout import (
    CHECKOUT_ADDRESSES,
    Checkout,
    Fields,
    derive_checkout_status,
)
from mockserver.domain.checkout.choices import choose_shipping_option, with_shipping_option
from mockserver.domain.checkout.completion import completed_amount
from mockserver.domain.checkout.streets import join_street
from mockserver.domain.order import Address
from mockserver.http.json_values import JsonObject
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_completion import generate_address

PAYMENT_METHODS = ("CARD", "INVOICE", "BANK_TRANSFER")
METHODS_BY_COUNTRY = {"SE": ("SWISH",), "DK": ("MOBILEPAY",), "FI": ("MOBILEPAY",)}
SHOWN_LINE_FIELDS = ("name", "quantity", "total_amount")
OPTION_FIELDS = ("id", "name", "description", "promo", "price", "tax_amount", "tax_rate")
CHECKBOX_FIELDS = ("id", "text", "checked", "required")


def describe_page(sandbox: Sandbox, checkout: Checkout) -> JsonObject:
    """Describe a checkout order for its page; secrets of the merchant are left out."""
    now, assumptions, fields = sandbox.clock.now(), sandbox.assumptions, checkout.fields
    country = str(fields["purchase_country"]).upper()
    chosen = choose_shipping_option(checkout)
    return {
        "order_id": checkout.order_id,
        "status": derive_checkout_status(checkout, now, assumptions),
        "locale": fields["locale"],
        "currency": fields["purchase_currency"].upper(),
        "order_amount": completed_amount(with_shipping_option(checkout, chosen), assumptions),
        "order_lines": _rows(fields["order_lines"], SHOWN_LINE_FIELDS),
        "is_identified": "billing_address" in checkout.shopper,
        **{name: _address(checkout, name, country) for name in CHECKOUT_ADDRESSES},
        "countries": _countries(fields, country),
        "shipping_options": _rows(fields.get("shipping_options", []), OPTION_FIELDS),
        "selected_shipping_option": chosen.get("id"),
        "payment_methods": (*PAYMENT_METHODS, *METHODS_BY_COUNTRY.get(country, ())),
        "checkbox": fields.get("options", {}).get("additional_checkbox"),
        "checkboxes": _rows(_checkboxes(fields), CHECKBOX_FIELDS),
        **_switches(checkout),
        "terms_url": checkout.merchant_url("terms"),
        "confirmation_url": checkout.return_url,
        "customer_type": checkout.customer.get("type", "person"),
        "event_country_case": assumptions.event_country_case,
        "test_person": generate_address(checkout, country, sandbox.ids.seed),
    }


def _rows(rows: list[Fields], names: tuple[str, ...]) -> list[Fields]:
    return [{name: row[name] for name in names if name in row} for row in rows]


def _address(checkout: Checkout, name: str, country: str) -> Address:
    """Return what the shopper entered, or what the merchant prefilled."""
    entered = checkout.shopper.get(name) or checkout.fields.get(name, {})
    address = {key: str(value) for key, value in entered.items() if value}
    return {**join_street(address), "country": address.get("country", country).upper()}


def _countries(fields: Fields, country: str) -> dict[str, list[str]]:
    shipping = fields.get("shipping_countries") or [country]
    billing = fields.get("billing_countries") or shipping
    lists = {"billing_address": billing, "shipping_address": shipping}
    return {name: [code.upper() for code in codes] for name, codes in lists.items()}


def _checkboxes(fields: Fields) -> list[Fields]:
    boxes: list[Fields] = fields.get("options", {}).get("additional_checkboxes", [])
    return boxes


def _switches(checkout: Checkout) -> dict[str, Any]:
    options = checkout.options
    names = ("allow_separate_shipping_address", "phone_mandatory", "require_client_validation")
    return {name: bool(options.get(name)) for name in names}
