"""Render reports of drift as text and as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from mockserver.drift.drift_report import DriftDifference, DriftReport
from mockserver.scenario.diagnostics import pluralize

DRIFT_COLUMNS = ("request", "place", "predicted", "seen", "kind", "rule", "predicted by")
KIND_MEANINGS = """- **order**: the order of the account differs from that of the scenario.
- **settles**: one value of one assumption predicts what was seen.
- **consistent_with**: several values do, or one does but the orders differ.
- **contradicts**: none does.
- **unknown_field**: kustom-mock does not know the field.
- **form**: only a spelling, a format or the order of keys differs."""


def render_drift(report: DriftReport) -> str:
    """Render a report as text, without a final newline."""
    lines = [f"drift of {report.scenario}: {_summary(report)}"]
    if warning := _warn_of_order(report):
        lines.append(f"  {warning}")
    return "\n".join([*lines, *render_differences(report.differences)])


def render_differences(differences: Iterable[DriftDifference]) -> Iterator[str]:
    """Render differences as indented lines; those of one request and rule share them."""
    for (kind, request, rule, assumptions), group in groupby(differences, _heading):
        yield f"  {kind}: {request}"
        for difference in group:
            yield (
                f"    {difference.place}: predicted {difference.predicted},"
                f" seen {difference.seen}"
            )
        yield f"    rule: {rule}"
        if assumptions:
            yield f"    predicted by: {', '.join(assumptions)}"


def _heading(difference: DriftDifference) -> tuple[str, str, str, tuple[str, ...]]:
    return difference.kind, difference.request, _rule(difference), difference.assumptions


def render_markdown(reports: Sequence[DriftReport]) -> str:
    """Render reports as a page that can be sent to the maintainers."""
    parts = ["# Drift report", KIND_MEANINGS]
    for report in reports:
        parts += [f"## {report.scenario}", f"{_summary(report)}.", _facts(report)]
        if warning := _warn_of_order(report):
            parts.append(f"**{_escape(warning)}**")
        if report.differences:
            parts.append("\n".join(_table(report.differences)))
    return "\n\n".join(parts) + "\n"


def _summary(report: DriftReport) -> str:
    account = f"{pluralize(report.requests, 'request')} to an account ({report.account})"
    return f"{account}, {pluralize(len(report.differences), 'difference')}"


def _warn_of_order(report: DriftReport) -> str:
    """Name what the first read found different; empty if nothing."""
    places = [
        difference.place.removeprefix("body.")
        for difference in report.differences
        if difference.kind == "order"
    ]
    if not places:
        return ""
    return f"the order differs from the scenario: {', '.join(places)}; so nothing is settled"


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
