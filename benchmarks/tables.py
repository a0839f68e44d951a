"""Print the measurements as Markdown tables.

Every ratio is taken within a round and given as minimum **median** maximum. Above 1,
kustom-mock is better: faster or smaller than the other server.
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
    "responses/s": (lambda sample: sample.per_second, 1, True),
    "p50 ms": (lambda sample: sample.median, MILLI, False),
    "p99 ms": (lambda sample: sample.p99, MILLI, False),
    "CPU µs": (lambda sample: sample.cpu, MICRO, False),
}
FAILED_CELLS = ["-"] * (2 * len(COLUMNS) + 1)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    print(f"\n### {title}\n")
    print(f"| {' | '.join(head)} |")
    print("|---" * len(head) + "|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def print_summary(results: Results) -> None:
    """Print one ratio for each server and kind of work, by CPU time."""
    value, _, _ = COLUMNS["CPU µs"]
    table(
        f"CPU time per request, ratio at {SUMMARY_CONNECTIONS} connections",
        ["server", "stores", *(work.name for work in merchant.WORKS)],
        (
            [name, PEERS[name].stores]
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
    head = ["connections", "server", "stores"]
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
    """Print start times and idle memory."""
    ours, idle = results.starts[OURS], results.idle[OURS]
    rows = [[IMPORT, figure(median(results.starts[IMPORT]) * MILLI),
             ratio(results.starts[IMPORT], ours), "", ""]]  # fmt: skip
    rows += [
        [
            name,
            figure(median(results.starts[name]) * MILLI),
            _ratio_unless_ours(name, results.starts[name], ours),
            figure(median(results.idle[name])),
            _ratio_unless_ours(name, results.idle[name], idle),
        ]
        for name in results.names()
    ]
    head = ["server", "first 200, ms", "ratio", "resident MB idle", "ratio"]
    table("Cold start and idle memory", head, rows)


def print_memory(results: Results) -> None:
    """Print memory after many requests; where the time ran out, after how many."""
    rows = []
    for name, seen in results.memory.items():
        row = [name, PEERS[name].stores]
        for (count, megabytes), (_, mine) in zip(seen, results.memory[OURS], strict=True):
            asked = f" after {count}" if count else ""
            row += [f"{megabytes:.0f}{asked}", f"{megabytes / mine:.2f}"]
        rows.append(row)
    head = ["server", "stores", "idle", "ratio", "reads", "ratio", "and refunds", "ratio"]
    table("Resident memory, MB", head, rows)


def print_failures(results: Results) -> None:
    """Print the servers and cells that failed."""
    for name, reason in results.failed.items():
        print(f"\n{name} failed: {reason}")


def ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """Return the ratios within each round as minimum, median, maximum."""
    ratios = [one / other for one, other in zip(above, below, strict=True)]
    return f"{min(ratios):.2f} **{median(ratios):.2f}** {max(ratios):.2f}"


def _row(results: Results, name: str, work: str, connections: int) -> list[str]:
    samples = results.cell(name, work, connections)
    row = [str(connections), name, PEERS[name].stores]
    if not samples:
        return [*row, *FAILED_CELLS]
    for value, scale, more_is_better in COLUMNS.values():
        row.append(figure(scale * median(value(sample) for sample in samples)))
        row.append(_against(results, name, work, connections, value, inverted=more_is_better))
    return [*row, f"{median(sample.generator for sample in samples):.0%}"]


def _against(
    results: Results,
    name: str,
    work: str,
    connections: int,
    value: Value,
    *,
    inverted: bool = False,
) -> str:
    ours = [value(sample) for sample in results.cell(OURS, work, connections)]
    other = [value(sample) for sample in results.cell(name, work, connections)]
    if not other:
        return "-"
    return _ratio_unless_ours(name, *((ours, other) if inverted else (other, ours)))


def _ratio_unless_ours(name: str, above: Sequence[float], below: Sequence[float]) -> str:
    return "" if name == OURS else ratio(above, below)


def figure(value: float) -> str:
    """Return a number with three significant digits."""
    two_decimals, one_decimal = 10, 100
    if isnan(value):
        return "?"
    digits = 2 if value < two_decimals else 1 if value < one_decimal else 0
    return f"{value:.{digits}f}"
