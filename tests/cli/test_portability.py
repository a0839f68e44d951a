"""What POSIX offers is used, and done without where it is missing."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from mockserver.cli.serve import stop_on_signals
from mockserver.cli.subprocesses import CommandRunner


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Restore the signal handlers after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("posix", [True, False], ids=["with", "without"])
async def test_serve_stops_on_signals_without_loop_handlers(
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    *,
    posix: bool,
) -> None:
    def missing(*_: object) -> None:
        raise NotImplementedError

    if not posix:
        monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", missing)
    stopping = asyncio.Event()
    stop_on_signals(stopping)
    signal.raise_signal(number)
    async with asyncio.timeout(20):
        await stopping.wait()


def test_run_kills_the_command_without_process_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "killpg")
    endless = [sys.executable, "-c", "import signal; print(1, flush=True); signal.pause()"]
    process = CommandRunner().run(endless, {}, 0.2, keep_output=True)
    assert process.problem == "the command did not end within 0.2 s"
