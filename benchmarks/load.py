"""Load generator with one thread and no dependencies, faster than the measured servers.

It has one outstanding request per connection, reads every response, records its latency and
stops after a number of requests or a time. It is limited to loopback addresses, to
``LARGEST_COUNT`` requests and to one minute.
"""

import re
import selectors
import socket
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import cycle, islice
from time import perf_counter, process_time

LONGEST_RUN = 60.0  # seconds
LARGEST_COUNT = 200_000  # requests
LONGEST_SILENCE = 10.0  # seconds without any response
RECEIVE_SIZE = 262_144  # bytes

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class LoadError(Exception):
    """An unexpected response, or none in time."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Run:
    """Result of a run.

    Attributes:
        seconds: Wall time.
        generator_seconds: CPU time of the load generator.
        latencies: Seconds, in ascending order.
    """

    seconds: float
    generator_seconds: float
    latencies: Sequence[float]

    @property
    def count(self) -> int:
        """Number of responses; less than requested if the time ran out."""
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        """Responses per second."""
        return self.count / self.seconds

    @property
    def generator_share(self) -> float:
        """Share of time in which the generator worked; near 1 it was the bottleneck."""
        return self.generator_seconds / self.seconds

    def latency(self, share: float) -> float:
        """Return the latency that this share of the responses did not exceed."""
        return self.latencies[min(int(share * self.count), self.count - 1)]


class Connection:
    """A connection, the bytes received so far, and the time its request was sent."""

    __slots__ = ("received", "sent", "socket")

    def __init__(self, address: Address) -> None:
        """Connect."""
        self.socket = socket.create_connection((address.host, address.port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent = 0.0

    def receive(self, expected: bytes) -> bool:
        """Receive data; return whether the response is complete."""
        data = self.socket.recv(RECEIVE_SIZE)
        received = self.received + data if self.received else data
        if not data or not received.startswith(expected[: len(received)]):
            raise LoadError(f"expected {expected.decode()}, got {received[:2000]!r}")
        complete = _complete(received)
        self.received = b"" if complete else received
        return complete


def request(method: str, path: str, body: bytes = b"", user: str = "bench") -> bytes:
    """Return the bytes of a request with the usual headers."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Basic {b64encode(f'{user}:secret'.encode()).decode()}",
        "User-Agent: benchmark",
        "Accept: */*",
    ]
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def load(
    address: Address,
    requests: Sequence[bytes],
    *,
    count: int,
    connections: int,
    status: int,
    seconds: float = LONGEST_RUN,
) -> Run:
    """Send ``count`` requests, rotating over ``requests``, and measure their latency.

    After ``seconds`` no more are sent, and the outstanding ones are awaited.

    Raises:
        LoadError: a response has another status, a connection was lost, or nothing arrived.
        ValueError: the address is not loopback, or the count is too large.
    """
    if not ip_address(address.host).is_loopback or count > LARGEST_COUNT:
        raise ValueError(f"refused: {count} requests to {address.host}")
    expected = b"HTTP/1.1 %d " % status
    opened = [Connection(address) for _ in range(min(connections, count))]
    try:
        waiting = islice(cycle(requests), count)
        started, worked = perf_counter(), process_time()
        latencies = _exchange(opened, waiting, expected, started + seconds)
        ended, stopped = perf_counter(), process_time()
    finally:
        for connection in opened:
            connection.socket.close()
    return Run(ended - started, stopped - worked, sorted(latencies))


def _exchange(
    connections: Sequence[Connection],
    waiting: Iterator[bytes],
    expected: bytes,
    deadline: float,
) -> list[float]:
    latencies: list[float] = []
    outstanding = len(connections)
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.sent = perf_counter()
            connection.socket.sendall(next(waiting))
        while outstanding:
            for connection in _ready(selector, len(latencies)):
                if not connection.receive(expected):
                    continue
                now = perf_counter()
                latencies.append(now - connection.sent)
                following = next(waiting, None) if now < deadline else None
                if following:
                    connection.sent = now
                    connection.socket.sendall(following)
                else:
                    outstanding -= 1
    return latencies


def _ready(selector: selectors.BaseSelector, responses: int) -> list[Connection]:
    ready = selector.select(timeout=LONGEST_SILENCE)
    if not ready:
        raise LoadError(f"{responses} responses, then none for {LONGEST_SILENCE:.0f} s")
    return [key.data for key, _ in ready]


def _complete(received: bytes) -> bool:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(received, 0, end + 2)
    if length:
        return len(received) >= end + 4 + int(length[1])
    if _CHUNKED.search(received, 0, end + 2):
        return received.endswith(_LAST_CHUNK)
    return True  # nothing follows, as with 204
