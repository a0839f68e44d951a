"""Coverage of a run as a file: counts by cell, and how the files of several runs are merged."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from msgspec import Struct, field

from mockserver import __version__
from mockserver.coverage.cells import coverage_cells
from mockserver.coverage.counting import USE, count_cells
from mockserver.sandbox.tally import Tally

COVERAGE_FORMAT = 1


class CoverageFileError(Exception):
    """Raised when a file is not the coverage of a run."""


class RunCoverage(Struct):
    """Coverage of one or several runs.

    Attributes:
        cells: how often each cell was covered, by its id; ``use/…`` counts requests.
        first: the test, or the correlation id, that covered a cell first.
        sandboxes: how many sandboxes were counted.
        versions: the versions of kustom-mock that counted.
        runs: how many files were merged.
    """

    cells: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    sandboxes: int = 0
    versions: tuple[str, ...] = (__version__,)
    runs: int = 1

    def count(self, tally: Tally, sandboxes: int = 1) -> None:
        """Add what the requests of sandboxes covered."""
        counted = count_cells(tally)
        self.cells.update(counted.counts)
        self.first = {**counted.first, **self.first}
        self.sandboxes += sandboxes

    def merge(self, other: "RunCoverage") -> None:
        """Add the counts of another run; cells that this version does not know are kept."""
        self.cells.update(other.cells)
        self.first = {**other.first, **self.first}
        self.sandboxes += other.sandboxes
        self.versions = tuple(dict.fromkeys((*self.versions, *other.versions)))
        self.runs += other.runs

    @property
    def unknown_cells(self) -> tuple[str, ...]:
        """Cells of another version, which this one does not know."""
        known = coverage_cells()
        return tuple(
            cell_id
            for cell_id in sorted(self.cells)
            if cell_id not in known and not cell_id.startswith(f"{USE}/")
        )

    def content(self) -> Mapping[str, Any]:
        """Return the content of the file."""
        return {
            "format": COVERAGE_FORMAT,
            "versions": self.versions,
            "runs": self.runs,
            "sandboxes": self.sandboxes,
            "cells": dict(sorted(self.cells.items())),
            "first": dict(sorted(self.first.items())),
        }


def merge_runs(runs: Iterable[RunCoverage]) -> RunCoverage:
    """Merge the coverage of several runs."""
    merged = RunCoverage(versions=(), runs=0)
    for run in runs:
        merged.merge(run)
    return merged


def parse_coverage(content: object, source: str) -> RunCoverage:
    """Parse the content of a file.

    Raises:
        CoverageFileError: it is not the coverage of a run, or in a newer format.
    """
    expected = f"{source}: expected the coverage of a run, as --coverage FILE writes it"
    if not isinstance(content, dict) or not {"format", "cells"} <= {*content}:
        raise CoverageFileError(f"{expected}, got {_describe(content)}")
    if content.get("format") != COVERAGE_FORMAT:
        versions = ", ".join(map(str, content.get("versions", ()))) or "an unknown version"
        raise CoverageFileError(
            f"{source}: expected format {COVERAGE_FORMAT}, got {content.get('format')!r},"
            f" written by {versions}; use that version of kustom-mock"
        )
    cells, first = content["cells"], content.get("first", {})
    counts_are_valid = isinstance(cells, dict) and all(
        type(count) is int and count >= 0 for count in cells.values()
    )
    if not counts_are_valid or not isinstance(first, dict):
        raise CoverageFileError(f"{expected}, got counts that are not integers from 0")
    return RunCoverage(
        Counter(cells),
        {str(cell_id): str(name) for cell_id, name in first.items()},
        int(content.get("sandboxes", 0)),
        tuple(map(str, content.get("versions", ()))),
        int(content.get("runs", 1)),
    )


def read_coverage(text: bytes, source: str) -> RunCoverage:
    """Read a file.

    Raises:
        CoverageFileError: it is not JSON, or not the coverage of a run.
    """
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CoverageFileError(f"{source}: expected JSON, got invalid JSON: {error}") from None
    return parse_coverage(content, source)


def _describe(content: object) -> str:
    if isinstance(content, dict):
        return f"an object with {', '.join(map(str, list(content)[:5])) or 'no keys'}"
    return f"a {type(content).__name__}"
