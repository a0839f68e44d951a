"""Collect the coverage of tests, and write it as the file of a run."""

from pathlib import Path

import orjson

from mockserver.coverage.run_coverage import RunCoverage, merge_runs, parse_coverage
from mockserver.coverage.text import render_coverage
from mockserver.coverage.tiers import summarize
from mockserver.testing.sandbox_handle import KustomSandbox


def collect_coverage(sandbox: KustomSandbox, test: str) -> RunCoverage:
    """Return what a test met; the test is named as the one that met it.

    Raises:
        ControlError: the server did not answer.
    """
    counts = sandbox.control.coverage()
    coverage = parse_coverage(counts, sandbox.base_url)
    coverage.first = dict.fromkeys(coverage.first, test)
    return coverage


def merge_tests(coverages: list[RunCoverage]) -> RunCoverage:
    """Merge the coverage of the tests of one run."""
    merged = merge_runs(coverages) if coverages else RunCoverage()
    merged.runs = 1
    return merged


def write_coverage(coverage: RunCoverage, file: str) -> str:
    """Write the file of a run, and return the report as text.

    Raises:
        OSError: the file cannot be written.
    """
    Path(file).write_bytes(orjson.dumps(coverage.content(), option=orjson.OPT_INDENT_2) + b"\n")
    return render_coverage(summarize(coverage))
