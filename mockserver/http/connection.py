"""aiohttp connection that tolerates malformed and incomplete requests.

It overrides public methods of :class:`aiohttp.web.RequestHandler` only: the callbacks that
asyncio documents for protocols, and what aiohttp calls to answer and to log an error.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, InvalidURLError

from mockserver import __version__
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason, Refusal
from mockserver.http.framing import Piece, RequestFramer
from mockserver.http.http_errors import malformed
from mockserver.http.merchant.responses import format_reason, refusal_response
from mockserver.http.messages import Response
from mockserver.http.response import PlainResponse, rendered
from mockserver.sandbox.ids import IdGenerator

SERVER_HEADER = f"kustom-mock/{__version__}"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
INCOMPLETE_REQUEST_TIMEOUT = 60.0  # seconds for the rest of a request that has begun
OPTIONS: dict[str, Any] = {"access_log": None, "keepalive_timeout": 3630.0}
"""Options of aiohttp's connections; the timeout is the default of its newest version."""
MALFORMED_REQUEST_IDS = IdGenerator("unreadable")

HttpHandler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = logging.getLogger("kustom_mock")


class UnreadableRequestError(Exception):
    """A request is refused before it is understood, and the connection is closed."""

    def __init__(self, rejection: Refusal) -> None:
        """Keep the refusal to answer with."""
        super().__init__(str(rejection))
        self.rejection = rejection


class Connection(web.RequestHandler):
    """Client connection with a timeout for incomplete requests; its close can be awaited.

    Attributes:
        framer: cuts what arrives into requests.
        peer_closed: set when the client has left or will send nothing more.
        timed_out: the rest of a request did not arrive in time.
    """

    def __init__(self, server: "ConnectionServer") -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **OPTIONS)
        self.event_loop = loop
        self.mock_headers = server.mock_headers
        self.framer = RequestFramer()
        self.peer_closed = asyncio.Event()
        self.timed_out = False
        self.reading_paused = False
        self.unanswered: deque[bytes] = deque()  # the heads of requests passed to aiohttp
        self.closes_when_answered = False
        self.incomplete_since: float | None = None
        self.deadline: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that the client has left."""
        super().connection_lost(exc)
        self.peer_closed.set()
        if self.deadline:
            self.deadline.cancel()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio documents a bool
        """Answer pending requests of a client that half-closed its side.

        TLS has no half-closed connections.
        """
        self.peer_closed.set()
        encrypted = self.transport and self.transport.get_extra_info("sslcontext")
        return bool(self.unanswered) and not encrypted

    def data_received(self, data: bytes) -> None:
        """Pass whole requests on to aiohttp, and start or stop the clock for the rest."""
        if not data:  # aiohttp asks itself to go on with what it has
            super().data_received(data)
            return
        for chunk in self.framer.feed(data):
            self._pass_on(chunk)
        if self.framer.malformed:
            self._close_when_answered()
        self._watch_incomplete_request()

    def pause_reading(self) -> None:
        """Note that aiohttp holds back what arrives."""
        self.reading_paused = True
        super().pause_reading()

    def resume_reading(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Go on reading if it was paused; aiohttp asks for it after every body, at a cost."""
        if self.reading_paused:
            self.reading_paused = False
            super().resume_reading(*args, **kw)

    def answered(self) -> None:
        """Note that a response is about to be written; close after the last one."""
        if self.unanswered:
            self.unanswered.popleft()
        if self.closes_when_answered or self.peer_closed.is_set():
            self._close_when_answered()
        elif self.framer.expects_continue:
            self.event_loop.call_soon(self._say_continue)

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Log a crash; an unreadable body that nobody asked for is none."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002  # aiohttp's
        status: int = 500,  # noqa: ARG002  # aiohttp's
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # aiohttp's
    ) -> web.StreamResponse:
        """Answer a malformed request or a crash in the provider's shape, and close."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client has left
        response = self._refuse(self._rejection(exc), exc)
        self.unanswered.clear()
        self._close_when_answered()
        return PlainResponse(response, last=True)

    def _pass_on(self, piece: Piece) -> None:
        try:
            super().data_received(piece.data)
        except ValueError as error:  # of a malformed address, by aiohttp before 3.14
            self._refuse_address(error)
            return
        if piece.starts:
            self.unanswered.append(self.framer.head)
            self.incomplete_since = None

    def _refuse_address(self, error: ValueError) -> None:
        if self.transport and not self.unanswered:
            cause = InvalidURLError(self.framer.head.split(b" ")[1].decode("latin-1"))
            response = self._refuse(malformed(cause, self.framer.head), error)
            self.transport.write(rendered(response, "GET", "close"))
        self._close_when_answered()

    def _refuse(self, rejection: Refusal, error: BaseException | None) -> Response:
        correlation_id = MALFORMED_REQUEST_IDS.new_request_id()
        if rejection.reason is Reason.INTERNAL_ERROR:
            log.error("crash at the edge (%s)", correlation_id, exc_info=error)
        response = refusal_response(rejection, correlation_id, Assumptions())
        response.headers["Server"] = SERVER_HEADER
        if self.mock_headers:
            response.headers["Mock-Reason"] = format_reason(rejection)
        return response

    def _rejection(self, error: BaseException | None) -> Refusal:
        if isinstance(error, UnreadableRequestError):
            return error.rejection
        if isinstance(error, (HttpProcessingError, web.RequestPayloadError)):
            return malformed(error, (self.unanswered or (self.framer.head,))[0])
        return Refusal(Reason.INTERNAL_ERROR)

    def _close_when_answered(self) -> None:
        """Close once no request is unanswered; what is being written is sent first."""
        self.closes_when_answered = True
        if not self.unanswered:
            self.event_loop.call_soon(self.force_close)

    def _watch_incomplete_request(self) -> None:
        if not self.framer.incomplete:
            self.incomplete_since = None
            return
        if self.framer.expects_continue and not self.unanswered:
            self._say_continue()
        if self.incomplete_since is None:
            self.incomplete_since = self.event_loop.time()
        if self.deadline is None:
            self._set_deadline(self.incomplete_since)

    def _set_deadline(self, since: float) -> None:
        at = since + INCOMPLETE_REQUEST_TIMEOUT
        self.deadline = self.event_loop.call_at(at, self._check_deadline)

    def _check_deadline(self) -> None:
        """Refuse a body whose rest did not arrive in time; close on half a head.

        The timer is not stopped with every request, which would cost more than this check.
        """
        self.deadline = None
        if self.incomplete_since is None:
            return
        if self.event_loop.time() < self.incomplete_since + INCOMPLETE_REQUEST_TIMEOUT:
            self._set_deadline(self.incomplete_since)
        elif self.framer.withholds:
            self.timed_out = True
            self._pass_on(self.framer.release())
        else:
            self._close_when_answered()

    def _say_continue(self) -> None:
        if self.transport and self.framer.take_expectation():
            self.transport.write(CONTINUE)


class ConnectionServer(web.Server):
    """aiohttp server that creates our connections."""

    def __init__(self, handler: HttpHandler, *, mock_headers: bool) -> None:
        super().__init__(handler, handler_cancellation=True)
        self.mock_headers = mock_headers

    def __call__(self) -> Connection:
        """Return the protocol for a client that has connected."""
        return Connection(self)
