"""The attack benchmark runs and reports; a short attack leaves the victim unharmed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import environment

ATTACKS = Path(__file__).parents[2] / "benchmarks/attacks.py"


@pytest.mark.skipif(sys.platform != "linux", reason="measures through /proc")
def test_attack_report_has_a_row_with_the_victim_before_and_after() -> None:
    command = [sys.executable, str(ATTACKS), "--short", "--only", "forged-name"]
    process = subprocess.run(
        command, capture_output=True, check=True, env=environment(), text=True
    )
    (row,) = (line for line in process.stdout.splitlines() if line.startswith("| forged-name"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    before, after = cells[5:7]
    assert before == after == "PART_CAPTURED, 90000000 captured"
