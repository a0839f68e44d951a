"""``kustom-mock healthcheck``: is the server up? For containers and scripts."""

import sys
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep
from urllib.parse import urlsplit

PAUSE = 0.05  # seconds between two questions
PATIENCE = 2.0  # seconds for one answer


def healthcheck(url: str, wait: float) -> int:
    """Ask ``/healthz``, for ``wait`` seconds if need be; 0 if healthy, else 1."""
    deadline = monotonic() + wait
    while True:
        problem = _problem(url)
        if problem is None:
            return 0
        if monotonic() >= deadline:
            print(f"kustom-mock: {url} is not healthy: {problem}", file=sys.stderr)
            return 1
        sleep(PAUSE)


def _problem(url: str) -> str | None:
    try:
        address = urlsplit(url)
        connection = HTTPConnection(address.netloc, timeout=PATIENCE)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    return None if status == 200 else f"status {status}"  # noqa: PLR2004  # HTTP's ok
