"""Prints what was measured, as tables in Markdown.

Every ratio is taken within a round and given as minimum **median** maximum. It says how
many times as good kustom-mock is: above 1 it is quicker or smaller than the other.
"""

from collections.abc import Callable, Iterable, Sequence
from math import isnan
from statistics import median

import merchant
from measure import CONNECTIONS, IMPORT, Results, Sample
from peers import OURS, PEERS

MILLI, MICRO = 1e3, 1e6
SUMMARY_CONNECTIONS = 16
Value = Callable[[Sample], float]
COLUMNS: dict[str, tuple[Value, float, bool]] = {
    "answers/s": (lambda item: item.per_second, 1, True),
    "p50 ms": (lambda item: item.median, MILLI, False),
    "p99 ms": (lambda item: item.slowest, MILLI, False),
    "processor µs": (lambda item: item.processor, MICRO, False),
}
FELL_OUT = ["-"] * (2 * len(COLUMNS) + 1)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    print(f"\n### {title}\n")
    print(f"| {' | '.join(head)} |")
    print("|---" * len(head) + "|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def print_summary(results: Results) -> None:
    """Print one ratio for each server and kind of work, by processor time."""
    value, _, _ = COLUMNS["processor µs"]
    table(
        f"CPU time per request, ratio at {SUMMARY_CONNECTIONS} connections",
        ["server", "keeps", *(work.name for work in merchant.WORKS)],
        (
            [name, PEERS[name].keeps]
            + [
                _against(results, name, work.name, SUMMARY_CONNECTIONS, value)
                for work in merchant.WORKS
            ]
            for name in results.names()
            if name != OURS
        ),
    )


def print_works(results: Results) -> None:
    """Print a table for each kind of work: all servers at all numbers of connections."""
    head = ["connections", "server", "keeps"]
    for title in COLUMNS:
        head += [title, "ratio"]
    for work in merchant.WORKS:
        rows = (
            _row(results, name, work.name, connections)
            for connections in CONNECTIONS
            for name in results.names()
        )
        table(work.name, [*head, "generator"], rows)


def print_starts(results: Results) -> None:
    """Print cold starts and memory when idle."""
    ours, idle = results.starts[OURS], results.idle[OURS]
    rows = [[IMPORT, figure(median(results.starts[IMPORT]) * MILLI),
             ratio(results.starts[IMPORT], ours), "", ""]]  # fmt: skip
    rows += [
        [
            name,
            figure(median(results.starts[name]) * MILLI),
            _beside(name, results.starts[name], ours),
            figure(median(results.idle[name])),
            _beside(name, results.idle[name], idle),
        ]
        for name in results.names()
    ]
    head = ["server", "first 200, ms", "ratio", "resident MB idle", "ratio"]
    table("Cold start and idle memory", head, rows)


def print_memory(results: Results) -> None:
    """Print memory after many requests; where the time ran out, after how many."""
    rows = []
    for name, seen in results.memory.items():
        row = [name, PEERS[name].keeps]
        for (count, megabytes), (_, mine) in zip(seen, results.memory[OURS], strict=True):
            asked = f" after {count}" if count else ""
            row += [f"{megabytes:.0f}{asked}", f"{megabytes / mine:.2f}"]
        rows.append(row)
    head = ["server", "keeps", "idle", "ratio", "reads", "ratio", "and refunds", "ratio"]
    table("Resident memory, MB", head, rows)


def print_failures(results: Results) -> None:
    """Say who fell out."""
    for name, reason in results.failed.items():
        print(f"\n{name} fell out: {reason}")


def ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """Say how the values of each round compare: minimum, median, maximum."""
    each = [one / other for one, other in zip(above, below, strict=True)]
    return f"{min(each):.2f} **{median(each):.2f}** {max(each):.2f}"


def _row(results: Results, name: str, work: str, connections: int) -> list[str]:
    samples = results.cell(name, work, connections)
    row = [str(connections), name, PEERS[name].keeps]
    if not samples:
        return [*row, *FELL_OUT]
    for value, scale, more_is_better in COLUMNS.values():
        row.append(figure(scale * median(value(sample) for sample in samples)))
        row.append(_against(results, name, work, connections, value, turned=more_is_better))
    return [*row, f"{median(sample.generator for sample in samples):.0%}"]


def _against(
    results: Results,
    name: str,
    work: str,
    connections: int,
    value: Value,
    *,
    turned: bool = False,
) -> str:
    ours = [value(item) for item in results.cell(OURS, work, connections)]
    other = [value(item) for item in results.cell(name, work, connections)]
    if not other:
        return "-"
    return _beside(name, ours, other) if turned else _beside(name, other, ours)


def _beside(name: str, above: Sequence[float], below: Sequence[float]) -> str:
    return "" if name == OURS else ratio(above, below)


def figure(value: float) -> str:
    """Write a number with as many digits as say something."""
    few, some = 10, 100
    if isnan(value):
        return "?"
    digits = 2 if value < few else 1 if value < some else 0
    return f"{value:.{digits}f}"
