"""Processor time of requests to replicas, fairness, and how soon another replica sees them."""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from aiohttp import BasicAuth, ClientSession
from load import LARGEST_COUNT, LONGEST_RUN, Address, Run, load, request
from processes import Server, free_port, running
from replicas import HOST, Program, ending, serve_command, start_engine
from valkey import Valkey

OK, CREATED = 200, 201
ORDERS = "/ordermanagement/v1/orders"
READY = request("GET", "/readyz")
REFUNDS_PER_ORDER = 20
SANDBOXES = 64
CONNECTIONS = 16
HOT_CONNECTIONS, HOT_SECONDS = 5, 5.0
LOOKS = 100
LINES = [{"reference": name, "name": name, "unit_price": 1000} for name in "ABC"]
REFUND = {
    "refunded_amount": 0,
    "order_lines": [
        {"reference": name, "name": name, "quantity": 1, "unit_price": 0, "total_amount": 0}
        for name in "ABC"
    ],
}


class Costs(NamedTuple):
    """What a request costs, in µs.

    Attributes:
        replicas: processor time of all replicas.
        calls: script calls.
        script: time of a call by the statistics of the store, waits for a core included.
        store: processor time of the store for a call.
    """

    replicas: float
    calls: float
    script: float
    store: float


def make_order(server: Server, user: str, order_id: str) -> None:
    """Make an order of three lines that is shipped."""
    captures = {"A": {"lines": ["A", "B", "C"]}}
    spec = {"order_id": order_id, "lines": LINES, "captures": captures}
    body = json.dumps(spec).encode()
    sent = request("POST", f"/__admin/sandboxes/{user}/orders", body, user)
    load(server.address, [sent], count=1, connections=1, status=CREATED)


def refund(user: str, order_id: str) -> bytes:
    """Return a request that refunds nothing on three lines."""
    body = json.dumps(REFUND).encode()
    return request("POST", f"{ORDERS}/{order_id}/refunds", body, user)


def run_costs(count: int) -> None:
    """Print the processor time of a request by where sandboxes live."""
    with TemporaryDirectory() as folder, ending([start_engine(Path(folder))]) as (engine,):
        stores = {
            "memory": "memory:",
            "file, fsync": f"file:{folder}/fsync.db",
            "Valkey or Redis": f"redis://{HOST}:{engine.port}",
        }
        rows = {name: _measure_home(store, count) for name, store in stores.items()}
    print("| sandboxes live in | GET (µs) | ratio | refund of 3 lines (µs) | ratio |")
    print("|---|---|---|---|---|")
    reads, refunds = rows["memory"]
    for name, (read, refunded) in rows.items():
        cells = read, read / reads, refunded, refunded / refunds
        print("| {} | {:.0f} | {:.2f} | {:.0f} | {:.2f} |".format(name, *cells))


def _measure_home(store: str, count: int) -> list[float]:
    """Return microseconds of processor time of a GET and of a refund, each in its sandbox."""
    port = free_port()
    users = [f"user-{number}" for number in range(count // REFUNDS_PER_ORDER)]
    with running(serve_command(port, store), port, READY) as server:
        for user in users:
            make_order(server, user, "o")
        reads = [request("GET", f"{ORDERS}/o", user=user) for user in users]
        refunds = [refund(user, "o") for user in users]
        costs = []
        for requests, status in ((reads, OK), (refunds, CREATED)):
            load(
                server.address,
                requests,
                count=count // 4,
                connections=CONNECTIONS,
                status=status,
            )
            before = server.cpu_seconds()
            load(
                server.address,
                requests,
                count=count // 2,
                connections=CONNECTIONS,
                status=status,
            )
            costs.append((server.cpu_seconds() - before) / (count // 2) * 1e6)
    return costs


def run_replicas(count: int) -> None:
    """Print what a refund costs on several replicas, with sandboxes apart and in common."""
    cases = [(1, True), (2, True), (3, True), (2, False)]
    rows = [_measure_replicas(replicas, count, apart=apart) for replicas, apart in cases]
    print("| replicas | sandboxes | replicas (µs) | ratio | calls | script (µs) | store (µs) |")
    print("|---|---|---|---|---|---|---|")
    for (replicas, apart), costs in zip(cases, rows, strict=True):
        kind = "apart" if apart else "in common, at random"
        ratio = costs.replicas / rows[0].replicas
        cells = costs.replicas, ratio, costs.calls, costs.script, costs.store
        row = "| {} | {} | {:.0f} | {:.2f} | {:.3f} | {:.1f} | {:.1f} |"
        print(row.format(replicas, kind, *cells))
    in_memory = [_measure_servers_in_memory(servers, count) for servers in (1, 2, 3)]
    ratios = ", ".join(f"{cost / in_memory[0]:.2f}" for cost in in_memory[1:])
    print(f"2 and 3 servers in memory on the same core, to 1: {ratios}")


def _measure_servers_in_memory(servers: int, count: int) -> float:
    """Return what a refund costs when servers that share nothing but a core work at once."""
    with ExitStack() as stack:
        started = _start_servers(stack, servers, "memory:")
        requests = _refunds_of_all(started, count, apart=True)
        _load_all(started, requests, count // 4)
        before = _cpu_seconds(started)
        _load_all(started, requests, count)
        return (_cpu_seconds(started) - before) / (count * servers) * 1e6


def _measure_replicas(replicas: int, count: int, *, apart: bool) -> Costs:
    """Return what a refund costs when all replicas work at the same time."""
    with _replicas(replicas) as (engine, servers):
        requests = _refunds_of_all(servers, count, apart=apart)
        store, sent = Valkey(HOST, engine.port), count * replicas
        _load_all(servers, requests, count // 4)
        store.config_resetstat()
        started = Server(engine.process, Address(HOST, engine.port), 0.0)
        before, store_before = _cpu_seconds(servers), started.cpu_seconds()
        _load_all(servers, requests, count)
        cost = (_cpu_seconds(servers) - before) / sent * 1e6
        statistics: Any = store.info("commandstats")
        script = statistics["cmdstat_evalsha"]
        store_cost = (started.cpu_seconds() - store_before) / script["calls"] * 1e6
    return Costs(cost, script["calls"] / sent, script["usec_per_call"], store_cost)


def _refunds_of_all(servers: Sequence[Server], count: int, *, apart: bool) -> list[list[bytes]]:
    """Return refunds for each server, on so many orders that none grows large."""
    orders = count // (SANDBOXES * REFUNDS_PER_ORDER) + 1
    orders *= 1 if apart else len(servers)
    return [_refunds(server, n, orders, apart=apart) for n, server in enumerate(servers)]


def _refunds(server: Server, number: int, orders: int, *, apart: bool) -> list[bytes]:
    """Return refunds in sandboxes of this replica, or in those of all, in random order."""
    prefix = f"own-{number}" if apart else "common"
    users = [f"{prefix}-{place}" for place in range(SANDBOXES)]
    places = [(user, f"o-{place}") for user in users for place in range(orders)]
    if apart or not number:
        for user, order_id in places:
            make_order(server, user, order_id)
    random.Random(number).shuffle(places)  # noqa: S311  # repeatable
    return [refund(user, order_id) for user, order_id in places]


def run_hot() -> None:
    """Print how fair three replicas share one sandbox."""
    with _replicas(3) as (_, servers):
        make_order(servers[0], "hot", "o")
        requests = [[request("GET", f"{ORDERS}/o", user="hot")]] * 3
        _load_all(servers, requests, CONNECTIONS, status=OK)
        runs = _load_all(servers, requests, LARGEST_COUNT, HOT_CONNECTIONS, OK, HOT_SECONDS)
    counts = sorted(run.count for run in runs)
    p99 = max(run.latency(0.99) for run in runs) * 1000
    print(
        f"requests of each replica: {counts}; slowest to fastest {counts[0] / counts[-1]:.2f}"
    )
    print(f"p99 {p99:.1f} ms")


@contextmanager
def _replicas(count: int) -> Iterator[tuple[Program, list[Server]]]:
    """Run a store, and replicas on it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        (engine,) = stack.enter_context(ending([start_engine(folder, "everysec")]))
        yield engine, _start_servers(stack, count, f"redis://{HOST}:{engine.port}")


def _start_servers(stack: ExitStack, count: int, store: str) -> list[Server]:
    ports = [free_port() for _ in range(count)]
    return [
        stack.enter_context(running(serve_command(port, store), port, READY)) for port in ports
    ]


def _load_all(
    servers: Sequence[Server],
    requests: Sequence[Sequence[bytes]],
    count: int,
    connections: int = CONNECTIONS,
    status: int = CREATED,
    seconds: float = LONGEST_RUN,
) -> list[Run]:
    """Load all servers at the same time, each with requests of its own."""

    def run(server: Server, row: Sequence[bytes]) -> Run:
        return load(
            server.address,
            row,
            count=count,
            connections=connections,
            status=status,
            seconds=seconds,
        )

    with ThreadPoolExecutor(len(servers)) as threads:
        return list(threads.map(run, servers, requests))


def _cpu_seconds(servers: Sequence[Server]) -> float:
    return sum(server.cpu_seconds() for server in servers)


def run_looks() -> None:
    """Print how soon a request to one replica is in the journal of another."""
    with _replicas(2) as (_, servers):
        make_order(servers[0], "looked-at", "o")
        urls = [f"http://{HOST}:{server.address.port}" for server in servers]
        missing, seconds = asyncio.run(_look(*urls))
    print(f"{LOOKS} reads on one replica, then the journal of another: {missing} missing")
    milliseconds = median(seconds) * 1000, max(seconds) * 1000
    print(
        "a waiter there wakes after {:.1f} ms (median), {:.1f} ms (longest)".format(
            *milliseconds
        )
    )


async def _look(first: str, second: str) -> tuple[int, list[float]]:
    missing, seconds = 0, []
    journal = f"{second}/__admin/sandboxes/looked-at/requests"
    async with ClientSession(auth=BasicAuth("looked-at", "secret")) as session:

        async def wait(count: int) -> float:
            query = {"operation": "get_order", "count": str(count)}
            async with session.get(f"{journal}/await", params=query) as response:
                await response.read()
            return perf_counter()

        for number in range(1, LOOKS + 1):
            waiting = asyncio.create_task(wait(number))
            await asyncio.sleep(0.05)  # until it waits
            async with session.get(f"{first}{ORDERS}/o") as response:
                correlation_id = response.headers["Klarna-Correlation-Id"]
                answered = perf_counter()
            query = {"correlation_id": correlation_id}
            async with session.get(journal, params=query) as response:
                missing += not (await response.json())["requests"]
            seconds.append(max(0.0, await waiting - answered))
    return missing, seconds
