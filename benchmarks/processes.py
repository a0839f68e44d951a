"""Processes on cores of their own: started, timed, measured and ended."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from load import Address

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
SERVER_CORE, LOAD_CORE = CORES[:1], CORES[-1:]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens."""

    process: "subprocess.Popen[str]"
    address: Address
    started: float

    def processor_seconds(self) -> float:
        """Tell how long the process has worked; NaN where the platform does not say."""
        file = Path(f"/proc/{self.process.pid}/schedstat")
        return int(file.read_text().split()[0]) / 1e9 if file.exists() else math.nan

    def resident_megabytes(self) -> float:
        """Tell the memory the process holds; NaN where the platform does not say."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return math.nan
        fields = dict(each.split(":", 1) for each in status.read_text().splitlines())
        return int(fields["VmRSS"].split()[0]) / 1024


@contextmanager
def running(arguments: Sequence[str]) -> Iterator[Server]:
    """Start a Python program that prints ``… listening on <URL>``, and end it after."""
    started = perf_counter()
    process = _start(arguments, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        said = process.stdout.readline()
        host, _, port = said.strip().rpartition("/")[2].rpartition(":")
        yield Server(process, Address(host, int(port)), started)
    finally:
        process.terminate()
        process.wait(timeout=10)


def seconds_of(arguments: Sequence[str]) -> float:
    """Run a Python program to its end and time it."""
    started = perf_counter()
    if _start(arguments).wait(timeout=60):
        message = f"failed: python {' '.join(arguments)}"
        raise RuntimeError(message)
    return perf_counter() - started


def pin(cores: Sequence[int]) -> None:
    """Keep this process, and those it starts from now on, to some cores."""
    if cores:
        os.sched_setaffinity(0, cores)


def _start(arguments: Sequence[str], stdout: int | None = None) -> "subprocess.Popen[str]":
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a start from bytecode is measured
    pin(SERVER_CORE)
    try:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdout=stdout,
            env=environment,
            text=True,
        )
    finally:
        pin(LOAD_CORE)
