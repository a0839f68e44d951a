"""``picture.svg``: an order drawn, as it is, as it was, and with a refund that is tried."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from tests.support.merchant import SHIPPED, SNEAKERS_BACK, Merchant, line

MISSPELT = {"refunded_amount": 10000, "order_lines": [line("B2468O", 10000)]}


def drawn_refunds(body: bytes) -> list[str]:
    groups = ET.fromstring(body).iter("{http://www.w3.org/2000/svg}g")
    return [
        f"{group.get('data-refund')} {group.get('class')}"
        for group in groups
        if "refund" in (group.get("class") or "").split()
    ]


async def picture(merchant: Merchant, query: str = "") -> bytes:
    response = await merchant.control("GET", f"orders/{merchant.order_id}/picture.svg{query}")
    assert response.status == 200, response
    assert response.header("Content-Type") == "image/svg+xml"
    assert response.header("Content-Security-Policy").startswith("default-src 'none'")
    return response.body


async def test_order_is_drawn_now_and_at_an_earlier_step(shipping_merchant: Merchant) -> None:
    await shipping_merchant.refund(10000, line("B2468O", 10000))
    await shipping_merchant.refund(5000)
    assert drawn_refunds(await picture(shipping_merchant)) == [
        "1 refund failed",
        "2 refund not_attempted",
    ]
    assert drawn_refunds(await picture(shipping_merchant, "?step=5")) == ["1 refund failed"]
    assert drawn_refunds(await picture(shipping_merchant, "?step=4")) == []


async def test_refund_can_be_drawn_before_it_is_sent(shipping_merchant: Merchant) -> None:
    path = f"orders/{shipping_merchant.order_id}/picture.svg"
    async with shipping_merchant.nothing_changes():
        tried = await shipping_merchant.control("POST", path, SNEAKERS_BACK)
        wrong = await shipping_merchant.control("POST", path, MISSPELT)
        refused = await shipping_merchant.control("POST", path, {"refunded_amount": 90000})
    assert drawn_refunds(tried.body) == ["dry-run refund allocated dry-run"]
    assert drawn_refunds(wrong.body) == ["dry-run refund failed dry-run"]
    assert drawn_refunds(refused.body) == ["dry-run refund refused dry-run"]
    assert (await shipping_merchant.control("GET", "requests/count")).json == {"count": 2}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("?step=0", "expected 1 or more for 'step', got '0'"),
        ("?width=100", "expected 320 to 2000 for 'width', got '100'"),
        ("?expand=yes", "expected false or true for 'expand', got 'yes'"),
        ("?style=mine", "expected embedded or none for 'style', got 'mine'"),
        ("?zoom=2", "unknown filter 'zoom', known: width, step, expand, style"),
    ],
)
async def test_unknown_options_are_refused(merchant: Merchant, query: str, detail: str) -> None:
    path = f"orders/{merchant.order_id}/picture.svg{query}"
    response = await merchant.control("GET", path)
    assert (response.status, response.json["detail"]) == (422, detail)


async def test_unknown_order_and_a_wrong_refund_are_refused(merchant: Merchant) -> None:
    missing = await merchant.control("GET", "orders/nothing/picture.svg")
    assert missing.status == 404
    path = f"orders/{merchant.order_id}/picture.svg"
    wrong = await merchant.control("POST", path, {"refunded_amount": "x"})
    assert wrong.status == 422
    assert "refunded_amount" in wrong.json["detail"]


async def test_drawing_creates_no_sandbox(new_merchant: Callable[[], Merchant]) -> None:
    nobody = new_merchant()
    assert (await nobody.control("GET", "orders/x/picture.svg")).status == 404
    assert (await nobody.control("POST", "orders/x/picture.svg", SHIPPED)).status in (404, 422)
