"""Send the damaged response that a fault rule asks for."""

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


async def send_damaged_response(
    request: web.BaseRequest,
    response: Response,
    damage: ResponseDamage,
    connection: Connection,
) -> web.StreamResponse:
    """Send a response with its damage."""
    if damage.end is not None:
        await _end_connection(request, damage, connection)
        return PlainResponse(response)  # aiohttp finds the connection closed
    if damage.body_bytes is not None:
        return await _truncate(request, response, damage)
    return await _send_slowly(request, response, damage, connection)


async def _end_connection(
    request: web.BaseRequest,
    damage: ResponseDamage,
    connection: Connection,
) -> None:
    if damage.end is ConnectionEnd.HANG:
        started = monotonic()
        try:
            await connection.peer_closed.wait()
        finally:  # aiohttp cancels the handler when the connection is lost
            duration = f"{monotonic() - started:.3f} s"
            damage.sent = f"nothing: hung until the client left after {duration}"
        _close(request)
    elif damage.end is ConnectionEnd.CLOSE:
        _close(request)
        damage.sent = "nothing: connection closed"
    else:
        _reset(request)
        damage.sent = "nothing: connection reset"


async def _truncate(
    request: web.BaseRequest,
    response: Response,
    damage: ResponseDamage,
) -> web.StreamResponse:
    """Send the head with the length of the whole body, then only the start of the body.

    A response without a body is cut within its status line, before the status: some
    clients accept anything longer.
    """
    body_part = response.body[: damage.body_bytes]
    damage.sent = f"{len(body_part)} of {len(response.body)} bytes, then closed"
    if not response.body:
        status_line_part = b"HTTP/1.1 "[: max(1, damage.body_bytes or 0)]
        damage.sent = f"{len(status_line_part)} bytes of the status line, then closed"
        if request.transport is not None:
            request.transport.write(status_line_part)
        _close(request)
        return PlainResponse(response)  # aiohttp finds the connection closed
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    stream = web.StreamResponse(status=response.status, headers=headers)
    stream.force_close()
    await stream.prepare(request)
    if body_part:
        await stream.write(body_part)
    _close(request)
    return stream


async def _send_slowly(
    request: web.BaseRequest,
    response: Response,
    damage: ResponseDamage,
    connection: Connection,
) -> web.StreamResponse:
    rate = damage.bytes_per_second or 1
    chunk_size = max(1, rate // CHUNKS_PER_SECOND)
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    stream = web.StreamResponse(status=response.status, headers=headers)
    await stream.prepare(request)
    connection.response_started = True
    damage.sent = "the client disconnected before the end of the body"
    for start in range(0, len(response.body), chunk_size):
        await stream.write(response.body[start : start + chunk_size])
        await asyncio.sleep(chunk_size / rate)
    await stream.write_eof()
    damage.sent = f"all of {len(response.body)} bytes, at {rate} a second"
    return stream


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
