"""Connections: pipelined requests, half-closed clients, and how connections end."""

from collections.abc import Sequence
from typing import Any

import pytest

from mockserver.domain.operation import Operation
from mockserver.http.merchant.handler import MerchantApi
from tests.support.connection import fault, line_to, request_bytes
from tests.support.merchant import Merchant
from tests.support.raw_http import answers_in

Op = Operation


async def test_pipelined_requests_are_answered_in_order(merchant: Merchant) -> None:
    await fault(merchant, {"delay": "50ms"}, on="list_captures")
    reads = [
        request_bytes(merchant, operation, None, {})
        for operation in (Op.LIST_CAPTURES, Op.GET_ORDER)
    ]
    async with line_to(merchant) as line:
        line.writer.write(reads[0])
        await line.writer.drain()
        line.writer.write(reads[1])
        responses = [await line.answer() for _ in reads]
    assert [body[:1] for _, _, body in responses] == [b"[", b"{"]


async def test_crash_gets_a_provider_shaped_500_and_a_close(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("at the edge")

    monkeypatch.setattr(MerchantApi, "handle", crash)
    async with line_to(merchant) as line:
        await line.send(Op.GET_ORDER)
        (response,) = answers_in(await line.rest())
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
        await fault(merchant, delay, on="list_captures")
    requests = [request_bytes(merchant, operation, None, {}) for operation in operations]
    async with line_to(merchant) as line:
        line.writer.write(b"".join(requests))
        line.writer.write_eof()
        responses = answers_in(await line.rest())
    assert [response.status for response in responses] == [200] * len(operations)
    assert [answer.body[:1] for answer in responses] == [
        b"[" if operation is Op.LIST_CAPTURES else b"{" for operation in operations
    ]


async def test_half_close_within_a_body_closes_the_connection(
    merchant: Merchant,
) -> None:
    async with line_to(merchant) as line:
        whole = request_bytes(merchant, Op.CAPTURE, {"captured_amount": 1}, {})
        line.writer.write(whole[:-1])
        line.writer.write_eof()
        assert await line.rest() == b""
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
    await fault(merchant, damage, on="list_captures")
    reads = [
        request_bytes(merchant, operation, None, {})
        for operation in (Op.GET_ORDER, Op.LIST_CAPTURES)
    ]
    async with line_to(merchant) as line:
        line.writer.write(b"".join(reads))
        _, _, order = await line.answer()
        rest = await line.rest()
    assert order == (await merchant.do(Op.GET_ORDER)).body
    assert rest.partition(b"\r\n\r\n")[2] == body_part


async def test_too_large_chunked_body_is_refused(merchant: Merchant) -> None:
    chunk = b"%x\r\n" % 2**18 + b" " * 2**18 + b"\r\n"
    framing = {"Transfer-Encoding": "chunked"}
    whole = request_bytes(merchant, Op.CAPTURE, None, framing)
    head = whole.replace(b"Content-Length: 0\r\n", b"")
    async with line_to(merchant) as line:
        line.writer.write(head + chunk * 5 + b"0\r\n\r\n")
        status, headers, _ = await line.answer()
        assert (status, headers["Connection"]) == (413, "close")
        assert await line.rest() == b""
