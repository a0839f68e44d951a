"""Nothing acknowledged is lost when servers and stores are killed; the benchmark, in short."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.homes import find_engine
from tests.support.processes import environment

SHARED = Path(__file__).parents[2] / "benchmarks/shared.py"
PARTS = {
    "a server on a file": ["--store", "file", "--kills", "1"],
    "a replica and its store": ["--replicas", "2", "--kills", "2", "--seed", "39"],
}


@pytest.mark.skipif(find_engine() is None, reason="needs valkey-server or redis-server")
@pytest.mark.parametrize("options", PARTS.values(), ids=PARTS)
def test_kill_neither_loses_nor_doubles_a_refund(options: list[str]) -> None:
    command = [sys.executable, str(SHARED), "kill", *options]
    ended = subprocess.run(
        command, check=False, capture_output=True, env=environment(), text=True
    )
    assert ended.returncode == 0, ended.stderr
    kills, acknowledged = ended.stdout.splitlines()[:2]
    assert "none" not in kills
    assert re.match("[1-9][0-9]* acknowledged refunds: 0 lost, 0 doubled", acknowledged)
