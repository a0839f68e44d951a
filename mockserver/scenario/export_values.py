"""Values of an export: personal data masked, times in full, nothing that is unset."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mockserver.domain.checkout.completion import email_trigger
from mockserver.sandbox.recordings import MASKED

MASKS: Mapping[str, str] = {
    "given_name": MASKED,
    "family_name": MASKED,
    "organization_name": MASKED,
    "attention": MASKED,
    "street_address": MASKED,
    "street_address2": MASKED,
    "street_name": MASKED,
    "street_number": MASKED,
    "house_extension": MASKED,
    "care_of": MASKED,
    "phone": MASKED,
}
"""Personal data of an address, and its replacement; empty fields stay empty."""

MASKED_EMAIL = "masked{trigger}@example.com"
"""Replaces an e-mail address; the part that decides a completion stays."""

UNMASKED_CUSTOMER_FIELDS = ("type",)


def mask_address(address: Mapping[str, str]) -> dict[str, str]:
    """Mask name, street, e-mail and phone of an address; city and postal code stay."""
    return {key: text and _mask(key, text) for key, text in address.items()}


def _mask(key: str, text: str) -> str:
    if key == "email":
        return MASKED_EMAIL.format(trigger=email_trigger(text))
    return MASKS.get(key, text)


def mask_customer(customer: Mapping[str, str]) -> dict[str, str]:
    """Mask all fields of a customer except the type."""
    return {
        key: text if key in UNMASKED_CUSTOMER_FIELDS else MASKED
        for key, text in customer.items()
    }


def format_scenario_time(moment: datetime | None) -> str | None:
    """Write a time in full, as the scenario parser accepts it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def drop_empty(
    values: Mapping[str, Any],
    keep_empty: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Drop unset values, empty lists and empty mappings."""
    return {
        key: value
        for key, value in values.items()
        if value not in (None, [], {}, ()) or (key in keep_empty and value is not None)
    }
