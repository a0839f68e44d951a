"""The journal over the control API: list, count, await and clear requests."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest

from mockserver.domain.operation import Operation
from mockserver.homes.memory import MemoryHome
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.control.context import ControlContext
from mockserver.http.control.requests import await_requests
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.sender import Sender
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.http.messages import Request
from mockserver.http.metrics import Metrics
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.merchant import Merchant, NewServer
from tests.support.problems import assert_problem

Op = Operation
TIMEOUT = 5  # seconds, for requests that should not wait


@pytest.fixture
async def busy(merchant: Merchant) -> Merchant:
    """A merchant that read twice, captured, was refused a capture, and used an unknown path."""
    await merchant.do(Op.GET_ORDER)
    await merchant.do(Op.GET_ORDER)
    await merchant.capture(20_000)
    await merchant.capture(20_000)
    await merchant.send("GET", "/no/such/path")
    return merchant


# A filter and how many of the five requests match it.
FILTERS: dict[str, int] = {
    "": 5,
    "operation=get_order": 2,
    "operation=capture": 2,
    "operation=refund": 0,
    "status=200": 2,
    "status=201": 1,
    "status=403": 1,
    "status=404": 1,
    "status=0": 0,
    "operation=capture&status=201": 1,
    "operation=capture&status=200": 0,
    "order_id={order_id}": 4,
    "order_id=nobody": 0,
    "order_id=": 5,
    "order_id={order_id}&operation=get_order": 2,
    "correlation_id={correlation_id}": 1,
    "correlation_id=unknown": 0,
    "correlation_id={correlation_id}&status=404": 0,
}


@pytest.mark.parametrize("query", FILTERS)
async def test_requests_are_listed_and_counted_by_filters(
    busy: Merchant,
    query: str,
) -> None:
    first = (await busy.control("GET", "requests")).json["requests"][0]
    facts = {"order_id": busy.order_id, "correlation_id": first["correlation_id"]}
    expected = query.format_map(facts)
    listed = (await busy.control("GET", f"requests?{expected}")).json["requests"]
    counted = (await busy.control("GET", f"requests/count?{expected}")).json
    assert len(listed) == counted["count"] == FILTERS[query]


async def test_order_filter_accepts_a_name(new_merchant: Callable[[], Merchant]) -> None:
    merchant = new_merchant()
    filled = await merchant.control("PUT", "scenario", {"use": "fresh-order"})
    order_id = filled.json["orders"]["fresh"]
    merchant.order = {"order_id": order_id, "captures": [], "refunds": []}
    await merchant.do(Op.GET_ORDER)
    for name in ("fresh", order_id):
        page = await merchant.control("GET", f"requests?order_id={name}")
        assert len(page.json["requests"]) == 1


async def test_entry_has_request_decision_and_sent_response(busy: Merchant) -> None:
    entries = (await busy.control("GET", "requests")).json["requests"]
    accepted, refused = entries[2], entries[3]
    assert (accepted["method"], accepted["operation"], accepted["status"]) == (
        "POST",
        "capture",
        201,
    )
    assert accepted["path"] == busy.path(Op.CAPTURE)
    assert (accepted["before"]["captured"], accepted["after"]["captured"]) == (0, 20_000)
    assert (accepted["refusal"], accepted["sent"]) == (None, "the whole response")
    assert refused["refusal"]["error_code"] == "CAPTURE_NOT_ALLOWED"
    assert refused["before"] == refused["after"]


async def test_journal_contains_no_credentials(busy: Merchant) -> None:
    page = (await busy.control("GET", "requests")).body.decode()
    assert "secret" not in page
    assert "Basic" not in page


async def test_request_is_explained_by_its_correlation_id(busy: Merchant) -> None:
    entries = (await busy.control("GET", "requests")).json["requests"]
    for entry in entries:
        explained = await busy.control("GET", f"explain/{entry['correlation_id']}")
        assert explained.json == entry
    assert_problem(
        await busy.control("GET", "explain/none"), 404, "no request with correlation"
    )


async def test_requests_can_be_cleared(busy: Merchant) -> None:
    assert (await busy.control("DELETE", "requests")).status == 204
    assert (await busy.control("GET", "requests")).json["requests"] == []
    assert (await busy.control("GET", "requests/count")).json == {"count": 0}


async def test_full_journal_counts_dropped_entries(own_server: NewServer) -> None:
    template = load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults(journal_size=3))
    merchant = await own_server(template=template)
    await merchant.make_order()
    for _ in range(5):
        await merchant.do(Op.GET_ORDER)
    await merchant.do(Op.CANCEL)
    entries = (await merchant.control("GET", "requests")).json["requests"]
    assert [item["operation"] for item in entries] == ["get_order", "get_order", "cancel"]
    count = "requests/count?operation=get_order&status=200"
    assert (await merchant.control("GET", count)).json == {"count": 5}
    assert (await merchant.control("GET", "requests/count")).json == {"count": 6}


# Invalid filters and a part of the message.
REFUSED: dict[str, str] = {
    "opration=capture": "unknown filter 'opration', did you mean 'operation'?",
    "operation=captur": "unknown operation 'captur', did you mean 'capture'?",
    "operation=": "unknown operation ''",
    "operation=push": "are deliveries: GET …/deliveries?kind=push",
    "status=abc": "expected a status such as 201, got 'abc'",
    "status=-1": "expected a status",
    "status=0201": "expected a status",
    f"status={'1' * 5000}": "expected a status",
    "status=%D9%A2%D9%A0%D9%A1": "expected a status",
    "timeout=1s": "unknown filter 'timeout'",
    "operation=%ff": "unknown operation",
    "%ff=1": "unknown filter",
}


@pytest.mark.parametrize("path", ["requests", "requests/count"])
@pytest.mark.parametrize("query", REFUSED)
async def test_invalid_filter_is_refused(
    merchant: Merchant,
    query: str,
    path: str,
) -> None:
    response = await merchant.control("GET", f"{path}?{query}")
    assert_problem(response, 422, REFUSED[query])


async def test_await_returns_when_the_request_arrives(merchant: Merchant) -> None:
    path = "requests/await?operation=cancel&count=1&timeout=20s"
    waiting = asyncio.create_task(merchant.control("GET", path))
    while not (await merchant.do(Op.CANCEL)).status:
        pass
    page = (await waiting).json
    assert page["satisfied"] is True
    assert [request["operation"] for request in page["requests"]] == ["cancel"]


Change = Callable[[SandboxRegistry[Any]], object]


CHANGES: dict[str, Change] = {
    "a snapshot is restored": lambda sandboxes: sandboxes.get_or_create("own").restore_snapshot(
        "here"
    ),
    "it is reset": lambda sandboxes: sandboxes.reset("own"),
    "it is filled again": lambda sandboxes: sandboxes.fill("own", sandboxes.template),
    "it is dropped": lambda sandboxes: sandboxes.drop("own"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_await_continues_in_a_replaced_sandbox(change: str) -> None:
    sandboxes = SandboxRegistry(load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults()))
    home = MemoryHome(sandboxes)
    control = ControlContext(
        home,
        Metrics(int),
        DeliveryRunner(home, Sender(TargetPolicy())),
        send_to_merchant_api=AsyncMock(),
        pages=PageAddresses(sandboxes),
    )
    sandboxes.get_or_create("own").take_snapshot("here")
    path, query = ("requests", "await"), {"timeout": "60s"}
    call = Request("GET", "", path, {}, b"", "http", "localhost", query)
    waiting = asyncio.create_task(await_requests(control, {"sandbox": "own"}, call))
    await asyncio.sleep(0)
    CHANGES[change](sandboxes)
    sandbox = sandboxes.get_or_create("own")
    sandbox.journal.record(Entry(sandbox.clock.now(), "later", "GET", "/"))
    async with asyncio.timeout(TIMEOUT):
        page = json.loads((await waiting).body)
    assert [request["correlation_id"] for request in page["requests"]] == ["later"]


async def test_await_returns_unsatisfied_on_timeout(merchant: Merchant) -> None:
    page = (await merchant.control("GET", "requests/await?count=2&timeout=1ms")).json
    assert page == {"satisfied": False, "requests": []}


@pytest.mark.parametrize(
    "query", ["count=x", "count=-1", "count=1e3", "timeout=soon", "timeout=-1s"]
)
async def test_invalid_await_is_refused(merchant: Merchant, query: str) -> None:
    response = await merchant.control("GET", f"requests/await?{query}")
    assert (response.status, response.header("Content-Type")) == (
        422,
        "application/problem+json",
    )
