"""HTTP client on plain sockets, for attacks that a normal client does not send."""

import socket
from collections import Counter
from collections.abc import Iterable

from load import Address

RECEIVE_SIZE = 65_536  # bytes


def connect(address: Address, timeout: float) -> socket.socket:
    """Open a connection."""
    return socket.create_connection((address.host, address.port), timeout=timeout)


def exchange(address: Address, content: bytes, timeout: float = 30.0) -> bytes:
    """Send bytes over a new connection; return the response, or nothing if there is none.

    The request must ask for ``Connection: close``.
    """
    received = b""
    try:
        with connect(address, timeout) as connection:
            connection.sendall(content)
            while data := connection.recv(RECEIVE_SIZE):
                received += data
    except OSError:
        return received
    return received


def raw_get(address: Address, path: str, timeout: float = 30.0) -> bytes:
    """Send a GET; return the response."""
    return exchange(address, http_request("GET", path), timeout)


def http_request(method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    """Return the bytes of a request that closes its connection."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def status_of(response: bytes) -> str:
    """Return the status of a response, or that there was none."""
    fields = response.partition(b"\r\n")[0].split(b" ")
    return fields[1].decode() if len(fields) > 1 else "none"


def is_ok(response: bytes) -> bool:
    """Return whether a response is a 200."""
    return status_of(response) == "200"


def count_statuses(responses: Iterable[bytes]) -> str:
    """Return how often each status occurred, as text."""
    counts = Counter(map(status_of, responses))
    return ", ".join(f"{count} x {status}" for status, count in sorted(counts.items()))
