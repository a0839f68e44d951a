"""Requests of which a part never comes: given up in the end, never in the way of others."""

import json
from contextlib import ExitStack

import pytest

from mockserver.domain.operation import Operation
from mockserver.http import connection
from mockserver.schemas import get_schema
from tests.http.test_connection import connected, has_hung_up, head, read_answer
from tests.support.merchant import Merchant

Op = Operation
SOON = 0.1  # seconds, in place of the limit
LATER = 0.8  # the same, where a request in pieces has to be in time

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
    "awaited by a client that then says nothing": (
        "Expect: 100-continue\r\nContent-Length: 23",
        b"",
    ),
}


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a moment only for the rest of a request."""
    monkeypatch.setattr(connection, "INCOMPLETE_REQUEST_TIMEOUT", SOON)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a little longer."""
    monkeypatch.setattr(connection, "INCOMPLETE_REQUEST_TIMEOUT", LATER)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("at_once", [True, False], ids=["with the head", "after the head"])
@pytest.mark.parametrize("case", HALF_BODIES)
async def test_a_body_that_does_not_come_in_full_is_refused_in_the_end(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
    at_once: bool,  # noqa: FBT001  # a column of the table
) -> None:
    header, started = HALF_BODIES[case]
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", header)
    async with merchant.nothing_changes():
        with connected(merchant) as connection:
            for part in [asking + started] if at_once else [asking, started]:
                connection.sendall(part)
            response, body = read_answer(connection)
            assert has_hung_up(connection)
    page = json.loads(body)
    assert (response.status, page["error_code"]) == (400, "BAD_REQUEST")
    assert page["error_messages"] == [
        "Malformed HTTP: the rest of the body did not come within 0.1 s"
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


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("used", [False, True], ids=["first", "after a request"])
@pytest.mark.parametrize("case", HALF_HEADS)
async def test_a_client_that_sends_half_a_head_is_hung_up_on_in_the_end(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
    used: bool,  # noqa: FBT001  # a column of the table
) -> None:
    with connected(merchant) as connection:
        if used:
            connection.sendall(head(merchant, f"GET {merchant.path(Op.GET_ORDER)}"))
            assert read_answer(connection)[0].status == 200
        connection.sendall(HALF_HEADS[case])
        assert has_hung_up(connection)
    assert caplog.messages == []


@pytest.mark.usefixtures("soon")
async def test_a_get_is_answered_without_its_body_and_hung_up_on_if_that_does_not_come(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = head(merchant, f"GET {merchant.path(Op.GET_ORDER)}", "Content-Length: 2")
    with connected(merchant) as connection:
        connection.sendall(asking)
        assert read_answer(connection)[0].status == 200
        assert has_hung_up(connection)
    assert caplog.messages == []


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("idle", [0, 1], ids=["new", "used"])
async def test_a_connection_whose_requests_are_complete_has_no_such_limit(
    merchant: Merchant,
    idle: int,
) -> None:
    body = b'{"captured_amount":1}'
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {len(body)}")
    with connected(merchant) as connection, connected(merchant) as half:
        for _ in range(idle):
            for part in (asking[:20], asking[20:], body[:5], body[5:]):
                connection.sendall(part)
            assert read_answer(connection)[0].status == 201
        half.sendall(b"G")
        assert has_hung_up(half)  # the limit is over
        connection.sendall(asking + body)
        assert read_answer(connection)[0].status == 201


@pytest.mark.usefixtures("later")
async def test_a_request_that_came_in_full_may_be_answered_late(merchant: Merchant) -> None:
    body = b'{"captured_amount":1}'
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {len(body)}")
    await merchant.control(
        "POST", "faults", {"on": "capture", "do": {"delay": f"{LATER * 2}s"}}
    )
    with connected(merchant) as connection:
        for part in (asking[:20], asking[20:], body[:5], body[5:]):
            connection.sendall(part)
        assert read_answer(connection)[0].status == 201


@pytest.mark.usefixtures("later")
async def test_half_a_head_behind_a_late_answer_costs_the_connection_not_the_answer(
    merchant: Merchant,
) -> None:
    body = b'{"captured_amount":1}'
    asking = head(merchant, f"POST {merchant.path(Op.CAPTURE)}", f"Content-Length: {len(body)}")
    await merchant.control(
        "POST", "faults", {"on": "capture", "do": {"delay": f"{LATER * 2}s"}}
    )
    with connected(merchant) as connection:
        connection.sendall(asking + body)
        while not (await merchant.control("GET", "faults")).json["faults"][0]["fired"]:
            pass  # until it is under way
        connection.sendall(b"GET / HT")
        assert read_answer(connection)[0].status == 201
        assert has_hung_up(connection)


async def test_many_clients_that_send_a_byte_and_nothing_more_do_not_keep_others_from_answers(
    merchant: Merchant,
) -> None:
    request = head(merchant, f"GET {merchant.path(Op.GET_ORDER)}")
    with ExitStack() as slow:
        clients = [slow.enter_context(connected(merchant)) for _ in range(200)]
        for client in clients:
            client.sendall(request[:1])
        with connected(merchant) as connection:
            for _ in range(20):
                connection.sendall(request)
                assert read_answer(connection)[0].status == 200
        for client in clients[:20]:
            client.sendall(request[1:])
            assert read_answer(client)[0].status == 200
