"""Many sandboxes on one server for long: nothing gets mixed up, and memory stays bounded.

Sixteen connections play sixty merchants, step by step and interleaved. All merchants have
an order of the same id, but amounts of their own, so that an answer meant for another one
shows. A life fills the journal and ends with a fresh scenario, so what is kept is bounded,
and memory should be too.
Loopback only, and bounded in requests and in time.

    python benchmarks/soak.py [--requests 100000]
"""

import argparse
import asyncio
import json
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from load import LARGEST_COUNT, Address, request
from processes import Server, free_port, python, running

CONNECTIONS = 16
SANDBOXES = 60
REQUESTS = 100_000
MEASURED_AFTER = 10_000  # requests; the journals are full by then
LARGEST_GROWTH = 1.3
LONGEST = 600.0  # seconds
JOURNAL = 100  # entries of each sandbox
FEWEST_ROUNDS, ROUNDS = 20, 10  # of a life; seven requests each, so that journals fill

ORDER_ID = "7ce4ee13-973c-4f49-a30e-85a0bc675997"
API = f"/ordermanagement/v1/orders/{ORDER_ID}"
OK, CREATED, FORBIDDEN = 200, 201, 403


class SoakError(Exception):
    """An answer that was not asked for, or a state that is not the merchant's own."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request, the status it must have, and the amounts the order has afterwards."""

    method: str
    path: str
    status: int
    body: Any = None
    key: str | None = None
    captured: int = 0
    refunded: int = 0


@dataclass(slots=True)
class Merchant:
    """One sandbox, its amounts, and how far its life has come."""

    number: int
    lives: int = 0
    steps: Iterator[Step] = field(default_factory=lambda: iter(()))
    last: Step | None = None

    @property
    def name(self) -> str:
        """The user name, which is the sandbox."""
        return f"soak-{self.number}"

    def next(self) -> Step:
        """Go one step on; after the last one a new life begins."""
        step = next(self.steps, None)
        if step is None:
            self.lives += 1
            self.steps = self._life()
            step = next(self.steps)
        self.last = step
        return step

    def _life(self) -> Iterator[Step]:
        """Shipments, each refunded with a retry and followed by a refusal; then over again.

        Lives are of several lengths, so that they do not end all at once.
        """
        some, rounds = 1000 + self.number, FEWEST_ROUNDS + (self.number + self.lives) % ROUNDS
        total = some * rounds
        line = {"reference": "A", "name": "A", "quantity": 1, "unit_price": some}
        lines = [{**line, "total_amount": some}]
        capture = {"captured_amount": some, "order_lines": lines}
        refund = {"refunded_amount": some, "order_lines": lines}
        too_much = {"captured_amount": total + 1}
        place = f"/__admin/sandboxes/{self.name}/scenario"
        yield Step("PUT", place, OK, self._scenario(total))
        for number in range(rounds):
            before, after = some * number, some * (number + 1)
            key = f"refund-{self.lives}-{number}"
            yield Step("GET", API, OK, captured=before, refunded=before)
            yield Step("POST", f"{API}/captures", CREATED, capture, None, after, before)
            yield Step("GET", API, OK, captured=after, refunded=before)
            refunded = Step("POST", f"{API}/refunds", CREATED, refund, key, after, after)
            yield refunded
            yield refunded  # a retry: the key has one effect
            yield Step("GET", API, OK, captured=after, refunded=after)
            yield Step("POST", f"{API}/captures", FORBIDDEN, too_much, None, after, after)

    def _scenario(self, total: int) -> Any:  # noqa: ANN401
        order = {
            "order_id": ORDER_ID,
            "billing_address": {"given_name": self.name},
            "lines": [{"reference": "A", "unit_price": total}],
        }
        return {"seed": self.number, "orders": {"order": order}}


class Connection:
    """A kept connection that asks one thing at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connected pair."""
        self._reader = reader
        self._writer = writer

    async def ask(self, merchant: Merchant, step: Step) -> tuple[int, bytes]:
        """Send a step's request as its merchant, and read the answer."""
        self._writer.write(_request(merchant, step))
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(
            part.lower().split(": ", 1) for part in head.split("\r\n")[1:] if ": " in part
        )
        body = await self._reader.readexactly(int(fields.get("content-length", 0)))
        return int(head.split(" ", 2)[1]), body

    def close(self) -> None:
        """Close it."""
        self._writer.close()


@dataclass(slots=True)
class Soak:
    """The merchants, what is left to be asked, and what was answered so far."""

    address: Address
    wanted: int
    waiting: deque[Merchant]
    asked: int = 0
    answers: Counter[int] = field(default_factory=Counter)

    async def run_to(self, count: int) -> None:
        """Ask until so many requests were made."""
        goal = min(count, self.wanted)
        await asyncio.gather(*(self._work(goal) for _ in range(CONNECTIONS)))

    async def check(self) -> None:
        """Look at the final state of every merchant."""
        connection = await self._connect()
        for merchant in self.waiting:
            if merchant.last is not None:
                now = Step(
                    "GET", API, OK, None, None, merchant.last.captured, merchant.last.refunded
                )
                await self._ask(connection, merchant, now)
        connection.close()

    async def _work(self, goal: int) -> None:
        connection = await self._connect()
        while self.asked < goal:
            self.asked += 1
            merchant = self.waiting.popleft()  # nobody else plays it meanwhile
            await self._ask(connection, merchant, merchant.next())
            self.waiting.append(merchant)
        connection.close()

    async def _ask(self, connection: Connection, merchant: Merchant, step: Step) -> None:
        status, body = await connection.ask(merchant, step)
        self.answers[status] += 1
        if status != step.status:
            raise SoakError(f"{merchant.name}: {step} was answered {status}: {body!r}")
        if step.method == "GET":
            _hold(merchant, step, json.loads(body))

    async def _connect(self) -> Connection:
        return Connection(*await asyncio.open_connection(self.address.host, self.address.port))


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


def _hold(merchant: Merchant, step: Step, order: Any) -> None:  # noqa: ANN401
    """Hold an order to what its own merchant did with it."""
    landed = sum(capture["refunded_amount"] for capture in order["captures"])
    found = (
        order["billing_address"]["given_name"],
        order["captured_amount"],
        order["refunded_amount"],
        landed,
    )
    if found != (merchant.name, step.captured, step.refunded, step.refunded):
        raise SoakError(f"{merchant.name}: expected {step}, got {found}")


async def soak(server: Server, requests: int) -> None:
    """Play, measure and print."""
    merchants = deque(Merchant(number) for number in range(SANDBOXES))
    run = Soak(server.address, requests, merchants)
    started = perf_counter()
    await run.run_to(MEASURED_AFTER)
    early = server.resident_megabytes()
    await run.run_to(requests)
    late, seconds = server.resident_megabytes(), perf_counter() - started
    await run.check()
    lives = sum(merchant.lives for merchant in merchants)
    responses = ", ".join(
        f"{count} x {status}" for status, count in sorted(run.answers.items())
    )
    print(f"{run.asked} requests, {SANDBOXES} sandboxes, {CONNECTIONS} connections")
    print(f"{seconds:.0f} s, {lives} lives, every final state as it should be")
    print(f"answers: {responses}")
    print(f"resident: {early:.1f} MB after {MEASURED_AFTER}, {late:.1f} MB at the end", end="")
    print(f", ratio {late / early:.2f} (at most {LARGEST_GROWTH})")
    if late > early * LARGEST_GROWTH:
        raise SoakError("memory grew")


def main() -> None:
    """Start a server and soak it."""
    parser = argparse.ArgumentParser(description="Many sandboxes on one server for long.")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    requests = min(parser.parse_args().requests, LARGEST_COUNT)
    port = free_port()
    place = ["--host", "127.0.0.1", "--port", str(port)]
    quiet = ["--log-level", "warning", "--journal-size", str(JOURNAL)]
    command = python("-m", "mockserver", "serve", *place, *quiet)
    with running(command, port, request("GET", "/healthz")) as server:
        asyncio.run(asyncio.wait_for(soak(server, requests), LONGEST))


if __name__ == "__main__":
    main()
