"""Raw bytes on sockets: connections, unusual framing, and bytes that are not HTTP."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from mockserver import __version__
from mockserver.domain.operation import Operation
from mockserver.schemas import get_schema
from tests.support.connection import (
    TIMEOUT,
    blocking_connection,
    is_closed,
    read_response,
    request_head,
)
from tests.support.merchant import Merchant, basic

Op = Operation


async def test_two_stray_bytes_after_a_get_are_dropped(
    merchant: Merchant,
) -> None:
    request = request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}")
    with blocking_connection(merchant) as connection:
        connection.sendall(request + b"{}")
        response, body = read_response(connection)
        assert (response.status, json.loads(body)["order_id"]) == (200, merchant.order_id)
        connection.sendall(request)
        assert read_response(connection)[0].status == 200


@pytest.mark.parametrize("name", ["acknowledge", "cancel", "extend-authorization-time"])
async def test_post_without_length_and_body_is_accepted(
    merchant: Merchant,
    name: str,
) -> None:
    request = request_head(merchant, f"POST {merchant.path(Op.GET_ORDER)}/{name}")
    with blocking_connection(merchant) as connection:
        connection.sendall(request)
        assert read_response(connection)[0].status == 204


async def test_retry_with_credentials_works_on_the_same_connection(
    merchant: Merchant,
) -> None:
    body = b'{"captured_amount": 1}'
    path = merchant.path(Op.CAPTURE)
    length = f"Content-Length: {len(body)}"
    first = f"POST {path} HTTP/1.1\r\nHost: kustom\r\n{length}\r\n\r\n".encode()
    with blocking_connection(merchant) as connection:
        connection.sendall(first + body)
        assert read_response(connection)[0].status == 401
        connection.sendall(request_head(merchant, f"POST {path}", length) + body)
        assert read_response(connection)[0].status == 201
    assert (await merchant.read())["captured_amount"] == 1


async def test_responses_without_a_body_keep_the_connection_usable(merchant: Merchant) -> None:
    connection = HTTPConnection(urlsplit(merchant.url).netloc, timeout=TIMEOUT)
    headers = {"Authorization": basic(merchant.user), "Content-Type": "application/json"}
    statuses, sockets = [], set()
    for name, body in [
        ("acknowledge", b""),
        ("captures", b'{"captured_amount":1}'),
        ("cancel", b""),
        ("acknowledge", b""),
    ]:
        connection.request("POST", f"{merchant.path(Op.GET_ORDER)}/{name}", body, headers)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        sockets.add(id(connection.sock))
    connection.close()
    assert statuses == [204, 201, 403, 204]
    assert len(sockets) == 1


async def test_expect_100_continue_is_answered(merchant: Merchant) -> None:
    body = b'{"captured_amount":1}'
    asking = ("Expect: 100-continue", f"Content-Length: {len(body)}")
    with blocking_connection(merchant) as connection:
        connection.sendall(request_head(merchant, f"POST {merchant.path(Op.CAPTURE)}", *asking))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read_response(connection)[0].status == 201


async def test_head_response_has_no_body(merchant: Merchant) -> None:
    request = request_head(merchant, f"HEAD {merchant.path(Op.GET_ORDER)}", "Connection: close")
    with blocking_connection(merchant) as connection:
        connection.sendall(request)
        response, body = read_response(connection, "HEAD")
        assert (response.status, body) == (200, b"")
        assert is_closed(connection)


NOT_HTTP: dict[str, Callable[[Merchant], bytes]] = {
    "no request line": lambda _: b"HELLO\r\n\r\n",
    "a header without a name": lambda m: request_head(m, "GET /", ": x"),
    "a blank in the name of a header": lambda m: request_head(m, "GET /", "Bad Name: x"),
    "a length that is no number": lambda m: request_head(m, "POST /", "Content-Length: many"),
    "a length and chunks": lambda m: request_head(
        m, "POST /", "Content-Length: 3", "Transfer-Encoding: chunked"
    ),
    "a header too long": lambda m: request_head(m, "GET /", "X: " + "x" * 20_000),
    "a path too long": lambda m: request_head(m, "GET /" + "x" * 20_000),
    "no host": lambda _: b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("case", NOT_HTTP)
async def test_non_http_bytes_get_a_provider_shaped_400_and_a_close(
    merchant: Merchant,
    case: str,
) -> None:
    with blocking_connection(merchant) as connection:
        connection.sendall(NOT_HTTP[case](merchant))
        response, body = read_response(connection)
        assert is_closed(connection)
    page = json.loads(body)
    assert (response.status, page["error_code"]) == (400, "BAD_REQUEST")
    assert page["error_messages"][0].startswith("Malformed HTTP: ")
    assert page["correlation_id"] == response.getheader("Klarna-Correlation-Id")
    assert get_schema("responses/error.schema.json").is_valid(page)
    assert (response.version, response.getheader("Server")) == (
        11,
        f"kustom-mock/{__version__}",
    )
    assert (await merchant.read())["order_id"] == merchant.order_id


GZIP = ("Content-Encoding: gzip", "Content-Length: 5"), b"plain"
CHUNKS = ("Transfer-Encoding: chunked",), b"many\r\n{}\r\n0\r\n\r\n"
UNREADABLE_BODIES = {
    "not gzip": (*GZIP, True),
    "not gzip, after the head": (*GZIP, False),
    "not chunks": (*CHUNKS, True),
    "not chunks, after the head": (*CHUNKS, False),
    "not a chunk in the end": (CHUNKS[0], b"2\r\n{}\r\nmany\r\n", False),
}


@pytest.mark.parametrize("case", UNREADABLE_BODIES)
async def test_get_with_unreadable_body_is_answered_then_closed(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    headers, body, _ = UNREADABLE_BODIES[case]
    with blocking_connection(merchant) as connection:
        connection.sendall(
            request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}", *headers)
        )
        assert read_response(connection)[0].status == 200
        connection.sendall(body)
        assert is_closed(connection)
    assert caplog.messages == []


@pytest.mark.parametrize("case", UNREADABLE_BODIES)
async def test_unreadable_body_gets_a_provider_shaped_400_and_a_close(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    headers, body, at_once = UNREADABLE_BODIES[case]
    asking = request_head(merchant, f"POST {merchant.path(Op.CAPTURE)}", *headers)
    async with merchant.nothing_changes():
        with blocking_connection(merchant) as connection:
            for part in [asking + body] if at_once else [asking, body]:
                connection.sendall(part)
            response, page = read_response(connection)
            assert is_closed(connection)
    assert (response.status, json.loads(page)["error_code"]) == (400, "BAD_REQUEST")
    assert get_schema("responses/error.schema.json").is_valid(json.loads(page))
    assert caplog.messages == []


async def test_client_that_closes_within_a_body_leaves_no_trace(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = request_head(merchant, f"POST {merchant.path(Op.CAPTURE)}", "Content-Length: 100")
    async with merchant.nothing_changes():
        with blocking_connection(merchant) as connection:
            connection.sendall(asking + b'{"captured_amount":')
        with blocking_connection(merchant) as connection:
            connection.sendall(request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}"))
            assert read_response(connection)[0].status == 200
    assert caplog.messages == []


async def test_too_large_body_does_not_affect_the_next_request(
    merchant: Merchant,
) -> None:
    size = 3 * 2**20
    asking = request_head(
        merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {size}"
    )
    with blocking_connection(merchant) as connection:
        connection.sendall(asking + b" " * size)
        assert read_response(connection)[0].status == 413
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def test_http_1_0_client_is_answered_and_closed(merchant: Merchant) -> None:
    request = request_head(merchant, f"GET {merchant.path(Op.GET_ORDER)}").replace(
        b"HTTP/1.1", b"HTTP/1.0"
    )
    with blocking_connection(merchant) as connection:
        connection.sendall(request)
        response, body = read_response(connection)
        assert (response.status, json.loads(body)["order_id"]) == (200, merchant.order_id)
        assert is_closed(connection)


@pytest.mark.parametrize("named", ["http://shop.example", ""])
async def test_location_without_host_header_is_the_requested_address(
    merchant: Merchant,
    named: str,
) -> None:
    path = merchant.path(Op.CAPTURE)
    asking = request_head(merchant, f"POST {named}{path}", "Content-Length: 22")
    lines = [part for part in asking.split(b"\r\n") if not part.startswith(b"Host:")]
    lines[0] = lines[0].replace(b"HTTP/1.1", b"HTTP/1.0")
    with blocking_connection(merchant) as connection:
        connection.sendall(b"\r\n".join(lines) + b'{"captured_amount": 1}')
        response, _ = read_response(connection)
        place = urlsplit(str(response.getheader("Location")))
        assert response.status == 201
        assert place.path.startswith(path)
        assert place.netloc == urlsplit(named or merchant.url).hostname
