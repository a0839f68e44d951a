"""Servers whose sandboxes live in memory, in a file, or in Valkey or Redis."""

import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import which
from time import monotonic, sleep
from typing import Any, TypeAlias

from multidict import CIMultiDict

from mockserver.homes.home import Home
from mockserver.homes.memory import MemoryHome
from mockserver.homes.sqlite import SqliteStore
from mockserver.homes.store import Store
from mockserver.homes.stored_home import StoredHome
from mockserver.homes.valkey import ValkeyStore
from mockserver.http.messages import Request, Response
from mockserver.http.server import Server
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.loader import DEFAULT_SCENARIO, load_scenario
from mockserver.scenario.scenario import Scenario, ScenarioDefaults, wrap_value

ENGINES = ("valkey-server", "redis-server")
START_TIMEOUT = 20.0  # seconds
DATABASES = 10_000  # one for each server of a run

CreateRegistry: TypeAlias = Callable[[], SandboxRegistry[Scenario]]


def find_engine() -> str | None:
    """Return the path of a store's server, if one is installed."""
    return next(filter(None, map(which, ENGINES)), None)


@contextmanager
def running_engine(folder: Path, *options: str) -> Iterator[str]:
    """Run a store on a Unix socket; yield its URL."""
    engine, path = find_engine(), folder / "store.sock"
    assert engine is not None
    command = [engine, "--port", "0", "--unixsocket", str(path), "--dir", str(folder)]
    command += ["--save", "", "--databases", str(DATABASES), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = monotonic() + START_TIMEOUT
            while not answers(path):
                assert monotonic() < deadline, "the store does not start"
                sleep(0.02)
            yield f"unix://{path}"
        finally:
            process.kill()


def answers(path: Path) -> bool:
    """Return whether a store on a Unix socket has started, which takes a while with a log."""
    with socket.socket(socket.AF_UNIX) as client:
        if client.connect_ex(str(path)):
            return False
        client.settimeout(START_TIMEOUT)
        client.sendall(b"PING\r\n")
        return not client.recv(64).startswith(b"-LOADING")


def create_registry() -> SandboxRegistry[Scenario]:
    """Create the registry of a server without settings."""
    return SandboxRegistry(load_scenario((DEFAULT_SCENARIO,), ScenarioDefaults()))


def stored_home(store: Store, registry: SandboxRegistry[Scenario] | None = None) -> StoredHome:
    """Return a home with a store and a registry of its own."""
    sandboxes = create_registry() if registry is None else registry

    def restore_template(name: str, source: object) -> Scenario:
        return Scenario(name, wrap_value(source), sandboxes.template.defaults)

    return StoredHome(sandboxes, store, restore_template)


async def respond(
    home: Home, method: str, path: str, body: bytes = b"", **headers: str
) -> Response:
    """Return what a server with this home responds to a request; a body is JSON."""
    segments = tuple(path.strip("/").split("/"))
    all_headers = CIMultiDict({"Content-Type": "application/json"}, **headers)
    request = Request(method, path, segments, all_headers, body, "http", "localhost")
    return await Server(home.registry, home=home).respond(request)


STORES: dict[str, Callable[[Path, str], list[Store]]] = {
    "memory": lambda _folder, _url: [],
    "file": lambda folder, _url: [SqliteStore(folder / "sandboxes.db")],
    "valkey": lambda _folder, url: [ValkeyStore(url)],
    "valkey-replicas": lambda _folder, url: [ValkeyStore(url) for _ in range(3)],
}
"""Stores of the servers by the name of a home; those of one row share their sandboxes."""


def create_homes(
    name: str, folder: Path, url: str, create: CreateRegistry = create_registry
) -> list[Home]:
    """Create the homes of a row, each with a registry."""
    stores = STORES[name](folder, url)
    return [stored_home(store, create()) for store in stores] or [MemoryHome(create())]


class ReplicatedServer(Server):
    """Replicas that share a port: each request is answered by a random one."""

    def __init__(self, homes: Sequence[Home], **settings: Any) -> None:  # noqa: ANN401
        """Serve the sandboxes of these homes."""
        super().__init__(homes[0].registry, home=homes[0], **settings)
        self._others = [Server(home.registry, home=home, **settings) for home in homes[1:]]
        self._homes, self._chance = homes, Random(len(homes))  # noqa: S311  # repeatable

    async def start(self) -> str:
        """Listen, and return the base URL."""
        for home in self._homes[1:]:
            await home.open()
        return await super().start()

    async def respond(self, request: Request) -> Response:
        """Let a random replica respond."""
        replica = self._chance.choice([None, *self._others])
        return await (replica.respond(request) if replica else super().respond(request))

    async def stop(self) -> None:
        """Stop listening, and close the replicas."""
        await super().stop()
        for replica in self._others:
            await replica.stop()
