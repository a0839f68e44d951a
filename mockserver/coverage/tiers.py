"""Percentages of coverage by tier, over the operations in use, and what is missing.

An operation is in use if a request named it. The cells of the others are listed as not
used: to count them would ask a client for what it has no need of.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from mockserver.coverage.cells import Cell, Tier, coverage_cells
from mockserver.coverage.counting import USE
from mockserver.coverage.run_coverage import RunCoverage
from mockserver.domain.operation import ALL_OPERATIONS
from mockserver.domain.wording import did_you_mean

DIMENSION_ORDER = (
    "lost", "replay", "condition", "outcome", "refund", "status", "refusal", "answer",
    "delivery", "checkout", "assumption", "fault",
)  # fmt: skip
"""Dimensions by what a gap in them costs, money first."""


class UnknownCellError(ValueError):
    """Raised when a name is neither an operation nor the id of a cell."""


class TierCoverage(Struct, frozen=True):
    """The cells of one tier that count, covered and missing."""

    tier: Tier
    covered: tuple[Cell, ...]
    missing: tuple[Cell, ...]

    @property
    def total(self) -> int:
        """Number of cells that count."""
        return len(self.covered) + len(self.missing)

    @property
    def percent(self) -> int:
        """The share that was covered, rounded down; 100 if nothing counts."""
        return len(self.covered) * 100 // self.total if self.total else 100


class CoverageSummary(Struct, frozen=True):
    """Coverage of a run, by tier.

    Attributes:
        run: the counts.
        tiers: the tiers, the first one first.
        used: the operations and kinds of deliveries in use.
        not_used: the operations that no request named.
        skipped: the cells that were left out.
    """

    run: RunCoverage
    tiers: Mapping[Tier, TierCoverage]
    used: tuple[str, ...]
    not_used: tuple[str, ...]
    skipped: tuple[Cell, ...]


def summarize(
    run: RunCoverage, operations: Collection[str] = (), skip: Collection[str] = ()
) -> CoverageSummary:
    """Summarize the coverage of a run.

    Args:
        run: the counts.
        operations: operations that count although no request named them.
        skip: ids of cells that do not count; ``fault/*`` leaves a whole group out.

    Raises:
        UnknownCellError: a name is neither an operation nor the id of a cell.
    """
    known = coverage_cells()
    names = [str(info.operation) for info in ALL_OPERATIONS]
    _check_names(operations, names, "operation")
    _check_names([name for name in skip if not name.endswith("*")], known, "cell")
    _check_groups([name for name in skip if name.endswith("*")], known)
    used = {cell_id.partition("/")[2] for cell_id in run.cells if cell_id.startswith(f"{USE}/")}
    used |= {*operations}
    counted = [cell for cell in known.values() if not cell.used_by or cell.used_by in used]
    skipped = tuple(cell for cell in counted if _is_skipped(cell, skip))
    tiers = {
        tier: _tier(tier, [c for c in counted if c.tier is tier and c not in skipped], run)
        for tier in Tier
    }
    not_used = tuple(name for name in names if name not in used)
    return CoverageSummary(run, tiers, tuple(sorted(used)), not_used, skipped)


def _tier(tier: Tier, cells: Sequence[Cell], run: RunCoverage) -> TierCoverage:
    missing = [cell for cell in cells if not run.cells[cell.cell_id]]
    missing.sort(key=lambda cell: DIMENSION_ORDER.index(cell.dimension))
    covered = tuple(cell for cell in cells if run.cells[cell.cell_id])
    return TierCoverage(tier, covered, tuple(missing))


def scenario_name(cell: Cell) -> str:
    """Return the file name of the scenario of a cell."""
    return f"{cell.cell_id.replace('/', '-').lower()}.kustom.yaml"


def _is_skipped(cell: Cell, skip: Collection[str]) -> bool:
    return any(
        cell.cell_id == name or (name.endswith("*") and cell.cell_id.startswith(name[:-1]))
        for name in skip
    )


def _check_groups(names: Collection[str], known: Collection[str]) -> None:
    groups = [f"{dimension}/*" for dimension in DIMENSION_ORDER]
    for name in names:
        if not any(cell_id.startswith(name[:-1]) for cell_id in known):
            hint = did_you_mean(name, groups)
            raise UnknownCellError(f"no cell begins with '{name[:-1]}', {hint}")


def _check_names(names: Collection[str], known: Collection[str], kind: str) -> None:
    for name in names:
        if name not in known:
            group = name.rpartition("/")[0]
            similar = [other for other in known if other.startswith(group)] or known
            raise UnknownCellError(f"unknown {kind} '{name}', {did_you_mean(name, similar)}")
