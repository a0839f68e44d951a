"""Real servers on free ports, and merchants with a sandbox of their own."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
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
from mockserver.homes.home import Home
from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import Scenario, ScenarioDefaults
from tests.support.homes import (
    STORES,
    CreateRegistry,
    ReplicatedServer,
    create_homes,
    create_registry,
    find_engine,
    running_engine,
)
from tests.support.merchant import SHIPPED, Merchant

NEEDS_ENGINE = "needs valkey-server or redis-server (apt-get install redis-server)"

_users, _databases = count(1), count(1)

COVERAGE_FOLDER = "KUSTOM_COVERAGE_FOLDER"
"""Variable of the folder to which the servers of the suite write what they covered."""


def write_suite_coverage(sandboxes: SandboxRegistry[Any]) -> None:
    """Write what the requests to a server of the suite covered, if a folder is named."""
    folder = os.environ.get(COVERAGE_FOLDER)
    if folder:
        coverage = RunCoverage()
        coverage.count(sandboxes.dropped_tally, sandboxes.dropped_count)
        for sandbox in sandboxes:
            coverage.count(sandbox.build_tally())
        name = f"{os.getpid()}-{id(sandboxes)}.json"
        Path(folder, name).write_bytes(orjson.dumps(coverage.content()))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses where sandboxes live."""
    parser.addoption("--home", choices=STORES, default="memory", help="of servers under test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what does not hold for shared sandboxes if the servers of the run share them."""
    if not config.getoption("home").startswith("valkey"):
        return
    for item in items:
        for marker in item.iter_markers("unshared"):
            item.add_marker(pytest.mark.skip(reason=marker.args[0]))


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
def homes_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[Home]]:
    """Create homes by name, with a file or database of their own."""

    def create(name: str, create: CreateRegistry = create_registry) -> list[Home]:
        url = request.getfixturevalue("engine_url") if "valkey" in name else ""
        database = f"{url}?db={next(_databases)}"
        return create_homes(name, tmp_path_factory.mktemp("home"), database, create)

    return create


@pytest.fixture(scope="session")
def new_server(
    request: pytest.FixtureRequest, homes_of: Callable[..., list[Home]]
) -> Callable[..., Server]:
    """Create servers whose sandboxes live where the option ``--home`` says.

    Keyword arguments are those of the registry; ``settings`` are those of the server.
    """
    home: str = request.config.getoption("home")

    def create(
        template: Scenario | None = None,
        settings: Mapping[str, Any] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> Server:
        template = template or load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults())
        homes = homes_of(home, lambda: SandboxRegistry(template, **options))
        return ReplicatedServer(homes, **(settings or {}))

    return create


@pytest.fixture(scope="session")
def serve(new_server: Callable[..., Server]) -> Iterator[Callable[..., str]]:
    """Start servers, one for each set of assumptions; return their addresses."""
    with ExitStack() as running:

        @cache
        def started(*, mock_headers: bool = True, **assume: Any) -> str:  # noqa: ANN401
            defaults = ScenarioDefaults(assumptions=Assumptions(**assume))
            template = load_scenario((DEFAULT_SCENARIO,), defaults)
            settings = {"mock_headers": mock_headers}
            server = new_server(template, settings, max_sandboxes=100_000)
            running.callback(write_suite_coverage, server.registry)
            return running.enter_context(running_in_thread(server))

        yield started


@pytest.fixture(scope="session")
def server_url(serve: Callable[..., str]) -> str:
    """A server as it runs by default, shared by all tests."""
    return serve()


@pytest.fixture(scope="session")
def serve_home(homes_of: Callable[..., list[Home]]) -> Iterator[Callable[[str], Sequence[str]]]:
    """Start the servers of a home by its name, and give their addresses."""
    with ExitStack() as running:

        @cache
        def started(name: str) -> Sequence[str]:
            servers = [Server(home.registry, home=home) for home in homes_of(name)]
            return [running.enter_context(running_in_thread(server)) for server in servers]

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
