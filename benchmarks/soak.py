"""Run many sandboxes on one server for long: responses stay separate, memory stays bounded.

Sixteen connections send the requests of sixty merchants, step by step and interleaved. All
merchants have an order with the same id but different amounts, so a response that belongs
to another merchant is detected. A history fills the journal and ends with a fresh scenario,
so the stored data is bounded, and memory must be, too.
Loopback only, and bounded in requests and in time.

    python benchmarks/soak.py [--requests 100000] [--replicas 3]

With replicas a merchant meets another one at each request.
"""

import argparse
import asyncio
import json
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from load import LARGEST_COUNT, Address, request
from processes import Server, free_port, running
from replicas import HOST, ending, serve_command, start_engine

CONNECTIONS = 16
SANDBOXES = 60
REQUESTS = 100_000
MEASURED_AFTER = 10_000  # requests; the journals are full by then
LARGEST_GROWTH = 1.3
LONGEST = 600.0  # seconds
JOURNAL = 100  # entries of each sandbox
FEWEST_ROUNDS, ROUNDS = 20, 10  # of a history; seven requests each, so that journals fill

ORDER_ID = "7ce4ee13-973c-4f49-a30e-85a0bc675997"
API = f"/ordermanagement/v1/orders/{ORDER_ID}"
OK, CREATED, FORBIDDEN = 200, 201, 403


class SoakError(Exception):
    """A wrong status, or a state that belongs to another merchant."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request, its expected status, and the expected amounts of the order afterwards."""

    method: str
    path: str
    status: int
    body: Any = None
    key: str | None = None
    captured: int = 0
    refunded: int = 0


@dataclass(slots=True)
class Merchant:
    """One sandbox and the position in its current history."""

    number: int
    histories: int = 0
    steps: Iterator[Step] = field(default_factory=lambda: iter(()))
    last: Step | None = None

    @property
    def name(self) -> str:
        """User name, which selects the sandbox."""
        return f"soak-{self.number}"

    def next(self) -> Step:
        """Return the next step; after the last one, start a new history."""
        step = next(self.steps, None)
        if step is None:
            self.histories += 1
            self.steps = self._history()
            step = next(self.steps)
        self.last = step
        return step

    def _history(self) -> Iterator[Step]:
        """Yield shipments, each refunded with a retry and followed by a refusal.

        Histories have different lengths, so that they do not all end at the same time.
        """
        amount = 1000 + self.number
        rounds = FEWEST_ROUNDS + (self.number + self.histories) % ROUNDS
        total = amount * rounds
        line = {"reference": "A", "name": "A", "quantity": 1, "unit_price": amount}
        lines = [{**line, "total_amount": amount}]
        capture = {"captured_amount": amount, "order_lines": lines}
        refund = {"refunded_amount": amount, "order_lines": lines}
        excessive_capture = {"captured_amount": total + 1}
        scenario_path = f"/__admin/sandboxes/{self.name}/scenario"
        yield Step("PUT", scenario_path, OK, self._scenario(total))
        for number in range(rounds):
            before, after = amount * number, amount * (number + 1)
            key = f"refund-{self.histories}-{number}"
            yield Step("GET", API, OK, captured=before, refunded=before)
            yield Step("POST", f"{API}/captures", CREATED, capture, None, after, before)
            yield Step("GET", API, OK, captured=after, refunded=before)
            refund_step = Step("POST", f"{API}/refunds", CREATED, refund, key, after, after)
            yield refund_step
            yield refund_step  # a retry: the key has one effect
            yield Step("GET", API, OK, captured=after, refunded=after)
            yield Step(
                "POST", f"{API}/captures", FORBIDDEN, excessive_capture, None, after, after
            )

    def _scenario(self, total: int) -> Any:  # noqa: ANN401
        order = {
            "order_id": ORDER_ID,
            "billing_address": {"given_name": self.name},
            "lines": [{"reference": "A", "unit_price": total}],
        }
        return {"seed": self.number, "orders": {"order": order}}


class Connection:
    """Persistent connection with one outstanding request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use a connected pair of streams."""
        self._reader = reader
        self._writer = writer

    async def send(self, merchant: Merchant, step: Step) -> tuple[int, bytes]:
        """Send a step's request as its merchant; return status and body of the response."""
        self._writer.write(_request(merchant, step))
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(
            part.lower().split(": ", 1) for part in head.split("\r\n")[1:] if ": " in part
        )
        body = await self._reader.readexactly(int(fields.get("content-length", 0)))
        return int(head.split(" ", 2)[1]), body

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


@dataclass(slots=True)
class Soak:
    """State of a run: merchants, number of requests, and responses by status."""

    addresses: Iterator[Address]
    total: int
    waiting: deque[Merchant]
    sent: int = 0
    responses: Counter[int] = field(default_factory=Counter)

    async def run_to(self, count: int) -> None:
        """Send requests until this number was sent."""
        goal = min(count, self.total)
        await asyncio.gather(*(self._work(goal) for _ in range(CONNECTIONS)))

    async def check(self) -> None:
        """Check the final state of every merchant."""
        connection = await self._connect()
        for merchant in self.waiting:
            if merchant.last is not None:
                last = merchant.last
                read = Step("GET", API, OK, None, None, last.captured, last.refunded)
                await self._send(connection, merchant, read)
        connection.close()

    async def _work(self, goal: int) -> None:
        connection = await self._connect()
        while self.sent < goal:
            self.sent += 1
            merchant = self.waiting.popleft()  # no other connection uses it meanwhile
            await self._send(connection, merchant, merchant.next())
            self.waiting.append(merchant)
        connection.close()

    async def _send(self, connection: Connection, merchant: Merchant, step: Step) -> None:
        status, body = await connection.send(merchant, step)
        self.responses[status] += 1
        if status != step.status:
            raise SoakError(f"{merchant.name}: {step} returned {status}: {body!r}")
        if step.method == "GET":
            _check_order(merchant, step, json.loads(body))

    async def _connect(self) -> Connection:
        address = next(self.addresses)
        return Connection(*await asyncio.open_connection(address.host, address.port))


def _request(merchant: Merchant, step: Step) -> bytes:
    body = b"" if step.body is None else json.dumps(step.body).encode()
    user = b64encode(f"{merchant.name}:secret".encode()).decode()
    head = [
        f"{step.method} {step.path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Basic {user}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if step.key:
        head.append(f"Klarna-Idempotency-Key: {step.key}")
    return "\r\n".join([*head, "", ""]).encode() + body


def _check_order(merchant: Merchant, step: Step, order: Any) -> None:  # noqa: ANN401
    """Compare an order with the requests of its merchant."""
    booked = sum(capture["refunded_amount"] for capture in order["captures"])
    actual = (
        order["billing_address"]["given_name"],
        order["captured_amount"],
        order["refunded_amount"],
        booked,
    )
    if actual != (merchant.name, step.captured, step.refunded, step.refunded):
        raise SoakError(f"{merchant.name}: expected {step}, got {actual}")


async def soak(servers: Sequence[Server], requests: int) -> None:
    """Run the merchants, measure memory and print the result."""
    merchants = deque(Merchant(number) for number in range(SANDBOXES))
    run = Soak(cycle(server.address for server in servers), requests, merchants)
    started = perf_counter()
    await run.run_to(MEASURED_AFTER)
    early = sum(server.resident_megabytes() for server in servers)
    await run.run_to(requests)
    late = sum(server.resident_megabytes() for server in servers)
    seconds = perf_counter() - started
    await run.check()
    histories = sum(merchant.histories for merchant in merchants)
    responses = ", ".join(
        f"{count} x {status}" for status, count in sorted(run.responses.items())
    )
    print(f"{run.sent} requests, {SANDBOXES} sandboxes, {CONNECTIONS} connections")
    print(f"{seconds:.0f} s, {histories} histories, every final state as expected")
    print(f"responses: {responses}")
    print(f"resident: {early:.1f} MB after {MEASURED_AFTER}, {late:.1f} MB at the end", end="")
    print(f", ratio {late / early:.2f} (at most {LARGEST_GROWTH})")
    if late > early * LARGEST_GROWTH:
        raise SoakError("memory grew")


def main() -> None:
    """Start a server, or replicas and their store, and run the soak test."""
    parser = argparse.ArgumentParser(description="Run many sandboxes on one server.")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--replicas", type=int, default=0, help="on Valkey or Redis")
    options = parser.parse_args()
    requests = min(options.requests, LARGEST_COUNT)
    with ExitStack() as stack:
        store = "memory:"
        if options.replicas:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            (engine,) = stack.enter_context(ending([start_engine(folder, "everysec")]))
            store = f"redis://{HOST}:{engine.port}"
        servers = [_start(stack, store) for _ in range(options.replicas or 1)]
        asyncio.run(asyncio.wait_for(soak(servers, requests), LONGEST))


def _start(stack: ExitStack, store: str) -> Server:
    port = free_port()
    command = [*serve_command(port, store), "--journal-size", str(JOURNAL)]
    first = request("GET", "/healthz")
    return stack.enter_context(running([*command, "--log-level", "warning"], port, first))


if __name__ == "__main__":
    main()
