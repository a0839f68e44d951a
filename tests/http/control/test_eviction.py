"""A full server evicts unchanged sandboxes and refuses new ones otherwise, over HTTP."""

import re
from typing import Any

import pytest

from mockserver.domain.operation import ORDERS_PATH
from tests.support.merchant import Merchant, NewServer

pytestmark = pytest.mark.unshared("no sandbox of a shared store is evicted")


async def sandbox_names(merchant: Merchant) -> list[str]:
    page = (await merchant.send("GET", "/__admin/sandboxes")).json
    return [sandbox["name"] for sandbox in page["sandboxes"]]


CHANGES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "clock": ("POST", "clock", {"advance": "1d"}),
    "fault": ("POST", "faults", {"on": "cancel", "do": {"refuse": "conflict"}}),
    "order": ("POST", "orders", {"lines": [{"unit_price": 1}]}),
    "snapshot": ("POST", "snapshots", {"name": "here"}),
    "scenario": ("PUT", "scenario", {"use": "split-shipment"}),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_new_sandbox_is_refused_while_all_others_are_changed(
    own_server: NewServer, change: str
) -> None:
    merchant = await own_server("changed", max_sandboxes=1)
    method, path, body = CHANGES[change]
    await merchant.control(method, path, body)
    newcomer = merchant.as_user("newcomer")
    refused = await newcomer.send("GET", f"{ORDERS_PATH}/x")
    assert (refused.status, refused.json["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    assert refused.json["error_messages"] == ["The server reached its limit of 1 sandboxes."]
    assert refused.header("Mock-Reason").startswith("server_is_full; limit=1; kind=sandboxes")
    problem = await newcomer.control("POST", "clock", {"freeze": True})
    assert problem.status == 503
    page = problem.json
    assert page["reason"] == "server_is_full"
    assert "raise --max-sandboxes" in page["detail"]
    assert await sandbox_names(merchant) == ["changed"]


@pytest.mark.parametrize("action", [("POST", "reset"), ("GET", "clock")])
async def test_sandbox_that_was_not_changed_is_not_protected(
    own_server: NewServer, action: tuple[str, str]
) -> None:
    merchant = await own_server("reset", max_sandboxes=1)
    await merchant.send("GET", f"{ORDERS_PATH}/x")
    await merchant.control(*action)
    await merchant.as_user("newcomer").send("GET", f"{ORDERS_PATH}/x")
    assert await sandbox_names(merchant) == ["newcomer"]


async def test_mock_sandbox_header_reports_an_eviction(
    own_server: NewServer,
) -> None:
    merchant = await own_server("evicted", max_sandboxes=1)
    path = f"{ORDERS_PATH}/x"
    before = await merchant.send("GET", path)
    await merchant.as_user("newcomer").send("GET", path)
    after = await merchant.send("GET", path)
    assert "Mock-Sandbox" not in before.header_names
    header = after.header("Mock-Sandbox")
    assert re.fullmatch(r"created again; evicted at 2\S+Z: more than 1 in use", header)
    await merchant.control("POST", "reset")
    assert "Mock-Sandbox" not in (await merchant.send("GET", path)).header_names


async def test_capture_protects_the_sandbox_of_a_merchant(own_server: NewServer) -> None:
    merchant = await own_server("shipping", max_sandboxes=1)
    await merchant.send("GET", f"{ORDERS_PATH}/x")
    (order, *_) = (await merchant.control("GET", "orders")).json["orders"]
    path = f"{ORDERS_PATH}/{order['order_id']}/captures"
    assert (await merchant.send("POST", path, {"captured_amount": 1})).status == 201
    refused = await merchant.as_user("newcomer").send("GET", f"{ORDERS_PATH}/x")
    assert refused.status == 503
