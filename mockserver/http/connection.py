"""aiohttp connection that tolerates malformed and incomplete requests.

It overrides public methods of :class:`aiohttp.web.RequestHandler` only: the callbacks that
asyncio documents for protocols, and the two that answer and log an error.
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
from mockserver.http.framing import RequestFramer
from mockserver.http.http_errors import malformed
from mockserver.http.merchant.responses import format_reason, refusal_response
from mockserver.http.messages import Response
from mockserver.http.response import PlainResponse, render_response
from mockserver.sandbox.ids import IdGenerator

SERVER_HEADER = f"kustom-mock/{__version__}"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
INCOMPLETE_REQUEST_TIMEOUT = 60.0  # seconds for the rest of a started request
OPTIONS: dict[str, Any] = {"access_log": None, "keepalive_timeout": 3630.0}
"""Options of aiohttp's connections; the timeout is the default of its newest version."""
MALFORMED_REQUEST_IDS = IdGenerator("unreadable")

HttpHandler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = logging.getLogger("kustom_mock")


class UnreadableRequestError(Exception):
    """Raised to refuse a request that cannot be read; the connection is closed.

    Attributes:
        refusal: the response to send.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Connection(web.RequestHandler):
    """Client connection with a timeout for incomplete requests and an awaitable close.

    Attributes:
        framer: finds the ends of requests in the received bytes.
        peer_closed: set when the client has closed or half-closed the connection.
        timed_out: whether the rest of a request did not arrive in time.
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
        self.unanswered: deque[bytes] = deque()  # heads of requests passed to aiohttp
        self.closes_when_answered = False
        self.incomplete_since: float | None = None
        self.deadline: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wake everything that waits for the end of the connection."""
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
        """Pass complete requests on to aiohttp; start or stop the timeout for the rest."""
        if not data:  # aiohttp resumes parsing of its own buffer
            super().data_received(data)
        elif self.framer.accept_single_request(data):  # nearly always
            self._pass_on(data, starts=True)
        else:
            for piece in self.framer.feed(data):
                self._pass_on(piece.data, starts=piece.starts)
            if self.framer.malformed:
                self._close_when_answered()
            self._watch_incomplete_request()

    def pause_reading(self) -> None:
        """Remember that aiohttp paused reading."""
        self.reading_paused = True
        super().pause_reading()

    def resume_reading(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Resume reading only if it was paused: aiohttp calls this after every body."""
        if self.reading_paused:
            self.reading_paused = False
            super().resume_reading(*args, **kw)

    def answered(self) -> None:
        """Record that a response is about to be written; close after the last one."""
        if self.unanswered:
            self.unanswered.popleft()
        if self.closes_when_answered or self.peer_closed.is_set():
            self._close_when_answered()
        elif self.framer.expects_continue:
            self.event_loop.call_soon(self._send_continue)

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Log a crash, but not an unreadable body that no handler reads."""
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
            raise exc  # there is no client to answer
        response = self._refuse(self._refusal(exc), exc)
        self.unanswered.clear()
        self._close_when_answered()
        return PlainResponse(response, last=True)

    def _pass_on(self, data: bytes, *, starts: bool) -> None:
        try:
            super().data_received(data)
        except ValueError as error:  # aiohttp before 3.14, on a malformed address
            self._refuse_address(error)
            return
        if starts:
            self.unanswered.append(self.framer.head)
            self.incomplete_since = None

    def _refuse_address(self, error: ValueError) -> None:
        if self.transport and not self.unanswered:
            cause = InvalidURLError(self.framer.head.split(b" ")[1].decode("latin-1"))
            response = self._refuse(malformed(cause, self.framer.head), error)
            self.transport.write(render_response(response, "GET", "close"))
        self._close_when_answered()

    def _refuse(self, refusal: Refusal, error: BaseException | None) -> Response:
        correlation_id = MALFORMED_REQUEST_IDS.new_request_id()
        if refusal.reason is Reason.INTERNAL_ERROR:
            log.error("crash at the edge (%s)", correlation_id, exc_info=error)
        response = refusal_response(refusal, correlation_id, Assumptions())
        response.headers["Server"] = SERVER_HEADER
        if self.mock_headers:
            response.headers["Mock-Reason"] = format_reason(refusal)
        return response

    def _refusal(self, error: BaseException | None) -> Refusal:
        if isinstance(error, UnreadableRequestError):
            return error.refusal
        if isinstance(error, (HttpProcessingError, web.RequestPayloadError)):
            return malformed(error, (self.unanswered or (self.framer.head,))[0])
        return Refusal(Reason.INTERNAL_ERROR)

    def _close_when_answered(self) -> None:
        """Close when no request is unanswered; pending writes are sent first."""
        self.closes_when_answered = True
        if not self.unanswered:
            self.event_loop.call_soon(self.force_close)

    def _watch_incomplete_request(self) -> None:
        if not self.framer.incomplete:
            self.incomplete_since = None
            return
        if self.framer.expects_continue and not self.unanswered:
            self._send_continue()
        if self.incomplete_since is None:
            self.incomplete_since = self.event_loop.time()
        if self.deadline is None:
            self._set_deadline(self.incomplete_since)

    def _set_deadline(self, since: float) -> None:
        at = since + INCOMPLETE_REQUEST_TIMEOUT
        self.deadline = self.event_loop.call_at(at, self._check_deadline)

    def _check_deadline(self) -> None:
        """Refuse a body whose rest did not arrive in time; close on an incomplete head.

        Cancelling the timer at every request would cost more than this check.
        """
        self.deadline = None
        if self.incomplete_since is None:
            return
        if self.event_loop.time() < self.incomplete_since + INCOMPLETE_REQUEST_TIMEOUT:
            self._set_deadline(self.incomplete_since)
        elif self.framer.withholds:
            self.timed_out = True
            piece = self.framer.release()
            self._pass_on(piece.data, starts=piece.starts)
        else:
            self._close_when_answered()

    def _send_continue(self) -> None:
        if self.transport and self.framer.take_expectation():
            self.transport.write(CONTINUE)


class ConnectionServer(web.Server):
    """aiohttp server that creates a :class:`Connection` for each client."""

    def __init__(self, handler: HttpHandler, *, mock_headers: bool) -> None:
        super().__init__(handler, handler_cancellation=True)
        self.mock_headers = mock_headers

    def __call__(self) -> Connection:
        """Create the protocol of a new client connection."""
        return Connection(self)
