"""A server in a thread of its own, on a free port."""

from collections.abc import Callable
from contextlib import ExitStack

from mockserver.api.server import Server, running_in_thread
from mockserver.sandbox.registry import Sandboxes
from mockserver.scenario.catalogue import DEFAULT
from mockserver.scenario.loading import load
from mockserver.scenario.scenario import Surroundings
from mockserver.testing.server import KustomServer


def start(add_cleanup: Callable[[Callable[[], None]], None]) -> KustomServer:
    """Start a server, and leave word how to end it."""
    running = ExitStack()
    add_cleanup(running.close)
    server = Server(Sandboxes(load((DEFAULT,), Surroundings())))
    return KustomServer(running.enter_context(running_in_thread(server)))
