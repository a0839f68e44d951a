"""Baseline: an aiohttp application that only routes, reads the body and responds.

It accepts the same requests as kustom-mock. GET of an order returns the bytes of a file,
POST to a collection of an order reads the body and returns 201, with ``--echo`` and the same
bytes. ``--uvloop`` runs it on uvloop, otherwise it runs on the default loop.
"""

import argparse
import asyncio
from pathlib import Path

from aiohttp import web

ORDER = "/ordermanagement/v1/orders/{order_id}"


def main() -> None:
    """Serve until the process ends."""
    parser = argparse.ArgumentParser(description="A bare aiohttp server.")
    parser.add_argument("page", type=Path, help="file with the response to GET")
    parser.add_argument("port", type=int)
    parser.add_argument("--uvloop", action="store_true", help="run on uvloop")
    parser.add_argument("--echo", action="store_true", help="respond to POST with the file")
    arguments = parser.parse_args()
    page = arguments.page.read_bytes()

    async def order(_request: web.Request) -> web.Response:
        return web.Response(body=page, content_type="application/json")

    async def change(request: web.Request) -> web.Response:
        await request.read()
        if arguments.echo:
            return web.Response(status=201, body=page, content_type="application/json")
        return web.Response(status=201)

    app = web.Application()
    app.router.add_get(ORDER, order)
    app.router.add_post(ORDER + "/{collection}", change)
    web.run_app(
        app,
        host="127.0.0.1",
        port=arguments.port,
        access_log=None,
        print=None,
        loop=_loop(uvloop=arguments.uvloop),
    )


def _loop(*, uvloop: bool) -> asyncio.AbstractEventLoop:
    if uvloop:
        import uvloop as fast  # noqa: PLC0415  # not on every platform

        return fast.new_event_loop()
    return asyncio.new_event_loop()


if __name__ == "__main__":
    main()
