"""Merchants who repeat each refund under its key until it is answered, and keep their books.

What was answered may not be missing, nothing may be done twice, and the journal may not have
a hole, whatever servers were killed meanwhile.
"""

import asyncio
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

from aiohttp import ClientError, ClientResponse, ClientSession

REFUNDS_PER_ORDER = 20
RETRY_INTERVAL = 0.05  # seconds
ORDER_AMOUNT = 1_000_000
OK, CREATED, TOO_MANY, UNAVAILABLE = 200, 201, 429, 503
ORDERS = "/ordermanagement/v1/orders"
CORRELATION_ID = "Klarna-Correlation-Id"
THIRD = 3
FAULT = {"id": "f", "on": "refund", "calls": [THIRD], "do": {"refuse": "too_many_requests"}}


class LedgerError(Exception):
    """Something acknowledged is missing, or was done twice."""


class Answer(NamedTuple):
    """The response to a request that was repeated until it succeeded."""

    headers: Mapping[str, str]
    content: Any


@dataclass
class Client:
    """A merchant's HTTP client, which opens a connection for each request.

    Attributes:
        statuses: number of responses by status.
        waits: seconds until each request was answered, its repetitions included.
        recorded: correlation ids that the journal must have and was not yet asked for.
    """

    user: str
    session: ClientSession
    url: str
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    recorded: set[str] = field(default_factory=set)

    async def insist(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        known: Sequence[int] = (OK, CREATED),
    ) -> Answer:
        """Repeat a request until its status is known."""
        started = monotonic()
        credentials = b64encode(f"{self.user}:secret".encode()).decode()
        sent = {"Authorization": f"Basic {credentials}", "Connection": "close"}
        while True:
            with suppress(ClientError, OSError, TimeoutError):
                async with self.session.request(
                    method, self.url + path, json=body, headers={**sent, **(headers or {})}
                ) as response:
                    answer = await self._read(response)
                    if response.status in known:
                        self.waits.append(monotonic() - started)
                        return answer
            await asyncio.sleep(RETRY_INTERVAL)

    async def _read(self, response: ClientResponse) -> Answer:
        text, status = await response.text(), response.status
        self.statuses[status] += 1
        is_merchant_api = CORRELATION_ID in response.headers
        if status == UNAVAILABLE:
            if is_merchant_api and "error_code" not in text + response.headers["Retry-After"]:
                raise LedgerError(f"{response.url}: not the provider's form: {text}")
        elif status in (OK, CREATED, TOO_MANY) and is_merchant_api:
            self.recorded.add(response.headers[CORRELATION_ID])
        elif status not in (OK, CREATED, 422):
            raise LedgerError(f"{response.method} {response.url}: {status} {text}")
        return Answer(response.headers, json.loads(text) if text else None)


@dataclass
class Merchant:
    """A user who refunds one order after the other, each refund under a key.

    Attributes:
        acknowledged: ids of the answered refunds, by order and key.
        keys: keys that were sent, by order.
    """

    client: Client
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)
    last_entry: int = 0

    @property
    def count(self) -> int:
        """The number of acknowledged refunds."""
        return sum(map(len, self.acknowledged.values()))

    @property
    def admin_path(self) -> str:
        """Path of its sandbox in the control API."""
        return f"/__admin/sandboxes/{self.client.user}"

    async def work(self, end: asyncio.Event) -> None:
        """Refund until the end."""
        await self.client.insist("POST", f"{self.admin_path}/faults", FAULT)
        while not end.is_set():
            await self.refund_order(f"{self.client.user}-{len(self.keys)}", end)
            await self.check_journal()

    async def refund_order(self, order_id: str, end: asyncio.Event) -> None:
        """Make an order and refund it in small pieces."""
        line = {"reference": "A", "name": "A", "unit_price": ORDER_AMOUNT}
        captures = {"A": {"lines": ["A"]}}
        spec = {"order_id": order_id, "name": order_id, "lines": [line], "captures": captures}
        known = (CREATED, 422)  # it exists already if the first answer was lost
        await self.client.insist("POST", f"{self.admin_path}/orders", spec, known=known)
        self.acknowledged[order_id], self.keys[order_id] = {}, set()
        for number in range(REFUNDS_PER_ORDER):
            if end.is_set():
                return
            key = f"{order_id}-{number}"
            self.keys[order_id].add(key)
            answer = await self.client.insist(
                "POST",
                f"{ORDERS}/{order_id}/refunds",
                {"refunded_amount": 1, "description": key},
                {"Klarna-Idempotency-Key": key},
            )
            self.acknowledged[order_id][key] = answer.headers["Refund-Id"]

    async def check_journal(self) -> None:
        """Check, on any server, that the journal has all answers since the last check."""
        expected, self.client.recorded = self.client.recorded, set()
        path = f"{self.admin_path}/requests?view=row&after={self.last_entry}"
        rows = (await self.client.insist("GET", path)).content["requests"][::-1]
        ids = [row["id"] for row in rows]
        if ids != list(range(self.last_entry + 1, self.last_entry + 1 + len(ids))):
            raise LedgerError(f"{self.client.user}: a hole in the journal: {ids}")
        missing = expected - {row["correlation_id"] for row in rows}
        if missing:
            raise LedgerError(f"{self.client.user}: not in the journal: {missing}")
        self.last_entry += len(ids)

    async def read_orders(self) -> list[Any]:
        """Return all orders."""
        paths = [f"{ORDERS}/{order_id}" for order_id in self.keys]
        return [(await self.client.insist("GET", path)).content for path in paths]

    async def check_orders(self, orders: Sequence[Any]) -> None:
        """Compare orders with what was sent and acknowledged."""
        for order in orders:
            order_id = order["order_id"]
            acknowledged = self.acknowledged[order_id]
            refunds = {item["description"]: item["refund_id"] for item in order["refunds"]}
            lost = acknowledged.items() - refunds.items()
            doubled = len(order["refunds"]) - len(refunds)
            unknown = refunds.keys() - self.keys[order_id]
            total = order["refunded_amount"]
            if lost or doubled or unknown or total != len(refunds):
                raise LedgerError(f"{order_id}: {lost=} {doubled=} {unknown=} {total=}")
        (fault,) = (await self.client.insist("GET", f"{self.admin_path}/faults")).content[
            "faults"
        ]
        if fault["fired"] != (fault["matched"] >= THIRD):
            raise LedgerError(f"{self.client.user}: not the third refund was refused: {fault}")
