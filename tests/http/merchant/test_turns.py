"""A request is one turn on its sandbox; a delay fault splits it into two."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
import pytest

from mockserver.domain.operation import ORDERS_PATH, Operation
from mockserver.homes.memory import MemoryHome
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.sender import Sender
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.http.merchant.authentication import Authentication
from mockserver.http.merchant.handler import MerchantApi
from mockserver.http.merchant.responses import IDEMPOTENCY_KEY_HEADER
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import ScenarioDefaults, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from tests.support.merchant import Merchant

SCENARIO = b"""
version: 1
orders:
  parcel:
    order_id: parcel
    lines: [{reference: A, name: A, unit_price: 1000}]
faults:
  late:
    on: [capture, get_order]
    calls: 1
    do: {delay: 1h}
"""


@pytest.fixture
def api() -> MerchantApi:
    """The merchant API without a server; the first capture and the first read are late."""
    sandboxes = SandboxRegistry(
        parse_scenario("parcel", parse_yaml(SCENARIO), ScenarioDefaults())
    )
    home = MemoryHome(sandboxes)
    deliveries = DeliveryRunner(home, Sender(TargetPolicy()))
    pages = PageAddresses(sandboxes)
    return MerchantApi(Authentication(home), Metrics(int), deliveries, pages)


@pytest.fixture
def end_delay(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make delays last until the returned function is called."""
    is_over = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await is_over.wait()

    monkeypatch.setattr("mockserver.http.merchant.handler.sleep", sleep)
    return is_over.set


def request_to(method: str, path: str, body: Any = None, key: str = "") -> Request:  # noqa: ANN401  # JSON
    path = f"{ORDERS_PATH}/parcel{path}"
    headers = {"Authorization": f"Basic {b64encode(b'anna:x').decode()}"}
    if key:
        headers[IDEMPOTENCY_KEY_HEADER] = key
    text = b"" if body is None else orjson.dumps(body)
    return Request(
        method, path, tuple(path.strip("/").split("/")), headers, text, "http", "here"
    )


def capture(amount: int, key: str = "") -> Request:
    return request_to("POST", "/captures", {"captured_amount": amount}, key)


def sandbox_in(api: MerchantApi) -> Sandbox:
    sandbox: Sandbox = api.home.registry.get_or_create("anna")
    return sandbox


async def start(answering: Coroutine[Any, Any, Response]) -> asyncio.Task[Response]:
    """Start to answer, up to the delay."""
    task = asyncio.create_task(answering)
    await asyncio.sleep(0)
    return task


async def test_delayed_capture_sees_changes_made_meanwhile(
    api: MerchantApi, end_delay: Callable[[], None]
) -> None:
    late = await start(api.handle(capture(1000)))
    assert (await api.handle(capture(600))).status == 201
    end_delay()
    assert (await late).status == 403
    assert sandbox_in(api).orders["parcel"].captured_amount == 600


async def test_key_used_during_a_delay_is_replayed_after_it(
    api: MerchantApi, end_delay: Callable[[], None]
) -> None:
    late = await start(api.handle(capture(300, "key")))
    first = await api.handle(capture(300, "key"))
    end_delay()
    assert (await late).headers["Capture-Id"] == first.headers["Capture-Id"]
    assert (await late).headers["Mock-Replayed"] == "true"
    assert sandbox_in(api).orders["parcel"].captured_amount == 300


async def test_delayed_read_shows_the_order_and_time_after_the_delay(
    api: MerchantApi, end_delay: Callable[[], None]
) -> None:
    late = await start(api.handle(request_to("GET", "")))
    sandbox = sandbox_in(api)
    sandbox.clock.set(sandbox.orders["parcel"].expires_at)
    end_delay()
    assert orjson.loads((await late).body)["status"] == "EXPIRED"


async def test_delayed_request_is_recorded_when_it_ends(
    api: MerchantApi, end_delay: Callable[[], None]
) -> None:
    late = await start(api.handle(request_to("GET", "")))
    sandbox = sandbox_in(api)
    assert sandbox.faults.fired["late"] == 1
    assert list(sandbox.journal) == []
    end_delay()
    await late
    (entry,) = sandbox.journal
    assert entry.faults == ["late: delay"]


async def test_concurrent_requests_have_one_effect_for_each_key(merchant: Merchant) -> None:
    delay = {"delay": {"uniform": ["0s", "5ms"]}}
    await merchant.control("POST", "faults", {"on": "capture", "do": delay, "probability": 0.5})
    keys = [f"key-{number % 5}" for number in range(40)]
    responses = await asyncio.gather(*(merchant.capture(100, key=key) for key in keys))
    made = {(key, item.header("Capture-Id")) for key, item in zip(keys, responses, strict=True)}
    assert len(made) == 5
    assert (await merchant.read())["captured_amount"] == 500


async def test_crash_in_a_command_leaves_its_key_unused(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def crash(_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("mockserver.sandbox.execution.fingerprint", crash)
        assert (await merchant.capture(100, key="key")).status == 500
    assert len(caplog.records) == 1
    assert (await merchant.read())["captured_amount"] == 0
    again = await merchant.capture(100, key="key")
    assert again.status == 201
    assert "Mock-Replayed" not in again.header_names


@pytest.mark.unshared("a turn that is taken again crashes again")
async def test_crash_after_the_commit_applies_no_later_fault(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    actions = [{"lose_answer": "close"}, {"delay": "0s"}]
    await merchant.control("POST", "faults", {"id": "f", "on": "capture", "do": actions})
    with monkeypatch.context() as patched:
        patched.setattr("mockserver.http.merchant.order_api.accepted_response", crash)
        response = await merchant.do(Operation.CAPTURE, {"captured_amount": 100})
    assert len(caplog.records) == 1
    assert (response.status, response.header("Mock-Fault")) == (500, "f: delay")
