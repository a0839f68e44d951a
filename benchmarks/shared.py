"""Run replicas on one store: what a request costs, and whether anything is lost when they die.

Starts Valkey or Redis, replicas of kustom-mock and a balancer, on loopback. ``cost`` compares
the processor time of a request by where sandboxes live. ``kill`` ends replicas and the store
with SIGKILL at random while merchants refund, and checks every ledger afterwards.

    python benchmarks/shared.py cost
    python benchmarks/shared.py kill --seconds 300
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from shutil import which
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from load import load, request
from processes import free_port, python, running

ENGINES = ("valkey-server", "redis-server")
REPLICAS = 3
MERCHANTS = 12
REFUNDS_PER_ORDER = 20
SHORTEST, LONGEST = 1.0, 4.0  # seconds between two kills
DOWN = 1.0  # seconds until what was killed is started again
READY_TIMEOUT = 60.0  # seconds
PIECE = 65_536  # bytes
OK, CREATED, UNAVAILABLE = 200, 201, 503
ORDERS = "/ordermanagement/v1/orders"
FAULT = {"id": "third", "on": "refund", "calls": [3], "do": {"refuse": "too_many_requests"}}


class LedgerError(Exception):
    """Something acknowledged is missing, or was done twice."""


class Program:
    """A process that can be killed and started again."""

    def __init__(self, *command: str) -> None:
        self.command = command
        self.process = self._start()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again."""
        self.process = self._start()

    def restart_if_ended(self) -> None:
        """Start it again if it has ended by itself, as a supervisor does."""
        if self.process.poll() is not None:
            self.restart()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command, stdout=subprocess.DEVNULL)


@dataclass
class Merchant:
    """One user who refunds under keys until each is answered.

    Attributes:
        acknowledged: keys of answered refunds, by order.
        sent: keys of all refunds, by order.
    """

    user: str
    session: ClientSession
    url: str
    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    sent: dict[str, set[str]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    async def work(self, deadline: float) -> None:
        """Refund until the deadline, one order after the other."""
        await self.insist("POST", f"/__admin/sandboxes/{self.user}/faults", FAULT)
        number = 0
        while monotonic() < deadline:
            number += 1
            await self.refund_order(number, deadline)

    async def refund_order(self, number: int, deadline: float) -> None:
        """Make an order and refund it in small pieces."""
        line = {"reference": "A", "name": "A", "unit_price": 1_000_000}
        spec = {"name": f"order-{number}", "lines": [line], "captures": {"A": {"lines": ["A"]}}}
        order_id = f"{self.user}-{number}"
        path = f"/__admin/sandboxes/{self.user}/orders"
        await self.insist("POST", path, {**spec, "order_id": order_id}, known=(422,))
        self.acknowledged[order_id], self.sent[order_id] = set(), set()
        for refund in range(REFUNDS_PER_ORDER):
            if monotonic() > deadline:
                return
            key = f"{order_id}-{refund}"
            self.sent[order_id].add(key)
            body = {"refunded_amount": 1, "description": key}
            headers = {"Klarna-Idempotency-Key": key}
            await self.insist("POST", f"{ORDERS}/{order_id}/refunds", body, headers)
            self.acknowledged[order_id].add(key)

    async def insist(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401  # JSON
        headers: dict[str, str] | None = None,
        known: tuple[int, ...] = (),
    ) -> Any:  # noqa: ANN401  # JSON
        """Send a request until it is answered; 503 and 429 say to come again."""
        authorization = f"Basic {b64encode(f'{self.user}:secret'.encode()).decode()}"
        sent = {"Authorization": authorization, "Connection": "close", **(headers or {})}
        while True:
            with suppress(ClientError, OSError, TimeoutError):
                async with self.session.request(
                    method, self.url + path, json=body, headers=sent
                ) as response:
                    self.statuses[response.status] += 1
                    text = await response.text()
                    if response.status in (OK, CREATED, *known):
                        return json.loads(text) if text else None
                    if response.status not in (UNAVAILABLE, 429):
                        raise LedgerError(f"{method} {path}: {response.status} {text}")
            await asyncio.sleep(0.05)

    async def check(self) -> int:
        """Check every ledger; return the number of acknowledged refunds."""
        for order_id, acknowledged in self.acknowledged.items():
            order = await self.insist("GET", f"{ORDERS}/{order_id}")
            refunds = Counter(refund["description"] for refund in order["refunds"])
            lost = acknowledged - set(refunds)
            doubled = [key for key, number in refunds.items() if number > 1]
            unknown = set(refunds) - self.sent[order_id]
            total = order["refunded_amount"]
            if lost or doubled or unknown or total != len(refunds):
                raise LedgerError(f"{order_id}: {lost=} {doubled=} {unknown=} {total=}")
        faults = await self.insist("GET", f"/__admin/sandboxes/{self.user}/faults")
        if faults["faults"][0]["fired"] != 1:
            raise LedgerError(f"{self.user}: the third call was refused {faults}")
        return sum(map(len, self.acknowledged.values()))


@asynccontextmanager
async def balancing(ports: list[int]) -> AsyncIterator[str]:
    """Pass each connection on to the next replica that accepts it; yield the URL."""
    numbers = iter(range(1 << 60))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(numbers)
        for offset in range(len(ports)):
            port = ports[(first + offset) % len(ports)]
            with suppress(OSError, asyncio.CancelledError):
                upstream = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))
                return
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


def engine_command(folder: str, port: int) -> list[str]:
    """Return the command of a store that writes each change before it answers."""
    engine = next(filter(None, map(which, ENGINES)), None)
    if engine is None:
        sys.exit(f"needs {' or '.join(ENGINES)} on PATH")
    options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", folder]
    return [engine, "--port", str(port), "--appendfsync", "always", *options]


def replica_command(port: int, store: str) -> list[str]:
    """Return the command of a replica."""
    return python("-m", "mockserver", "serve", "--port", str(port), "--store", store)


@contextmanager
def programs(ports: list[int], store_port: int) -> Iterator[list[Program]]:
    """Run the store, first, and the replicas."""
    with TemporaryDirectory() as folder:
        started = [Program(*engine_command(folder, store_port))]
        sleep(DOWN)
        store = f"redis://127.0.0.1:{store_port}"
        started += [Program(*replica_command(port, store)) for port in ports]
        try:
            yield started
        finally:
            for program in started:
                program.kill()


async def kill_at_random(victims: list[Program], deadline: float, seed: int) -> Counter[str]:
    """Kill the store or a replica and start it again, until the deadline."""
    chance, killed = random.Random(seed), Counter[str]()  # noqa: S311  # repeatable
    while monotonic() < deadline - LONGEST:
        await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
        for program in victims:
            program.restart_if_ended()  # a replica that met no store ends
        victim = chance.choice(victims)
        killed["store" if victim is victims[0] else "replica"] += 1
        victim.kill()
        await asyncio.sleep(DOWN)
        victim.restart()
    return killed


async def run_kills(seconds: float, seed: int) -> None:
    """Kill for some seconds while merchants refund, and check every ledger."""
    ports, store_port = [free_port() for _ in range(REPLICAS)], free_port()
    with programs(ports, store_port) as victims:
        timeout, connector = ClientTimeout(total=10), TCPConnector(force_close=True)
        async with (
            balancing(ports) as url,
            ClientSession(timeout=timeout, connector=connector) as session,
        ):
            merchants = [Merchant(f"merchant-{n}", session, url) for n in range(MERCHANTS)]
            await asyncio.wait_for(merchants[0].insist("GET", "/readyz"), READY_TIMEOUT)
            deadline = monotonic() + seconds
            killing = asyncio.create_task(kill_at_random(victims, deadline, seed))
            await asyncio.gather(*(merchant.work(deadline) for merchant in merchants))
            killed = await killing
            for program in victims:
                program.restart_if_ended()
            acknowledged = sum([await merchant.check() for merchant in merchants])
            statuses = sum((merchant.statuses for merchant in merchants), Counter[int]())
    kills = f"{killed['replica']} kills of a replica, {killed['store']} of the store"
    print(f"{acknowledged} acknowledged refunds, 0 lost, 0 doubled; {kills}")
    print(f"responses by status: {dict(sorted(statuses.items()))}")


def run_costs(count: int) -> None:
    """Print the processor time of a request by where sandboxes live."""
    with TemporaryDirectory() as folder:
        store_port = free_port()
        engine = Program(*engine_command(folder, store_port))
        sleep(DOWN)
        stores = {
            "memory": "memory:",
            "file, fsync": f"file:{folder}/fsync.db",
            "Valkey or Redis": f"redis://127.0.0.1:{store_port}",
        }
        try:
            rows = {name: _measure(store, count) for name, store in stores.items()}
        finally:
            engine.kill()
    print("| sandboxes live in | GET (µs) | ratio | refund of 3 lines (µs) | ratio |")
    print("|---|---|---|---|---|")
    reads, refunds = rows["memory"]
    for name, (read, refund) in rows.items():
        cells = read, read / reads, refund, refund / refunds
        print("| {} | {:.0f} | {:.2f} | {:.0f} | {:.2f} |".format(name, *cells))


def _measure(store: str, count: int) -> tuple[float, float]:
    """Return microseconds of processor time of a GET and of a refund."""
    port = free_port()
    lines = [
        {"reference": name, "name": name, "quantity": 1, "unit_price": 0, "total_amount": 0}
        for name in "ABC"
    ]
    specs = [{"reference": name, "name": name, "unit_price": 1000} for name in "ABC"]
    first = request("GET", "/readyz")
    with running(replica_command(port, store), port, first) as server:
        orders = []
        for number in range(count // REFUNDS_PER_ORDER):
            spec = {
                "order_id": f"o-{number}",
                "lines": specs,
                "captures": {"A": {"lines": ["A", "B", "C"]}},
            }
            path = "/__admin/sandboxes/bench/orders"
            orders.append(request("POST", path, json.dumps(spec).encode()))
        load(server.address, orders, count=len(orders), connections=1, status=CREATED)
        body = json.dumps({"refunded_amount": 0, "order_lines": lines}).encode()
        paths = [f"{ORDERS}/o-{number}" for number in range(len(orders))]
        reads = [request("GET", path) for path in paths]
        refunds = [request("POST", f"{path}/refunds", body) for path in paths]
        costs = []
        for requests, status in ((reads, OK), (refunds, CREATED)):
            load(server.address, requests, count=count // 4, connections=16, status=status)
            before = server.cpu_seconds()
            load(server.address, requests, count=count // 2, connections=16, status=status)
            costs.append((server.cpu_seconds() - before) / (count // 2) * 1e6)
    return costs[0], costs[1]


def main() -> None:
    """Parse the command line and run a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("cost", "kill"))
    parser.add_argument("--seconds", type=float, default=60.0, help="of the kills")
    parser.add_argument("--seed", type=int, default=7, help="of the kills")
    parser.add_argument("--requests", type=int, default=4000, help="of each measurement")
    options = parser.parse_args()
    if options.part == "cost":
        run_costs(options.requests)
    else:
        asyncio.run(run_kills(options.seconds, options.seed))


if __name__ == "__main__":
    main()
