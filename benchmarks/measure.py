"""What is measured of each server, in rounds: starts, requests and memory.

All servers of a round are up at the same time, on one core, but only the one that is
asked is awake; so what disturbs the machine disturbs all of them alike, and they do not
disturb each other.
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
WARMING = (merchant.GET, merchant.CAPTURE, merchant.REFUND)
MEMORY_REQUESTS = 50_000
MEMORY_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked: rounds, requests of one measurement, and its longest time."""

    rounds: int
    requests: int
    seconds: float
    memory_requests: int = MEMORY_REQUESTS
    memory_seconds: float = 20.0

    def count(self, work: Work) -> int:
        """Tell how many requests of some work are asked."""
        return max(int(self.requests * work.share), merchant.CHANGES_OF_AN_ORDER)


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of some work: a rate, and times in seconds."""

    per_second: float
    median: float
    slowest: float  # of ninety-nine in a hundred
    processor: float  # of one request
    generator: float  # how much of the time the load generator worked


@dataclass(slots=True)
class Results:
    """What was measured, a value for each round.

    ``failed`` says what fell out and why: a server, or a cell of its.
    """

    samples: dict[tuple[str, str, int], list[Sample]] = field(default_factory=dict)
    starts: dict[str, list[float]] = field(default_factory=dict)
    idle: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Name those who were measured to the end."""
        return [start for start in self.starts if start in PEERS and start not in self.failed]

    def cell(self, name: str, work: str, connections: int) -> Sequence[Sample]:
        """Give the samples of one cell; none where it fell out in any round."""
        if cell_name(name, work, connections) in self.failed:
            return ()
        return self.samples[name, work, connections]


def cell_name(name: str, work: str, connections: int) -> str:
    """Name a cell to people."""
    return f"{name} at {work} over {connections} connections"


def rounds(results: Results, expected: Sequence[Peer], limits: Limits) -> None:
    """Start all servers anew in each round, and ask them in turn."""
    page = _page()
    seconds_of(python("-c", f"{IMPORT}, mockserver.cli.serve"))  # writes bytecode
    for number in range(1, limits.rounds + 1):
        print(f"round {number} of {limits.rounds} …", file=sys.stderr)
        imported = seconds_of(python("-c", IMPORT))
        results.starts.setdefault(IMPORT, []).append(imported)
        with ExitStack() as stack:
            up = _start_all(stack, results, expected, page)
            for name, server in up.items():
                with _failing(results, name), server.awake():
                    _warm(PEERS[name], server, limits)
            for work in merchant.WORKS:
                _ask_all(results, up, work, limits)


def memory(results: Results, expected: Sequence[Peer], limits: Limits) -> None:
    """Note resident memory after many reads, and after as many changes."""
    page = _page()
    for peer in expected:
        if peer.name in results.failed:
            continue
        print(f"memory of {peer.name} …", file=sys.stderr)
        with _failing(results, f"{peer.name} at memory"), _up(peer, page) as server:
            seen = [(0, server.resident_megabytes())]
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
                seen.append((run.count, server.resident_megabytes()))
            results.memory[peer.name] = seen


def _page() -> bytes:
    """Let ours write the page that all others answer."""
    with _up(PEERS[OURS], b"") as server:
        return merchant.ask(server, "GET", merchant.path_of(1))


@contextmanager
def _up(peer: Peer, page: bytes) -> Iterator[Server]:
    port, begin = free_port(), peer.found()
    if begin is None:
        raise StartError(f"{peer.name} is not installed")
    with TemporaryDirectory() as folder:
        command = [*begin, *peer.arrange(Path(folder), page, port)]
        home = None if peer.name == OURS else folder
        with running(command, port, peer.first, home) as server:
            yield server


def _start_all(
    stack: ExitStack,
    results: Results,
    expected: Sequence[Peer],
    page: bytes,
) -> Mapping[str, Server]:
    up = {}
    for peer in expected:
        if peer.name in results.failed:
            continue
        with _failing(results, peer.name):
            server = stack.enter_context(_up(peer, page))
            results.starts.setdefault(peer.name, []).append(server.start_seconds)
            results.idle.setdefault(peer.name, []).append(server.resident_megabytes())
            server.halt()
            up[peer.name] = server
    return up


def _ask_all(
    results: Results,
    up: Mapping[str, Server],
    work: Work,
    limits: Limits,
) -> None:
    for connections in CONNECTIONS:
        for name, server in up.items():
            cell = cell_name(name, work.name, connections)
            if name in results.failed or cell in results.failed:
                continue
            with _failing(results, cell), server.awake():
                sample = _ask(PEERS[name], server, work, limits, connections)
                key = name, work.name, connections
                results.samples.setdefault(key, []).append(sample)


def _warm(peer: Peer, server: Server, limits: Limits) -> None:
    """Ask for all kinds, so that nothing measured is done for the first time."""
    for _ in range(peer.warmings):
        for work in WARMING:
            _ask(peer, server, work, limits, max(CONNECTIONS))


def _ask(peer: Peer, server: Server, work: Work, limits: Limits, connections: int) -> Sample:
    count = limits.count(work)
    requests = peer.requests(server, work, count)
    before = server.processor_seconds()
    run = load(
        server.address,
        requests,
        count=count,
        connections=connections,
        status=peer.status(work),
        seconds=limits.seconds,
    )
    cost = (server.processor_seconds() - before) / run.count
    return Sample(
        run.per_second, run.latency(0.5), run.latency(0.99), cost, run.generator_share
    )


@contextmanager
def _failing(results: Results, what: str) -> Iterator[None]:
    """Let a peer, or a cell of its, fall out, and the others go on; ours must not fail."""
    try:
        yield
    except (LoadError, StartError, OSError) as error:
        if what.startswith(OURS):
            raise
        results.failed[what] = str(error)[:200]
