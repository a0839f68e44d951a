"""Render reports of drift as text and as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from mockserver.drift.drift_report import DriftDifference, DriftReport
from mockserver.scenario.diagnostics import pluralize

DRIFT_COLUMNS = ("request", "place", "predicted", "seen", "kind", "rule", "predicted by")
KIND_MEANINGS = """- **settles**: one value of one assumption predicts what was seen.
- **consistent_with**: several values do.
- **contradicts**: none does.
- **unknown_field**: kustom-mock does not know the field.
- **form**: only a spelling, a format or the order of keys differs."""


def render_drift(report: DriftReport) -> str:
    """Render a report as text, without a final newline."""
    lines = [f"drift of {report.scenario}: {_summary(report)}"]
    for difference in report.differences:
        lines += render_difference(difference)
    return "\n".join(lines)


def render_difference(difference: DriftDifference) -> Iterator[str]:
    """Render a difference as indented lines."""
    yield f"  {difference.kind}: {difference.request}  {difference.place}"
    yield f"    predicted {difference.predicted}, seen {difference.seen}"
    yield f"    rule: {_rule(difference)}"
    if difference.assumptions:
        yield f"    predicted by: {', '.join(difference.assumptions)}"


def render_markdown(reports: Sequence[DriftReport]) -> str:
    """Render reports as a page that can be sent to the maintainers."""
    parts = ["# Drift report", KIND_MEANINGS]
    for report in reports:
        parts += [f"## {report.scenario}", f"{_summary(report)}.", _facts(report)]
        if report.differences:
            parts.append("\n".join(_table(report.differences)))
    return "\n\n".join(parts) + "\n"


def _summary(report: DriftReport) -> str:
    account = f"{pluralize(report.requests, 'request')} to an account ({report.account})"
    return f"{account}, {pluralize(len(report.differences), 'difference')}"


def _facts(report: DriftReport) -> str:
    methods = ", ".join(report.payment_methods) or "none"
    return (
        f"kustom-mock {report.version}, tables {report.tables}; country {report.country};"
        f" payment methods: {methods}; {report.date}."
    )


def _rule(difference: DriftDifference) -> str:
    return f"{difference.rule} ({difference.mark}: {difference.source})"


def _table(differences: Iterable[DriftDifference]) -> Iterator[str]:
    yield _row(DRIFT_COLUMNS)
    yield _row(["---"] * len(DRIFT_COLUMNS))
    for difference in differences:
        yield _row(
            (
                difference.request, difference.place, difference.predicted, difference.seen,
                difference.kind, _rule(difference), ", ".join(difference.assumptions),
            )
        )  # fmt: skip


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_escape(cell) for cell in cells)} |"


def _escape(cell: str) -> str:
    """Escape what an account may have answered, so that it stays in its cell."""
    return " ".join(cell.split()).replace("|", r"\|").replace("<", "&lt;")
