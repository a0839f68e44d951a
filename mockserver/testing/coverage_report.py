"""Collect the coverage of tests, and write it as the file of a run."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver.coverage.run_coverage import RunCoverage, merge_runs, parse_coverage
from mockserver.coverage.text import render_coverage
from mockserver.coverage.tiers import summarize
from mockserver.scenario.diagnostics import pluralize
from mockserver.testing.sandbox_handle import KustomSandbox

REPORT_ATTRIBUTE = "kustom_coverage"
SECTION = "kustom coverage"


def collect_coverage(sandbox: KustomSandbox, test: str) -> RunCoverage:
    """Return what a test covered; the test is named as the first that covered it.

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


class RunCoverageCollector:
    """Plugin that merges the coverage of all tests of a run, and prints it at the end.

    The report of a test has its coverage as the attribute :data:`REPORT_ATTRIBUTE`.
    Workers of pytest-xdist send their reports test by test, so that a worker that crashes
    loses only the test that it was running.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.coverages: list[RunCoverage] = []
        self.crashed_workers = 0
        self.text = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the coverage of a test."""
        content = getattr(report, REPORT_ATTRIBUTE, None)
        if content is not None:
            self.coverages.append(parse_coverage(content, report.nodeid))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ANN401, ARG002
        """Count the workers of pytest-xdist that did not end properly."""
        self.crashed_workers += bool(error)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file; a session whose coverage is lost fails."""
        try:
            self.text = write_coverage(merge_tests(self.coverages), self.file)
        except OSError as error:
            self.text = f"--kustom-coverage: cannot write '{self.file}': {error.strerror}"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        terminalreporter.section(SECTION)
        terminalreporter.write_line(self.text)
        if self.crashed_workers:
            workers = pluralize(self.crashed_workers, "worker")
            terminalreporter.write_line(
                f"  not counted: the last test of {workers} that crashed"
            )
