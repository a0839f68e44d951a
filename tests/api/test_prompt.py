"""What can be answered at once is answered without a task; all else as well, and in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import StreamReader, web
from aiohttp.http import RawRequestMessage

from mockserver.api.exchange import Answer, Call
from mockserver.api.merchant import MerchantApi
from mockserver.api.prompt import Answering, Begun, PromptConnection
from mockserver.api.protocol import ConnectionServer
from mockserver.api.server import Server
from mockserver.domain.operation import Operation
from mockserver.sandbox.registry import Sandboxes
from mockserver.scenario.catalogue import DEFAULT
from mockserver.scenario.loading import load
from mockserver.scenario.scenario import Surroundings
from tests.api.merchant import Merchant, basic
from tests.api.raw import LAST, PATIENCE, answers_in
from tests.api.test_faults import fault, line_to, request_bytes

Op = Operation
UNKNOWN = "/ordermanagement/v1/orders/{}"


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Run a server on the loop of the test."""
    server = Server(Sandboxes(load((DEFAULT,), Surroundings())))
    yield await server.start()
    await server.stop()


async def answers_to(url: str, sent: bytes) -> list[int]:
    """Send something and a last request; give the statuses of the answers."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    async with asyncio.timeout(PATIENCE):
        writer.write(sent)
        first = await reader.read(1)
        writer.write(LAST)
        received = first + await reader.read()
    writer.close()
    return [each.status for each in answers_in(received)]


def read(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: kustom", f"Authorization: {basic('a')}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


AT_ONCE = {
    "a request that came in full": (read(UNKNOWN.format("a")), 1),
    "another after it": (read(UNKNOWN.format("a")) + read(UNKNOWN.format("b")), 2),
    "one whose connection ends with it": (read(UNKNOWN.format("a"), "Connection: close"), 0),
    "one that would be another protocol": (
        read(UNKNOWN.format("a"), "Connection: upgrade", "Upgrade: b"),
        0,
    ),
    "one for the control API, which may wait": (read("/livez"), 0),
}


@pytest.mark.parametrize("case", AT_ONCE)
async def test_what_nothing_has_to_wait_for_is_answered_where_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    sent, at_once = AT_ONCE[case]
    answered: list[bool] = []
    way = PromptConnection.read

    def noted(connection: PromptConnection, data: bytes) -> bool:
        answered.append(way(connection, data))
        return answered[-1]

    monkeypatch.setattr(PromptConnection, "read", noted)
    async with serving() as url:
        await answers_to(url, sent)
    assert answered.count(True) == at_once


async def test_what_has_to_wait_is_answered_before_what_came_later(merchant: Merchant) -> None:
    await fault(merchant, {"delay": "50ms"}, on="list_captures")
    reads = [
        request_bytes(merchant, each, None, {}) for each in (Op.LIST_CAPTURES, Op.GET_ORDER)
    ]
    async with line_to(merchant) as line:
        line.writer.write(reads[0])
        await line.writer.drain()
        line.writer.write(reads[1])
        answers = [await line.answer() for _ in reads]
    assert [each[2][:1] for each in answers] == [b"[", b"{"]


async def test_a_crash_while_answering_at_once_is_told_and_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def crash(_api: MerchantApi, _call: Call) -> Answer:
        raise RuntimeError("at once")

    monkeypatch.setattr(MerchantApi, "answer", crash)
    async with serving() as url:
        assert await answers_to(url, read("/a")) == [500]
    assert "at once" in caplog.text


ENDS: dict[str, tuple[Sequence[Operation], Any]] = {
    "a request": ([Op.GET_ORDER], None),
    "several": ([Op.GET_ORDER, Op.LIST_CAPTURES, Op.GET_ORDER], None),
    "one that has to wait": ([Op.LIST_CAPTURES], {"delay": "20ms"}),
    "several behind one that has to wait": (
        [Op.LIST_CAPTURES, Op.GET_ORDER, Op.GET_ORDER],
        {"delay": "20ms"},
    ),
}


@pytest.mark.parametrize("case", ENDS)
async def test_a_client_that_ends_its_side_is_answered_and_hung_up_on(
    merchant: Merchant,
    case: str,
) -> None:
    asked, delay = ENDS[case]
    if delay:
        await fault(merchant, delay, on="list_captures")
    async with line_to(merchant) as line:
        line.writer.write(b"".join(request_bytes(merchant, each, None, {}) for each in asked))
        line.writer.write_eof()
        answers = answers_in(await line.rest())
    assert [each.status for each in answers] == [200] * len(asked)
    assert [each.body[:1] for each in answers] == [
        b"[" if each is Op.LIST_CAPTURES else b"{" for each in asked
    ]


async def test_a_client_that_ends_its_side_within_a_body_is_hung_up_on(
    merchant: Merchant,
) -> None:
    async with line_to(merchant) as line:
        whole = request_bytes(merchant, Op.CAPTURE, {"captured_amount": 1}, {})
        line.writer.write(whole[:-1])
        line.writer.write_eof()
        assert await line.rest() == b""
    assert (await merchant.read())["captured_amount"] == 0


class Wire(asyncio.Transport):
    """A connection whose client does not read."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send nothing."""

    def is_closing(self) -> bool:
        """Say that the client is there."""
        return False

    def close(self) -> None:
        """End nothing."""


async def test_a_client_that_does_not_read_is_not_answered_at_once() -> None:
    """Its answers would pile up; the task waits until there is room for more."""
    asked: list[str] = []

    def begin(message: RawRequestMessage, _body: StreamReader) -> Answering:
        asked.append(message.path)
        return answering()

    async def answering() -> Answer:
        return Answer(200)

    async def handle(_request: web.BaseRequest) -> web.StreamResponse:
        raise AssertionError("nothing is left for the task")

    connection = ConnectionServer(handle, begin, mock_headers=True)()
    connection.connection_made(Wire())
    await asyncio.sleep(0)
    connection.data_received(read("/reads"))
    connection.pause_writing()
    connection.data_received(read("/does-not"))
    assert asked == ["/reads"]
    connection.connection_lost(None)


class Waits:
    """Something to be waited for, which notes what came of it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seen: list[object] = []

    async def twice(self, first: Awaitable[str], then: Awaitable[str]) -> Answer:
        """Wait for one thing and another."""
        for each in (first, then):
            try:
                self.seen.append(await each)
            except (ValueError, asyncio.CancelledError) as error:
                self.seen.append(type(error).__name__)
        return Answer(200)


def begun(coroutine: Answering) -> Begun:
    return Begun(coroutine, coroutine.send(None))


OUTCOMES: dict[str, tuple[Callable[[asyncio.Future[str]], Any], str]] = {
    "is done": (lambda each: each.set_result("done"), "done"),
    "fails": (lambda each: each.set_exception(ValueError()), "ValueError"),
    "is given up": (asyncio.Future.cancel, "CancelledError"),
}


@pytest.mark.parametrize("second", OUTCOMES)
@pytest.mark.parametrize("first", OUTCOMES)
async def test_what_was_begun_goes_on_in_a_task_whatever_comes_of_what_it_waits_for(
    first: str,
    second: str,
) -> None:
    loop, waits = asyncio.get_running_loop(), Waits()
    futures: list[asyncio.Future[str]] = [loop.create_future(), loop.create_future()]
    rest = begun(waits.twice(*futures))

    async def awaiting() -> Answer:
        return await rest

    task = asyncio.create_task(awaiting())
    for future, case in zip(futures, (first, second), strict=True):
        await asyncio.sleep(0)
        OUTCOMES[case][0](future)
    assert await task == Answer(200)
    assert waits.seen == [OUTCOMES[first][1], OUTCOMES[second][1]]


async def test_who_waits_for_what_was_begun_can_be_told_to_stop() -> None:
    loop, waits = asyncio.get_running_loop(), Waits()
    rest = begun(waits.twice(loop.create_future(), loop.create_future()))

    async def awaiting() -> Answer:
        return await rest

    task = asyncio.create_task(awaiting())
    for _ in range(2):
        await asyncio.sleep(0)
        task.cancel()
    assert await task == Answer(200)
    assert waits.seen == ["CancelledError", "CancelledError"]
