"""Server-sent events: what happens in a sandbox, as it happens."""

import json
from typing import Any

import pytest

from mockserver.http.control import app
from mockserver.http.workers import SMALL_SANDBOX
from tests.support.merchant import UNKNOWN_ID, Merchant


async def events(merchant: Merchant, query: str = "", **headers: str) -> list[dict[str, Any]]:
    """Read the events of a short stream."""
    reply = await merchant.send(
        "GET",
        f"/__admin/sandboxes/{merchant.user}/events?timeout=1ms{query}",
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )
    assert reply.status == 200, reply
    assert reply.header("Content-Type") == "text/event-stream"
    return [parse(block) for block in reply.body.decode().split("\n\n") if "data:" in block]


def parse(block: str) -> dict[str, Any]:
    fields = dict(line.split(": ", 1) for line in block.splitlines())
    return {**fields, "data": json.loads(fields["data"])}


def kinds(received: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in received]


async def test_stream_begins_with_the_state_and_new_entries_only(merchant: Merchant) -> None:
    await merchant.read()
    received = await events(merchant)
    assert kinds(received) == ["hello", "sandbox"]
    assert received[0]["data"]["last"] == 1
    assert received[1]["data"]["orders"] > 0


async def test_stream_continues_after_the_last_event(merchant: Merchant) -> None:
    for _ in range(3):
        await merchant.read()
    received = await events(merchant, Last_Event_ID="1")
    entries = [event for event in received if event["event"] == "entry"]
    assert [event["id"] for event in entries] == ["2", "3"]
    assert entries[0]["data"]["operation"] == "get_order"
    assert kinds(await events(merchant, "&after=0")).count("entry") == 3


async def test_event_stream_sends_reset_when_entries_are_gone(merchant: Merchant) -> None:
    await merchant.read()
    assert kinds(await events(merchant, "&after=99")) == ["hello", "reset", "sandbox"]
    await merchant.control("DELETE", "requests")
    await merchant.read()
    assert "reset" in kinds(await events(merchant, "&after=0"))


@pytest.mark.parametrize("small_sandbox", [SMALL_SANDBOX, 0])
async def test_entries_arrive_while_they_happen(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, small_sandbox: int
) -> None:
    monkeypatch.setattr(app, "SMALL_SANDBOX", small_sandbox)
    url = f"{merchant.url}/__admin/sandboxes/{merchant.user}/events?timeout=10s"
    async with merchant.session.get(url) as stream:
        await merchant.read()
        async for line in stream.content:
            if line == b"event: entry\n":
                break
        await merchant.control("POST", "faults", {"do": {"delay": "1ms"}})
        async for line in stream.content:
            if line.startswith(b"data:") and b'"faults":1' in line:
                break
        await merchant.control("DELETE", "")
        rest = await stream.content.read()
    assert b"event: gone" in rest


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("after=x", "expected an entry id to continue after, got 'x'"),
        ("timeout=x", "timeout: "),
    ],
)
async def test_invalid_options_are_refused(merchant: Merchant, query: str, detail: str) -> None:
    reply = await merchant.control("GET", f"events?{query}")
    assert reply.status == 422
    assert reply.json["detail"].startswith(detail)


async def test_request_can_be_sent_in_the_name_of_the_merchant(merchant: Merchant) -> None:
    path = f"/ordermanagement/v1/orders/{merchant.order_id}/captures"
    body = {"method": "POST", "path": path, "body": {"captured_amount": 100}}
    first = await merchant.control("POST", "requests", {**body, "idempotency_key": "k"})
    again = await merchant.control("POST", "requests", {**body, "idempotency_key": "k"})
    assert (first.json["status"], first.json["body"]) == (201, None)
    assert again.json["headers"]["Capture-Id"] == first.json["headers"]["Capture-Id"]
    assert (await merchant.read())["captured_amount"] == 100
    missing = {"method": "GET", "path": f"/ordermanagement/v1/orders/{UNKNOWN_ID}"}
    refused = (await merchant.control("POST", "requests", missing)).json
    assert (refused["status"], refused["body"]["error_code"]) == (404, "NO_SUCH_ORDER")


async def test_sent_request_reports_a_lost_response(merchant: Merchant) -> None:
    await merchant.control("POST", "faults", {"on": "get_order", "do": {"drop": "close"}})
    path = f"/ordermanagement/v1/orders/{merchant.order_id}"
    sent = await merchant.control("POST", "requests", {"method": "GET", "path": path})
    assert sent.json["lost"] is True
