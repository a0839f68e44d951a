"""Verbs of the command line, run in the process of the test."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mockserver.cli.main import main
from tests.support.cli import RunVerb
from tests.support.processes import ROOT, environment


@pytest.fixture
def run_verb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> RunVerb:
    """Run a verb to its end, with a folder and variables of its own.

    Starting a process takes longer than most verbs; what belongs to the process (signals,
    encodings, closed descriptors) is tested with ``tests.support.processes``.
    """

    def run(
        *arguments: str, cwd: Path = ROOT, variables: Mapping[str, str] | None = None
    ) -> CompletedProcess[str]:
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            patch.setattr(os, "environ", environment(variables))
            code = _exit_code(arguments)
        return CompletedProcess(arguments, code, *capfd.readouterr())

    return run


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as end:  # of the argument parser
        return int(end.code or 0)
