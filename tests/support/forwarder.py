"""One address before several servers, as a load balancer has it."""

import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

CHUNK = 65536  # bytes


@contextmanager
def forwarding(servers: list[str]) -> Iterator[str]:
    """Forward each connection to the first of the servers; yield the URL.

    Args:
        servers: their URLs; the list may change while it is used.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            parts = urlsplit(servers[0])
            address = (parts.hostname, parts.port)
            with suppress(ConnectionError), socket.create_connection(address) as server:
                Thread(target=pump, args=(self.request, server), daemon=True).start()
                pump(server, self.request)

    forwarder = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    forwarder.daemon_threads = True
    Thread(target=forwarder.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{forwarder.server_address[1]}"
    finally:
        forwarder.shutdown()
        forwarder.server_close()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until one end is closed, and tell the other."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
