"""The fuzzer finds nothing in a small sample, which is the same in every run."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.processes import environment

FUZZ = Path(__file__).parents[2] / "benchmarks/fuzz.py"


def test_sample_of_random_requests_and_scenarios_finds_no_problem() -> None:
    command = [sys.executable, str(FUZZ), "--requests", "300", "--scenarios", "50"]
    process = subprocess.run(
        command, capture_output=True, check=False, env=environment(), text=True
    )
    problems = [line for line in process.stderr.splitlines() if " s for " not in line]
    assert problems == []  # times depend on the machine
    assert re.match(r"300 requests, slowest .*: \d+ x 200, \d+ x 201", process.stdout)
    assert re.search(r"^50 scenarios, [1-9]\d* accepted", process.stdout, re.MULTILINE)
