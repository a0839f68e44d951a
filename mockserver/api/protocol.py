"""The connection: bears what some clients send, or do not, although HTTP does not allow it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError

from mockserver import __version__
from mockserver.api.answers import reason_header, refused
from mockserver.api.exchange import Answer
from mockserver.api.malformed import refusal_of
from mockserver.api.outbox import DeferredTransport, Outbox
from mockserver.api.prompt import Answering, Begin, Begun, PromptConnection
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason, Rejection
from mockserver.sandbox.ids import Ids

SERVER = f"kustom-mock/{__version__}"
REST_WITHIN = 60.0  # seconds for the rest of a request that has begun to come in
HEAD_END = b"\r\n\r\n"
HEADS_APART = 100  # of a packet; what comes behind them is read at once
UNREADABLE_IDS = Ids("unreadable")

RequestHandler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = logging.getLogger("kustom_mock")


class RestError(web.RequestPayloadError):
    """The rest of a body does not come, and how that is refused."""

    def __init__(self, rejection: Rejection) -> None:
        """Take the refusal."""
        super().__init__(str(rejection))
        self.rejection = rejection


class Connection(PromptConnection):
    """One client's connection, which can be waited for to end.

    aiohttp bounds how long a connection may be idle, but waits for ever for the rest of a
    body. What tells of a request in part is looked at only while there is one.
    """

    __slots__ = ("_body", "_deadline", "_ended", "_sends_text")

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Take what aiohttp's server gives."""
        super().__init__(*args, **options)
        self._ended = asyncio.Event()
        self._body: StreamReader | None = None  # that has come in part
        self._deadline: asyncio.TimerHandle | None = None
        self._sends_text = False  # beyond ASCII

    async def ended(self) -> None:
        """Wait until the client has left, or has said all, which looks the same."""
        await self._ended.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the way to a client that has come, by which answers leave together."""
        outbox = cast("ConnectionServer", self._manager).outbox
        deferred = DeferredTransport(cast("asyncio.Transport", transport), outbox)
        super().connection_made(cast("asyncio.Transport", deferred))

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that the client has left."""
        super().connection_lost(exc)
        self._ended.set()
        self._lift_deadline()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's is not None either
        """Answer a client that has said all, but may still listen; say whether there is more.

        Over TLS that cannot be, and the rest of a body will not come.
        """
        if isinstance(self.transport, DeferredTransport):
            self.transport.flush()
        self._ended.set()
        asleep = self._waiter is not None and not self._waiter.done()
        if asleep or not self._request_count or self._body or self.ssl_context:
            return False
        if not self._messages:
            self.close()  # after the answer
        return True

    def take_begun(self) -> Begun | Answering | None:
        """Give the answer that was begun; after the last to who has said all, hang up."""
        if self._ended.is_set() and not self._messages:
            self.close()
        return super().take_begun()

    def data_received(self, data: bytes) -> None:
        """Read what came; but the two bytes that one client sends, unannounced, after a GET."""
        if data.endswith(b"\r\n\r\n{}") and _announces_nothing(data):
            data = data[:-2]
        if not data.isascii():
            self._sends_text = True
            self._request_factory = self._request_of_text
        for piece in _pieces(data):
            if self.read(piece):
                self._lift_deadline()
                continue
            arrived = self._messages
            if self._deadline or not arrived or not arrived[-1][1].is_eof():
                self._await_rest(something_came=bool(data))

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002  # aiohttp's
        """Go on reading, where it was paused; aiohttp asks for it after every body."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def _begin_answer(self, message: RawRequestMessage, body: StreamReader) -> Answer | None:
        """Begin to answer; where the client does not keep to ASCII, read its headers anew."""
        return super()._begin_answer(_with_text(message) if self._sends_text else message, body)

    def _request_of_text(
        self,
        message: RawRequestMessage,
        *rest: Any,  # noqa: ANN401  # aiohttp's
    ) -> web.BaseRequest:
        """Make a request of a client that does not keep to ASCII."""
        assert self._manager is not None  # noqa: S101  # until the client has left
        return self._manager.request_factory(_with_text(message), *rest)

    def _await_rest(self, *, something_came: bool) -> None:
        """Give the rest of a request its time; or none, if it can never be read."""
        newest, body = self._messages[-1] if self._messages else (None, None)
        if self._body and not self._body.is_eof():
            if newest and body is not self._body:  # nothing but a complaint follows a part
                complaint = getattr(newest, "exc", HttpProcessingError())
                self._body.set_exception(RestError(_refusal(complaint, complaint.message)))
            return
        came_in_full = newest or self._body
        if came_in_full:
            self._lift_deadline()
        self._body = body if body and not body.is_eof() else None
        if (self._body or (something_came and not came_in_full)) and not self._deadline:
            self._deadline = self._loop.call_later(REST_WITHIN, self._give_up)

    def _lift_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """Refuse a body whose rest did not come; hang up on half a head."""
        self._deadline = None
        if self._body:
            problem = f"the rest of the body did not come within {REST_WITHIN:g} s"
            self._body.set_exception(
                RestError(Rejection(Reason.MALFORMED_HTTP, detail=problem))
            )
        elif self._request_in_progress:
            self.close()  # after the answer
        else:
            self.force_close()

    def log_exception(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # aiohttp's
        """Log a crash; a body that nobody asked for and that cannot be read is none."""
        if not isinstance(options.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **options)

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
        rejection = _refusal(exc, message)
        if rejection.reason is Reason.INTERNAL_ERROR:
            log.error("crash at the edge, %s (%s)", status, correlation_id, exc_info=exc)
        self._lingering_time = 0.0  # what is left of the body cannot be read
        request._version = HttpVersion11  # noqa: SLF001  # 1.0 where aiohttp could not read it
        answer = refused(rejection, correlation_id, Assumptions())
        if cast("ConnectionServer", self._manager).mock_headers:
            answer.headers["Mock-Reason"] = reason_header(rejection)
        response = web.Response(
            status=answer.status,
            body=answer.body,
            headers={**answer.headers, "Server": SERVER},
        )
        response.force_close()
        return response


def _refusal(exc: BaseException | None, message: str | None) -> Rejection:
    """Refuse what aiohttp complains of in our own words; anything else is a crash."""
    if isinstance(exc, RestError):
        return exc.rejection
    if isinstance(exc, (HttpProcessingError, web.RequestPayloadError)):
        return refusal_of(type(exc).__name__, message or str(exc))
    return Rejection(Reason.INTERNAL_ERROR)


def _pieces(data: bytes) -> list[bytes]:
    """Cut after each head, so that a request is answered whatever comes behind it.

    aiohttp's parser drops all of a packet of which some is no HTTP. What looks like one
    request, as nearly always, stays in one piece.
    """
    if data.endswith((b"}", HEAD_END)) and data.count(HEAD_END) == 1:
        return [data]
    *heads, last = data.split(HEAD_END, HEADS_APART)
    pieces = [each + HEAD_END for each in heads]
    return [*pieces, last] if last or not pieces else pieces


def _announces_nothing(data: bytes) -> bool:
    head = data.lower()
    return (
        head.startswith(b"get ")
        and b"\r\ncontent-length:" not in head
        and b"\r\ntransfer-encoding:" not in head
    )


def _with_text(message: RawRequestMessage) -> RawRequestMessage:
    """Read header values that are no UTF-8 as Latin-1, so that they can be shown.

    aiohttp keeps bytes that it cannot decode as lone surrogates, which no answer, no log
    line and no JSON can hold.
    """
    if all(raw.isascii() for _, raw in message.raw_headers):
        return message
    headers = message.headers.copy()
    headers.clear()
    for name, raw in message.raw_headers:
        headers.add(name.decode(), _text(raw))
    return message._replace(headers=type(message.headers)(headers))


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class ConnectionServer(web.Server):
    """aiohttp's server, with our connections, and what they are about to send."""

    def __init__(
        self,
        handler: RequestHandler,
        begin: Begin,
        *,
        mock_headers: bool,
        **options: Any,  # noqa: ANN401  # aiohttp's
    ) -> None:
        """Let a handler answer each request that cannot be answered at once.

        ``mock_headers`` adds reasons to refusals.
        """
        super().__init__(handler, **options)
        self.begin = begin
        self.mock_headers = mock_headers
        self.outbox = Outbox()

    def __call__(self) -> web.RequestHandler:
        """Make the connection for a client that just arrived."""
        return Connection(self, begin=self.begin, loop=self._loop, **self._kwargs)
