"""Start, time, measure, stop and end server processes on a separate core."""

import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import clock_gettime, perf_counter, sleep

from load import Address

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
SERVER_CORE, LOAD_CORE = CORES[:1], CORES[-1:]
LONGEST_START = 60.0  # seconds
LONGEST_END = 10.0  # seconds
BETWEEN_TRIES = 0.001  # seconds
_OK = b" %d " % HTTPStatus.OK
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # a start from bytecode is measured


class StartError(Exception):
    """A server did not start."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        start_seconds: From the start of the process to its first 200.
    """

    process: "subprocess.Popen[bytes]"
    address: Address
    start_seconds: float

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads; NaN except on Linux."""
        if sys.platform != "linux":
            return math.nan
        return clock_gettime(~self.process.pid << 3 | 2)  # the clock of that process

    def resident_megabytes(self) -> float:
        """Return the resident memory; NaN except on Linux."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return math.nan
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmRSS"].split()[0]) / 1024

    def descriptor_count(self) -> int:
        """Return the number of open file descriptors; 0 except on Linux."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        return sum(1 for _ in folder.iterdir()) if folder.exists() else 0

    def halt(self) -> None:
        """Stop the process until `awake`, so that it does not disturb other servers."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Continue a stopped process for the duration of the context."""
        os.killpg(self.process.pid, signal.SIGCONT)
        try:
            yield
        finally:
            self.halt()


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    first: bytes,
    folder: str | None = None,
) -> Iterator[Server]:
    """Start a server, wait until the first request gets 200, and end it afterwards.

    ``folder``, if given, is its working folder and its home.
    """
    address = Address("127.0.0.1", port)
    started = perf_counter()
    process = _start(command, folder=folder)
    try:
        _wait_for(process, Path(command[0]).name, address, first)
        yield Server(process, address, perf_counter() - started)
    finally:
        _end(process)


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    """Return the environment of servers, which may write bytecode to start fast."""
    return {key: value for key, value in os.environ.items() if key != _NO_BYTECODE}


def python(*arguments: str) -> list[str]:
    """Return a command for the interpreter that runs this program."""
    return [sys.executable, *arguments]


def seconds_of(command: Sequence[str]) -> float:
    """Run a program and return its wall time."""
    started = perf_counter()
    process = _start(command)
    try:
        if process.wait(timeout=LONGEST_START):
            raise StartError(f"failed: {' '.join(command)}")
        return perf_counter() - started
    finally:
        _end(process)


def pin(cores: Sequence[int]) -> None:
    """Pin this process, and the processes it starts from now on, to these cores."""
    if cores:
        os.sched_setaffinity(0, cores)


def end_with_children() -> None:
    """Exit on SIGTERM as on SIGINT, so that no server outlives this program."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _start(command: Sequence[str], folder: str | None = None) -> "subprocess.Popen[bytes]":
    pin(SERVER_CORE)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment() | ({"HOME": folder} if folder else {}),
            start_new_session=True,
        )
    finally:
        pin(LOAD_CORE)


def _wait_for(
    process: "subprocess.Popen[bytes]",
    name: str,
    address: Address,
    first: bytes,
) -> None:
    deadline = perf_counter() + LONGEST_START
    while not _is_ready(address, first):
        if process.poll() is not None or perf_counter() > deadline:
            raise StartError(f"no 200 from {name}, exit code {process.returncode}")
        sleep(BETWEEN_TRIES)


def _is_ready(address: Address, first: bytes) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=5) as connection:
            connection.sendall(first)
            return _OK in connection.recv(65_536).partition(b"\r\n")[0]
    except OSError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a program and its children; their state is not needed."""
    with suppress(ProcessLookupError):  # all of them have already ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=LONGEST_END)
