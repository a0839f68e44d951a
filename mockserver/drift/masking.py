"""What of a response may be written to a report: nothing that may identify a person.

Amounts, enumerations and messages are written, everything else is named by its type.
"""

import re
from collections.abc import Mapping

from mockserver.sandbox.recordings import MASKED_KEYS

COMPARED_TEXTS = frozenset(
    {
        "status", "fraud_status", "type", "error_code", "purchase_country",
        "purchase_currency", "klarna_order_validation",
    }
)  # fmt: skip
"""Keys of texts whose values are compared: enumerations."""

COMPARED_NUMBERS = re.compile(
    r".*(_amount|_price|_rate|quantity|_days)|number_of_installments|status"
)
"""Keys of numbers whose values are compared; another may be a phone or an order number."""

PERSONAL_OBJECTS = ("customer", "billing_address", "shipping_address")
TIME_FORM = "a time such as "
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

PLACEHOLDERS: Mapping[str, re.Pattern[str]] = {
    "(mail)": re.compile(r"[^\s@\"']+@[^\s@\"']+"),
    "(address)": re.compile(
        r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,7}"
    ),
    "(phone)": re.compile(r"\+\d[\d ()-]{5,}\d"),
    "(date)": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
}
"""What replaces a part of a message that may identify a person."""


def show(key: str, value: object, ids: Mapping[str, str]) -> str:
    """Return a value as it may be written to a report."""
    if key in MASKED_KEYS or key in PERSONAL_OBJECTS:
        return f"{_type_name(value)}, masked"
    if isinstance(value, str):
        return _show_text(key, value, ids)
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float) and COMPARED_NUMBERS.fullmatch(key):
        return str(value)
    return _type_name(value)


def _show_text(key: str, value: str, ids: Mapping[str, str]) -> str:
    if key in COMPARED_TEXTS:
        return value
    if _TIME.fullmatch(value):
        return TIME_FORM + re.sub(r"\d", "0", value)
    return mask_text(value, ids) if key == "error_messages" else "a text"


def mask_text(text: str, ids: Mapping[str, str]) -> str:
    """Replace ids by names, and what may identify a person by placeholders."""
    masked = _UUID.sub(lambda match: ids.get(match.group(), "(id)"), text)
    for placeholder, pattern in PLACEHOLDERS.items():
        masked = pattern.sub(placeholder, masked)
    return masked


def _type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else "a value")
