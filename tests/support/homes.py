"""Servers whose sandboxes live in memory, in a file, or in Valkey or Redis."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from time import monotonic, sleep
from typing import Any

from mockserver.homes.home import Home
from mockserver.homes.memory import MemoryHome
from mockserver.homes.sqlite import SqliteStore
from mockserver.homes.store import Store
from mockserver.homes.stored_home import StoredHome
from mockserver.homes.valkey import ValkeyStore
from mockserver.http.server import Server
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import Scenario, ScenarioDefaults, wrap_value

ENGINES = ("valkey-server", "redis-server")
START_TIMEOUT = 20.0  # seconds


def find_engine() -> str | None:
    """Return the path of a store's server, if one is installed."""
    return next(filter(None, map(which, ENGINES)), None)


@contextmanager
def running_engine(folder: Path, *options: str) -> Iterator[str]:
    """Run a store on a Unix socket; yield its URL."""
    engine, path = find_engine(), folder / "store.sock"
    assert engine is not None
    command = [engine, "--port", "0", "--unixsocket", str(path), "--dir", str(folder)]
    with subprocess.Popen(
        [*command, "--save", "", *options], stdout=subprocess.DEVNULL
    ) as process:
        try:
            deadline = monotonic() + START_TIMEOUT
            while not accepts(path):
                assert monotonic() < deadline, "the store does not start"
                sleep(0.02)
            yield f"unix://{path}"
        finally:
            process.kill()


def accepts(path: Path) -> bool:
    """Return whether a server accepts connections on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def load_template() -> Scenario:
    """Return the template of a server without settings."""
    return load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults())


def stored_home(store: Store, **options: Any) -> StoredHome:  # noqa: ANN401
    """Return a home with a store and a registry of its own."""
    registry = SandboxRegistry(load_template(), **options)
    return StoredHome(registry, store, restore_template)


def memory_home(**options: Any) -> MemoryHome:  # noqa: ANN401
    """Return a home in memory with a registry of its own."""
    return MemoryHome(SandboxRegistry(load_template(), **options))


def restore_template(name: str, source: object) -> Scenario:
    """Return a template of its name and source."""
    return Scenario(name, wrap_value(source), ScenarioDefaults())


def serve_at(home: Home) -> Server:
    """Return a server whose sandboxes live there."""
    return Server(home.registry, home=home)


HOMES: dict[str, Callable[[Path, str], list[Home]]] = {
    "memory": lambda _folder, _url: [memory_home()],
    "file": lambda folder, _url: [stored_home(SqliteStore(folder / "sandboxes.db"))],
    "valkey": lambda _folder, url: [stored_home(ValkeyStore(url))],
    "valkey, two replicas": lambda _folder, url: [
        stored_home(ValkeyStore(url)) for _ in range(2)
    ],
}
"""Homes of the servers by name; those of one row share their sandboxes."""
