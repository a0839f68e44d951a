"""Incomplete requests end after a timeout and never block other clients."""

import json
from contextlib import ExitStack

import pytest

from mockserver.domain.operation import Operation
from mockserver.http import connection
from mockserver.schemas import get_schema
from tests.support.connection import blocking_connection, is_closed, read_response, request_head
from tests.support.merchant import Merchant

Op = Operation
SHORT_TIMEOUT = 0.1  # seconds
LONGER_TIMEOUT = 0.8  # seconds, enough for a request in several packets

HALF_BODIES = {
    "announced, and nothing of it": ("Content-Length: 23", b""),
    "announced, and half of it": ("Content-Length: 23", b'{"captured_amount"'),
    "chunked, and nothing of it": ("Transfer-Encoding: chunked", b""),
    "chunked, and half a size": ("Transfer-Encoding: chunked", b"1"),
    "chunked, and half a chunk": ("Transfer-Encoding: chunked", b'17\r\n{"captured_amount"'),
    "chunked, without the last": ("Transfer-Encoding: chunked", b"2\r\n{}\r\n"),
    "zipped, and half of it": (
        "Content-Encoding: gzip\r\nContent-Length: 23",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    ),
    "continued, and nothing of it": (
        "Expect: 100-continue\r\nContent-Length: 23",
        b"",
    ),
}


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeout for the rest of a request."""
    monkeypatch.setattr(connection, "INCOMPLETE_REQUEST_TIMEOUT", SHORT_TIMEOUT)


@pytest.fixture
def longer_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeout, but leave time for a request in several packets."""
    monkeypatch.setattr(connection, "INCOMPLETE_REQUEST_TIMEOUT", LONGER_TIMEOUT)


@pytest.mark.usefixtures("short_timeout")
@pytest.mark.parametrize("at_once", [True, False], ids=["with the head", "after the head"])
@pytest.mark.parametrize("case", HALF_BODIES)
async def test_incomplete_body_is_refused_after_the_timeout(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
    at_once: bool,  # noqa: FBT001  # a column of the table
) -> None:
    header, started = HALF_BODIES[case]
    asking = request_head(merchant, f"POST {merchant.path(Op.CAPTURE)}", header)
    async with merchant.nothing_changes():
        with blocking_connection(merchant) as connection:
            for part in [asking + started] if at_once else [asking, started]:
                connection.sendall(part)
            response, body = read_response(connection)
            assert is_closed(connection)
    page = json.loads(body)
    assert (response.status, page["error_code"]) == (400, "BAD_REQUEST")
    assert page["error_messages"] == [
        "Malformed HTTP: the rest of the body did not arrive within 0.1 s"
    ]
    assert get_schema("responses/error.schema.json").is_valid(page)
    assert caplog.messages == []


HALF_HEADS = {
    "one byte": b"G",
    "half a method": b"GE",
    "half a line": b"GET /ordermanagement/v1/orders/",
    "half a header": b"GET / HTTP/1.1\r\nHos",
    "all but the end of a head": b"GET / HTTP/1.1\r\nHost: kustom\r\n\r",
    "nothing but line breaks": b"\r\n\r\n",
}


@pytest.mark.usefixtures("short_timeout")
@pytest.mark.parametrize("used", [False, True], ids=["first", "after a request"])
@pytest.mark.parametrize("case", HALF_HEADS)
async def test_incomplete_head_is_closed_after_the_timeout(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
    used: bool,  # noqa: FBT001  # a column of the table
) -> None:
    with blocking_connection(merchant) as connection:
        if used:
            connection.sendall(request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}"))
            assert read_response(connection)[0].status == 200
        connection.sendall(HALF_HEADS[case])
        assert is_closed(connection)
    assert caplog.messages == []


@pytest.mark.usefixtures("short_timeout")
async def test_get_with_incomplete_body_is_answered_then_closed(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}", "Content-Length: 2")
    with blocking_connection(merchant) as connection:
        connection.sendall(asking)
        assert read_response(connection)[0].status == 200
        assert is_closed(connection)
    assert caplog.messages == []


@pytest.mark.usefixtures("longer_timeout")
async def test_complete_requests_do_not_start_the_timeout(merchant: Merchant) -> None:
    body = b'{"captured_amount":1}'
    length = f"Content-Length: {len(body)}"
    head = request_head(merchant, f"POST {merchant.path(Op.CAPTURE)}", length)
    with blocking_connection(merchant) as connection, blocking_connection(merchant) as half:
        for part in (head[:20], head[20:], body[:5], body[5:]):
            connection.sendall(part)
        assert read_response(connection)[0].status == 201
        half.sendall(b"G")
        assert is_closed(half)  # the timeout is over
        connection.sendall(head + body)
        assert read_response(connection)[0].status == 201


@pytest.mark.usefixtures("short_timeout")
async def test_connection_without_a_first_byte_is_closed(merchant: Merchant) -> None:
    with blocking_connection(merchant) as connection:
        assert is_closed(connection)


async def test_idle_connection_is_closed(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.CONNECTION_OPTIONS, "keepalive_timeout", SHORT_TIMEOUT)
    with blocking_connection(merchant) as client:
        client.sendall(request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}"))
        assert read_response(client)[0].status == 200
        assert is_closed(client)


@pytest.mark.usefixtures("longer_timeout")
async def test_complete_request_may_be_answered_after_the_timeout(merchant: Merchant) -> None:
    body = b'{"captured_amount":1}'
    asking = request_head(
        merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {len(body)}"
    )
    await merchant.control(
        "POST", "faults", {"on": "capture", "do": {"delay": f"{LONGER_TIMEOUT * 2}s"}}
    )
    with blocking_connection(merchant) as connection:
        for part in (asking[:20], asking[20:], body[:5], body[5:]):
            connection.sendall(part)
        assert read_response(connection)[0].status == 201


@pytest.mark.usefixtures("longer_timeout")
async def test_incomplete_next_head_closes_after_the_pending_response(
    merchant: Merchant,
) -> None:
    body = b'{"captured_amount":1}'
    asking = request_head(
        merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {len(body)}"
    )
    await merchant.control(
        "POST", "faults", {"on": "capture", "do": {"delay": f"{LONGER_TIMEOUT * 2}s"}}
    )
    with blocking_connection(merchant) as connection:
        connection.sendall(asking + body)
        while not (await merchant.control("GET", "faults")).json["faults"][0]["fired"]:
            pass  # until it is under way
        connection.sendall(b"GET / HT")
        assert read_response(connection)[0].status == 201
        assert is_closed(connection)


async def test_incomplete_requests_do_not_block_other_clients(
    merchant: Merchant,
) -> None:
    request = request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}")
    with ExitStack() as slow:
        clients = [slow.enter_context(blocking_connection(merchant)) for _ in range(200)]
        for client in clients:
            client.sendall(request[:1])
        with blocking_connection(merchant) as connection:
            for _ in range(20):
                connection.sendall(request)
                assert read_response(connection)[0].status == 200
        for client in clients[:20]:
            client.sendall(request[1:])
            assert read_response(client)[0].status == 200
