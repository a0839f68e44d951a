"""A finished answer as aiohttp's server takes it, written in one piece.

aiohttp's own response class is made for streaming, cookies, compression and ranges. An
answer here is known in full, so its head is a text and one write sends everything; that
is a third of what a GET costs otherwise. Only what the server calls is here.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import HttpVersion10
from aiohttp.helpers import rfc822_formatted_time

from mockserver.api.exchange import Answer

if TYPE_CHECKING:
    from aiohttp import web

STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}" for each in HTTPStatus}
NO_CONTENT = 204


class PlainResponse:
    """Sends an answer; looks like a response to :class:`aiohttp.web.RequestHandler`."""

    __slots__ = ("_answer", "keep_alive", "status")

    def __init__(self, answer: Answer) -> None:
        """Take the answer to send."""
        self._answer = answer
        self.status = answer.status
        self.keep_alive: bool | None = None

    async def prepare(self, request: "web.BaseRequest") -> None:
        """Write head and body.

        Raises:
            ConnectionResetError: the client has left.
        """
        self.keep_alive = request.keep_alive
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has left")
        transport.write(written(self._answer, request.method, self._connection(request)))
        await request.writer.drain()

    async def write_eof(self) -> None:
        """Everything is written already."""

    def _connection(self, request: "web.BaseRequest") -> str:
        """What becomes of the connection, where that is not what its version implies."""
        if not self.keep_alive:
            return "close"
        return "keep-alive" if request.version == HttpVersion10 else ""


def written(answer: Answer, method: str, connection: str = "") -> bytes:
    """Write an answer as it goes over the wire, with its ``Connection`` header, if any."""
    line = STATUS_LINES.get(answer.status) or f"HTTP/1.1 {answer.status} Unknown"
    lines = [line, *map(": ".join, answer.headers.items())]
    if answer.status != NO_CONTENT and "Content-Length" not in answer.headers:
        lines.append(f"Content-Length: {len(answer.body)}")
    lines.append(f"Date: {rfc822_formatted_time()}")
    if connection:
        lines.append(f"Connection: {connection}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode() + (b"" if method == "HEAD" else answer.body)
