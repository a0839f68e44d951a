"""``kustom-mock coverage``: merge the coverage of runs, report it, write what is missing."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockserver.cli.console import to_json
from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.cli.server_access import ServerAccess
from mockserver.client import ControlError
from mockserver.coverage.cells import Tier
from mockserver.coverage.page import page_data, render_page
from mockserver.coverage.recipes import write_scenario
from mockserver.coverage.run_coverage import (
    CoverageFileError,
    RunCoverage,
    merge_runs,
    parse_coverage,
    read_coverage,
)
from mockserver.coverage.text import render_coverage
from mockserver.coverage.tiers import (
    CoverageSummary,
    TierCoverage,
    UnknownCellError,
    scenario_name,
    summarize,
)
from mockserver.scenario.diagnostics import pluralize

MAX_PERCENT = 100


class CoverageUsageError(Exception):
    """Raised when an option or a file cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageOptions:
    """Options of ``coverage``; without ``files`` the server is asked."""

    server: ServerAccess
    files: Sequence[str] = ()
    output_format: str = "text"
    output: str | None = None
    operations: Sequence[str] = ()
    skip: Sequence[str] = ()
    fail_under: Sequence[str] = ()
    gaps: bool = False
    scenario_folder: str | None = None


def coverage(options: CoverageOptions) -> int:
    """Report the coverage of runs.

    Returns:
        0, or 1 if a tier is below ``--fail-under``, or 2 if an option or a file is wrong, or
        the server does not answer.
    """
    try:
        limits = parse_limits(options.fail_under)
        runs = [_read(file) for file in options.files] or [_fetch(options.server)]
        summary = summarize(merge_runs(runs), options.operations, options.skip)
        text = COVERAGE_FORMATTERS[options.output_format](summary, options)
        notice = _write_files(summary, text, options)
    except (CoverageUsageError, CoverageFileError, UnknownCellError, ControlError) as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        problem = f"cannot write '{error.filename}': {error.strerror}"
        print(f"kustom-mock: {problem}", file=sys.stderr)
        return EXIT_USAGE
    if notice:
        print(f"kustom-mock: {notice}", file=sys.stderr)
    if options.output is None:
        print(text)
    failures = [
        failure
        for tier, limit in limits.items()
        for failure in _limit_failures(summary.tiers[tier], limit)
    ]
    for failure in failures:
        print(f"kustom-mock: {failure}", file=sys.stderr)
    return EXIT_FINDINGS if failures else EXIT_OK


def _limit_failures(tier: TierCoverage, limit: int) -> Iterator[str]:
    if not tier.total and limit:
        yield f"{tier.tier}: no cell counts, so that --fail-under {limit} cannot hold"
    elif tier.percent < limit:
        covered = f"{tier.percent} % covered"
        yield f"{tier.tier}: {covered}, expected at least {limit} % (--fail-under)"


def parse_limits(texts: Sequence[str]) -> Mapping[Tier, int]:
    """Parse the values of ``--fail-under``: ``80`` is the tier ``must``, or ``should=50``.

    Raises:
        CoverageUsageError: a value is neither.
    """
    limits = {}
    for text in texts:
        name, separator, number = text.rpartition("=")
        tier = name if separator else Tier.MUST
        is_percent = number.isdecimal() and int(number) <= MAX_PERCENT
        if tier not in list(Tier) or not is_percent:
            tiers = ", ".join(f"{tier}=50" for tier in Tier)
            raise CoverageUsageError(
                f"--fail-under: expected a whole percentage from 0 to {MAX_PERCENT},"
                f" or {tiers}; got '{text}'"
            )
        limits[Tier(tier)] = int(number)
    return limits


def _read(file: str) -> RunCoverage:
    try:
        text = Path(file).read_bytes()
    except OSError as error:
        raise CoverageUsageError(f"cannot read '{file}': {error.strerror}") from None
    return read_coverage(text, file)


def _fetch(server: ServerAccess) -> RunCoverage:
    """Fetch the coverage of all sandboxes."""
    return parse_coverage(server.get("/__admin/coverage"), "/__admin/coverage")


def _text(summary: CoverageSummary, options: CoverageOptions) -> str:
    hint = options.scenario_folder is None
    return render_coverage(summary, all_gaps=options.gaps, scenario_hint=hint)


def _json(summary: CoverageSummary, _options: CoverageOptions) -> str:
    return to_json(page_data(summary))


def _merged(summary: CoverageSummary, _options: CoverageOptions) -> str:
    return to_json(summary.run.content())


def _html(summary: CoverageSummary, _options: CoverageOptions) -> str:
    return render_page(summary)


COVERAGE_FORMATTERS: Mapping[str, Callable[[CoverageSummary, CoverageOptions], str]] = {
    "text": _text,
    "json": _json,
    "html": _html,
    "merged": _merged,
}
"""Reports by their name; ``merged`` is again the file of a run."""


def _write_files(summary: CoverageSummary, text: str, options: CoverageOptions) -> str:
    """Write what has a file or folder of its own; return what was written for the reader."""
    if options.output is not None:
        Path(options.output).write_text(f"{text}\n", "utf-8")
    if options.scenario_folder is None:
        return ""
    count = _write_scenarios(summary, Path(options.scenario_folder))
    return f"wrote {pluralize(count, 'scenario')} to {options.scenario_folder}"


def _write_scenarios(summary: CoverageSummary, folder: Path) -> int:
    """Write a scenario for every missing cell; return their number."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [cell for tier in summary.tiers.values() for cell in tier.missing]
    for cell in missing:
        (folder / scenario_name(cell)).write_text(write_scenario(cell), "utf-8")
    return len(missing)
