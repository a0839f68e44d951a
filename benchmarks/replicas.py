"""Store, replicas and balancer: processes that can be killed and started again."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from shutil import which
from signal import SIGKILL
from socket import create_connection
from time import monotonic, sleep

from processes import environment, free_port, python

ENGINES = ("valkey-server", "redis-server")
HOST = "127.0.0.1"
START_TIMEOUT = 60.0  # seconds
BETWEEN_TRIES = 0.05  # seconds
PIECE = 65_536  # bytes


class Program:
    """A process that listens on a port, and can be killed and started again.

    Attributes:
        log: file of what it writes to stderr.
    """

    def __init__(self, name: str, port: int, command: Sequence[str], folder: Path) -> None:
        self.name, self.port, self._command = name, port, command
        self.log = folder / f"{name}-{port}.log"
        self.process = self._start()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again."""
        self.process = self._start()

    def restart_if_ended(self) -> None:
        """Start it again if it has ended by itself, as a supervisor does."""
        if self.process.poll() not in (None, -SIGKILL):
            self.restart()

    def wait_until_it_listens(self) -> None:
        """Wait until it accepts connections; start it again if it ends before."""
        deadline = monotonic() + START_TIMEOUT
        while not self.accepts():
            if monotonic() > deadline:
                sys.exit(f"{self.name} does not start: {' '.join(self._command)}")
            self.restart_if_ended()
            sleep(BETWEEN_TRIES)

    def accepts(self) -> bool:
        """Return whether it accepts connections."""
        try:
            create_connection((HOST, self.port)).close()
        except OSError:
            return False
        return True

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command, stdout=subprocess.DEVNULL, stderr=log, env=environment()
            )


def start_engine(folder: Path, fsync: str = "always") -> Program:
    """Start a store that logs every change; ``fsync`` is when that reaches the disk."""
    engine = next(filter(None, map(which, ENGINES)), None)
    if engine is None:
        sys.exit(f"needs {' or '.join(ENGINES)} on PATH (apt-get install redis-server)")
    port = free_port()
    command = [engine, "--bind", HOST, "--port", str(port), "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", fsync]
    program = Program("store", port, command, folder)
    program.wait_until_it_listens()
    return program


def start_replica(folder: Path, store: str) -> Program:
    """Start a server whose sandboxes live in a store."""
    port = free_port()
    return Program("replica", port, serve_command(port, store), folder)


def serve_command(port: int, store: str) -> list[str]:
    """Return the command of a server whose sandboxes live in a store."""
    return python("-m", "mockserver", "serve", "--port", str(port), "--store", store)


@contextmanager
def ending(programs: list[Program]) -> Iterator[list[Program]]:
    """Kill the programs of a list at the end."""
    try:
        yield programs
    finally:
        for program in programs:
            program.kill()


@asynccontextmanager
async def balancing(ports: Sequence[int]) -> AsyncIterator[str]:
    """Pass each connection to a random replica that accepts it; yield the URL."""
    chance = random.Random(len(ports))  # noqa: S311  # repeatable

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in chance.sample(ports, len(ports)):
            try:
                upstream = await asyncio.open_connection(HOST, port)
            except OSError:
                continue
            with suppress(asyncio.CancelledError):  # at the end of the program
                await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))
            return
        writer.close()

    server = await asyncio.start_server(handle, HOST, 0)
    async with server:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
