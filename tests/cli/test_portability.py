"""What POSIX offers is used, and done without where it is missing."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from mockserver.cli.end_signals import end_signals
from mockserver.cli.serve import stop_on_signals
from mockserver.cli.subprocesses import CommandRunner

END_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Restore the signal handlers after the test."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in END_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("number", END_SIGNALS)
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


@pytest.mark.usefixtures("_handlers")
def test_ignored_signal_stays_ignored() -> None:
    ignored, *others = END_SIGNALS
    signal.signal(ignored, signal.SIG_IGN)
    assert end_signals() == others


def test_run_kills_the_command_without_process_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "killpg")
    endless = [sys.executable, "-c", "import signal; print(1, flush=True); signal.pause()"]
    process = CommandRunner().run(endless, {}, 0.2, keep_output=True)
    assert process.problem == "the command did not end within 0.2 s"
