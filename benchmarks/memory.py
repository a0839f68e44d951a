"""How much of ours is resident after 10 000 requests and after 50 000, by what is asked.

    python benchmarks/memory.py

All that is captured and refunded is kept, nothing is reset. Loopback only; takes about a
minute.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice

import merchant
from load import load, request
from merchant import CAPTURE, GET, REFUND, Work
from processes import LOAD_CORE, Server, end_with_children, free_port, pin, python, running
from tables import table

AT_ONCE = 500  # requests of one kind, until those of the next come
FEW, MANY = 10_000, 50_000
CONNECTIONS = 16
MEGA = 1e6
HEALTH = request("GET", "/healthz")
MIXES: Mapping[str, Sequence[Work]] = {
    "reads": (GET,),
    "reads, captures and refunds by turns": (GET, CAPTURE, REFUND),
    "captures of 3 lines": (CAPTURE,),
    "refunds of 3 lines": (REFUND,),
}


def main() -> None:
    """Measure and print."""
    end_with_children()
    pin(LOAD_CORE)
    head = ["requests", "before", f"after {FEW}", f"after {MANY}", "ratio", "bytes of each"]
    table("Resident memory, MB", head, [_row(name, works) for name, works in MIXES.items()])


def _row(name: str, works: Sequence[Work]) -> list[str]:
    port = free_port()
    command = python("-m", "mockserver", "serve", "--port", str(port))
    with running(command, port, HEALTH) as server:
        merchant.prepare(server, CAPTURE, MANY)
        before = server.resident_megabytes()
        turns = cycle([(work, cycle(work.requests(MANY))) for work in works])
        _ask(server, islice(turns, FEW // AT_ONCE))
        few = server.resident_megabytes()
        _ask(server, islice(turns, (MANY - FEW) // AT_ONCE))
        many = server.resident_megabytes()
    each = (many - few) * MEGA / (MANY - FEW)
    return [
        name,
        f"{before:.1f}",
        f"{few:.1f}",
        f"{many:.1f}",
        f"{many / few:.2f}",
        f"{each:.0f}",
    ]


def _ask(server: Server, turns: Iterator[tuple[Work, Iterator[bytes]]]) -> None:
    for work, requests in turns:
        some = list(islice(requests, AT_ONCE))
        load(
            server.address,
            some,
            count=AT_ONCE,
            connections=CONNECTIONS,
            status=work.status,
        )


if __name__ == "__main__":
    main()
