"""The connection: reads what some clients send although HTTP does not allow it."""

import asyncio
import logging
from typing import Any

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from mockserver.api.answers import refused
from mockserver.api.delivery import SERVER
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason, Rejection
from mockserver.sandbox.ids import Ids

UNREADABLE_IDS = Ids("unreadable")

log = logging.getLogger("kustom_mock")


class Connection(web.RequestHandler):
    """One client's connection, which can be waited for to end."""

    __slots__ = ("_ended",)

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Take what aiohttp's server gives."""
        super().__init__(*args, **options)
        self._ended = asyncio.Event()

    async def ended(self) -> None:
        """Wait until the client has left."""
        await self._ended.wait()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that the client has left."""
        super().connection_lost(exc)
        self._ended.set()

    def data_received(self, data: bytes) -> None:
        """Drop the two bytes that one client sends, unannounced, after a GET."""
        if data.endswith(b"\r\n\r\n{}") and _announces_nothing(data):
            data = data[:-2]
        super().data_received(data)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP, or a crash, in the provider's shape, and hang up."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client is gone
        correlation_id = UNREADABLE_IDS.exchange_id()
        if isinstance(exc, (HttpProcessingError, web.RequestPayloadError)):
            problem = " ".join((message or str(exc) or "not HTTP").split())
            rejection = Rejection(Reason.MALFORMED_HTTP, problem=problem)
        else:
            log.error("crash at the edge, %s (%s)", status, correlation_id, exc_info=exc)
            rejection = Rejection(Reason.INTERNAL_ERROR)
        self._lingering_time = 0.0  # what is left of the body cannot be read
        request._version = HttpVersion11  # noqa: SLF001  # 1.0 where aiohttp could not read it
        answer = refused(rejection, correlation_id, Assumptions())
        response = web.Response(
            status=answer.status,
            body=answer.body,
            headers={**answer.headers, "Server": SERVER},
        )
        response.force_close()
        return response


def _announces_nothing(data: bytes) -> bool:
    head = data.lower()
    return (
        head.startswith(b"get ")
        and b"\r\ncontent-length:" not in head
        and b"\r\ntransfer-encoding:" not in head
    )


class ConnectionServer(web.Server):
    """aiohttp's server, with our connections."""

    def __call__(self) -> web.RequestHandler:
        """Make the connection for a client that just arrived."""
        return Connection(self, loop=self._loop, **self._kwargs)
