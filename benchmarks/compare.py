"""Compares kustom-mock with a bare aiohttp server, side by side; see README.md.

All servers run at the same time on one core, and the load comes from another. Each
round starts them anew and asks them in turn, so that what disturbs the machine disturbs
all of them. Printed are ratios within a round, as minimum, median and maximum.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

import merchant
from load import Run, load, request
from processes import LOAD_CORE, Server, pin, running, seconds_of

OURS, BARE, FAST = "kustom-mock", "bare aiohttp", "bare aiohttp on uvloop"
SERVE = ("-m", "mockserver", "serve", "--port", "0")
BARE_SERVER = str(Path(__file__).with_name("bare.py"))
CONNECTIONS = (1, 16, 64)
STARTS_OF_A_ROUND = 3
WARMING_REQUESTS = 1000
MEMORY_REQUESTS = 50_000

Samples = defaultdict[tuple[str, str], list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare with a bare aiohttp server.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=6000, help="of one measurement")
    arguments = parser.parse_args()
    pin(LOAD_CORE)
    seconds_of(["-c", "import aiohttp.web, mockserver.cli.serve"])  # writes bytecode
    rates: Samples = defaultdict(list)
    starts: Samples = defaultdict(list)
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds} …", file=sys.stderr)
        measure_rates(rates, arguments.requests)
        for _ in range(STARTS_OF_A_ROUND):
            measure_starts(starts)
    print_rates(rates)
    print_starts(starts)
    print_memory()


def measure_rates(rates: Samples, count: int) -> None:
    """Ask all servers for the same, in turn, and add their answers per second.

    Added are those per second of the clock and per second of the server's processor
    time; the latter hardly feels what else the machine does.
    """
    with servers() as (running_servers, read):
        for work in ("GET order", "POST refund", "POST capture"):
            for name, server in running_servers.items():
                ask(server, name, work, read, WARMING_REQUESTS, 1)
            for connections in CONNECTIONS:
                for name, server in running_servers.items():
                    run, cost = ask(server, name, work, read, count, connections)
                    cell = f"{work}, {connections}"
                    rates[name, cell].append(run.per_second)
                    rates[f"{name}, processor", cell].append(count / cost)
                    rates[f"{name}, generator", cell].append(run.generator_share)


def ask(
    server: Server,
    name: str,
    work: str,
    read: bytes,
    count: int,
    connections: int,
) -> tuple[Run, float]:
    """Put load on a server; give the run, and the processor time the server took."""
    requests = requests_for(work, name, server, read, count)
    status = 200 if work == "GET order" else 201
    before = server.processor_seconds()
    run = load(server.address, requests, count=count, connections=connections, status=status)
    return run, server.processor_seconds() - before


@contextmanager
def servers() -> Iterator[tuple[Mapping[str, Server], bytes]]:
    """Start all servers; the bare ones answer the bytes that ours answers to a request."""
    with ExitStack() as stack:
        ours = stack.enter_context(running(SERVE))
        read, page = merchant.order_page(ours)
        file = Path(stack.enter_context(tempfile.TemporaryDirectory()), "order.json")
        file.write_bytes(page)
        found = {OURS: ours, BARE: stack.enter_context(running((BARE_SERVER, str(file))))}
        if find_spec("uvloop"):
            fast = running((BARE_SERVER, str(file), "--uvloop"))
            found[FAST] = stack.enter_context(fast)
        yield found, read


def requests_for(
    work: str,
    name: str,
    server: Server,
    read: bytes,
    count: int,
) -> Sequence[bytes]:
    """Write the requests for some work; the bare servers know two paths."""
    if work == "GET order":
        return [read if name == OURS else request("GET", "/order")]
    if name == OURS:
        make = merchant.refunds if work == "POST refund" else merchant.captures
        return make(server, count)
    body = merchant.REFUND if work == "POST refund" else merchant.CAPTURE
    return [request("POST", "/changes", body)]


def measure_starts(starts: Samples) -> None:
    """Time importing aiohttp.web, and starting our server until its first 200."""
    starts["import aiohttp.web", ""].append(seconds_of(("-c", "import aiohttp.web")))
    with running(SERVE) as ours:
        load(
            ours.address,
            [request("GET", "/__admin/sandboxes/bench/orders")],
            count=1,
            connections=1,
            status=200,
        )
        starts[OURS, ""].append(perf_counter() - ours.started)


def print_rates(rates: Samples) -> None:
    """Print a row for each kind of work and number of connections."""
    limits = [name for name in (BARE, FAST) if (name, "GET order, 1") in rates]
    print("\n| request, connections | kustom-mock/s |", end="")
    print("".join(f" {each}/s | ratio | by processor time |" for each in limits))
    print("|---|---|" + "---|---|---|" * len(limits))
    for cell in [cell for name, cell in rates if name == OURS]:
        columns = [cell, f"{median(rates[OURS, cell]):.0f}"]
        for each in limits:
            columns += [
                f"{median(rates[each, cell]):.0f}",
                ratio(rates[OURS, cell], rates[each, cell]),
                ratio(
                    rates[f"{OURS}, processor", cell],
                    rates[f"{each}, processor", cell],
                ),
            ]
        print(f"| {' | '.join(columns)} |")
    busy = max(
        median(shares) for (name, _), shares in rates.items() if name.endswith("generator")
    )
    print(f"\nThe generator worked at most {busy:.0%} of the time.")


def print_starts(starts: Samples) -> None:
    """Print how long a start takes beside an import."""
    ours, limit = starts[OURS, ""], starts["import aiohttp.web", ""]
    print(
        f"\nFirst 200 after {1000 * median(ours):.0f} ms, import aiohttp.web"
        f" {1000 * median(limit):.0f} ms, ratio {ratio(ours, limit)}.",
    )


def print_memory() -> None:
    """Print resident memory idle, after reads, and after changes."""
    with servers() as (running_servers, read):
        print(f"\n| resident MB | idle | {MEMORY_REQUESTS} GET | and {MEMORY_REQUESTS} POST |")
        print("|---|---|---|---|")
        for name, server in running_servers.items():
            seen = [server.resident_megabytes()]
            for work in ("GET order", "POST refund"):
                ask(server, name, work, read, MEMORY_REQUESTS, 16)
                seen.append(server.resident_megabytes())
            print(f"| {name} | {' | '.join(f'{each:.0f}' for each in seen)} |")


def ratio(ours: Sequence[float], limit: Sequence[float]) -> str:
    """Say how the values of each round compare: minimum, median, maximum."""
    each = [mine / other for mine, other in zip(ours, limit, strict=True)]
    return f"{min(each):.2f} **{median(each):.2f}** {max(each):.2f}"


if __name__ == "__main__":
    main()
