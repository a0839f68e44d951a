"""HTTP as bytes: requests written by hand, answers read without mercy."""

import json
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver import __version__
from mockserver.schemas import get_schema

PATIENCE = 20  # seconds, for a server that never answers
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Z][A-Za-z '-]*")
HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*): ([^\r\n\x00]*)")
LAST = b"GET /livez HTTP/1.1\r\nHost: kustom\r\nConnection: close\r\n\r\n"
"""A request that is answered 200 and ends a connection on which nothing is left over."""


class NotHttpError(AssertionError):
    """The server sent something else than answers."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer to the byte; header names in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def code(self) -> str:
        """The provider's error code, or nothing."""
        if self.status < 400 or self.status == 401:
            return ""
        return str(json.loads(self.body)["error_code"])


def answers_in(stream: bytes) -> list[RawAnswer]:
    """Take what a server sent apart; interim answers are left out.

    Raises:
        NotHttpError: it is not a row of whole, well-formed answers.
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
            responses.append(RawAnswer(status, headers, rest[:length]))
    return responses


def is_in_shape(response: RawAnswer) -> bool:
    """Say whether an answer is signed, and a refusal in the provider's shape."""
    if response.headers.get(b"server") != f"kustom-mock/{__version__}".encode():
        return False
    if response.status < 400:
        return True
    if response.status == 401:
        return response.body.startswith(b"<html>\r\n<head><title>401 ")
    page = json.loads(response.body)
    return (
        response.headers[b"content-type"] == b"application/json"
        and response.headers[b"klarna-correlation-id"].decode() == page["correlation_id"]
        and get_schema("responses/error.schema.json").is_valid(page)
    )


def converse(url: str, pieces: Iterable[bytes]) -> list[RawAnswer]:
    """Send bytes in pieces, wait for an answer, send the last request, read to the end.

    Raises:
        NotHttpError: the server sent something else than answers.
        TimeoutError: it neither answered nor hung up.
    """
    place = urlsplit(url)
    address = str(place.hostname), int(place.port or 0)
    received = b""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            received = _read(connection, until_answered=True)
            connection.sendall(LAST)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has hung up, and may have said why
        received += _read(connection)
    return answers_in(received)


def _read(connection: socket.socket, *, until_answered: bool = False) -> bytes:
    received = b""
    while not (until_answered and _is_answered(received)):
        try:
            more = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not more:
            break
        received += more
    return received


def _is_answered(received: bytes) -> bool:
    try:
        return answers_in(received) != []
    except NotHttpError:
        return False  # yet


def ask(url: str, method: str, path: str, *headers: str, body: bytes = b"") -> RawAnswer:
    """Ask for one thing on a connection of its own."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return converse(url, ["\r\n".join(lines).encode() + body])[0]
