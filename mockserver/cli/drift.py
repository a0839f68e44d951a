"""``kustom-mock drift``: compare two drift reports."""

import sys
from collections.abc import Iterator
from pathlib import Path

from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE
from mockserver.drift.drift_file import (
    DriftChanges,
    DriftFileError,
    compare_reports,
    parse_drift,
)
from mockserver.drift.drift_report import DriftReport
from mockserver.drift.drift_text import render_differences
from mockserver.scenario.diagnostics import pluralize


def compare_drift(first_file: str, second_file: str) -> int:
    """Print what differs between the reports in two files.

    Returns:
        0 if nothing differs, 1 if something does, 2 if a file cannot be read.
    """
    try:
        first, second = _read(first_file), _read(second_file)
    except DriftFileError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        print(f"kustom-mock: {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    changes = [compare_reports(first[name], second[name]) for name in first if name in second]
    alone = [
        f"{name}: only in {file}"
        for file, one, other in ((first_file, first, second), (second_file, second, first))
        for name in one
        if name not in other
    ]
    lines = [
        *_differing_tables(first, second),
        *alone,
        *(line for change in changes for line in _render(change)),
    ]
    print("\n".join(lines))
    is_same = not alone and not any(c.gone or c.new or c.changed for c in changes)
    return EXIT_OK if is_same else EXIT_FINDINGS


def _read(file: str) -> dict[str, DriftReport]:
    return dict(parse_drift(Path(file).read_bytes(), file))


def _differing_tables(
    first: dict[str, DriftReport], second: dict[str, DriftReport]
) -> Iterator[str]:
    """Yield a line if the reports were predicted by different rules."""
    versions = [
        sorted({f"{report.version} (tables {report.tables})" for report in reports.values()})
        for reports in (first, second)
    ]
    if versions[0] != versions[1]:
        texts = [", ".join(version) for version in versions]
        yield f"predicted by kustom-mock {texts[0]} and by {texts[1]}: rules may differ"


def _render(changes: DriftChanges) -> Iterator[str]:
    counts = [
        f"{len(changes.gone)} gone", f"{len(changes.new)} new",
        f"{len(changes.changed)} changed",
    ]  # fmt: skip
    yield f"{changes.scenario}: {', '.join(counts)}"
    for title, differences in (("gone", changes.gone), ("new", changes.new)):
        if differences:
            yield f" {title}, {pluralize(len(differences), 'difference')}:"
        yield from render_differences(differences)
    for before, after in changes.changed:
        yield f" changed: {after.request}  {after.place}"
        yield f"    seen {before.seen} in the first report, {after.seen} in the second"
