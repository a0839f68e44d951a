"""Compare kustom-mock with a bare server and with peers; see README.md.

All servers run on one core and the load generator on another, in interleaved rounds. Prints
ratios within a round as minimum, median and maximum, and the cost by amount of data.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import growth
import measure
import tables
from measure import Limits, Results
from peers import OURS, PEERS, Peer
from processes import LOAD_CORE, end_with_children, pin

PARTS = ("speed", "memory", "growth")
LIMITS = Limits(rounds=5, requests=6000, seconds=2.0)
SHORT = Limits(rounds=2, requests=1000, seconds=0.5, memory_requests=5000, memory_seconds=3.0)
SHORT_GROWTH = 1000  # largest size
ROUNDS = range(1, 51)


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    usual = SHORT if arguments.short else LIMITS
    limits = replace(
        usual,
        rounds=arguments.rounds or usual.rounds,
        requests=arguments.requests or usual.requests,
    )
    end_with_children()
    pin(LOAD_CORE)
    _compare(_selected_peers(arguments.servers), arguments.parts, limits)
    if "growth" in arguments.parts:
        largest = SHORT_GROWTH if arguments.short else growth.LARGEST
        rounds = arguments.rounds or (1 if arguments.short else growth.ROUNDS)
        for curve in growth.curves(rounds, largest):
            growth.print_curve(curve)


def _compare(peers: Sequence[Peer], parts: Sequence[str], limits: Limits) -> None:
    results = Results()
    if "speed" in parts:
        measure.rounds(results, peers, limits)
        tables.print_summary(results)
        tables.print_works(results)
        tables.print_starts(results)
    if "memory" in parts:
        measure.memory(results, peers, limits)
        tables.print_memory(results)
    tables.print_failures(results)


def _selected_peers(names: Sequence[str]) -> list[Peer]:
    """Return the selected servers that are installed, ours first; print the others."""
    selected = [peer for peer in PEERS.values() if peer.name in (OURS, *(names or PEERS))]
    missing = [peer.name for peer in selected if peer.find_command() is None]
    if missing:
        print(f"Not installed, so left out: {', '.join(missing)}.", flush=True)
    return [peer for peer in selected if peer.name not in missing]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare with a bare server and with peers.")
    parser.add_argument("--short", action="store_true", help="a few minutes, imprecise")
    parser.add_argument(
        "--rounds", type=int, choices=ROUNDS, metavar="N", help="interleaved, at most 50"
    )
    parser.add_argument("--requests", type=int, help="per measurement")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure"
    )
    parser.add_argument(
        "--servers", nargs="+", choices=list(PEERS), default=[], metavar="NAME",
        help=f"only these, by name: {', '.join(PEERS)}",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    main()
