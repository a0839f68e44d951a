"""Sequences of calls that a real shop made (WooCommerce 9.9, Kustom Checkout 2.20.9).

``c`` creates, ``u`` updates, ``g`` reads the checkout order; ``om`` reads the order in
order management, ``ack`` acknowledges it, ``refs`` sets the merchant's references;
``pay`` is the shopper, ``old`` lets the checkout order expire.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from tests.support.checkouts import CART, EMPTY_CART, SHIRTS, URLS
from tests.support.merchant import Merchant, Reply
from tests.support.shop import FROZEN

UNKNOWN = dict.fromkeys(
    ("email", "phone", "given_name", "family_name", "organization_name", "street_address",
     "street_address2", "city", "region"),
)  # fmt: skip
ADDRESS = {**UNKNOWN, "postal_code": "11157", "country": "SE"}
LOADED = {"merchant_data": '{"signing_key":"k"}', "options": []}
IDENTIFIED = {"billing_address": ADDRESS, "shipping_address": ADDRESS}
COUPON = {
    "order_amount": 19700,
    "order_tax_amount": 3940,
    "order_lines": [
        {
            **SHIRTS,
            "total_discount_amount": 300,
            "total_amount": 19700,
            "total_tax_amount": 3940,
        }
    ],
}
STREET = {**ADDRESS, "street_address": "Main Street 1", "city": "Stockholm"}
FULL = {"billing_address": STREET, "shipping_address": STREET, "shipping_options": []}
COPIED = (
    "purchase_country", "purchase_currency", "locale", "merchant_urls", "order_amount",
    "order_lines", "order_tax_amount", "billing_countries", "shipping_countries",
    "merchant_data", "options",
)  # fmt: skip

SEQUENCES: Mapping[str, list[Any]] = {
    "the page loads, and refreshes itself": ["c", "g", "g", LOADED],
    "an empty cart after log-in": [EMPTY_CART, "g", LOADED],
    "the shopper is identified": ["c", "g", "g", LOADED, "g", "g", IDENTIFIED],
    "a coupon": ["c", "g", "g", COUPON, "g", "g"],
    "the quantity field": ["c", COUPON, "g", "g", "g", "g"],
    "another country": ["c", "g", "g", {**IDENTIFIED, "purchase_country": "DE"}],
    "a purchase on the classic page": [
        "c", "g", "g", LOADED, "g", "g", IDENTIFIED, "g", "g", "g", FULL,
        "g", "g", "confirm", "pay", "om", "ack", "refs", "g",
    ],
    "pushes afterwards": [
        "c", "g", "confirm", "pay", "om", "ack", "refs", "om", "ack", "refs",
    ],
    "a purchase on the block page": [
        "c", LOADED, LOADED, LOADED, "g", "confirm", IDENTIFIED, "g", "g", "pay", "om", "ack",
        "refs", "g",
    ],
    "the checkout page opened again after the purchase": [
        "c", "pay", (403, LOADED), "om", "ack", "refs", "g",
    ],
    "a checkout order that expired": ["c", "old", (404, LOADED), "c", "g"],
    "declined, then paid": ["c", "declined", "g", "g", COUPON, "pay", "om", "ack", "refs"],
}  # fmt: skip


@dataclass
class Shop:
    """The shop's side of a sequence: its order and the last response."""

    merchant: Merchant
    order_id: str = ""
    page: Any = field(default_factory=dict)

    async def play(self, call: Any) -> None:  # noqa: ANN401
        """Make a call, and check its status."""
        status, call = call if isinstance(call, tuple) else (None, call)
        if isinstance(call, str):
            await self._named(call)
        elif "order_lines" in call and "locale" in call:
            await self._create(call)
        else:
            reply = await self._update(call)
            assert reply.status == (status or 200), reply

    async def _named(self, call: str) -> None:
        if call in OPERATIONS:
            operation, body = OPERATIONS[call]
            path = operation.info.full_path.format(order_id=self.order_id)
            reply = await self.merchant.send(operation.info.method, path, body)
            assert reply.status == operation.info.success, reply
        elif call == "c":
            await self._create({**CART, "billing_countries": ["SE"]})
        elif call == "g":
            reply = await self.merchant.send("GET", f"{CHECKOUTS_PATH}/{self.order_id}")
            assert reply.status == 200, reply
            self.page = reply.json
            assert self.page["html_snippet"]
        elif call == "confirm":
            urls = {**URLS, "confirmation": "http://shop.example/order-received/135/"}
            copied = {name: self.page[name] for name in COPIED if name in self.page}
            body = {**copied, "merchant_urls": urls, "merchant_reference1": "135"}
            reply = await self._update({**body, "merchant_reference2": 135})
            assert (reply.status, reply.json["merchant_reference2"]) == (200, "135")
        elif call == "old":
            await self.merchant.control("POST", "clock", {"advance": "48h"})
        else:
            outcome = {"outcome": "approved" if call == "pay" else call, "push": "hold"}
            path = f"checkouts/{self.order_id}/complete"
            assert (await self.merchant.control("POST", path, outcome)).status == 200

    async def _create(self, body: Any) -> None:  # noqa: ANN401
        reply = await self.merchant.send("POST", CHECKOUTS_PATH, body)
        assert (reply.status, reply.json["status"]) == (201, "checkout_incomplete")
        self.order_id, self.page = reply.json["order_id"], reply.json

    async def _update(self, body: Any) -> Reply:  # noqa: ANN401
        return await self.merchant.send("POST", f"{CHECKOUTS_PATH}/{self.order_id}", body)


OPERATIONS: Mapping[str, tuple[Operation, Any]] = {
    "om": (Operation.GET_ORDER, None),
    "ack": (Operation.ACKNOWLEDGE, None),
    "refs": (Operation.UPDATE_MERCHANT_REFERENCES, {"merchant_reference1": "135"}),
}


@pytest.mark.parametrize("moment", SEQUENCES)
async def test_shop_gets_through(new_merchant: Callable[..., Merchant], moment: str) -> None:
    merchant = new_merchant()
    await merchant.control("PUT", "scenario", FROZEN)
    shop = Shop(merchant)
    for call in SEQUENCES[moment]:
        await shop.play(call)
