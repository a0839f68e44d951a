"""Real servers on free ports, and merchants with a sandbox of their own."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, DummyCookieJar

from mockserver.coverage.run_coverage import RunCoverage
from mockserver.domain.assumptions import Assumptions
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.homes import HOMES, find_engine, running_engine, serve_at
from tests.support.merchant import SHIPPED, Merchant

NEEDS_ENGINE = "needs valkey-server or redis-server (apt-get install redis-server)"

_users = count(1)

COVERAGE_FOLDER = "KUSTOM_COVERAGE_FOLDER"
"""Variable of the folder to which the servers of the suite write what they met."""


def write_suite_coverage(sandboxes: SandboxRegistry[Any]) -> None:
    """Write what the requests to a server of the suite met, if a folder is named."""
    folder = os.environ.get(COVERAGE_FOLDER)
    if folder:
        coverage = RunCoverage()
        coverage.count(sandboxes.dropped_tally, sandboxes.dropped_count)
        for sandbox in sandboxes:
            coverage.count(sandbox.count_met())
        name = f"{os.getpid()}-{id(sandboxes)}.json"
        Path(folder, name).write_bytes(orjson.dumps(coverage.content()))


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """Start servers, one for each set of assumptions; return their addresses."""
    with ExitStack() as running:

        @cache
        def started(*, mock_headers: bool = True, **assume: Any) -> str:  # noqa: ANN401
            defaults = ScenarioDefaults(assumptions=Assumptions(**assume))
            sandboxes = SandboxRegistry(
                load_scenario((DEFAULT_SCENARIO,), defaults), max_sandboxes=100_000
            )
            server = Server(sandboxes, mock_headers=mock_headers)
            running.callback(write_suite_coverage, sandboxes)
            return running.enter_context(running_in_thread(server))

        yield started


@pytest.fixture(scope="session")
def server_url(serve: Callable[..., str]) -> str:
    """A server as it runs by default, shared by all tests."""
    return serve()


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey or Redis for the whole run."""
    if find_engine() is None:
        if os.environ.get("CI"):
            pytest.fail(NEEDS_ENGINE)
        pytest.skip(NEEDS_ENGINE)
    with running_engine(tmp_path_factory.mktemp("engine")) as url:
        yield url


@pytest.fixture(scope="session")
def serve_home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Sequence[str]]]:
    """Start the servers of a home by its name, and give their addresses."""
    with ExitStack() as running:

        @cache
        def started(name: str) -> Sequence[str]:
            url = request.getfixturevalue("engine_url") if "valkey" in name else ""
            homes = HOMES[name](tmp_path_factory.mktemp("home"), url)
            return [running.enter_context(running_in_thread(serve_at(home))) for home in homes]

        yield started


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """A client that keeps connections and nothing else."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        yield client


@pytest.fixture
def new_merchant(session: ClientSession, server_url: str) -> Callable[..., Merchant]:
    """Create merchants with new user names, on the shared server or another."""

    def create(url: str = server_url) -> Merchant:
        return Merchant(session, url, f"merchant-{next(_users)}")

    return create


@pytest.fixture
async def merchant(new_merchant: Callable[..., Merchant]) -> Merchant:
    """A merchant with an order of three lines, nothing shipped."""
    merchant = new_merchant()
    await merchant.make_order()
    return merchant


@pytest.fixture
async def shipping_merchant(new_merchant: Callable[..., Merchant]) -> Merchant:
    """A merchant whose order is shipped, in two captures of 10000."""
    merchant = new_merchant()
    await merchant.make_order(SHIPPED)
    return merchant
