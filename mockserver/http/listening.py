"""Listening sockets: one for each address that a host name stands for.

asyncio makes IPv6 sockets accept IPv6 only, so ``::`` needs a second socket for IPv4.
"""

import socket
from collections.abc import Iterator, Mapping
from errno import EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT

BACKLOG = 128  # connections that wait to be accepted
LOOPBACK = ("127.0.0.1", "::1")
LISTEN_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "localhost": LOOPBACK,
    "::": ("::", "0.0.0.0"),  # noqa: S104  # what the user asked for
}
"""Addresses of the hosts that stand for both address families."""

REACHABLE_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "localhost": LOOPBACK,
    "::": LOOPBACK,
    "0.0.0.0": LOOPBACK[:1],  # noqa: S104
}
"""Addresses where a server of this machine answers that listens on a host."""


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of a host, all with the same port; 0 picks a free one.

    An address family that this machine does not have is left out.

    Raises:
        OSError: the host has no address here, or the port cannot be used.
    """
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    for family, address in _resolve(host):
        shared_port = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(_listen(family, address, shared_port))
        except OSError as error:
            if error.errno in (EADDRNOTAVAIL, EAFNOSUPPORT):
                missing = error
                continue
            for opened in sockets:
                opened.close()
            if error.errno == EADDRINUSE and sockets and not port:
                return open_sockets(host, port)  # that free port is in use by the other family
            raise
    if missing is not None and not sockets:
        raise missing
    return sockets


def _resolve(host: str) -> Iterator[tuple[int, str]]:
    """Yield family and address of each address of a host."""
    addresses = LISTEN_ADDRESSES.get(host, (host,))
    for name in addresses:
        rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(rows):
            yield family, str(address[0])


def _listen(family: int, address: str, port: int) -> socket.socket:
    return socket.create_server((address, port), family=family, backlog=BACKLOG)


def format_host(address: str) -> str:
    """Return an address as part of a URL."""
    return f"[{address}]" if ":" in address else address
