"""Send a response, with the damage that a fault rule specifies."""

import asyncio
import socket
import struct
from time import monotonic

from aiohttp import web

from mockserver.http.connection import Connection
from mockserver.http.messages import Response
from mockserver.http.response import PlainResponse
from mockserver.sandbox.faults.actions import ConnectionEnd, ResponseDamage

CHUNKS_PER_SECOND = 10
LINGER_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST


async def send_response(
    request: web.BaseRequest,
    response: Response,
    connection: Connection,
) -> web.StreamResponse:
    """Send an answer as it is, or as its delivery says."""
    delivery = response.damage
    if delivery is None:
        return PlainResponse(response, last=connection.framer.lost)
    if delivery.end is not None:
        await _end_connection(request, delivery, connection)
        return PlainResponse(response)  # which cannot be sent any more
    if delivery.body_bytes is not None:
        return await _truncate(request, response, delivery)
    return await _send_slowly(request, response, delivery)


async def _end_connection(
    request: web.BaseRequest,
    delivery: ResponseDamage,
    connection: Connection,
) -> None:
    if delivery.end is ConnectionEnd.HANG:
        started = monotonic()
        try:
            await connection.peer_closed.wait()
        finally:  # aiohttp cancels the handler of a client that has left
            duration = f"{monotonic() - started:.3f} s"
            delivery.sent = f"nothing: hung until the client left after {duration}"
        _close(request)
    elif delivery.end is ConnectionEnd.CLOSE:
        _close(request)
        delivery.sent = "nothing: connection closed"
    else:
        _reset(request)
        delivery.sent = "nothing: connection reset"


async def _truncate(
    request: web.BaseRequest,
    answer: Response,
    delivery: ResponseDamage,
) -> web.StreamResponse:
    """Announce the whole body and send its beginning.

    An answer without a body is cut within its status line instead, before the status:
    some clients are content with that much.
    """
    body_part = answer.body[: delivery.body_bytes]
    delivery.sent = f"{len(body_part)} of {len(answer.body)} bytes, then closed"
    if not answer.body:
        status_line_part = b"HTTP/1.1 "[: max(1, delivery.body_bytes or 0)]
        delivery.sent = f"{len(status_line_part)} bytes of the status line, then closed"
        if request.transport is not None:
            request.transport.write(status_line_part)
        _close(request)
        return PlainResponse(answer)  # which cannot be sent any more
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.force_close()
    await response.prepare(request)
    if body_part:
        await response.write(body_part)
    _close(request)
    return response


async def _send_slowly(
    request: web.BaseRequest,
    answer: Response,
    delivery: ResponseDamage,
) -> web.StreamResponse:
    rate = delivery.bytes_per_second or 1
    chunk_size = max(1, rate // CHUNKS_PER_SECOND)
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    delivery.sent = "the client disconnected before the end of the body"
    for start in range(0, len(answer.body), chunk_size):
        await response.write(answer.body[start : start + chunk_size])
        await asyncio.sleep(chunk_size / rate)
    await response.write_eof()
    delivery.sent = f"all of {len(answer.body)} bytes, at {rate} a second"
    return response


def _close(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()


def _reset(request: web.BaseRequest) -> None:
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    request.transport.abort()
