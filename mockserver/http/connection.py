"""aiohttp connection that tolerates malformed and incomplete requests.

It overrides public methods of :class:`aiohttp.web.RequestHandler` only: the callbacks that
asyncio documents for protocols, and the two that answer and log an error.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any, TypeAlias, cast

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError, InvalidURLError

from mockserver import __version__
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.http.descriptors import descriptor_warning
from mockserver.http.framing import RequestFramer
from mockserver.http.http_errors import UnreadableRequestError, malformed
from mockserver.http.merchant.responses import format_reason, refusal_response
from mockserver.http.messages import Response
from mockserver.http.response import PlainResponse, render_response
from mockserver.http.unread_responses import UnreadResponses
from mockserver.sandbox.ids import IdGenerator

SERVER_HEADER = f"kustom-mock/{__version__}"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
INCOMPLETE_REQUEST_TIMEOUT = 60.0  # seconds for the first byte, and for the rest of a request
UNREAD_RESPONSE_TIMEOUT = 60.0  # seconds in which the client must read a part of a response
DISCONNECT_GRACE = 5.0  # seconds in which a client that closed its side can get a response
LINGER_TIMEOUT = 5.0  # seconds to drop the rest of a refused body before the close
CONNECTION_OPTIONS: dict[str, Any] = {"access_log": None, "keepalive_timeout": 75.0}
"""Options of aiohttp's connections; the timeout (seconds) is for idle connections."""

HttpHandler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = logging.getLogger("kustom_mock")


class Connection(web.RequestHandler):
    """Client connection with timeouts, whose close by the peer can be awaited.

    Attributes:
        framer: finds the ends of requests in the received bytes.
        peer_closed: set when the client has closed or half-closed the connection.
        timed_out: whether the rest of a request did not arrive in time.
        response_started: whether a response is being sent slowly, on purpose.
    """

    def __init__(self, server: "ConnectionServer") -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **CONNECTION_OPTIONS)
        self.event_loop = loop
        self.mock_headers = server.mock_headers
        self.ids = server.ids
        self.unread_responses = server.unread_responses
        self.framer = RequestFramer()
        self.peer_closed = asyncio.Event()
        self.timed_out = False
        self.response_started = False
        self.reading_paused = False
        self.unanswered: deque[bytes] = deque()  # heads of requests passed to aiohttp
        self.closes_when_answered = False
        self.incomplete_since: float | None = None
        self.deadline: asyncio.TimerHandle | None = None
        self.grace: asyncio.TimerHandle | None = None
        self.unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the timeout for the first byte."""
        super().connection_made(transport)
        # Any byte that the client does not read starts a timeout.
        cast("asyncio.Transport", transport).set_write_buffer_limits(high=0)
        now = self.event_loop.time()
        self.incomplete_since = now
        self._set_deadline(now)
        descriptor_warning.check(transport, now)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wake everything that waits for the end of the connection."""
        self._forget_unread_response()
        super().connection_lost(exc)
        self.peer_closed.set()
        for timer in (self.deadline, self.grace):
            if timer:
                timer.cancel()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio documents a bool
        """Keep the connection of a half-closed client open for its responses, for a while.

        A client that has left sends the same packet. After the grace period it is taken
        for gone, and aiohttp cancels the handler. TLS has no half-closed connections.
        """
        self.peer_closed.set()
        encrypted = self.transport and self.transport.get_extra_info("sslcontext")
        if encrypted or not self.unanswered:
            return False
        self.grace = self.event_loop.call_later(DISCONNECT_GRACE, self._end_grace)
        return True

    def data_received(self, data: bytes) -> None:
        """Pass complete requests on to aiohttp; start or stop the timeout for the rest."""
        if not data:  # aiohttp resumes parsing of its own buffer
            super().data_received(data)
        elif self.framer.accept_single_request(data):  # nearly always
            self._pass_on(data, starts=True)
        else:
            if not self.framer.incomplete:  # these are the first bytes of a request
                self.incomplete_since = None
            for piece in self.framer.feed(data):
                self._pass_on(piece.data, starts=piece.starts)
            if self.framer.malformed:
                self._close_when_answered()
            self._watch_incomplete_request()

    def pause_writing(self) -> None:
        """Start the timeout for a client that does not read its response."""
        super().pause_writing()
        if self.transport:
            size = self.transport.get_write_buffer_size()
            self._watch_unread_response(self.transport, size)
            self.unread_responses.add(self.transport, size)

    def resume_writing(self) -> None:
        """Stop that timeout: everything is sent."""
        super().resume_writing()
        self._forget_unread_response()

    def pause_reading(self) -> None:
        """Remember that aiohttp paused reading."""
        self.reading_paused = True
        super().pause_reading()

    def resume_reading(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Resume reading only if it was paused: aiohttp calls this after every body."""
        if self.reading_paused:
            self.reading_paused = False
            super().resume_reading(*args, **kw)

    def discard_rest(self, content: StreamReader) -> None:
        """Drop the rest of a refused body unread, and close after the response.

        aiohttp would go on to decompress it. Closing at once would reset the connection,
        and a client that is still sending would not see the response.
        """
        self.closes_when_answered = self.framer.lost = True
        if not content.is_eof():
            content.feed_eof()
            self.framer.discard()

    def answered(self) -> None:
        """Record that a response is about to be written; close after the last one."""
        if self.unanswered:
            self.unanswered.popleft()
        if self.closes_when_answered or self.peer_closed.is_set():
            self._close_when_answered()
        elif self.framer.expects_continue:
            self.event_loop.call_soon(self._answer_expectation)

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
        correlation_id = self.ids.new_request_id()
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
            head = (self.unanswered or (self.framer.head,))[0]
            return malformed(error, head, self.framer.malformed_chunk)
        return Refusal(Reason.INTERNAL_ERROR)

    def _close_when_answered(self) -> None:
        """Close when no request is unanswered; pending writes are sent first."""
        self.closes_when_answered = True
        if not self.unanswered:
            close = self._linger if self.framer.discarding else self.force_close
            self.event_loop.call_soon(close)

    def _linger(self) -> None:
        """Close our side, and drop what arrives until the client closes, or for a while."""
        if self.transport:
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.transport.resume_reading()  # aiohttp may have paused it
            self.grace = self.event_loop.call_later(LINGER_TIMEOUT, self.force_close)

    def _end_grace(self) -> None:
        if self.transport and self.unanswered and not self.response_started:
            self.transport.abort()

    def _watch_unread_response(self, transport: asyncio.Transport, size: int) -> None:
        self.unread = self.event_loop.call_later(
            UNREAD_RESPONSE_TIMEOUT, self._check_unread_response, transport, size
        )

    def _check_unread_response(self, transport: asyncio.Transport, size: int) -> None:
        unread_bytes = transport.get_write_buffer_size()
        if unread_bytes < size:
            self._watch_unread_response(transport, unread_bytes)
        else:
            transport.abort()

    def _forget_unread_response(self) -> None:
        if self.unread:
            self.unread.cancel()
            self.unread = None
        if self.transport:
            self.unread_responses.remove(self.transport)

    def _watch_incomplete_request(self) -> None:
        if not self.framer.incomplete:
            self.incomplete_since = None
            return
        if self.framer.expects_continue and not self.unanswered:
            self._answer_expectation()
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

    def _answer_expectation(self) -> None:
        """Send ``100 Continue``, unless the head alone decides that the request is refused."""
        if _has_credentials(self.framer.head):
            self._send_continue()
        elif self.framer.take_expectation():
            piece = self.framer.release()
            self.framer.discard()
            self.closes_when_answered = True  # where the next request starts is unknown
            self._pass_on(piece.data, starts=piece.starts)

    def _send_continue(self) -> None:
        if self.transport and self.framer.take_expectation():
            self.transport.write(CONTINUE)


def _has_credentials(head: bytes) -> bool:
    """Return whether a head has credentials, or is for the control API, which needs none."""
    request_line, _, headers = head.lower().partition(b"\r\n")
    return b"\nauthorization:" in b"\n" + headers or b"/__admin" in request_line


class ConnectionServer(web.Server):
    """aiohttp server that creates a :class:`Connection` for each client."""

    def __init__(self, handler: HttpHandler, *, mock_headers: bool) -> None:
        super().__init__(handler, handler_cancellation=True)
        self.mock_headers = mock_headers
        self.ids = IdGenerator(token_hex())  # of requests that no sandbox has seen
        self.unread_responses = UnreadResponses()

    def __call__(self) -> Connection:
        """Create the protocol of a new client connection."""
        return Connection(self)
