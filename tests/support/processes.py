"""Run the command line as real processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mockserver import __version__

TIMEOUT = 30  # seconds, for a process that never ends
COMMAND = [sys.executable, "-m", "mockserver"]
ROOT = Path(__file__).parents[2]
READY = re.compile(rf"kustom-mock {re.escape(__version__)} listening on (https?://\S+:\d+)\n")


def environment(
    variables: Mapping[str, str] | None = None, *, traced: bool = False
) -> dict[str, str]:
    """Return the environment without settings of the machine or of this run of pytest.

    Coverage counts what a process runs if it is ``traced``, which slows it down by a half.
    """
    removed = ("KUSTOM_MOCK_", "PYTEST_", *(() if traced else ("COVERAGE_",)))
    own = {k: v for k, v in os.environ.items() if not k.startswith(removed)}
    return {**own, **(variables or {})}


def run(
    *arguments: str,
    cwd: Path = ROOT,
    timeout: float = TIMEOUT,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        check=False,
        capture_output=True,
        cwd=cwd,
        env=environment(variables),
        text=True,
        timeout=timeout,
    )


@contextmanager
def serving(
    *flags: str, traced: bool = False, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server until the block ends; yield the process and its URL."""
    with subprocess.Popen(
        [*COMMAND, "serve", *flags],
        cwd=ROOT,
        env=environment(variables, traced=traced),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = READY.fullmatch(process.stdout.readline())
            assert ready is not None
            yield process, ready[1]
        finally:
            process.kill()
