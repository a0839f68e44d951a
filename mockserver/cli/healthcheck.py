"""``kustom-mock healthcheck``: check whether a server is healthy."""

import sys
from collections.abc import Sequence
from time import monotonic, sleep

from mockserver.cli.ask import ProbeError, fetch

RETRY_INTERVAL = 0.05  # seconds between two questions


def healthcheck(urls: Sequence[str], wait: float) -> int:
    """Ask ``/healthz``, for ``wait`` seconds if need be; 0 if one is healthy, else 1."""
    deadline = monotonic() + wait
    while True:
        problems = [problem for url in urls if (problem := _problem(url))]
        if len(problems) < len(urls):
            return 0
        if monotonic() >= deadline:
            print(f"kustom-mock: {urls[0]} is not healthy: {problems[0]}", file=sys.stderr)
            return 1
        sleep(RETRY_INTERVAL)


def _problem(url: str) -> str | None:
    try:
        fetch(url, "/healthz")
    except ProbeError as error:
        return str(error)
    return None
