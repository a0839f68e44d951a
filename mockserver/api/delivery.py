"""How an answer reaches the socket, or does not: the only file that damages one."""

import asyncio
import socket
import struct
from time import monotonic

from aiohttp import web

from mockserver.api.exchange import Answer
from mockserver.api.plain_response import PlainResponse
from mockserver.api.protocol import Connection
from mockserver.sandbox.actions import Cut, Delivery

PIECES_PER_SECOND = 10
LINGER_NOT = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST


async def deliver(
    request: web.BaseRequest,
    answer: Answer,
    connection: Connection,
) -> web.StreamResponse:
    """Send an answer as it is, or as its delivery says."""
    delivery = answer.delivery
    if delivery is None:
        return PlainResponse(answer, last=connection.framer.lost)
    if delivery.cut is not None:
        await _cut(request, delivery, connection)
        return PlainResponse(answer)  # which cannot be sent any more
    if delivery.length is not None:
        return await _truncate(request, answer, delivery)
    return await _slowly(request, answer, delivery)


async def _cut(
    request: web.BaseRequest,
    delivery: Delivery,
    connection: Connection,
) -> None:
    if delivery.cut is Cut.HANG:
        begun = monotonic()
        try:
            await connection.peer_closed.wait()
        finally:  # aiohttp cancels the handler of a client that has left
            lasted = f"{monotonic() - begun:.3f} s"
            delivery.result = f"nothing: hung until the client left after {lasted}"
        _hang_up(request)
    elif delivery.cut is Cut.CLOSE:
        _hang_up(request)
        delivery.result = "nothing: connection closed"
    else:
        _reset(request)
        delivery.result = "nothing: connection reset"


async def _truncate(
    request: web.BaseRequest,
    answer: Answer,
    delivery: Delivery,
) -> web.StreamResponse:
    """Announce the whole body and send its beginning.

    An answer without a body is cut within its status line instead, before the status:
    some clients are content with that much.
    """
    sent = answer.body[: delivery.length]
    delivery.result = f"{len(sent)} of {len(answer.body)} bytes, then closed"
    if not answer.body:
        begun = b"HTTP/1.1 "[: max(1, delivery.length or 0)]
        delivery.result = f"{len(begun)} bytes of the status line, then closed"
        if request.transport is not None:
            request.transport.write(begun)
        _hang_up(request)
        return PlainResponse(answer)  # which cannot be sent any more
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.force_close()
    await response.prepare(request)
    if sent:
        await response.write(sent)
    _hang_up(request)
    return response


async def _slowly(
    request: web.BaseRequest,
    answer: Answer,
    delivery: Delivery,
) -> web.StreamResponse:
    rate = delivery.rate or 1
    piece = max(1, rate // PIECES_PER_SECOND)
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    delivery.result = "the client left before the end"
    for start in range(0, len(answer.body), piece):
        await response.write(answer.body[start : start + piece])
        await asyncio.sleep(piece / rate)
    await response.write_eof()
    delivery.result = f"all of {len(answer.body)} bytes, at {rate} a second"
    return response


def _hang_up(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()


def _reset(request: web.BaseRequest) -> None:
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    request.transport.abort()
