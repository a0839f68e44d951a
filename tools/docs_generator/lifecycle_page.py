"""Lifecycle page: a matrix of operations and statuses with footnotes."""

from collections.abc import Mapping

from mockserver.cli.tables import Table, markdown_table
from mockserver.domain.lifecycle import LIFECYCLE, Permission, Status
from mockserver.domain.operation import READ_OPERATIONS, Operation
from tools.docs_generator.markdown import NOTICE, page
from tools.docs_generator.provenance import LEGEND, letter


def lifecycle_page() -> str:
    """Return the page as Markdown."""
    return page("Lifecycle", NOTICE, _INTRO, _DIAGRAM, markdown_table(_matrix()), _footnotes())


_INTRO = (
    "Look up which operation is allowed in which status. The status of an order follows from"
    " its amounts, its history and the time; nothing sets it directly."
)
_DIAGRAM = (
    "![Statuses of an order and the operations that lead from one to the other]"
    "(../images/order-life.svg)"
)


def _matrix() -> Table:
    rows = [
        ("all reads", *(_mark(LIFECYCLE[Operation.GET_ORDER][status]) for status in Status)),
        *(
            (f"`{operation}`", *(_mark(cells[status]) for status in Status))
            for operation, cells in LIFECYCLE.items()
            if operation not in READ_OPERATIONS
        ),
    ]
    columns = ("operation", *(status.replace("_", " ").lower() for status in Status))
    reads = ", ".join(
        f"`{operation}`" for operation in Operation if operation in READ_OPERATIONS
    )
    text = f"✓ allowed, ✗ refused for the reason in the footnote. Reads are {reads}."
    return Table("Operations by status", text, columns, tuple(rows))


def _mark(cell: Permission) -> str:
    if cell.reason is None:
        return f"✓ <sup>{letter(cell.mark)}</sup>"
    return f"✗{_numbers()[cell.reason]} <sup>{letter(cell.mark)}</sup>"


def _numbers() -> Mapping[str, int]:
    """Number the reasons of refusals in the order of the table."""
    reasons = dict.fromkeys(
        cell.reason for row in LIFECYCLE.values() for cell in row.values() if cell.reason
    )
    return {reason: number for number, reason in enumerate(reasons, start=1)}


def _footnotes() -> str:
    reasons = (f"{number}. `{reason}`" for reason, number in _numbers().items())
    return "\n".join(
        ["## Footnotes", "", LEGEND, "", "Reasons, see [errors](errors.md):", "", *reasons]
    )
