"""Fraud reviews that end after the minutes in a test address, over real HTTP."""

import pytest

from mockserver.domain.operation import Operation
from tests.support.merchant import Merchant
from tests.support.shop import Shop


async def complete(shop: Shop, trigger: str) -> str:
    address = {"email": f"ada+{trigger}@shop.example"}
    completed = await shop.complete_asking("notification", billing_address=address)
    assert completed["outcome"] == "pending"
    return str(completed["order_id"])


async def fraud_status(merchant: Merchant, order_id: str) -> str:
    order = (await merchant.do(Operation.GET_ORDER, order_id=order_id)).json
    shown = (await merchant.control("GET", f"checkouts/{order_id}")).json["order"]
    assert shown == order
    return str(order["fraud_status"])


@pytest.mark.parametrize(
    ("trigger", "outcome", "capture"),
    [("pend-accept-15", "ACCEPTED", 201), ("pend-reject-15", "REJECTED", 403)],
)
async def test_review_ends_and_is_notified_on_the_clock(
    shop: Shop, trigger: str, outcome: str, capture: int
) -> None:
    merchant, order_id = shop.merchant, await complete(shop, trigger)
    await shop.advance("14m")
    assert await fraud_status(merchant, order_id) == "PENDING"
    refused = await merchant.do(Operation.CAPTURE, {"captured_amount": 1}, order_id=order_id)
    assert refused.json["error_code"] == "CAPTURE_NOT_ALLOWED"
    assert await shop.advance("1m") == [
        f"09:15 fraud review ended: {outcome}",
        "09:15 notification answered 200",
    ]
    assert shop.callbacks == [{"order_id": order_id, "event_type": f"FRAUD_RISK_{outcome}"}]
    assert await fraud_status(merchant, order_id) == outcome
    reply = await merchant.do(Operation.CAPTURE, {"captured_amount": 1}, order_id=order_id)
    assert reply.status == capture
    timeline = (await merchant.control("GET", f"orders/{order_id}")).json["timeline_text"]
    assert f"fraud review ended: {outcome}" in timeline
    assert await shop.advance("1d") == []


async def test_shop_that_is_notified_already_reads_the_outcome(shop: Shop) -> None:
    order_id, seen = await complete(shop, "pend-accept-05"), list[str]()

    async def read(_request: object) -> None:
        seen.append(await fraud_status(shop.merchant, order_id))

    shop.before_answer = read
    await shop.advance("1h")
    assert seen == ["ACCEPTED"]


async def test_forced_outcome_replaces_the_planned_one(shop: Shop) -> None:
    order_id = await complete(shop, "pend-accept-05")
    force = f"orders/{order_id}/force"
    await shop.merchant.control("POST", force, {"outcome": "reject_fraud"})
    await shop.receive("kind=notification&state=delivered")
    assert await shop.advance("1h") == []
    assert await fraud_status(shop.merchant, order_id) == "REJECTED"
    assert [event["event_type"] for event in shop.callbacks] == ["FRAUD_RISK_REJECTED"]


async def test_review_without_minutes_ends_only_by_force(shop: Shop) -> None:
    completed = await shop.complete_asking("notification", outcome="pending")
    await shop.advance("24h")
    assert await fraud_status(shop.merchant, completed["order_id"]) == "PENDING"


async def test_acknowledged_order_keeps_its_planned_review(shop: Shop) -> None:
    order_id = await complete(shop, "pend-reject-05")
    await shop.merchant.do(Operation.ACKNOWLEDGE, order_id=order_id)
    await shop.advance("5m")
    assert await fraud_status(shop.merchant, order_id) == "REJECTED"


async def test_export_keeps_when_the_review_will_end(shop: Shop) -> None:
    merchant, order_id = shop.merchant, await complete(shop, "pend-accept-05")
    await merchant.reload_export()
    assert await fraud_status(merchant, order_id) == "PENDING"
    await shop.advance("5m")
    assert await fraud_status(merchant, order_id) == "ACCEPTED"
