"""Measure what the pytest plugin adds to ``pytest --version``: at most 30 ms.

Runs with and without the plugin alternate, without any other plugin; their medians are
compared. ``--version`` is passed twice, because only then pytest loads plugins.
"""

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

ROUNDS = 25
LIMIT = 30.0  # milliseconds

WITHOUT = ()
WITH = ("-p", "mockserver.pytest_plugin")
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def main() -> int:
    """Print both medians and the difference; return 1 if it is over the limit."""
    times: dict[tuple[str, ...], list[float]] = {WITHOUT: [], WITH: []}
    for flags in (WITHOUT, WITH) * ROUNDS:
        times[flags].append(_milliseconds(*flags))
    before, after = (median(time) for time in times.values())
    cost = after - before
    print(f"pytest --version: {before:.1f} ms without the plugin, {after:.1f} ms with it")
    print(f"it adds {cost:.1f} ms; the limit is {LIMIT:.0f} ms")
    return int(cost > LIMIT)


def _milliseconds(*flags: str) -> float:
    started = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "--version", "--version", *flags],
        check=True,
        capture_output=True,
        env=ALONE,
    )
    return (perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
