"""``POST …/orders`` with an order as the provider shows it."""

from collections.abc import Callable
from typing import Any

from tests.support.merchant import Merchant


async def shown_order(merchant: Merchant) -> dict[str, Any]:
    """Create an order, and return it as the merchant API shows it."""
    spec = {
        "name": "shown",
        "order_id": "7ce4ee13-973c-6f49-a30e-85a0bc675990",
        "lines": [{"reference": "A", "unit_price": 500}],
        "captures": {"all": {"lines": ["A"]}},
        "refunds": {"part": {"amount": 100}},
        "billing_address": {"given_name": "Ada", "country": "SE"},
        "selected_shipping_option": {"id": "kss-1", "location": {"name": "Kiosk"}},
    }
    response = await merchant.control("POST", "orders", spec)
    assert response.status == 201
    order: dict[str, Any] = response.json
    return order


async def test_imported_provider_order_is_returned_unchanged(
    new_merchant: Callable[..., Merchant],
) -> None:
    shown = await shown_order(new_merchant())
    response = await new_merchant().control("POST", "orders", shown)
    assert (response.status, response.json) == (201, shown)


async def test_personal_data_is_left_out_on_request(
    new_merchant: Callable[..., Merchant],
) -> None:
    shown, merchant = await shown_order(new_merchant()), new_merchant()
    masked = (await merchant.control("POST", "orders?mask=true", shown)).json
    assert masked["billing_address"]["given_name"] != "Ada"
    assert masked["captures"][0]["capture_id"] == shown["captures"][0]["capture_id"]
    refused = await merchant.control("POST", "orders?mask=yes", shown)
    assert refused.status == 422
    assert "expected true or false for 'mask', got 'yes'" in refused.json["detail"]


async def test_wrong_order_of_the_provider_changes_nothing(
    new_merchant: Callable[..., Merchant],
) -> None:
    shown, merchant = await shown_order(new_merchant()), new_merchant()
    shown["captures"][0]["captured_amount"] = 501
    response = await merchant.control("POST", "orders", shown)
    assert response.status == 422
    assert response.json["errors"][0]["path"] == "captures[0]"
    orders = (await merchant.control("GET", "orders")).json["orders"]
    assert [order["name"] for order in orders] == ["fresh"]
