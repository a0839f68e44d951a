"""The server of a test run, and how to reach one that runs elsewhere."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

PATIENCE = 10  # seconds for an answer


class ServerError(Exception):
    """No server where one should be."""


@dataclass(frozen=True, slots=True)
class KustomServer:
    """A server that answers at ``base_url``."""

    base_url: str
    token: str | None = None


def reach(url: str, token: str | None = None) -> KustomServer:
    """Take a server that runs elsewhere.

    Raises:
        ServerError: the address is none, or nothing like a kustom-mock answers there.
    """
    base_url = url.rstrip("/")
    wanted = "expected the address of a running kustom-mock, such as http://127.0.0.1:8566"
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
        raise ServerError(f"--kustom-url: {wanted}, got '{url}'")
    try:
        status = _health(base_url)
    except (OSError, HTTPException, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise ServerError(f"--kustom-url: no answer from {url} ({reason}); {wanted}") from None
    if status != 200:  # noqa: PLR2004  # HTTP's ok
        raise ServerError(f"--kustom-url: {url} answers /healthz with {status}; {wanted}")
    return KustomServer(base_url, token)


def _health(url: str) -> int:
    address = urlsplit(url)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.netloc, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()
