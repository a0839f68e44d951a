"""The first use of a sandbox with a large scenario does not hold up other requests."""

import asyncio
import json
import threading

import pytest

from mockserver.http import first_use as module
from mockserver.http.messages import Request
from mockserver.http.server import Server
from mockserver.http.workers import WORKER_NAME
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import Scenario, wrap_value
from tests.support.merchant import basic

SECRET = "secret"
PATH = "/ordermanagement/v1/orders/x"
FIRST_USES = {
    "a merchant's request": ("GET", PATH, None, 400),
    "the clock": ("POST", "/__admin/sandboxes/anna/clock", {"advance": "1h"}, 200),
    "a new order": (
        "POST", "/__admin/sandboxes/anna/orders", {"lines": [{"unit_price": 1}]}, 201,
    ),
}  # fmt: skip


@pytest.fixture
def builders(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the threads that build sandboxes; every scenario is large."""
    threads: list[str] = []
    build = Scenario.build

    def record(scenario: Scenario, name: str) -> Sandbox:
        threads.append(threading.current_thread().name)
        return build(scenario, name)

    monkeypatch.setattr(module, "SMALL_SANDBOX", 0)
    monkeypatch.setattr(Scenario, "build", record)
    return threads


@pytest.fixture
def server() -> Server:
    template = Scenario("empty", wrap_value({"version": 1, "credentials": {"anna": SECRET}}))
    return Server(SandboxRegistry(template, max_sandboxes=1))


async def respond(
    server: Server, method: str, path: str, body: object = None, secret: str = SECRET
) -> int:
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": basic("anna", secret)}
    segments = tuple(path.strip("/").split("/"))
    request = Request(method, path, segments, headers, content, "http", "localhost")
    return (await server.respond(request)).status


@pytest.mark.parametrize("case", FIRST_USES)
async def test_worker_builds_a_large_sandbox(
    server: Server, builders: list[str], case: str
) -> None:
    method, path, body, status = FIRST_USES[case]
    for _ in range(2):  # the second time it is there
        assert await respond(server, method, path, body) == status
    assert builders == [WORKER_NAME]


async def test_wrong_secret_builds_no_sandbox(server: Server, builders: list[str]) -> None:
    assert await respond(server, "GET", PATH, secret="wrong") == 401
    assert builders == []


async def test_concurrent_requests_build_one_sandbox(
    server: Server, builders: list[str]
) -> None:
    sent = [respond(server, "GET", PATH) for _ in range(5)]
    assert await asyncio.gather(*sent) == [400] * 5
    assert builders == [WORKER_NAME]


async def test_full_server_builds_no_sandbox(server: Server, builders: list[str]) -> None:
    server.registry.get_or_create("other")
    server.registry.mark_changed("other")
    builders.clear()
    assert await respond(server, "GET", PATH) == 503
    assert await respond(server, *FIRST_USES["the clock"][:3]) == 503
    assert builders == []
