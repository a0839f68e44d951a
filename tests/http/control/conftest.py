"""Servers with limits and settings of their own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from mockserver.http.server import Server
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from tests.support.merchant import Merchant, NewServer


@pytest.fixture
async def own_server(session: ClientSession) -> AsyncIterator[NewServer]:
    """Start servers for one test, and return a merchant of each.

    Keyword arguments are those of the registry; ``settings`` are those of the server.
    """
    async with AsyncExitStack() as running:

        async def start(
            user: str = "own",
            settings: Mapping[str, Any] | None = None,
            **registry: Any,  # noqa: ANN401
        ) -> Merchant:
            template = load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults())
            server = Server(SandboxRegistry(template, **registry), **(settings or {}))
            url = await server.start()
            running.push_async_callback(server.stop)
            return Merchant(session, url, user)

        yield start
