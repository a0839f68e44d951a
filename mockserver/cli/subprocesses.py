"""Run subprocesses with a timeout, and kill them with all their children."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryFile


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Result of a command: an empty ``problem`` means success."""

    problem: str = ""
    output: str = ""


class CommandRunner:
    """Runs subprocesses, also from several threads, and can kill all of them."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False

    def run(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        timeout: float | None,
        *,
        keep_output: bool,
    ) -> CommandResult:
        """Run a command, at most for ``timeout`` seconds."""
        if self._stopping:
            return CommandResult("the command was not started: the run was interrupted")
        with TemporaryFile() as output_file:
            try:
                process = subprocess.Popen(  # noqa: S603  # the command is the user's
                    list(command),
                    env={**os.environ, **variables},
                    stdout=output_file if keep_output else None,
                    stderr=subprocess.STDOUT if keep_output else None,
                    start_new_session=True,
                )
            except OSError as error:
                return CommandResult(
                    f"the command '{command[0]}' cannot be run: {error.strerror}"
                )
            problem = self._wait(process, timeout)
            output_file.seek(0)
            return CommandResult(problem, output_file.read().decode(errors="replace"))

    def stop(self) -> None:
        """Kill all running subprocesses."""
        self._stopping = True
        for process in list(self._running):
            _kill(process)

    def _wait(self, process: subprocess.Popen[bytes], timeout: float | None) -> str:
        self._running.add(process)
        try:
            return _problem(process.wait(timeout))
        except subprocess.TimeoutExpired:
            return f"the command did not end within {timeout:g} s"
        finally:
            self._running.discard(process)
            _kill(process)


def _problem(code: int) -> str:
    if code < 0:
        return f"the command was killed by {signal.Signals(-code).name}"
    return f"the command failed with exit code {code}" if code else ""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and all its child processes."""
    kill_group = getattr(os, "killpg", None)  # missing on Windows
    if kill_group is not None:
        with suppress(OSError):
            kill_group(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    process.wait()
