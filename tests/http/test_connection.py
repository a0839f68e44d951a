"""What only bytes can show: connections, odd framing, and what is not HTTP at all."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from mockserver import __version__
from mockserver.domain.operation import Operation
from mockserver.schemas import get_schema
from tests.support.merchant import Merchant, basic

Op = Operation
PATIENCE = 10  # seconds, for a server that never answers


@contextmanager
def connected(merchant: Merchant) -> Iterator[socket.socket]:
    """Open a connection to the server."""
    place = urlsplit(merchant.url)
    address = str(place.hostname), int(place.port or 0)
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        yield connection


def read_answer(connection: socket.socket, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    """Read one answer off a connection."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    response.close()
    return response, body


def has_hung_up(connection: socket.socket) -> bool:
    """Say whether the server has ended the connection, politely or not."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def head(merchant: Merchant, request: str, *headers: str) -> bytes:
    """Write the head of a request by the merchant."""
    lines = [f"{request} HTTP/1.1", "Host: kustom", f"Authorization: {basic(merchant.user)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


async def test_two_bytes_after_a_get_that_nobody_announced_are_dropped(
    merchant: Merchant,
) -> None:
    request = head(merchant, f"GET {merchant.path(Op.GET_ORDER)}")
    with connected(merchant) as connection:
        connection.sendall(request + b"{}")
        response, body = read_answer(connection)
        assert (response.status, json.loads(body)["order_id"]) == (200, merchant.order_id)
        connection.sendall(request)
        assert read_answer(connection)[0].status == 200


@pytest.mark.parametrize("name", ["acknowledge", "cancel", "extend-authorization-time"])
async def test_a_post_without_a_length_and_without_a_body_is_carried_out(
    merchant: Merchant,
    name: str,
) -> None:
    request = head(merchant, f"POST {merchant.path(Op.GET_ORDER)}/{name}")
    with connected(merchant) as connection:
        connection.sendall(request)
        assert read_answer(connection)[0].status == 204


async def test_a_retry_with_credentials_works_on_the_connection_of_the_refusal(
    merchant: Merchant,
) -> None:
    body = b'{"captured_amount": 1}'
    path = merchant.path(Op.CAPTURE)
    length = f"Content-Length: {len(body)}"
    first = f"POST {path} HTTP/1.1\r\nHost: kustom\r\n{length}\r\n\r\n".encode()
    with connected(merchant) as connection:
        connection.sendall(first + body)
        assert read_answer(connection)[0].status == 401
        connection.sendall(head(merchant, f"POST {path}", length) + body)
        assert read_answer(connection)[0].status == 201
    assert (await merchant.read())["captured_amount"] == 1


async def test_answers_without_a_body_leave_the_connection_usable(merchant: Merchant) -> None:
    connection = HTTPConnection(urlsplit(merchant.url).netloc, timeout=PATIENCE)
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


async def test_a_client_that_waits_to_be_told_is_told_to_go_on(merchant: Merchant) -> None:
    body = b'{"captured_amount":1}'
    asking = ("Expect: 100-continue", f"Content-Length: {len(body)}")
    with connected(merchant) as connection:
        connection.sendall(head(merchant, f"POST {merchant.path(Op.CAPTURE)}", *asking))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read_answer(connection)[0].status == 201


async def test_head_response_has_no_body(merchant: Merchant) -> None:
    request = head(merchant, f"HEAD {merchant.path(Op.GET_ORDER)}", "Connection: close")
    with connected(merchant) as connection:
        connection.sendall(request)
        response, body = read_answer(connection, "HEAD")
        assert (response.status, body) == (200, b"")
        assert has_hung_up(connection)


NOT_HTTP: dict[str, Callable[[Merchant], bytes]] = {
    "no request line": lambda _: b"HELLO\r\n\r\n",
    "a header without a name": lambda m: head(m, "GET /", ": x"),
    "a blank in the name of a header": lambda m: head(m, "GET /", "Bad Name: x"),
    "a length that is no number": lambda m: head(m, "POST /", "Content-Length: many"),
    "a length and chunks": lambda m: head(
        m, "POST /", "Content-Length: 3", "Transfer-Encoding: chunked"
    ),
    "a header too long": lambda m: head(m, "GET /", "X: " + "x" * 20_000),
    "a path too long": lambda m: head(m, "GET /" + "x" * 20_000),
    "no host": lambda _: b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("case", NOT_HTTP)
async def test_what_is_not_http_is_answered_in_shape_and_hung_up_on(
    merchant: Merchant,
    case: str,
) -> None:
    with connected(merchant) as connection:
        connection.sendall(NOT_HTTP[case](merchant))
        response, body = read_answer(connection)
        assert has_hung_up(connection)
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
async def test_a_get_is_answered_although_its_body_cannot_be_read_and_hung_up_on(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    headers, body, _ = UNREADABLE_BODIES[case]
    with connected(merchant) as connection:
        connection.sendall(head(merchant, f"GET {merchant.path(Op.GET_ORDER)}", *headers))
        assert read_answer(connection)[0].status == 200
        connection.sendall(body)
        assert has_hung_up(connection)
    assert caplog.messages == []


@pytest.mark.parametrize("case", UNREADABLE_BODIES)
async def test_a_body_that_cannot_be_read_is_answered_in_shape_and_hung_up_on(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    headers, body, at_once = UNREADABLE_BODIES[case]
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", *headers)
    async with merchant.nothing_changes():
        with connected(merchant) as connection:
            for part in [asking + body] if at_once else [asking, body]:
                connection.sendall(part)
            response, page = read_answer(connection)
            assert has_hung_up(connection)
    assert (response.status, json.loads(page)["error_code"]) == (400, "BAD_REQUEST")
    assert get_schema("responses/error.schema.json").is_valid(json.loads(page))
    assert caplog.messages == []


async def test_a_client_that_hangs_up_while_it_sends_leaves_no_trace(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", "Content-Length: 100")
    async with merchant.nothing_changes():
        with connected(merchant) as connection:
            connection.sendall(asking + b'{"captured_amount":')
        with connected(merchant) as connection:
            connection.sendall(head(merchant, f"GET {merchant.path(Op.GET_ORDER)}"))
            assert read_answer(connection)[0].status == 200
    assert caplog.messages == []


async def test_a_body_that_is_too_large_does_not_cost_the_next_request(
    merchant: Merchant,
) -> None:
    size = 3 * 2**20
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {size}")
    with connected(merchant) as connection:
        connection.sendall(asking + b" " * size)
        assert read_answer(connection)[0].status == 413
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def test_a_client_of_http_1_0_is_answered(merchant: Merchant) -> None:
    request = head(merchant, f"GET {merchant.path(Op.GET_ORDER)}").replace(
        b"HTTP/1.1", b"HTTP/1.0"
    )
    with connected(merchant) as connection:
        connection.sendall(request)
        response, body = read_answer(connection)
        assert (response.status, json.loads(body)["order_id"]) == (200, merchant.order_id)
        assert has_hung_up(connection)


@pytest.mark.parametrize("named", ["http://shop.example", ""])
async def test_a_client_that_names_no_host_finds_what_it_made_where_it_asked(
    merchant: Merchant,
    named: str,
) -> None:
    path = merchant.path(Op.CAPTURE)
    asking = head(merchant, f"POST {named}{path}", "Content-Length: 22")
    lines = [part for part in asking.split(b"\r\n") if not part.startswith(b"Host:")]
    lines[0] = lines[0].replace(b"HTTP/1.1", b"HTTP/1.0")
    with connected(merchant) as connection:
        connection.sendall(b"\r\n".join(lines) + b'{"captured_amount": 1}')
        response, _ = read_answer(connection)
        place = urlsplit(str(response.getheader("Location")))
        assert response.status == 201
        assert place.path.startswith(path)
        found = urlsplit(named or merchant.url).hostname
        assert place.netloc == found
