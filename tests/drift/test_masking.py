"""Mask what may identify a person in a report of drift."""

import pytest

from mockserver.drift.masking import mask_text, show, show_key

ORDER_ID = "7ce4ee13-973c-6f49-a30e-85a0bc675997"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("email", "ada@example.org", "a text (masked)"),
        ("status", "CAPTURED", "CAPTURED"),
        ("status", "ada lovelace", "an unknown value"),
        ("error_code", "CANCEL_NOT_ALLOWED", "CANCEL_NOT_ALLOWED"),
        ("purchase_country", "se", "se"),
        ("error_messages", "Order is closed", "Order is closed"),
        ("error_messages", "Order of Ada Lovelace is closed", "Order of (words) is closed"),
        ("captured_amount", 3000, "3000"),
        ("phone_extension", 46701234, "a number"),
        ("expires_at", "2026-02-12T00:00:00.000Z", "a time such as 0000-00-00T00:00:00.000Z"),
        ("expires_at", "2026-02-12T00:00 for Ada", "a text"),
        ("description", "for Ada", "a text"),
        ("captures", [], "a list"),
        ("shipping_address", {}, "an object (masked)"),
        ("recurring", True, "true"),
    ],
)
def test_only_amounts_and_enumerations_are_shown(key: str, value: object, shown: str) -> None:
    assert show(key, value, {}) == shown


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Order {ORDER_ID} is closed", "Order (order shop) is closed"),
        ("ada@example.org from 10.0.0.1", "(mail) from (address)"),
        ("from 2001:db8:0:0:0:0:0:1", "from (address)"),
        ("call +46 70 123 45 67", "call (phone)"),
        ("born 1815-12-10", "born (date)"),
        ("call 070-123 45 67", "call (number)"),
        ("person 151210-1234", "person (number)"),
        ("customer 4670123", "customer (number)"),
        ("30000 requested, 20000 left", "30000 requested, 20000 left"),
    ],
)
def test_masked_messages_have_no_personal_data(text: str, masked: str) -> None:
    assert mask_text(text, {ORDER_ID: "(order shop)"}) == masked


@pytest.mark.parametrize(
    ("key", "shown"),
    [("order_amount", "order_amount"), ("Ada Lovelace", "(key)"), ("46701234567", "(key)")],
)
def test_only_names_of_fields_are_shown_as_keys(key: str, shown: str) -> None:
    assert show_key(key) == shown


@pytest.mark.parametrize("order_id", [ORDER_ID, "12345", "K-1"])
def test_order_id_of_any_form_is_replaced_by_its_name(order_id: str) -> None:
    path = f"GET /orders/{order_id}/captures"
    assert mask_text(path, {order_id: "(order 1)"}) == "GET /orders/(order 1)/captures"
