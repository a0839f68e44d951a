"""Run a server in a thread on a free port.

Separate from ``server``, because this imports aiohttp, which the plugin must not do before a
test needs a server.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mockserver.http.server import Server, running_in_thread
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import ScenarioDefaults
from mockserver.testing.server_handle import KustomServer


@contextmanager
def running_server(*scenarios: str | Path) -> Iterator[KustomServer]:
    """Run a server in a thread of its own, on a free port of 127.0.0.1.

    Example::

        with running_server() as server, server.open_sandbox("my-test") as sandbox:
            requests.get(f"{sandbox.base_url}/ordermanagement/v1/orders/…", auth=sandbox.auth)

    Args:
        scenarios: template of new sandboxes: shipped names, files or folders. Default: one
            order without captures.

    Raises:
        LookupError: a scenario does not exist.
        ValueError: a scenario is not valid; the message lists every finding.
    """
    references = tuple(map(str, scenarios)) or (DEFAULT_SCENARIO,)
    server = Server(SandboxRegistry(load_scenario(references, ScenarioDefaults())))
    with running_in_thread(server) as url:
        yield KustomServer(url)


def start_server(add_cleanup: Callable[[Callable[[], None]], None]) -> KustomServer:
    """Start a server, and register its stop as a cleanup."""
    running = ExitStack()
    add_cleanup(running.close)
    return running.enter_context(running_server())
