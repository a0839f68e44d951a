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
        body = b"" if request.method == "HEAD" else self._answer.body
        transport.write(self._head(request).encode() + body)
        await request.writer.drain()

    async def write_eof(self) -> None:
        """Everything is written already."""

    def _head(self, request: "web.BaseRequest") -> str:
        answer = self._answer
        line = STATUS_LINES.get(answer.status) or f"HTTP/1.1 {answer.status} Unknown"
        lines = [line, *[f"{name}: {value}" for name, value in answer.headers.items()]]
        if answer.status != NO_CONTENT and "Content-Length" not in answer.headers:
            lines.append(f"Content-Length: {len(answer.body)}")
        lines.append(f"Date: {rfc822_formatted_time()}")
        if not self.keep_alive:
            lines.append("Connection: close")
        elif request.version == HttpVersion10:
            lines.append("Connection: keep-alive")
        return "\r\n".join(lines) + "\r\n\r\n"
