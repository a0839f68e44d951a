"""Parse files of drift reports, and compare the reports of two files."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mockserver.drift.drift_report import DriftDifference, DriftReport

DRIFT_FORMAT = 1


class DriftFileError(Exception):
    """Raised when a file has no drift reports."""


class DriftFile(msgspec.Struct, frozen=True):
    """The reports of one run, by scenario."""

    format: int
    scenarios: tuple[DriftReport, ...]


class DriftChanges(msgspec.Struct, frozen=True):
    """The differences between two reports of one scenario.

    Attributes:
        gone: differences that only the first report has.
        new: differences that only the second report has.
        changed: differences of one place that were seen differently.
    """

    scenario: str
    gone: tuple[DriftDifference, ...]
    new: tuple[DriftDifference, ...]
    changed: tuple[tuple[DriftDifference, DriftDifference], ...]


def drift_content(reports: Sequence[DriftReport]) -> Mapping[str, Any]:
    """Return the content of a file."""
    content: Mapping[str, Any] = msgspec.to_builtins(DriftFile(DRIFT_FORMAT, tuple(reports)))
    return content


def parse_drift(text: bytes, source: str) -> Mapping[str, DriftReport]:
    """Parse a file, and return its reports by scenario.

    Raises:
        DriftFileError: it is not a file that ``run --drift`` writes.
    """
    try:
        file = msgspec.json.decode(text, type=DriftFile)
    except msgspec.DecodeError as error:  # of JSON, or of its fields
        expected = "expected the JSON that run --drift FILE writes"
        raise DriftFileError(f"{source}: {expected}, got: {error}") from None
    if file.format != DRIFT_FORMAT:
        raise DriftFileError(f"{source}: expected format {DRIFT_FORMAT}, got {file.format}")
    return {report.scenario: report for report in file.scenarios}


def compare_reports(first: DriftReport, second: DriftReport) -> DriftChanges:
    """Compare two reports of one scenario, place by place."""
    before, after = _by_place(first), _by_place(second)
    return DriftChanges(
        first.scenario,
        gone=tuple(before[place] for place in before if place not in after),
        new=tuple(after[place] for place in after if place not in before),
        changed=tuple(
            (before[place], after[place])
            for place in before
            if place in after and before[place].seen != after[place].seen
        ),
    )


def _by_place(report: DriftReport) -> Mapping[tuple[str, str, int], DriftDifference]:
    """Return the differences by request and place; the same request may be sent twice."""
    places: dict[tuple[str, str, int], DriftDifference] = {}
    for difference in report.differences:
        number = 0
        while (difference.request, difference.place, number) in places:
            number += 1
        places[difference.request, difference.place, number] = difference
    return places
