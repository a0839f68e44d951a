"""Probe a running server with the standard library."""

import sys
from collections.abc import Sequence
from time import monotonic, sleep
from urllib.parse import urlsplit

from mockserver.http.listening import REACHABLE_ADDRESSES, format_host
from mockserver.http_client import HttpClient, HttpClientError
from mockserver.settings import Settings

PROBE_TIMEOUT = 2.0  # seconds


class ProbeError(Exception):
    """Raised when a server does not respond, or not with 200."""


def local_urls(settings: Settings) -> list[str]:
    """Return the URLs where a local server with these settings may listen.

    The flags of the server are unknown here, so the other scheme is tried as well.
    """
    schemes = ["https", "http"] if settings.tls or settings.tls_cert else ["http", "https"]
    addresses = REACHABLE_ADDRESSES.get(settings.host, (settings.host,))
    return [
        f"{scheme}://{format_host(address)}:{settings.port}"
        for scheme in schemes
        for address in addresses
    ]


def fetch(url: str, path: str) -> bytes:
    """Return the body of a path on the server; a path of ``url`` itself is ignored.

    Certificates are not checked: the request only tests whether the server is up, or fetches
    the certificate authority to trust.

    Raises:
        ProbeError: the server does not respond, or not with 200.
    """
    try:
        origin = urlsplit(url)._replace(path="").geturl()
        response = HttpClient(origin, PROBE_TIMEOUT, verify=False).send("GET", path)
    except (HttpClientError, ValueError) as error:
        raise ProbeError(str(error)) from None
    if response.status != 200:  # noqa: PLR2004  # HTTP OK
        raise ProbeError(f"status {response.status}")
    return response.body


PROBE_INTERVAL = 0.05  # seconds between two attempts


def healthcheck(urls: Sequence[str], wait: float) -> int:
    """Request ``/healthz`` for up to ``wait`` seconds; return 0 if a server is healthy."""
    deadline = monotonic() + wait
    while True:
        problems = [problem for url in urls if (problem := _problem(url))]
        if len(problems) < len(urls):
            return 0
        if monotonic() >= deadline:
            print(f"kustom-mock: {urls[0]} is not healthy: {problems[0]}", file=sys.stderr)
            return 1
        sleep(PROBE_INTERVAL)


def _problem(url: str) -> str | None:
    try:
        fetch(url, "/healthz")
    except ProbeError as error:
        return str(error)
    return None
