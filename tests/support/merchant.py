"""A merchant client over real HTTP.

Replies keep header names in their exact case and bodies as bytes.
"""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import TypeAlias

from aiohttp import ClientSession
from yarl import URL

from mockserver.domain.operation import Operation
from mockserver.json_type import Json
from mockserver.scenario.spec import Spec

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

T_SHIRT = {"reference": "A12345", "name": "T-shirt", "unit_price": 3000}
JEANS = {"reference": "A98765", "name": "Jeans", "unit_price": 7000}
SNEAKERS = {"reference": "B24680", "name": "Sneakers", "unit_price": 10000}

UNSHIPPED: Spec = {"lines": [T_SHIRT, JEANS, SNEAKERS]}
HALF_SHIPPED: Spec = {**UNSHIPPED, "captures": {"A": {"lines": ["A12345", "A98765"]}}}
SHIPPED: Spec = {
    **UNSHIPPED,
    "captures": {"A": {"lines": ["A12345", "A98765"]}, "B": {"lines": ["B24680"]}},
}
"""Orders in scenario syntax: the provider's own example of two shipments."""


def line(reference: str, total: int, **more: Json) -> dict[str, Json]:
    """Return an order line as merchants send it."""
    return {
        "reference": reference,
        "name": "Goods",
        "quantity": 1,
        "unit_price": total,
        "total_amount": total,
        **more,
    }


SNEAKERS_BACK = {"refunded_amount": 10000, "order_lines": [line("B24680", 10000)]}


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as it was received."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Json:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def header_names(self) -> set[str]:
        """Header names in the case in which they were sent."""
        return {name for name, _ in self.headers}

    def header(self, name: str) -> str:
        """Return the value of a header, by its exact name."""
        (value,) = (value for header, value in self.headers if header == name)
        return value


def basic(user: str, secret: str = "secret") -> str:  # noqa: S107  # any is accepted
    """Return the ``Authorization`` header of a user."""
    return f"Basic {b64encode(f'{user}:{secret}'.encode()).decode()}"


@dataclass(slots=True)
class Merchant:
    """One user of a server, with a current order; the user is the sandbox.

    Each request goes to the next of the replicas, if there are any.
    """

    session: ClientSession
    url: str
    user: str
    order: dict[str, Json] = field(default_factory=dict)
    replicas: Sequence[str] = ()
    requests: Iterator[int] = field(default_factory=count)

    def as_user(self, user: str) -> "Merchant":
        """Return another user of the same server."""
        return Merchant(self.session, self.url, user)

    @property
    def order_id(self) -> str:
        """Id of the current order."""
        return str(self.order["order_id"])

    @property
    def capture_id(self) -> str:
        """Id of the first capture; an unknown id if the order has none."""
        captures = self.order["captures"]
        return str(captures[0]["capture_id"]) if captures else UNKNOWN_ID

    @property
    def refund_id(self) -> str:
        """Id of the first refund; an unknown id if the order has none."""
        refunds = self.order["refunds"]
        return str(refunds[0]["refund_id"]) if refunds else UNKNOWN_ID

    def path(self, operation: Operation, **ids: str) -> str:
        """Return the path of an operation, on the current order unless ids are given."""
        own_ids = {
            "order_id": self.order_id,
            "capture_id": self.capture_id,
            "refund_id": self.refund_id,
            "customer_token": UNKNOWN_ID,
            "session_id": UNKNOWN_ID,
        }
        return operation.info.full_path.format_map({**own_ids, **ids})

    async def send(
        self,
        method: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request; a body that is neither bytes nor a stream is sent as JSON."""
        sent = {"Authorization": basic(self.user), **(headers or {})}
        if body is not None and not hasattr(body, "__aiter__"):
            sent.setdefault("Content-Type", "application/json")
            body = BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        number = next(self.requests)
        url = self.replicas[number % len(self.replicas)] if self.replicas else self.url
        async with self.session.request(
            method,
            URL(url + path, encoded=True),
            data=body,
            headers=sent,
            skip_auto_headers=("Content-Type", "Accept-Encoding"),
            allow_redirects=False,
        ) as response:
            raw = tuple((n.decode(), v.decode("latin-1")) for n, v in response.raw_headers)
            return Reply(response.status, raw, await response.read())

    async def do(
        self,
        operation: Operation,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        **ids: str,
    ) -> Reply:
        """Request an operation on the current order."""
        path = self.path(operation, **ids)
        return await self.send(operation.info.method, path, body, headers)

    async def capture(self, amount: int, *lines: Json, key: str | None = None) -> Reply:
        """Capture an amount."""
        body = {"captured_amount": amount, "order_lines": list(lines)}
        return await self.do(Operation.CAPTURE, body, headers=with_key(key))

    async def refund(self, amount: int, *lines: Json, key: str | None = None) -> Reply:
        """Refund an amount."""
        body = {"refunded_amount": amount, "order_lines": list(lines)}
        return await self.do(Operation.REFUND, body, headers=with_key(key))

    async def read(self) -> Json:
        """Read the current order."""
        response = await self.do(Operation.GET_ORDER)
        assert response.status == 200, response
        return response.json

    async def control(self, method: str, path: str, body: Json = None) -> Reply:
        """Call the control API of this sandbox."""
        return await self.send(method, f"/__admin/sandboxes/{self.user}/{path}", body)

    async def make_order(self, spec: Spec = UNSHIPPED) -> None:
        """Create an order from scenario syntax and make it the current one."""
        response = await self.control("POST", "orders", spec)
        assert response.status == 201, response
        self.order = response.json

    async def reload_export(self) -> None:
        """Replace the sandbox by its own export."""
        path = f"/__admin/sandboxes/{self.user}/scenario"
        exported = await self.send("GET", path)
        assert exported.status == 200, exported
        sent = {"Content-Type": "application/yaml"}
        reply = await self.send("PUT", path, exported.body, sent)
        assert reply.status == 200, reply

    @asynccontextmanager
    async def nothing_changes(self) -> AsyncIterator[None]:
        """Assert that the current order and the list of orders stay unchanged."""
        before = await self.read(), (await self.control("GET", "orders")).json
        yield
        assert (await self.read(), (await self.control("GET", "orders")).json) == before


def with_key(key: str | None) -> dict[str, str]:
    """Return the idempotency key header."""
    return {"Klarna-Idempotency-Key": key} if key else {}


NewServer: TypeAlias = Callable[..., Awaitable[Merchant]]
"""Starts a server and returns a merchant of it."""
