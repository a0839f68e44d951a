"""Servers with limits and settings of their own."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from mockserver.http.server import Server
from tests.support.merchant import Merchant, NewServer


@pytest.fixture
async def own_server(
    session: ClientSession, new_server: Callable[..., Server]
) -> AsyncIterator[NewServer]:
    """Start servers for one test, and return a merchant of each.

    Keyword arguments are those of :func:`new_server`.
    """
    async with AsyncExitStack() as running:

        async def start(
            user: str = "own",
            settings: Mapping[str, Any] | None = None,
            **options: Any,  # noqa: ANN401
        ) -> Merchant:
            server = new_server(settings=settings, **options)
            url = await server.start()
            running.push_async_callback(server.stop)
            return Merchant(session, url, user)

        yield start
