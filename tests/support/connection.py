"""Raw connections to the server, and fault rules for them."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from mockserver.domain.operation import Operation
from tests.support.merchant import Merchant, basic, with_key

TIMEOUT = 20  # seconds until a test that waits for nothing fails


@dataclass(slots=True)
class RawConnection:
    """Raw connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    merchant: Merchant

    async def send(
        self,
        operation: Operation,
        body: Any = None,  # noqa: ANN401  # JSON
        key: str | None = None,
    ) -> None:
        """Send a request."""
        self.writer.write(request_bytes(self.merchant, operation, body, with_key(key)))
        await self.writer.drain()

    def reset(self) -> None:
        """Reset the connection, which differs from a half-close."""
        linger = struct.pack("ii", 1, 0)
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def read_rest(self) -> bytes:
        """Read until the server closes the connection."""
        async with asyncio.timeout(TIMEOUT):
            return await self.reader.read()

    async def read_response(self) -> tuple[int, Mapping[str, str], bytes]:
        """Read one response; the connection stays open."""
        async with asyncio.timeout(TIMEOUT):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, headers = parse_head(head)
            body = await self.reader.readexactly(int(headers.get("Content-Length", "0")))
        return status, headers, body


def parse_head(head: str) -> tuple[int, dict[str, str]]:
    first, *lines = head.strip().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines)


def request_bytes(
    merchant: Merchant,
    operation: Operation,
    body: Any,  # noqa: ANN401  # JSON
    headers: Mapping[str, str],
) -> bytes:
    sent = b"" if body is None else json.dumps(body).encode()
    lines = {
        "Host": urlsplit(merchant.url).netloc,
        "Authorization": basic(merchant.user),
        "Content-Type": "application/json",
        "Content-Length": str(len(sent)),
        **headers,
    }
    first = f"{operation.info.method} {merchant.path(operation)} HTTP/1.1"
    head = "\r\n".join([first, *(f"{k}: {v}" for k, v in lines.items()), "", ""])
    return head.encode() + sent


@asynccontextmanager
async def open_connection(merchant: Merchant) -> AsyncIterator[RawConnection]:
    parts = urlsplit(merchant.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield RawConnection(reader, writer, merchant)
    finally:
        writer.close()


async def add_fault(merchant: Merchant, do: Any, **more: Any) -> Any:  # noqa: ANN401  # JSON
    """Add a fault rule that fires once by default."""
    rule = {"id": "f", "calls": 1, "do": do, **more}
    created = await merchant.control("POST", "faults", rule)
    assert created.status == 201, created
    return created.json


@contextmanager
def blocking_connection(merchant: Merchant) -> Iterator[socket.socket]:
    """Open a blocking connection to the server."""
    parts = urlsplit(merchant.url)
    address = str(parts.hostname), int(parts.port or 0)
    with socket.create_connection(address, timeout=TIMEOUT) as connection:
        yield connection


def read_response(connection: socket.socket, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    """Read one response; ``method`` is that of its request."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    response.close()
    return response, body


def is_closed(connection: socket.socket) -> bool:
    """Wait for the end of the connection, by close or by reset; false if bytes come."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def request_head(merchant: Merchant, request: str, *headers: str) -> bytes:
    """Write the head of a request with the merchant's credentials."""
    lines = [f"{request} HTTP/1.1", "Host: kustom", f"Authorization: {basic(merchant.user)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()
