"""A load generator of one thread and no dependencies, quicker than what it measures.

It keeps one request under way on each connection, reads every answer, and stops after a
given count. Bounded on purpose: only loopback addresses, and never longer than a minute.
"""

import re
import selectors
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import cycle, islice
from time import perf_counter, process_time

LONGEST_RUN = 60.0  # seconds
LARGEST_COUNT = 200_000  # requests
RECEIVED_AT_ONCE = 65_536  # bytes

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class LoadError(Exception):
    """An answer that was not expected, or none in time."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took: wall time, and how much of it the generator itself worked."""

    count: int
    seconds: float
    generator_seconds: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.count / self.seconds

    @property
    def generator_share(self) -> float:
        """How much of the time the generator worked; near 1 it was the bottleneck."""
        return self.generator_seconds / self.seconds


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """Write a request as small clients send it."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Authorization: Basic YmVuY2g6c2VjcmV0",  # bench:secret
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
) -> Run:
    """Send so many requests, rotating over those given, and time them.

    Raises:
        LoadError: an answer had another status, a connection was lost, or the time ran
            out.
        ValueError: the address is not of this machine, or the count is too large.
    """
    if not ip_address(address.host).is_loopback or count > LARGEST_COUNT:
        message = f"refused: {count} requests to {address.host}"
        raise ValueError(message)
    expected = b"HTTP/1.1 %d " % status
    with selectors.DefaultSelector() as selector:
        sockets = [_connect(address) for _ in range(connections)]
        try:
            for each in sockets:
                selector.register(each, selectors.EVENT_READ, bytearray())
            waiting = islice(cycle(requests), count)
            started, worked = perf_counter(), process_time()
            for each in sockets:
                each.sendall(next(waiting))
            _exchange(selector, waiting, count, expected)
            return Run(count, perf_counter() - started, process_time() - worked)
        finally:
            for each in sockets:
                each.close()


def _connect(address: Address) -> socket.socket:
    connection = socket.create_connection((address.host, address.port), timeout=5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _exchange(
    selector: selectors.BaseSelector,
    waiting: "islice[bytes]",
    count: int,
    expected: bytes,
) -> None:
    answered, deadline = 0, perf_counter() + LONGEST_RUN
    while answered < count:
        ready = selector.select(timeout=5)
        if not ready or perf_counter() > deadline:
            message = f"{answered} of {count} answers, then none in time"
            raise LoadError(message)
        for key, _ in ready:
            connection: socket.socket = key.fileobj  # type: ignore[assignment]
            received: bytearray = key.data
            data = connection.recv(RECEIVED_AT_ONCE)
            received += data
            if not data or not received.startswith(expected[: len(received)]):
                message = f"expected {expected.decode()}, got {bytes(received)[:2000]!r}"
                raise LoadError(message)
            if not _complete(received):
                continue
            received.clear()
            answered += 1
            following = next(waiting, None)
            if following:
                connection.sendall(following)


def _complete(received: bytearray) -> bool:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(received, 0, end + 2)  # none with 204
    return len(received) >= end + 4 + (int(length[1]) if length else 0)
