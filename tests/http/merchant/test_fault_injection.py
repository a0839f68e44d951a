"""Faults over real sockets: what the client receives, what is committed and recorded."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from aiohttp import ClientSession

from mockserver.domain.errors import ERROR_CATALOGUE, Reason, find_error_definition
from mockserver.domain.operation import CHECKOUT_OPERATIONS, READ_OPERATIONS, Operation
from mockserver.domain.refusal import UNKNOWN_FACT
from mockserver.http.merchant.responses import UNAUTHORIZED_HTML
from mockserver.http.server import Server
from tests.support.connection import TIMEOUT, add_fault, open_connection, parse_head
from tests.support.merchant import SHIPPED, SNEAKERS_BACK, Merchant, Reply, with_key
from tests.support.request_examples import BODIES, order_for

Op = Operation


@pytest.fixture(autouse=True)
def _no_crash(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a fault does is an error inside the server."""
    with caplog.at_level(logging.ERROR):
        yield
    assert [get_record.getMessage() for get_record in caplog.get_records("call")] == []


sent_here = pytest.mark.unshared("only the replica that sent a response knows what was sent")


async def counts(merchant: Merchant) -> tuple[int, int]:
    (rule,) = (await merchant.control("GET", "faults")).json["faults"]
    return rule["matched"], rule["fired"]


async def latest(merchant: Merchant) -> Any:  # noqa: ANN401  # JSON
    return (await merchant.control("GET", "requests")).json["requests"][-1]


async def latest_delivery(merchant: Merchant) -> str:
    """Wait until the latest response is sent; return what was sent."""
    async with asyncio.timeout(TIMEOUT):
        while (sent := (await latest(merchant))["sent"]) == "under way":
            pass
    return str(sent)


async def freeze(merchant: Merchant) -> str:
    frozen = await merchant.control("POST", "clock", {"freeze": True})
    return str(frozen.json["now"])


async def now(merchant: Merchant) -> str:
    return str((await merchant.control("GET", "clock")).json["now"])


async def test_respond_replaces_the_response_without_effect(
    shipping_merchant: Merchant,
) -> None:
    merchant = shipping_merchant
    await add_fault(merchant, {"respond": {"status": 409, "error_code": "OWN"}}, on="refund")
    async with merchant.nothing_changes():
        refused = await merchant.refund(100)
    assert (refused.status, refused.json["error_code"]) == (409, "OWN")
    assert refused.json["error_messages"] == ["Own"]
    assert set(refused.json) == {"correlation_id", "error_code", "error_messages"}
    assert refused.header("Mock-Fault") == "f: respond 409"
    assert refused.header("Klarna-Correlation-Id") == refused.json["correlation_id"]
    assert (await merchant.refund(100)).status == 201


# Configured response, and the one received: status, body, some of the headers.
RESPONSES: dict[str, tuple[dict[str, Any], int, Any, dict[str, str]]] = {
    "a body": ({"status": 200, "body": {"own": [1.0, None]}}, 200, {"own": [1.0, None]}, {}),
    "a text": ({"status": 502, "body": "<html>"}, 502, b"<html>", {}),
    "nothing": ({"status": 200}, 200, b"", {}),
    "a body of nothing": ({"status": 200, "body": ""}, 200, b"", {}),
    "no content": ({"status": 204}, 204, b"", {}),
    "no content with a body": ({"status": 204, "body": "x"}, 204, b"", {}),
    "not modified": ({"status": 304, "body": "x"}, 304, b"", {}),
    "an unknown status": ({"status": 599, "body": {}}, 599, {}, {}),
    "headers": (
        {"status": 200, "headers": {"X-Own": "a", "Content-Type": "text/html"}, "body": "b"},
        200,
        b"b",
        {"X-Own": "a", "Content-Type": "text/html"},
    ),
    "a header of numbers": ({"status": 200, "headers": {"X-N": 5}}, 200, b"", {"X-N": "5"}),
}


@pytest.mark.parametrize("when", ["respond", "respond_after"])
@pytest.mark.parametrize("case", RESPONSES)
async def test_respond_can_send_any_response(merchant: Merchant, case: str, when: str) -> None:
    spec, status, body, headers = RESPONSES[case]
    await add_fault(merchant, {when: spec}, on="get_order")
    response = await merchant.do(Op.GET_ORDER)
    assert response.status == status
    assert (response.json if isinstance(body, dict) else response.body) == body
    assert headers.items() <= dict(response.headers).items()
    assert (await merchant.read())["order_id"] == merchant.order_id


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Encoding": "gzip"},
        {"Connection": "close"},
        {"Date": "now"},
        {"Server": "own"},
        {"content-type": "text/plain"},
    ],
)
async def test_respond_cannot_break_the_framing(
    merchant: Merchant,
    headers: dict[str, str],
) -> None:
    spec = {"status": 200, "headers": headers, "body": {"own": 1}}
    await add_fault(merchant, {"respond": spec}, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        status, _, body = await connection.read_response()
    assert (status, body) == (200, b'{"own":1}')
    assert (await merchant.read())["order_id"] == merchant.order_id


# Status of an injected response, and the error code and message that fit it.
DEFAULT_ERRORS: dict[int, tuple[str, str]] = {
    400: ("BAD_REQUEST", "Bad request"),
    403: ("NOT_ALLOWED", "Not allowed"),
    404: ("NO_SUCH_ORDER", "No such order"),
    408: ("REQUEST_TIMEOUT", "Request timeout"),
    409: ("CONFLICT", "The order was changed by other requests at the same time, try again"),
    410: ("GONE", "Gone"),
    413: ("PAYLOAD_TOO_LARGE", "Request is too large"),
    422: ("UNPROCESSABLE_ENTITY", "Unprocessable entity"),
    423: ("LOCKED", "Locked"),
    429: ("TOO_MANY_REQUESTS", "Too many requests"),
    451: ("UNAVAILABLE_FOR_LEGAL_REASONS", "Unavailable for legal reasons"),
    499: ("BAD_REQUEST", "Bad request"),
    500: ("INTERNAL_ERROR", "Unexpected server error"),
    502: ("TEMPORARILY_UNAVAILABLE", "Temporarily unavailable"),
    503: ("TEMPORARILY_UNAVAILABLE", "Temporarily unavailable"),
    507: ("INSUFFICIENT_STORAGE", "Insufficient storage"),
    599: ("INTERNAL_ERROR", "Unexpected server error"),
}


@pytest.mark.parametrize("status", DEFAULT_ERRORS)
async def test_respond_without_a_body_sends_the_error_of_its_status(
    merchant: Merchant,
    status: int,
) -> None:
    code, message = DEFAULT_ERRORS[status]
    await add_fault(merchant, {"respond": {"status": status}})
    response = await merchant.do(Op.CANCEL)
    assert response.status == status
    assert list(response.json) == ["error_code", "error_messages", "correlation_id"]
    assert (response.json["error_code"], response.json["error_messages"]) == (code, [message])


@pytest.mark.parametrize("action", [{"respond": {"status": 401}}, {"refuse": "unauthorized"}])
async def test_injected_401_is_the_recorded_page(
    merchant: Merchant, action: dict[str, Any]
) -> None:
    await add_fault(merchant, action, on="capture")
    async with merchant.nothing_changes():
        response = await merchant.capture(100)
    assert (response.status, response.body) == (401, UNAUTHORIZED_HTML)
    assert response.header("Content-Type") == "text/html"
    assert response.header("WWW-Authenticate") == 'Basic realm="very closed site"'
    assert "Klarna-Correlation-Id" not in response.header_names
    assert response.header("Mock-Fault").startswith("f: re")


async def test_injected_401_can_have_its_own_error(merchant: Merchant) -> None:
    await add_fault(merchant, {"respond": {"status": 401, "error_code": "EXPIRED"}})
    response = await merchant.do(Op.CANCEL)
    assert (response.status, response.json["error_messages"]) == (401, ["Expired"])


@pytest.mark.parametrize("name", ["Date", "date", "DATE"])
async def test_injected_date_replaces_the_servers_own(merchant: Merchant, name: str) -> None:
    headers = {name: "Thu, 01 Jan 1970 00:00:00 GMT"}
    await add_fault(merchant, {"respond": {"status": 200, "headers": headers}}, on="get_order")
    assert (await merchant.do(Op.GET_ORDER)).header("Date") == headers[name]


EMPTY_RESPONSES = [(Reason.CHECKOUT_NOT_FOUND, info.operation) for info in CHECKOUT_OPERATIONS]


@pytest.mark.parametrize("operation", Operation)
async def test_every_operation_can_be_refused_for_every_reason(
    new_merchant: Callable[..., Merchant],
    operation: Operation,
) -> None:
    merchant = new_merchant()
    await merchant.make_order(order_for(operation))
    async with merchant.nothing_changes():
        for reason in Reason:
            await add_fault(merchant, {"refuse": reason}, on=operation)
            response = await merchant.do(operation, BODIES.get(operation))
            row = find_error_definition(reason, operation)
            assert response.status == row.status, (reason, response)
            if (reason, operation) in EMPTY_RESPONSES:
                assert response.body == b""
            else:
                assert_shape(response, reason)
    assert (await merchant.control("GET", "invariants")).json["passed"]


def assert_shape(response: Reply, reason: Reason) -> None:
    assert response.header("Mock-Fault") == f"f: refuse {reason}"
    assert response.header("Mock-Reason").startswith(reason)
    assert all(value.isascii() for _, value in response.headers)
    if reason is Reason.UNAUTHORIZED:
        assert response.body == UNAUTHORIZED_HTML
        return
    page = response.json
    assert set(page) == {"correlation_id", "error_code", "error_messages"}
    assert page["error_code"]
    assert page["error_messages"]
    assert all(
        isinstance(error_message, str) and error_message
        for error_message in page["error_messages"]
    )
    assert not re.search(r"[{}]", "".join(page["error_messages"])), page


def test_every_reason_of_the_catalogue_can_be_injected() -> None:
    assert {row.reason for row in ERROR_CATALOGUE} == set(Reason)


async def test_refusal_is_explained_like_any_other(merchant: Merchant) -> None:
    await add_fault(merchant, {"refuse": "payment_method_failed"}, on="capture")
    response = await merchant.capture(100)
    explained = await merchant.control("GET", f"explain/{response.json['correlation_id']}")
    assert explained.json["refusal"]["reason"] == "payment_method_failed"
    assert explained.json["faults"] == ["f: refuse payment_method_failed"]
    assert explained.json["sent"] == "the whole response"


@pytest.mark.parametrize("reason", Reason)
async def test_injected_refusal_omits_unknown_facts(
    merchant: Merchant,
    reason: Reason,
) -> None:
    await add_fault(merchant, {"refuse": reason}, on="refund")
    await merchant.refund(100)
    entry = await latest(merchant)
    assert UNKNOWN_FACT not in entry["refusal"]["facts"].values()
    assert f"={UNKNOWN_FACT}" not in entry["text"]
    (event,) = (await merchant.control("GET", f"orders/{merchant.order_id}")).json["timeline"][
        -1:
    ]
    assert f"={UNKNOWN_FACT}" not in event["text"]


@pytest.mark.parametrize(
    ("wanted", "seconds"),
    [
        ({"retry_after": "5s"}, "5"),
        ({"retry_after": "2m"}, "120"),
        ({"retry_after": "1001ms"}, "2"),
        ({"retry_after": "400ms"}, "1"),
        ({"retry_after": "0s"}, "1"),
        ({}, "1"),
        (True, "1"),
    ],
)
async def test_rate_limit_has_retry_after(
    merchant: Merchant,
    wanted: Any,  # noqa: ANN401  # JSON
    seconds: str,
) -> None:
    await add_fault(merchant, {"rate_limit": wanted}, calls={"first": 2})
    for _ in range(2):
        response = await merchant.do(Op.GET_ORDER)
        assert (response.status, response.json["error_code"]) == (429, "TOO_MANY_REQUESTS")
        assert response.header("Retry-After") == seconds
    assert (await merchant.do(Op.GET_ORDER)).status == 200


@pytest.mark.parametrize(
    ("delay", "later"),
    [("90s", True), ({"uniform": ["1h", "2h"]}, True), ("0s", False)],
)
async def test_delay_moves_a_frozen_clock_instead_of_waiting(
    merchant: Merchant,
    delay: Any,  # noqa: ANN401  # JSON
    *,
    later: bool,
) -> None:
    before = await freeze(merchant)
    await add_fault(merchant, {"delay": delay}, on="get_order")
    response = await merchant.do(Op.GET_ORDER)
    assert response.status == 200
    assert response.header("Mock-Fault") == "f: delay"
    assert ((await now(merchant)) > before) is later


async def test_repeated_delays_stop_at_the_latest_time(merchant: Merchant) -> None:
    await freeze(merchant)
    wild = {"lognormal": {"median": "36500d", "p99": "36500d"}}
    await add_fault(merchant, {"delay": wild}, on="get_order", calls={"every": 1})
    for _ in range(80):
        assert (await merchant.do(Op.GET_ORDER)).status == 200
    assert await now(merchant) == "9000-01-01T00:00:00.000Z"
    assert (await merchant.do(Op.CANCEL)).status == 403


async def test_delay_under_a_running_clock_is_waited_for(merchant: Merchant) -> None:
    await add_fault(merchant, {"delay": "1ms"}, on="get_order")
    assert (await merchant.do(Op.GET_ORDER)).status == 200
    assert await counts(merchant) == (1, 1)


@pytest.mark.parametrize("how", ["reset", "CONNECTION_RESET_BY_PEER"])
@pytest.mark.parametrize("action", ["drop", "lose_answer"])
async def test_drop_reset_resets_the_connection(
    merchant: Merchant, action: str, how: str
) -> None:
    await add_fault(merchant, {action: how})
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        with pytest.raises(ConnectionResetError):
            await connection.read_rest()
    assert await latest_delivery(merchant) == "nothing: connection reset"
    assert (await merchant.do(Op.GET_ORDER)).status == 200


@pytest.mark.parametrize("how", ["close", "EMPTY_RESPONSE"])
@pytest.mark.parametrize("action", ["drop", "lose_answer"])
async def test_drop_close_ends_without_a_byte(
    merchant: Merchant,
    action: str,
    how: str,
) -> None:
    await add_fault(merchant, {action: how})
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        assert await connection.read_rest() == b""
    assert await latest_delivery(merchant) == "nothing: connection closed"
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def arrived(merchant: Merchant) -> None:
    """Wait until the server has the request that it never responds to."""
    async with asyncio.timeout(TIMEOUT):
        while not (await merchant.control("GET", "requests")).json["requests"]:
            pass


@sent_here
@pytest.mark.parametrize("action", ["drop", "lose_answer"])
async def test_hang_ends_with_the_client_and_records_its_duration(
    merchant: Merchant,
    action: str,
) -> None:
    await add_fault(merchant, {action: "hang"}, on="capture")
    async with open_connection(merchant) as connection:
        await connection.send(Op.CAPTURE, BODIES[Op.CAPTURE])
        await arrived(merchant)
        assert (await latest(merchant))["sent"] == "under way"
    sent = await latest_delivery(merchant)
    assert re.fullmatch(r"nothing: hung until the client left after \d+\.\d{3} s", sent)
    captured = (await merchant.read())["captured_amount"]
    assert captured == (10000 if action == "lose_answer" else 0)


@pytest.fixture
async def own_merchant(
    session: ClientSession, new_server: Callable[..., Server]
) -> AsyncIterator[tuple[Server, Merchant]]:
    """A merchant of a server that no other test uses."""
    server = new_server()
    made = Merchant(session, await server.start(), "own")
    await made.make_order()
    yield server, made
    await server.stop()


@pytest.mark.parametrize("do", [{"drop": "hang"}, {"delay": "1h"}, {"slow_body": 1}])
async def test_server_stop_ends_a_hang(
    own_merchant: tuple[Server, Merchant],
    do: dict[str, str],
) -> None:
    server, merchant = own_merchant
    await add_fault(merchant, do, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        async with asyncio.timeout(TIMEOUT):
            while not (await counts(merchant))[1]:
                pass
            await server.stop()
        try:
            sent = await connection.read_rest()
        except ConnectionResetError:
            sent = b""
        assert not sent.endswith(b"}")


async def test_injected_failure_is_accepted_and_fails_later_allocations(
    shipping_merchant: Merchant,
) -> None:
    merchant = shipping_merchant
    await add_fault(merchant, {"fail_allocation": True}, on="refund")
    response = await merchant.do(Op.REFUND, SNEAKERS_BACK)
    assert response.status == 201
    assert response.header("Mock-Allocation").startswith("failed; ")
    assert (await merchant.refund(3000, SNEAKERS_BACK)).status == 422
    view = await merchant.control("GET", f"orders/{merchant.order_id}")
    assert [allocation["outcome"] for allocation in view.json["allocations"]] == ["failed"]


@pytest.mark.parametrize("how", ["reset", "close", "hang"])
async def test_lost_answer_is_replayed_for_its_key_without_effect(
    shipping_merchant: Merchant,
    how: str,
) -> None:
    merchant = shipping_merchant
    await add_fault(merchant, {"lose_answer": how}, on="refund")
    async with open_connection(merchant) as connection:
        await connection.send(Op.REFUND, SNEAKERS_BACK, key="k1")
        await arrived(merchant)
        if how == "close":
            assert await connection.read_rest() == b""
        elif how == "reset":
            with pytest.raises(ConnectionResetError):
                await connection.read_rest()
    assert (await merchant.read())["refunded_amount"] == 10000
    again = await merchant.do(Op.REFUND, SNEAKERS_BACK, headers=with_key("k1"))
    assert (again.status, again.header("Mock-Replayed")) == (201, "true")
    (refund,) = (await merchant.read())["refunds"]
    assert refund["refund_id"] == again.header("Refund-Id")
    assert refund["refunded_amount"] == 10000


async def test_dropped_request_leaves_no_receipt(shipping_merchant: Merchant) -> None:
    merchant = shipping_merchant
    await add_fault(merchant, {"drop": "close"}, on="refund")
    async with open_connection(merchant) as connection:
        await connection.send(Op.REFUND, SNEAKERS_BACK, key="k1")
        assert await connection.read_rest() == b""
    assert (await merchant.read())["refunded_amount"] == 0
    again = await merchant.do(Op.REFUND, SNEAKERS_BACK, headers=with_key("k1"))
    assert again.status == 201
    assert "Mock-Replayed" not in again.header_names


@sent_here
@pytest.mark.parametrize("length", [0, 1, 16, 100])
async def test_truncate_announces_the_full_length(merchant: Merchant, length: int) -> None:
    whole = len((await merchant.do(Op.GET_ORDER)).body)
    await add_fault(merchant, {"truncate": length}, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        head, _, body = (await connection.read_rest()).partition(b"\r\n\r\n")
    status, headers = parse_head(head.decode())
    assert (status, headers["Content-Length"]) == (200, str(whole))
    assert headers["Mock-Fault"] == f"f: truncate {length}"
    assert len(body) == length
    assert await latest_delivery(merchant) == f"{length} of {whole} bytes, then closed"
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def test_truncate_beyond_the_body_sends_it_whole(
    merchant: Merchant,
) -> None:
    await add_fault(merchant, {"truncate": 1_000_000}, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        body = (await connection.read_rest()).partition(b"\r\n\r\n")[2]
    assert json.loads(body)["order_id"] == merchant.order_id


@pytest.mark.parametrize(("length", "sent"), [(0, b"H"), (9, b"HTTP/1.1 "), (99, b"HTTP/1.1 ")])
async def test_truncate_without_a_body_cuts_the_status_line(
    merchant: Merchant,
    length: int,
    sent: bytes,
) -> None:
    await add_fault(merchant, {"truncate": length}, on="capture")
    async with open_connection(merchant) as connection:
        await connection.send(Op.CAPTURE, BODIES[Op.CAPTURE])
        assert await connection.read_rest() == sent
    assert (await merchant.read())["captured_amount"] == 10000


async def test_wiremock_s_malformed_chunk_is_a_truncated_body(merchant: Merchant) -> None:
    await add_fault(merchant, {"fault": "MALFORMED_RESPONSE_CHUNK"}, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        body = (await connection.read_rest()).partition(b"\r\n\r\n")[2]
    assert len(body) == 16


@pytest.mark.parametrize("name", ["EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER"])
async def test_wiremock_s_cuts_come_before_the_write(merchant: Merchant, name: str) -> None:
    await add_fault(merchant, {"fault": name}, on="capture")
    async with open_connection(merchant) as connection:
        await connection.send(Op.CAPTURE, BODIES[Op.CAPTURE])
        if name == "EMPTY_RESPONSE":
            assert await connection.read_rest() == b""
        else:
            with pytest.raises(ConnectionResetError):
                await connection.read_rest()
    assert (await merchant.read())["captured_amount"] == 0


@pytest.mark.parametrize("do", [{"garbage": True}, {"fault": "RANDOM_DATA_THEN_CLOSE"}])
@pytest.mark.parametrize("operation", [Op.GET_ORDER, Op.CAPTURE])
async def test_garbage_is_declared_json_but_invalid(
    merchant: Merchant,
    operation: Operation,
    do: dict[str, Any],
) -> None:
    await add_fault(merchant, do, on=operation)
    response = await merchant.do(operation, BODIES.get(operation))
    assert response.header("Content-Type") == "application/json"
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.body)
    captured = (await merchant.read())["captured_amount"]
    assert captured == (10000 if operation is Op.CAPTURE else 0)


async def test_garbage_replaces_statuses_without_a_body(merchant: Merchant) -> None:
    await add_fault(merchant, {"garbage": True}, on="cancel")
    async with open_connection(merchant) as connection:
        await connection.send(Op.CANCEL)
        await connection.send(Op.GET_ORDER)
        status, _, body = await connection.read_response()
        assert (status, body[:11]) == (200, b'{"order_id"')
        status, _, body = await connection.read_response()
    assert (status, json.loads(body)["status"]) == (200, "CANCELLED")


@sent_here
async def test_slow_body_arrives_whole(merchant: Merchant) -> None:
    await add_fault(merchant, {"slow_body": 100_000}, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        status, _, body = await connection.read_response()
        await connection.send(Op.GET_ORDER)
        assert (await connection.read_response())[0] == 200
    assert (status, json.loads(body)["order_id"]) == (200, merchant.order_id)
    (slow, _) = (await merchant.control("GET", "requests")).json["requests"]
    assert slow["sent"] == f"all of {len(body)} bytes, at 100000 a second"


async def test_slow_body_moves_a_frozen_clock_instead(merchant: Merchant) -> None:
    before = await freeze(merchant)
    await add_fault(merchant, {"slow_body": 1}, on="get_order")
    response = await merchant.do(Op.GET_ORDER)
    assert response.status == 200
    assert await now(merchant) > before
    assert (await latest(merchant))["sent"] == "the whole response"


@sent_here
async def test_client_that_leaves_a_slow_body_is_no_error(merchant: Merchant) -> None:
    await add_fault(merchant, {"slow_body": 10}, on="get_order")
    async with open_connection(merchant) as connection:
        await connection.send(Op.GET_ORDER)
        await connection.reader.readuntil(b"\r\n\r\n")
    assert (
        await latest_delivery(merchant) == "the client disconnected before the end of the body"
    )
    assert (await merchant.do(Op.GET_ORDER)).status == 200


async def test_client_that_resets_during_a_delay_changes_nothing(
    merchant: Merchant,
) -> None:
    await add_fault(merchant, {"delay": "1h"}, on="capture")
    async with open_connection(merchant) as connection:
        await connection.send(Op.CAPTURE, BODIES[Op.CAPTURE])
        async with asyncio.timeout(TIMEOUT):
            while not (await counts(merchant))[1]:
                pass
        connection.reset()
    await arrived(merchant)
    assert (
        await latest_delivery(merchant)
        == "nothing: the client disconnected before the response"
    )
    assert (await merchant.read())["captured_amount"] == 0


async def test_respond_after_hides_the_committed_effect(
    shipping_merchant: Merchant,
) -> None:
    merchant = shipping_merchant
    await add_fault(merchant, {"respond_after": {"status": 503}}, on="refund")
    response = await merchant.do(Op.REFUND, SNEAKERS_BACK)
    assert (response.status, response.json["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    assert (await merchant.read())["refunded_amount"] == 10000


# Actions together: the status and whether the capture exists; no status means no response.
TOGETHER: dict[str, tuple[list[dict[str, Any]], int | None, bool]] = {
    "a delay and a refusal": ([{"delay": "1s"}, {"refuse": "conflict"}], 409, False),
    "a refusal ends it": ([{"refuse": "conflict"}, {"drop": "reset"}], 409, False),
    "before wins over after": ([{"lose_answer": "reset"}, {"rate_limit": True}], 429, False),
    "a lost response whatever it says": (
        [{"lose_answer": "reset"}, {"respond_after": {"status": 500}}],
        None,
        True,
    ),
    "a response that is lost": (
        [{"respond_after": {"status": 500}}, {"lose_answer": "reset"}],
        None,
        True,
    ),
    "two responses after": (
        [{"respond_after": {"status": 500}}, {"respond_after": {"status": 502}}],
        502,
        True,
    ),
    "two actions in one": ([{"delay": "1s", "respond_after": {"status": 500}}], 500, True),
    "switched off": ([{"garbage": False, "fail_allocation": False}], 201, True),
}


@pytest.mark.parametrize("case", TOGETHER)
async def test_several_actions_go_together(merchant: Merchant, case: str) -> None:
    do, status, captured = TOGETHER[case]
    await freeze(merchant)
    await add_fault(merchant, do, on="capture")
    async with open_connection(merchant) as connection:
        await connection.send(Op.CAPTURE, BODIES[Op.CAPTURE])
        if status is None:
            with pytest.raises(ConnectionResetError):
                await connection.read_rest()
        else:
            assert (await connection.read_response())[0] == status
    assert await latest_delivery(merchant) != "under way"
    assert ((await merchant.read())["captured_amount"] > 0) is captured


async def test_respond_sends_its_own_body_unchanged(merchant: Merchant) -> None:
    own = {"status": 403, "error_code": "OWN", "error_messages": ["one", "two"]}
    await add_fault(merchant, {"respond": own})
    page = (await merchant.do(Op.CANCEL)).json
    assert (page["error_code"], page["error_messages"]) == ("OWN", ["one", "two"])


async def test_several_rules_fire_in_order(merchant: Merchant) -> None:
    await freeze(merchant)
    await add_fault(merchant, {"delay": "1s"}, id="first")
    await add_fault(merchant, {"refuse": "conflict"}, id="second")
    response = await merchant.do(Op.GET_ORDER)
    assert response.header("Mock-Fault") == "first: delay; second: refuse conflict"


async def test_rule_matches_values_in_the_body(merchant: Merchant) -> None:
    where = {"order_lines.reference": "B24680"}
    await add_fault(merchant, {"refuse": "conflict"}, where=where)
    assert (await merchant.do(Op.GET_ORDER)).status == 200
    assert (await merchant.capture(3000)).status == 201
    assert (await merchant.do(Op.CAPTURE, BODIES[Op.CAPTURE])).status == 409
    assert await counts(merchant) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[1]", b'"text"', b"[" * 900 + b"]" * 900, b'{"a":' * 900 + b"1" + b"}" * 900],
)
async def test_invalid_body_matches_no_field(merchant: Merchant, body: bytes) -> None:
    await add_fault(merchant, {"refuse": "conflict"}, where={"a.b": 1})
    assert (await merchant.do(Op.CAPTURE, body)).status in (400, 422)
    assert await counts(merchant) == (0, 0)


async def test_fault_for_one_order_ignores_others(merchant: Merchant) -> None:
    named = merchant.order_id
    await add_fault(merchant, {"refuse": "conflict"}, order=named, calls={"every": 1})
    await merchant.make_order(SHIPPED)
    assert (await merchant.do(Op.GET_ORDER)).status == 200
    assert (await merchant.do(Op.GET_ORDER, order_id=named)).status == 409


async def test_window_opens_and_closes_with_the_clock_of_the_sandbox(
    merchant: Merchant,
) -> None:
    await freeze(merchant)
    window = {"from": "1h", "until": "2h", "calls": {"every": 1}}
    await add_fault(merchant, {"refuse": "conflict"}, **window)
    statuses = []
    for _ in range(4):
        statuses.append((await merchant.do(Op.GET_ORDER)).status)
        await merchant.control("POST", "clock", {"advance": "1h"})
    assert statuses == [200, 409, 200, 200]


async def test_control_api_is_never_subject_to_faults(merchant: Merchant) -> None:
    await add_fault(merchant, {"drop": "reset"}, calls={"every": 1})
    assert (await merchant.control("GET", f"orders/{merchant.order_id}")).status == 200
    assert (await merchant.send("GET", "/livez")).status == 200


@pytest.mark.parametrize("operation", sorted(READ_OPERATIONS))
async def test_fault_after_the_commit_applies_to_reads(
    new_merchant: Callable[..., Merchant],
    operation: Operation,
) -> None:
    merchant = new_merchant()
    await merchant.make_order(order_for(operation))
    await add_fault(merchant, {"respond_after": {"status": 502}}, on=operation)
    assert (await merchant.do(operation)).status == 502
    assert (await merchant.do(operation)).status == 200
