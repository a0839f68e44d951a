"""A connection to the server, byte by byte, and fault rules for it."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mockserver.domain.operation import Operation
from tests.support.merchant import Merchant, basic, with_key

PATIENCE = 20  # seconds until a test that waits for nothing fails


@dataclass(slots=True)
class Line:
    """A connection to the server, byte by byte."""

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
        """Leave in a way that cannot be taken for the end of one side only."""
        linger = struct.pack("ii", 1, 0)
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def rest(self) -> bytes:
        """Read until the server hangs up."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def answer(self) -> tuple[int, Mapping[str, str], bytes]:
        """Read one whole answer; the connection stays open."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, headers = parsed_head(head)
            body = await self.reader.readexactly(int(headers.get("Content-Length", "0")))
        return status, headers, body


def parsed_head(head: str) -> tuple[int, dict[str, str]]:
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
async def line_to(merchant: Merchant) -> AsyncIterator[Line]:
    place = urlsplit(merchant.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield Line(reader, writer, merchant)
    finally:
        writer.close()


async def fault(merchant: Merchant, do: Any, **more: Any) -> Any:  # noqa: ANN401  # JSON
    """Put a rule in that fires once unless it says otherwise."""
    rule = {"id": "f", "calls": 1, "do": do, **more}
    made = await merchant.control("POST", "faults", rule)
    assert made.status == 201, made
    return made.json
