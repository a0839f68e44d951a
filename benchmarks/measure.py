"""Measure starts, requests and memory of each server, in rounds.

All servers of a round run on one core, but only the measured one is awake. So other load on
the machine affects all of them equally, and they do not disturb each other.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import merchant
from load import LoadError, load
from merchant import Work
from peers import OURS, PEERS, Peer
from processes import Server, StartError, free_port, python, running, seconds_of

CONNECTIONS = (1, 16, 64)
IMPORT = "import aiohttp.web"
WARM_UP = (merchant.GET, merchant.CAPTURE, merchant.REFUND)
MEMORY_REQUESTS = 50_000
MEMORY_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Rounds, requests of one measurement, and its longest time in seconds."""

    rounds: int
    requests: int
    seconds: float
    memory_requests: int = MEMORY_REQUESTS
    memory_seconds: float = 20.0

    def count(self, work: Work) -> int:
        """Return the number of requests of some work."""
        return max(int(self.requests * work.share), merchant.REFUNDS_PER_ORDER)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of some work.

    Attributes:
        per_second: Responses per second.
        median, p99: Latencies in seconds.
        cpu: CPU seconds of one request.
        generator: Share of time in which the load generator worked.
    """

    per_second: float
    median: float
    p99: float
    cpu: float
    generator: float


@dataclass(slots=True)
class Results:
    """Measurements, one value per round.

    Attributes:
        failed: Servers and cells that failed, with the reason.
    """

    samples: dict[tuple[str, str, int], list[Sample]] = field(default_factory=dict)
    starts: dict[str, list[float]] = field(default_factory=dict)
    idle: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the servers that were measured completely."""
        return [name for name in self.starts if name in PEERS and name not in self.failed]

    def cell(self, name: str, work: str, connections: int) -> Sequence[Sample]:
        """Return the samples of one cell; none if it failed in any round."""
        if cell_name(name, work, connections) in self.failed:
            return ()
        return self.samples[name, work, connections]


def cell_name(name: str, work: str, connections: int) -> str:
    """Return the name of a cell for messages."""
    return f"{name} at {work} over {connections} connections"


def rounds(results: Results, peers: Sequence[Peer], limits: Limits) -> None:
    """Start all servers in each round, and measure them in turn."""
    page = _page()
    seconds_of(python("-c", f"{IMPORT}, mockserver.cli.serve"))  # writes bytecode
    for number in range(1, limits.rounds + 1):
        print(f"round {number} of {limits.rounds} …", file=sys.stderr)
        imported = seconds_of(python("-c", IMPORT))
        results.starts.setdefault(IMPORT, []).append(imported)
        with ExitStack() as stack:
            servers = _start_all(stack, results, peers, page)
            for name, server in servers.items():
                with _recording_failure(results, name), server.awake():
                    _warm_up(PEERS[name], server, limits)
            for work in merchant.WORKS:
                _measure_all(results, servers, work, limits)


def memory(results: Results, peers: Sequence[Peer], limits: Limits) -> None:
    """Measure resident memory after many reads, and after as many changes."""
    page = _page()
    for peer in peers:
        if peer.name in results.failed:
            continue
        print(f"memory of {peer.name} …", file=sys.stderr)
        with (
            _recording_failure(results, f"{peer.name} at memory"),
            _running(peer, page) as server,
        ):
            sizes = [(0, server.resident_megabytes())]
            for work in (merchant.GET, merchant.REFUND):
                requests = peer.requests(server, work, limits.memory_requests)
                run = load(
                    server.address,
                    requests,
                    count=limits.memory_requests,
                    connections=MEMORY_CONNECTIONS,
                    status=peer.status(work),
                    seconds=limits.memory_seconds,
                )
                sizes.append((run.count, server.resident_megabytes()))
            results.memory[peer.name] = sizes


def _page() -> bytes:
    """Return the order as kustom-mock renders it; all others return these bytes."""
    with _running(PEERS[OURS], b"") as server:
        return merchant.send(server, "GET", merchant.path_of(1))


@contextmanager
def _running(peer: Peer, page: bytes) -> Iterator[Server]:
    port, program = free_port(), peer.find_command()
    if program is None:
        raise StartError(f"{peer.name} is not installed")
    with TemporaryDirectory() as folder:
        command = [*program, *peer.arrange(Path(folder), page, port)]
        home = None if peer.name == OURS else folder
        with running(command, port, peer.first, home) as server:
            yield server


def _start_all(
    stack: ExitStack,
    results: Results,
    peers: Sequence[Peer],
    page: bytes,
) -> Mapping[str, Server]:
    servers = {}
    for peer in peers:
        if peer.name in results.failed:
            continue
        with _recording_failure(results, peer.name):
            server = stack.enter_context(_running(peer, page))
            results.starts.setdefault(peer.name, []).append(server.start_seconds)
            results.idle.setdefault(peer.name, []).append(server.resident_megabytes())
            server.halt()
            servers[peer.name] = server
    return servers


def _measure_all(
    results: Results,
    servers: Mapping[str, Server],
    work: Work,
    limits: Limits,
) -> None:
    for connections in CONNECTIONS:
        for name, server in servers.items():
            cell = cell_name(name, work.name, connections)
            if name in results.failed or cell in results.failed:
                continue
            with _recording_failure(results, cell), server.awake():
                sample = _measure(PEERS[name], server, work, limits, connections)
                key = name, work.name, connections
                results.samples.setdefault(key, []).append(sample)


def _warm_up(peer: Peer, server: Server, limits: Limits) -> None:
    """Send all kinds of requests before measuring."""
    for _ in range(peer.warm_ups):
        for work in WARM_UP:
            _measure(peer, server, work, limits, max(CONNECTIONS))


def _measure(
    peer: Peer, server: Server, work: Work, limits: Limits, connections: int
) -> Sample:
    count = limits.count(work)
    requests = peer.requests(server, work, count)
    before = server.cpu_seconds()
    run = load(
        server.address,
        requests,
        count=count,
        connections=connections,
        status=peer.status(work),
        seconds=limits.seconds,
    )
    cost = (server.cpu_seconds() - before) / run.count
    return Sample(
        run.per_second, run.latency(0.5), run.latency(0.99), cost, run.generator_share
    )


@contextmanager
def _recording_failure(results: Results, name: str) -> Iterator[None]:
    """Record the failure of a peer or cell and continue; kustom-mock must not fail."""
    try:
        yield
    except (LoadError, StartError, OSError) as error:
        if name.startswith(OURS):
            raise
        results.failed[name] = str(error)[:200]
