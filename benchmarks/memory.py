"""Measure resident memory after 10 000 and after 50 000 requests, by kind of request.

    python benchmarks/memory.py

All captures and refunds are stored, nothing is reset. Loopback only; takes about a minute.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice

import merchant
from load import load, request
from merchant import CAPTURE, GET, REFUND, Work
from processes import LOAD_CORE, Server, end_with_children, free_port, pin, python, running
from tables import table

BATCH = 500  # requests of one kind before those of the next
FEW, MANY = 10_000, 50_000
CONNECTIONS = 16
MEGA = 1e6
HEALTH = request("GET", "/healthz")
MIXES: Mapping[str, Sequence[Work]] = {
    "reads": (GET,),
    "reads, captures and refunds in turn": (GET, CAPTURE, REFUND),
    "captures of 3 lines": (CAPTURE,),
    "refunds of 3 lines": (REFUND,),
}


def main() -> None:
    """Measure and print."""
    end_with_children()
    pin(LOAD_CORE)
    head = ["requests", "before", f"after {FEW}", f"after {MANY}", "ratio", "bytes per request"]
    table("Resident memory, MB", head, [_row(name, works) for name, works in MIXES.items()])


def _row(name: str, works: Sequence[Work]) -> list[str]:
    port = free_port()
    command = python("-m", "mockserver", "serve", "--port", str(port))
    with running(command, port, HEALTH) as server:
        merchant.prepare(server, CAPTURE, MANY)
        before = server.resident_megabytes()
        batches = cycle([(work, cycle(work.requests(MANY))) for work in works])
        _send(server, islice(batches, FEW // BATCH))
        few = server.resident_megabytes()
        _send(server, islice(batches, (MANY - FEW) // BATCH))
        many = server.resident_megabytes()
    bytes_per_request = (many - few) * MEGA / (MANY - FEW)
    return [
        name,
        f"{before:.1f}",
        f"{few:.1f}",
        f"{many:.1f}",
        f"{many / few:.2f}",
        f"{bytes_per_request:.0f}",
    ]


def _send(server: Server, batches: Iterator[tuple[Work, Iterator[bytes]]]) -> None:
    for work, requests in batches:
        batch = list(islice(requests, BATCH))
        load(
            server.address,
            batch,
            count=BATCH,
            connections=CONNECTIONS,
            status=work.status,
        )


if __name__ == "__main__":
    main()
