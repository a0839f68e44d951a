"""Long work of the control API holds nobody, and changes a sandbox at once or not at all."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Event, current_thread
from typing import Any, NoReturn

import pytest

from mockserver.domain.operation import ORDERS_PATH
from mockserver.http.control import app, orders, sandboxes, scenarios
from mockserver.http.workers import MAX_WORKERS, WORKER_NAME, Workers
from mockserver.json_type import Json
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import build_order
from mockserver.scenario.scenario import Scenario, wrap_value
from tests.support.merchant import SHIPPED, UNKNOWN_ID, Merchant, NewServer, basic

SCENARIO = {"version": 1, "orders": {"new": {"lines": [{"unit_price": 5}]}}}
TIMEOUT = 20  # seconds, for what must happen
READS = (
    "", "/audit", "/checkouts", "/clock", "/deliveries", "/faults", "/invariants", "/orders",
    "/requests", "/requests/count", "/scenario", "/snapshots", "/verdict",
)  # fmt: skip


class Gate:
    """Holds workers until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = Event(), Event()

    def wait(self) -> None:
        """Wait in a worker; the event loop passes."""
        if current_thread().name != WORKER_NAME:
            return
        self.reached.set()
        assert self.opened.wait(TIMEOUT)

    async def until_reached(self) -> None:
        """Wait until a worker waits."""
        assert await asyncio.to_thread(self.reached.wait, TIMEOUT)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """All scenarios and orders count as large, and are built when the gate is opened."""
    gate = Gate()
    build = Scenario.build

    def held_build(scenario: Scenario, name: str) -> Sandbox:
        gate.wait()
        return build(scenario, name)

    def held_build_order(*args: Any) -> Any:  # noqa: ANN401
        gate.wait()
        return build_order(*args)

    for module in (sandboxes, orders, scenarios):
        monkeypatch.setattr(module, "SMALL_BODY", 0)
    monkeypatch.setattr(sandboxes, "SMALL_SANDBOX", 0)
    monkeypatch.setattr(Scenario, "build", held_build)
    monkeypatch.setattr("mockserver.http.control.orders.build_order", held_build_order)
    yield gate
    gate.opened.set()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "scenario", SCENARIO, 200),
        ("POST", "reset", None, 200),
        ("POST", "orders", {"name": "new", **SHIPPED}, 201),
    ],
    ids=["scenario", "reset", "order"],
)
async def test_other_requests_are_answered_while_a_large_body_is_built(
    merchant: Merchant,
    gate: Gate,
    method: str,
    path: str,
    body: Json,
    status: int,
) -> None:
    change = asyncio.create_task(merchant.control(method, path, body))
    await gate.until_reached()
    assert (await merchant.send("GET", "/livez")).status == 200
    assert (await merchant.capture(3000)).status == 201
    assert len((await merchant.control("GET", "orders")).json["orders"]) == 2
    gate.opened.set()
    assert (await change).status == status
    numbers = {"scenario": 1, "reset": 1, "orders": 3}
    assert len((await merchant.control("GET", "orders")).json["orders"]) == numbers[path]


@pytest.mark.parametrize("look", ["lint", "lint/picture.svg?order=new"])
async def test_other_requests_are_answered_while_a_large_scenario_is_checked(
    merchant: Merchant, gate: Gate, look: str
) -> None:
    task = asyncio.create_task(merchant.send("POST", f"/__admin/{look}", SCENARIO))
    await gate.until_reached()
    assert (await merchant.send("GET", "/livez")).status == 200
    gate.opened.set()
    assert (await task).status == 200


async def test_large_orders_created_concurrently_share_no_name_and_no_id(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "SMALL_BODY", 0)
    creations = [merchant.control("POST", "orders", SHIPPED) for _ in range(6)]
    responses = await asyncio.gather(*creations)
    assert [response.status for response in responses] == [201] * 6
    created = [response.json for response in responses]
    ids = {order["order_id"] for order in created}
    capture_ids = {capture["capture_id"] for order in created for capture in order["captures"]}
    assert (len(ids), len(capture_ids)) == (6, 12)


async def test_invalid_large_scenario_changes_nothing(merchant: Merchant) -> None:
    comment = b"#" * 5000
    response = await merchant.send(
        "PUT",
        f"/__admin/sandboxes/{merchant.user}/scenario",
        b"version: 2\n" + comment,
        {"Content-Type": "application/yaml"},
    )
    assert response.status == 422
    assert response.json["errors"][0]["path"] == "version"
    assert (await merchant.read())["order_amount"] == 20000


async def test_large_order_draws_ids_that_no_other_order_has(merchant: Merchant) -> None:
    captures = {f"c{number}": {"amount": 1} for number in range(300)}
    await merchant.make_order(
        {"name": "large", "lines": [{"unit_price": 500}], "captures": captures}
    )
    large = merchant.order
    await merchant.make_order(SHIPPED)
    ids = {
        capture["capture_id"] for capture in (*large["captures"], *merchant.order["captures"])
    }
    assert len(ids) == 302
    again = await merchant.control("POST", "orders", {"name": "large", **SHIPPED})
    assert again.status == 422


@pytest.mark.unshared("only the replica that sent a response knows all of its headers")
@pytest.mark.parametrize("path", READS)
async def test_copy_reads_like_the_sandbox(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await merchant.control("POST", "clock", {"freeze": True})
    await merchant.control("POST", "faults", {"on": "refund", "do": {"drop": "reset"}})
    await merchant.capture(3000)
    place = f"/__admin/sandboxes/{merchant.user}{path}"
    answers = []
    for size in (0, 10**9):
        monkeypatch.setattr(app, "SMALL_SANDBOX", size)
        answers.append(await merchant.send("GET", place))
    assert answers[0].status == 200
    assert answers[0].body == answers[1].body


async def test_missing_order_of_a_large_sandbox_is_404(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "SMALL_SANDBOX", 0)
    assert (await merchant.control("GET", "orders/missing")).status == 404


@pytest.fixture
async def owned_server(own_server: NewServer) -> Callable[[str], Merchant]:
    """A server whose sandboxes belong to the secret they are first used with."""
    template = Scenario("empty", wrap_value({"version": 1}))
    first = await own_server(template=template, owned=True)
    return first.as_user


async def test_sandbox_that_was_claimed_meanwhile_is_not_replaced(
    owned_server: Callable[[str], Merchant], gate: Gate
) -> None:
    other = owned_server("anna")
    change = asyncio.create_task(other.control("PUT", "scenario", SCENARIO))
    await gate.until_reached()
    claim = {"Authorization": basic("anna", "other secret")}
    path = f"{ORDERS_PATH}/{UNKNOWN_ID}"
    assert (await other.send("GET", path, headers=claim)).status == 404
    gate.opened.set()
    assert (await change).status == 403
    assert (await other.send("GET", path, headers=claim)).status == 404


async def test_work_beyond_the_number_of_workers_waits_for_one() -> None:
    workers, gate = Workers(), Gate()
    first = [
        asyncio.create_task(workers.run_if(gate.wait, is_long=True)) for _ in range(MAX_WORKERS)
    ]
    await gate.until_reached()
    late = asyncio.create_task(workers.run_if(lambda: "late", is_long=True))
    await asyncio.sleep(0)
    assert not late.done()
    gate.opened.set()
    assert await late == "late"
    await asyncio.gather(*first)


async def test_worker_is_free_again_after_an_error() -> None:
    workers = Workers()
    for _ in range(MAX_WORKERS + 1):
        with pytest.raises(ZeroDivisionError):
            await workers.run_if(lambda: 1 / 0, is_long=True)
        with pytest.raises(ZeroDivisionError):
            await workers.run(_fail)  # before a thread is started


async def test_result_of_cancelled_work_is_dropped() -> None:
    workers, gate = Workers(), Gate()
    work = asyncio.create_task(workers.run_if(gate.wait, is_long=True))
    await gate.until_reached()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    gate.opened.set()
    assert (
        await asyncio.gather(*(workers.run_if(lambda: 1, is_long=True) for _ in range(3)))
        == [1] * 3
    )


async def _fail() -> NoReturn:
    raise ZeroDivisionError
