"""Processes on a core of their own: started, timed, measured, halted and ended."""

import math
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
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
    """A server that does not come up."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens, and how many seconds went by until its first 200."""

    process: "subprocess.Popen[bytes]"
    address: Address
    start_seconds: float

    def processor_seconds(self) -> float:
        """Tell how long all threads have worked; NaN where the platform does not say."""
        if sys.platform != "linux":
            return math.nan
        return clock_gettime(~self.process.pid << 3 | 2)  # the clock of that process

    def resident_megabytes(self) -> float:
        """Tell the memory the process holds; NaN where the platform does not say."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return math.nan
        fields = dict(splitline.split(":", 1) for splitline in status.read_text().splitlines())
        return int(fields["VmRSS"].split()[0]) / 1024

    def halt(self) -> None:
        """Let it do nothing until it is awake, so that it disturbs no other."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let a halted one work for a while."""
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
    """Start a program, wait until it answers a first request with 200, and end it after.

    A folder, where given, is its working folder and its home, so that what it writes goes
    away with it.
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
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def python(*arguments: str) -> list[str]:
    """Give the command that runs some Python, by the interpreter that runs this."""
    return [sys.executable, *arguments]


def seconds_of(command: Sequence[str]) -> float:
    """Run a program to its end and time it."""
    started = perf_counter()
    process = _start(command)
    try:
        if process.wait(timeout=LONGEST_START):
            raise StartError(f"failed: {' '.join(command)}")
        return perf_counter() - started
    finally:
        _end(process)


def pin(cores: Sequence[int]) -> None:
    """Keep this process, and those it starts from now on, to some cores."""
    if cores:
        os.sched_setaffinity(0, cores)


def end_with_children() -> None:
    """Let SIGTERM end this program as SIGINT does, so that no server outlives it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _start(command: Sequence[str], folder: str | None = None) -> "subprocess.Popen[bytes]":
    environment: Mapping[str, str] = {
        **{key: value for key, value in os.environ.items() if key != _NO_BYTECODE},
        **({"HOME": folder} if folder else {}),
    }
    pin(SERVER_CORE)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
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
    while not _answers(address, first):
        if process.poll() is not None or perf_counter() > deadline:
            raise StartError(f"no 200 from {name}, which ended with {process.returncode}")
        sleep(BETWEEN_TRIES)


def _answers(address: Address, first: bytes) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=5) as connection:
            connection.sendall(first)
            return _OK in connection.recv(65_536).partition(b"\r\n")[0]
    except OSError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all it started at once: nothing that it holds is wanted."""
    with suppress(ProcessLookupError):  # all of them have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=LONGEST_END)
