"""The coverage of a run as text: tiers, the matrix of states, and the first gaps."""

from collections.abc import Iterator

from mockserver.coverage.cells import Cell, Tier
from mockserver.coverage.tiers import CoverageSummary, TierCoverage, scenario_name
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.provenance import Mark

BAR_LENGTH = 20  # characters
GAPS_LISTED = 8
COVERED, GAP, ASSUMED, NOT_COUNTED = "+", ".", "a", " "
LEGEND = "+ covered   . gap   a gap, assumed"


def render_coverage(
    summary: CoverageSummary, *, all_gaps: bool = False, scenario_hint: bool = True
) -> str:
    """Render a summary for people, without a final newline."""
    return "\n".join(
        [
            _headline(summary),
            *(_tier_line(tier) for tier in summary.tiers.values()),
            *_use_lines(summary),
            *_matrix(summary),
            *_gaps(summary, all_gaps=all_gaps, scenario_hint=scenario_hint),
            *_remarks(summary),
        ]
    )


def _headline(summary: CoverageSummary) -> str:
    run = summary.run
    runs = f"{run.runs} run{'s' * (run.runs != 1)}"
    sandboxes = f"{run.sandboxes} sandbox{'es' * (run.sandboxes != 1)}"
    return f"kustom-mock coverage: {runs}, {sandboxes}, version {', '.join(run.versions)}"


def _tier_line(tier: TierCoverage) -> str:
    counts = f"{len(tier.covered):>4} of {tier.total:<4}"
    if not tier.total:
        return f"  {tier.tier:<7}{counts}   -"
    filled = tier.percent * BAR_LENGTH // 100
    bar = "#" * filled + "." * (BAR_LENGTH - filled)
    return f"  {tier.tier:<7}{counts}{tier.percent:>4} %  {bar}"


def _use_lines(summary: CoverageSummary) -> Iterator[str]:
    yield f"  in use: {', '.join(summary.used) or 'no operation'}"
    if summary.not_used:
        yield f"  not used, so not counted: {', '.join(summary.not_used)}"


def _matrix(summary: CoverageSummary) -> Iterator[str]:
    """Draw the operations in use against the statuses of an order."""
    operations = [operation for operation in LIFECYCLE if operation in summary.used]
    if not operations:
        return
    width = max(map(len, operations))
    heads = "".join(f" {status[:4]}" for status in Status)
    yield f"  {'operation x status':<{max(width, 18)}}{heads}     {LEGEND}"
    cells = {
        cell.cell_id: cell
        for tier in summary.tiers.values()
        for cell in (*tier.covered, *tier.missing)
    }
    for operation in operations:
        signs = [_sign(summary, cells.get(f"status/{operation}/{s}")) for s in Status]
        row = "".join(f"  {sign}  " for sign in signs)
        yield f"  {operation:<{max(width, 18)}}{row}".rstrip()


def _sign(summary: CoverageSummary, cell: Cell | None) -> str:
    if cell is None:
        return NOT_COUNTED
    if summary.run.cells[cell.cell_id]:
        return COVERED
    return ASSUMED if cell.mark is Mark.ASSUMED else GAP


def _gaps(summary: CoverageSummary, *, all_gaps: bool, scenario_hint: bool) -> Iterator[str]:
    missing = summary.tiers[Tier.MUST].missing
    if all_gaps:
        missing = tuple(cell for tier in summary.tiers.values() for cell in tier.missing)
    listed = missing if all_gaps else missing[:GAPS_LISTED]
    if listed:
        yield "  not covered, money first:"
    for cell in listed:
        yield f"    {cell.cell_id:<44} {cell.text}"
        if all_gaps:
            yield f"    {'':<44} scenario: {scenario_name(cell)}"
    if len(listed) < len(missing):
        yield f"    and {len(missing) - len(listed)} more in must: --gaps lists all"
    if listed and scenario_hint:
        yield "  --write-scenarios DIR writes a scenario for each"


def _remarks(summary: CoverageSummary) -> Iterator[str]:
    if summary.skipped:
        yield f"  left out: {', '.join(cell.cell_id for cell in summary.skipped)}"
    if len(summary.run.versions) > 1:
        yield (
            f"  counted by versions {', '.join(summary.run.versions)}: what a version did not"
            " know, it did not count"
        )
    unknown = summary.run.unknown_cells
    if unknown:
        yield f"  not judged, from another version: {', '.join(unknown)}"
