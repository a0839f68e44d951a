"""A shop that the server calls: it records what it receives and responds as set."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from mockserver.domain.operation import CHECKOUTS_PATH, Operation
from tests.support.checkouts import CART, URLS
from tests.support.merchant import Merchant

FROZEN = {"version": 1, "clock": {"start": "2026-01-15T09:00:00Z", "frozen": True}}
"""A scenario without orders on a frozen clock."""


@dataclass
class Shop:
    """A shop that records its calls and may acknowledge at one of its pushes.

    Attributes:
        status: of every response.
        acknowledge_at: the number of the push at which it acknowledges.
        pushes: method, query and body of each push.
        callbacks: the body of each callback.
        answer: to the next callback; an empty 200 by default.
        every_answer: to callbacks without a response of their own.
        before_answer: called with each callback before it is answered.
        update: fields that the shop updates while it handles a callback.
        may_respond: a push gets its response once it is set.
        was_pushed: is set by the first push.
        webhooks: headers and body of each webhook.
    """

    merchant: Merchant
    status: int = 200
    acknowledge_at: int = 0
    url: str = ""
    pushes: list[tuple[str, str, bytes]] = field(default_factory=list)
    webhooks: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    callbacks: list[Any] = field(default_factory=list)
    answer: web.Response | None = None
    every_answer: dict[str, Any] | None = None
    before_answer: Callable[[web.Request], Awaitable[None]] | None = None
    update: dict[str, Any] = field(default_factory=dict)
    may_respond: asyncio.Event = field(default_factory=asyncio.Event)
    was_pushed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Respond without waiting, unless a test clears the event."""
        self.may_respond.set()

    async def push(self, request: web.Request) -> web.Response:
        """Record a push."""
        self.pushes.append((request.method, request.query_string, await request.read()))
        self.was_pushed.set()
        await self.may_respond.wait()
        if len(self.pushes) == self.acknowledge_at:
            order_id = request.query["order"]
            await self.merchant.do(Operation.ACKNOWLEDGE, order_id=order_id)
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})

    async def callback(self, request: web.Request) -> web.Response:
        """Record a callback; read the checkout order and update it, as real shops do."""
        body = await request.json()
        self.callbacks.append(body)
        if "order_id" in body and self.update:
            path = f"{CHECKOUTS_PATH}/{body['order_id']}"
            reply = await self.merchant.send("POST", path, self.update)
            assert reply.status == 200, reply
        if self.before_answer is not None:
            await self.before_answer(request)
        answer, self.answer = self.answer, None
        if answer is None and self.every_answer is not None:
            return web.json_response(self.every_answer)
        return answer if answer is not None else web.Response(status=200)

    async def webhook(self, request: web.Request) -> web.Response:
        """Record a webhook."""
        self.webhooks.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)

    async def create(self, **urls: str) -> str:
        """Create a checkout order with a push URL of this shop; return its id."""
        push = self.url + "/push?order={checkout.order.id}"
        body = {**CART, "merchant_urls": {**URLS, "push": push, **urls}}
        reply = await self.merchant.send("POST", CHECKOUTS_PATH, body)
        return str(reply.json["order_id"])

    async def complete(self, push: str = "schedule", **urls: str) -> Any:  # noqa: ANN401
        """Complete a new checkout order; return the control API's response."""
        order_id = await self.create(**urls)
        path = f"checkouts/{order_id}/complete"
        return (await self.merchant.control("POST", path, {"push": push})).json

    async def create_asking(self, *kinds: str, cart: Mapping[str, Any] | None = None) -> str:
        """Create a checkout order with callbacks of these kinds; return its id."""
        urls = {**URLS, **dict.fromkeys(kinds, f"{self.url}/callback")}
        body = {**CART, **(cart or {}), "merchant_urls": urls}
        created = await self.merchant.send("POST", CHECKOUTS_PATH, body)
        return str(created.json["order_id"])

    async def complete_asking(
        self,
        *kinds: str,
        cart: Mapping[str, Any] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Complete a new checkout order with callbacks of these kinds; return the result."""
        path = f"checkouts/{await self.create_asking(*kinds, cart=cart)}/complete"
        reply = await self.merchant.control("POST", path, {"push": "hold", **options})
        assert reply.status == 200, reply
        return reply.json

    async def advance(self, time: str) -> list[str]:
        """Advance the clock; return the time and text of each event."""
        reply = await self.merchant.control("POST", "clock", {"advance": time})
        assert reply.status == 200, reply
        return [f"{event['at'][11:16]} {event['event']}" for event in reply.json["fired"]]

    async def inbox(self, query: str = "") -> Any:  # noqa: ANN401
        """Return the deliveries that match a query."""
        return (await self.merchant.control("GET", f"deliveries{query}")).json["deliveries"]

    async def receive(self, query: str) -> Any:  # noqa: ANN401
        """Wait until a delivery matches a query; return all that do."""
        awaited = await self.merchant.control("GET", f"deliveries/await?{query}&timeout=20s")
        assert awaited.json["satisfied"], awaited
        return awaited.json["deliveries"]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Shop"]:
        """Listen on a free port of this computer."""
        app = web.Application()
        app.router.add_route("*", "/push", self.push)
        app.router.add_route("*", "/webhooks", self.webhook)
        app.router.add_route("POST", "/callback", self.callback)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self.may_respond.set()  # else the cleanup waits for the responses
            await runner.cleanup()
