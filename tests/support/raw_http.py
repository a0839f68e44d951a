"""HTTP as bytes: hand-written requests and a strict parser of responses."""

import json
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver import __version__
from mockserver.schemas import get_schema
from tests.support.merchant import Merchant, basic

TIMEOUT = 20  # seconds, for a server that never responds
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Z][A-Za-z '-]*")
HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*): ([^\r\n\x00]*)")
LAST = b"GET /livez HTTP/1.1\r\nHost: kustom\r\nConnection: close\r\n\r\n"
"""Request that is answered 200 and closes a connection without left-over bytes."""


class NotHttpError(AssertionError):
    """Raised when the server sent something other than responses."""


@dataclass(frozen=True, slots=True)
class RawResponse:
    """Response as it was received; header names in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def code(self) -> str:
        """Return the provider's error code, or an empty text."""
        if self.status < 400 or self.status == 401:
            return ""
        return str(json.loads(self.body)["error_code"])


def parse_responses(stream: bytes) -> list[RawResponse]:
    """Parse the responses a server sent; 100 Continue is left out.

    Raises:
        NotHttpError: the bytes are not a sequence of complete, well-formed responses.
    """
    responses = []
    while stream:
        head, end, rest = stream.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        line = STATUS_LINE.fullmatch(first)
        fields = [HEADER.fullmatch(line) for line in lines]
        if not (line and end and all(fields)):
            raise NotHttpError(stream)
        named = [(field[1].lower(), field[2]) for field in fields if field]
        headers, status = dict(named), int(line[1])
        if len(headers) < len(named):
            raise NotHttpError(stream)  # a header twice
        length = int(headers.get(b"content-length", b"0"))
        if length > len(rest) or (status in {100, 204}) == (b"content-length" in headers):
            raise NotHttpError(stream)
        stream = rest[length:]
        if status != 100:
            responses.append(RawResponse(status, headers, rest[:length]))
    return responses


def is_in_shape(response: RawResponse) -> bool:
    """Return whether our Server header is set and a refusal has the provider's shape."""
    if response.headers.get(b"server") != f"kustom-mock/{__version__}".encode():
        return False
    if response.status < 400:
        return True
    if response.status == 401:
        return response.body.startswith(b"<html>\r\n<head><title>401 ")
    document = json.loads(response.body)
    return (
        response.headers[b"content-type"] == b"application/json"
        and response.headers[b"klarna-correlation-id"].decode() == document["correlation_id"]
        and get_schema("responses/error.schema.json").is_valid(document)
    )


def exchange_bytes(url: str, pieces: Iterable[bytes]) -> list[RawResponse]:
    """Send bytes in pieces, wait for a response, send the last request, read to the end.

    Raises:
        NotHttpError: the server sent something other than responses.
        TimeoutError: it neither responded nor closed.
    """
    parts = urlsplit(url)
    address = str(parts.hostname), int(parts.port or 0)
    received = b""
    with socket.create_connection(address, timeout=TIMEOUT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            received = _read(connection, until_response=True)
            connection.sendall(LAST)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has closed, perhaps after a response
        received += _read(connection)
    return parse_responses(received)


def _read(connection: socket.socket, *, until_response: bool = False) -> bytes:
    received = b""
    while not (until_response and _has_response(received)):
        try:
            more = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not more:
            break
        received += more
    return received


def _has_response(received: bytes) -> bool:
    try:
        return parse_responses(received) != []
    except NotHttpError:
        return False  # yet


def send_request(
    url: str, method: str, path: str, *headers: str, body: bytes = b""
) -> RawResponse:
    """Send one request on a new connection; return the response."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return exchange_bytes(url, ["\r\n".join(lines).encode() + body])[0]


def length(value: bytes) -> bytes:
    return b"Content-Length: " + value


BODY = b'{"captured_amount":1}'
EXACT = length(b"%d" % len(BODY))
IN_CHUNKS = b"Transfer-Encoding: chunked"


def capture(merchant: Merchant, headers: bytes, body: bytes) -> bytes:
    """Write a capture by the merchant with more headers and a body."""
    lines = [
        f"POST /ordermanagement/v1/orders/{merchant.order_id}/captures HTTP/1.1",
        "Host: kustom",
        f"Authorization: {basic(merchant.user)}",
        "",
    ]
    return "\r\n".join(lines).encode() + headers + b"\r\n\r\n" + body
