"""Send a response whose pieces become known one by one."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from mockserver.http.messages import Response

WRITE_TIMEOUT = 5.0  # seconds in which the client must make room for the next piece


async def send_stream(
    request: web.BaseRequest, response: Response, pieces: AsyncIterator[bytes]
) -> web.StreamResponse:
    """Send pieces until there are no more, or the client leaves or does not read."""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.force_close()
    await stream.prepare(request)
    if request.method == "HEAD":
        return stream
    try:
        async for piece in pieces:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await stream.write(piece)
        await stream.write_eof()
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()
    return stream
