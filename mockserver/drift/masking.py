"""Mask what may identify a person, before a response is written to a report.

Amounts, known enumeration values and known words of messages are written, everything else is
named by its type.
"""

import re
from collections.abc import Mapping
from typing import get_args

from mockserver.domain.authorization import RAISABLE_PAYMENT_METHODS
from mockserver.domain.checkout.checkout import CheckoutStatus
from mockserver.domain.checkout.customer_token import TokenStatus
from mockserver.domain.checkout.hosted_session import SessionStatus
from mockserver.domain.errors import ERROR_CATALOGUE, MESSAGE_ENDINGS, NOT_ALLOWED_CODES
from mockserver.domain.lifecycle import Status
from mockserver.domain.limits import LineType
from mockserver.domain.order import FraudStatus
from mockserver.sandbox.recordings import MASKED_KEYS
from mockserver.scenario.order_builder import PAYMENT_DESCRIPTIONS
from mockserver.scenario.shoppers import COUNTRIES

ENUMERATIONS: Mapping[str, frozenset[str]] = {
    "status": frozenset(
        value.casefold()
        for statuses in (Status, CheckoutStatus, TokenStatus, SessionStatus)
        for value in statuses
    ),
    "fraud_status": frozenset(value.casefold() for value in FraudStatus),
    "type": frozenset(
        value.casefold()
        for value in (*RAISABLE_PAYMENT_METHODS, *PAYMENT_DESCRIPTIONS, *get_args(LineType))
    ),
    "error_code": frozenset(
        code.casefold()
        for code in (*(row.code for row in ERROR_CATALOGUE), *NOT_ALLOWED_CODES.values())
        if code
    ),
    "purchase_country": frozenset(country.casefold() for country in COUNTRIES),
    "purchase_currency": frozenset(
        country.currency.casefold() for country in COUNTRIES.values()
    ),
}
"""Keys of texts whose values are compared, with the values that may be written."""

COMPARED_NUMBERS = re.compile(
    r".*(_amount|_price|_rate|quantity|_days)|number_of_installments|status"
)
"""Keys of numbers whose values are compared; another may be a phone or an order number."""

PERSONAL_OBJECTS = ("customer", "billing_address", "shipping_address")
TIME_FORM = "a time such as "
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_FIELD_NAME = re.compile(r"[A-Za-z_]\w{0,63}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

PLACEHOLDERS: Mapping[str, re.Pattern[str]] = {
    "(mail)": re.compile(r"[^\s@\"']+@[^\s@\"']+"),
    "(address)": re.compile(
        r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,7}"
    ),
    "(phone)": re.compile(r"\+\d[\d ()-]{5,}\d"),
    "(date)": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    "(number)": re.compile(r"\d(?:[ ./()-]{0,2}\d){5,}"),
}
"""Placeholders by which parts of a text that may identify a person are replaced.

A number of six or more digits may be that of a phone or a person; large amounts are masked too.
"""

UNKNOWN_WORDS = "(words)"
_WORD = re.compile(r"[\w'-]+")
_UNKNOWN_RUN = re.compile(r"\(words\)(?: \(words\))+")
KNOWN_WORDS = frozenset(
    word.casefold()
    for template in (*(row.message for row in ERROR_CATALOGUE), *MESSAGE_ENDINGS.values())
    for word in _WORD.findall(re.sub(r"\{\w+\}", "", template))
)
"""The words of the messages in the error catalogue; another may be a name."""


def show(key: str, value: object, ids: Mapping[str, str]) -> str:
    """Return a value as it may be written to a report."""
    if key in MASKED_KEYS or key in PERSONAL_OBJECTS:
        return f"{_type_name(value)} (masked)"
    if isinstance(value, str):
        return _show_text(key, value, ids)
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float) and COMPARED_NUMBERS.fullmatch(key):
        return str(value)
    return _type_name(value)


def _show_text(key: str, value: str, ids: Mapping[str, str]) -> str:
    if key in ENUMERATIONS:
        return value if value.casefold() in ENUMERATIONS[key] else "an unknown value"
    if _TIME.fullmatch(value):
        return TIME_FORM + re.sub(r"\d", "0", value)
    return mask_message(value, ids) if key == "error_messages" else "a text"


def show_key(key: str) -> str:
    """Return a key as it may be written; one that is no field name may identify a person."""
    return key if _FIELD_NAME.fullmatch(key) else "(key)"


def mask_message(text: str, ids: Mapping[str, str]) -> str:
    """Mask a message, and replace words that no message of the catalogue has."""
    placeholders = ("(id)", *PLACEHOLDERS, *ids.values())
    tokens = re.compile(f"{'|'.join(map(re.escape, placeholders))}|{_WORD.pattern}")
    known = tokens.sub(lambda match: _known_word(match.group()), mask_text(text, ids))
    return _UNKNOWN_RUN.sub(UNKNOWN_WORDS, known)


def _known_word(token: str) -> str:
    is_word = not token.startswith("(") and not token.isdigit()
    return UNKNOWN_WORDS if is_word and token.casefold() not in KNOWN_WORDS else token


def mask_text(text: str, ids: Mapping[str, str]) -> str:
    """Replace ids by names, and what may identify a person by placeholders."""
    masked = _UUID.sub(lambda match: ids.get(match.group(), "(id)"), text)
    for part_id, name in ids.items():  # an account may have other ids than UUIDs
        if part_id:
            masked = _replace_id(part_id, name, masked)
    for placeholder, pattern in PLACEHOLDERS.items():
        masked = pattern.sub(placeholder, masked)
    return masked


def _replace_id(part_id: str, name: str, text: str) -> str:
    pattern = rf"(?<![\w(-]){re.escape(part_id)}(?![\w)-])"
    return re.sub(pattern, lambda _: name, text)


def _type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else "a value")
