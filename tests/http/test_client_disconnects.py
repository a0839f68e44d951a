"""Connections: pipelined requests, half-closed clients, and how connections end."""

import asyncio
import gzip
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from mockserver.domain.operation import Operation
from mockserver.http import connection, unread_responses
from mockserver.http.connection import ConnectionServer
from mockserver.http.merchant.handler import MerchantApi
from mockserver.http.messages import Response
from mockserver.http.response import MAX_COPIED_BYTES, PlainResponse
from tests.support.connection import TIMEOUT, add_fault, open_connection, request_bytes
from tests.support.merchant import Merchant
from tests.support.raw_http import exchange_bytes, parse_responses

Op = Operation


async def test_pipelined_requests_are_answered_in_order(merchant: Merchant) -> None:
    await add_fault(merchant, {"delay": "50ms"}, on="list_captures")
    reads = [
        request_bytes(merchant, operation, None, {})
        for operation in (Op.LIST_CAPTURES, Op.GET_ORDER)
    ]
    async with open_connection(merchant) as client:
        client.writer.write(reads[0])
        await client.writer.drain()
        client.writer.write(reads[1])
        responses = [await client.read_response() for _ in reads]
    assert [body[:1] for _, _, body in responses] == [b"[", b"{"]


async def test_crash_gets_a_provider_shaped_500_and_a_close(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("at the edge")

    monkeypatch.setattr(MerchantApi, "handle", crash)
    async with open_connection(merchant) as client:
        await client.send(Op.GET_ORDER)
        (response,) = parse_responses(await client.read_rest())
    assert (response.status, response.code) == (500, "INTERNAL_ERROR")
    assert "at the edge" in caplog.text


HALF_CLOSED: dict[str, tuple[Sequence[Operation], Any]] = {
    "a request": ([Op.GET_ORDER], None),
    "several": ([Op.GET_ORDER, Op.LIST_CAPTURES, Op.GET_ORDER], None),
    "a delayed one": ([Op.LIST_CAPTURES], {"delay": "20ms"}),
    "several behind a delayed one": (
        [Op.LIST_CAPTURES, Op.GET_ORDER, Op.GET_ORDER],
        {"delay": "20ms"},
    ),
}


@pytest.mark.parametrize("case", HALF_CLOSED)
async def test_half_closed_client_gets_its_responses_then_a_close(
    merchant: Merchant,
    case: str,
) -> None:
    operations, delay = HALF_CLOSED[case]
    if delay:
        await add_fault(merchant, delay, on="list_captures")
    requests = [request_bytes(merchant, operation, None, {}) for operation in operations]
    async with open_connection(merchant) as client:
        client.writer.write(b"".join(requests))
        client.writer.write_eof()
        responses = parse_responses(await client.read_rest())
    assert [response.status for response in responses] == [200] * len(operations)
    assert [answer.body[:1] for answer in responses] == [
        b"[" if operation is Op.LIST_CAPTURES else b"{" for operation in operations
    ]


async def test_half_close_within_a_body_closes_the_connection(
    merchant: Merchant,
) -> None:
    async with open_connection(merchant) as client:
        request = request_bytes(merchant, Op.CAPTURE, {"captured_amount": 1}, {})
        client.writer.write(request[:-1])
        client.writer.write_eof()
        assert await client.read_rest() == b""
    assert (await merchant.read())["captured_amount"] == 0


DAMAGES = {
    "close": ({"drop": "close"}, b""),
    "truncate": ({"truncate": 1}, b"["),
}


@pytest.mark.parametrize("case", DAMAGES)
async def test_damaged_response_follows_the_intact_one_before_it(
    merchant: Merchant,
    case: str,
) -> None:
    damage, body_part = DAMAGES[case]
    await add_fault(merchant, damage, on="list_captures")
    reads = [
        request_bytes(merchant, operation, None, {})
        for operation in (Op.GET_ORDER, Op.LIST_CAPTURES)
    ]
    async with open_connection(merchant) as client:
        client.writer.write(b"".join(reads))
        _, _, order = await client.read_response()
        rest = await client.read_rest()
    assert order == (await merchant.do(Op.GET_ORDER)).body
    assert rest.partition(b"\r\n\r\n")[2] == body_part


async def test_too_large_chunked_body_is_refused(merchant: Merchant) -> None:
    chunk = b"%x\r\n" % 2**18 + b" " * 2**18 + b"\r\n"
    framing = {"Transfer-Encoding": "chunked"}
    request = request_bytes(merchant, Op.CAPTURE, None, framing)
    head = request.replace(b"Content-Length: 0\r\n", b"")
    async with open_connection(merchant) as client:
        client.writer.write(head + chunk * 5 + b"0\r\n\r\n")
        status, headers, _ = await client.read_response()
        assert (status, headers["Connection"]) == (413, "close")
        assert await client.read_rest() == b""


async def test_client_that_leaves_during_a_delay_is_released_after_the_grace(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "DISCONNECT_GRACE", 0.01)
    await add_fault(merchant, {"delay": "1h"}, on="capture")
    async with open_connection(merchant) as client:
        await client.send(Op.CAPTURE, {"captured_amount": 1})
        client.writer.write_eof()
        assert await client.read_rest() == b""
    waited = await merchant.control("GET", "requests/await?operation=capture&timeout=20s")
    (entry,) = waited.json["requests"]
    assert entry["sent"] == "nothing: the client disconnected before the response"
    assert " got no response." in entry["text"]
    assert (await merchant.read())["captured_amount"] == 0


async def test_client_that_leaves_during_an_await_is_released_after_the_grace(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "DISCONNECT_GRACE", 0.01)
    path = f"/__admin/sandboxes/{merchant.user}/requests/await?operation=cancel&timeout=60s"
    async with open_connection(merchant) as client:
        client.writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        client.writer.write_eof()
        assert await client.read_rest() == b""


async def test_slow_body_reaches_a_half_closed_client_beyond_the_grace(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "DISCONNECT_GRACE", 0.01)
    size = len((await merchant.do(Op.GET_ORDER)).body)
    await add_fault(merchant, {"slow_body": size * 4}, on="get_order")
    async with open_connection(merchant) as client:
        await client.send(Op.GET_ORDER)
        client.writer.write_eof()
        (response,) = parse_responses(await client.read_rest())
    assert len(response.body) == size


class BufferingTransport(asyncio.Transport):
    """Transport of a client that has not read the given number of bytes."""

    def __init__(self, *unread: int) -> None:
        super().__init__()
        self.unread = list(unread)
        self.aborted = asyncio.Event()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Accept any limits."""

    def get_write_buffer_size(self) -> int:
        """Return the next number of unread bytes."""
        return self.unread.pop(0) if len(self.unread) > 1 else self.unread[0]

    def abort(self) -> None:
        """Record the end of the connection."""
        self.aborted.set()

    def close(self) -> None:
        """Leave the rest unsent."""


async def unused_handler(_request: web.BaseRequest) -> web.StreamResponse:
    raise NotImplementedError


async def test_client_that_does_not_read_its_response_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "UNREAD_RESPONSE_TIMEOUT", 0.0)
    transport = BufferingTransport(1000, 600, 200, 200)
    protocol = ConnectionServer(unused_handler, mock_headers=True)()
    protocol.connection_made(transport)
    protocol.pause_writing()
    async with asyncio.timeout(TIMEOUT):
        await transport.aborted.wait()
    protocol.connection_lost(None)
    assert transport.unread == [200]  # as long as it reads, it is not dropped


async def test_longest_unread_responses_are_dropped_beyond_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unread_responses, "MAX_UNREAD_BYTES", 1000)
    server = ConnectionServer(unused_handler, mock_headers=True)
    transports = [BufferingTransport(size) for size in (400, 500, 300, 300)]
    protocols = [server() for _ in transports]
    for protocol, transport in zip(protocols, transports, strict=True):
        protocol.connection_made(transport)
        protocol.pause_writing()
        if transport is transports[1]:
            protocol.resume_writing()
    assert [transport.aborted.is_set() for transport in transports] == [False] * 4
    protocols[1].pause_writing()  # 1500 bytes: the first one goes, then the third
    assert [transport.aborted.is_set() for transport in transports] == [
        True,
        False,
        True,
        False,
    ]
    for protocol in protocols:
        protocol.connection_lost(None)


async def test_large_body_is_written_without_a_copy() -> None:
    body, transport = bytes(MAX_COPIED_BYTES + 1), Mock()
    transport.is_closing.return_value = False
    transport.get_write_buffer_size.return_value = 0
    request = make_mocked_request("GET", "/", transport=transport)
    await PlainResponse(Response(200, body)).prepare(request)
    assert transport.write.call_args.args[0] is body


TOO_LARGE = 3 * 2**20
ZIPPED = gzip.compress(bytes(20 * 2**20), mtime=0)
UNREAD_BODIES = {
    "announced": {"Content-Length": str(TOO_LARGE)},
    "chunked": {"Transfer-Encoding": "chunked"},
    "compressed": {"Content-Encoding": "gzip", "Content-Length": str(len(ZIPPED))},
}


@pytest.mark.parametrize("case", UNREAD_BODIES)
async def test_connection_ends_after_a_413_without_reading_the_rest(
    merchant: Merchant,
    case: str,
) -> None:
    body = {
        "announced": bytes(TOO_LARGE),
        "chunked": b"%x\r\n" % TOO_LARGE + bytes(TOO_LARGE),
        "compressed": ZIPPED,
    }[case]
    head = request_bytes(merchant, Op.CAPTURE, None, UNREAD_BODIES[case])
    if case == "chunked":
        head = head.replace(b"Content-Length: 0\r\n", b"")
    async with open_connection(merchant) as client:
        client.writer.write(head + body + request_bytes(merchant, Op.GET_ORDER, None, {}))
        status, headers, _ = await client.read_response()
        assert (status, headers["Connection"]) == (413, "close")
        client.writer.close()
        assert await client.read_rest() == b""


EXPECTATIONS = {
    "a body that is too large": ({"Content-Length": str(TOO_LARGE)}, True, b"", 413),
    "no credentials": ({"Content-Length": "2"}, False, b"", 401),
    "no credentials, though a part of the body": ({"Content-Length": "2"}, False, b"{", 401),
}


@pytest.mark.parametrize("case", EXPECTATIONS)
async def test_expect_100_continue_is_answered_by_final_status_and_close_for(
    merchant: Merchant,
    case: str,
) -> None:
    length, has_credentials, body, status = EXPECTATIONS[case]
    headers = {**length, "Expect": "100-continue"}
    head = request_bytes(merchant, Op.CAPTURE, None, headers)
    if not has_credentials:
        head = head.replace(b"Authorization:", b"X-Other:")
    async with open_connection(merchant) as client:
        client.writer.write(head + body)
        assert (await client.read_response())[0] == status
        assert await client.read_rest() == b""


async def test_each_server_numbers_unreadable_requests_by_itself(
    serve: Callable[..., str],
) -> None:
    ids = {
        exchange_bytes(serve(), [b"HELLO\r\n\r\n"])[0].headers[b"klarna-correlation-id"]
        for _ in range(2)
    }
    assert len(ids) == 2
