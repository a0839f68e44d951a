"""Count the cells that the rows of a tally cover.

A cell is covered by what was decided and delivered, not by what was asked: a request that a
fault ended before it was decided covers the cell of the fault, and no other.
"""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from mockserver.coverage.cells import coverage_cells, fault_cell_id
from mockserver.coverage.deciding_assumptions import deciding_assumptions
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import ACCUMULATING_OPERATIONS, CHECKOUTS_PATH, WITHOUT_STEP
from mockserver.sandbox.faults.actions import ENDING_ACTIONS
from mockserver.sandbox.tally import DeliveryRow, RefundFacts, RequestRow, Row, Tally

USE = "use"
"""First part of the ids that count the use of an operation or a kind of delivery."""


class CellCounts(Struct):
    """Counts of each cell, and the first request that covered it."""

    counts: Counter[str]
    first: dict[str, str]


def count_cells(tally: Tally) -> CellCounts:
    """Count the cells that a tally covers, and the uses of each operation."""
    cells, known = CellCounts(Counter(), {}), coverage_cells()
    for counter in tally:
        for cell_id in dict.fromkeys(_met_by(counter.row)):
            if cell_id in known or cell_id.startswith(f"{USE}/"):
                cells.counts[cell_id] += counter.count
                cells.first.setdefault(cell_id, counter.first)
    return cells


def _met_by(row: Row) -> Iterator[str]:
    if isinstance(row, DeliveryRow):
        yield from _met_by_delivery(row)
        return
    yield f"{USE}/{row.operation}"
    yield f"answer/{row.http_status}"
    yield from (fault_cell_id(row.operation, name) for name in row.faults)
    if row.replay:
        yield f"replay/{row.operation}/{row.replay}"
    elif not ENDING_ACTIONS & {name.split()[0] for name in row.faults}:
        yield from _met_by_decision(row)


def _met_by_decision(row: RequestRow) -> Iterator[str]:
    operation, status, reason = row.operation, row.order_status, row.reason
    yield from (f"assumption/{name}" for name in deciding_assumptions(row))
    if operation in WITHOUT_STEP:  # only their use is counted
        return
    if operation.info.base_path == CHECKOUTS_PATH:
        name = f"refusal/{operation}/{reason}" if reason else f"checkout/{operation}"
        yield name
        return
    if status is not None and LIFECYCLE[operation][status].reason is reason:
        yield f"status/{operation}/{status}"
    elif reason is not None:
        yield f"refusal/{operation}/{reason}"
    is_lost = any(name.startswith("lose_answer") for name in row.faults)
    if is_lost and reason is None and operation in ACCUMULATING_OPERATIONS:
        yield f"lost/{operation}"
    if row.refund is not None:
        yield from _met_by_refund(row.refund)


def _met_by_refund(refund: RefundFacts) -> Iterator[str]:
    yield f"outcome/{refund.outcome}"
    if len(refund.failed) == 1:
        yield f"condition/{refund.failed[0]}"
    if refund.several_captures:
        yield "refund/several_captures"
    if refund.later_capture:
        yield "refund/later_capture"
    if refund.ambiguous:
        yield "refund/ambiguous"
    if refund.lines == "fees":
        yield "refund/only_fees"


def _met_by_delivery(row: DeliveryRow) -> Iterator[str]:
    yield f"{USE}/{row.kind}"
    answer = "unanswered" if row.status is None else f"{row.status // 100}xx"
    yield f"delivery/{row.kind}/{answer}"
    if row.late:
        yield f"delivery/{row.kind}/late"
    if row.repeated:
        yield f"delivery/{row.kind}/repeated"
