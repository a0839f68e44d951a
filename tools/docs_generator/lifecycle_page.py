"""Lifecycle page: a matrix of operations and statuses with footnotes."""

from collections.abc import Mapping

from mockserver.cli.page_tables import PageTable, markdown_table
from mockserver.domain.checkout.checkout import CHECKOUT_LIFECYCLE, CheckoutStatus
from mockserver.domain.checkout.customer_token import TokenStatus
from mockserver.domain.checkout.token_orders import TOKEN_LIFECYCLE
from mockserver.domain.lifecycle import LIFECYCLE, Permission, Status
from mockserver.domain.operation import READ_OPERATIONS, Operation
from tools.docs_generator.markdown import NOTICE, page
from tools.docs_generator.source_marks import legend, letter


def lifecycle_page() -> str:
    """Return the page as Markdown."""
    matrices = _matrix(), _checkout_matrix(), _token_matrix()
    tables = map(markdown_table, matrices)
    return page("Lifecycle", NOTICE, _INTRO, _DIAGRAM, *tables, _footnotes())


_INTRO = (
    "Look up which operation is allowed in which status. The status of an order follows from"
    " its amounts, its history and the time; nothing sets it directly."
)
_DIAGRAM = (
    "![Statuses of an order and the operations that lead from one to the other]"
    "(../images/order-life.svg)"
)


def _matrix() -> PageTable:
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
    return PageTable("Operations by status", text, columns, tuple(rows))


def _checkout_matrix() -> PageTable:
    rows = tuple(
        (f"`{operation}`", *(_mark(cells[status]) for status in CheckoutStatus))
        for operation, cells in CHECKOUT_LIFECYCLE.items()
    )
    columns = ("operation", *(status.name.lower() for status in CheckoutStatus))
    text = (
        "A checkout order expires 48 hours after the last update or shopper activity."
        " `create_checkout` is always allowed. `create_hosted_session` needs an incomplete one;"
        " `read_hosted_session` finds its session until an hour before it expires."
    )
    return PageTable("Checkout operations by status", text, columns, rows)


def _token_matrix() -> PageTable:
    rows = tuple(
        (f"`{operation}`", *(_mark(cells[status]) for status in TokenStatus))
        for operation, cells in TOKEN_LIFECYCLE.items()
    )
    columns = ("operation", *(status.lower() for status in TokenStatus))
    text = "A customer token comes about when a checkout order with `recurring` is completed."
    return PageTable("Customer token operations by status", text, columns, rows)


def _mark(cell: Permission) -> str:
    if cell.reason is None:
        return f"✓ <sup>{letter(cell.mark)}</sup>"
    return f"✗{_numbers()[cell.reason]} <sup>{letter(cell.mark)}</sup>"


def _numbers() -> Mapping[str, int]:
    """Number the reasons of refusals in the order of the table."""
    reasons = dict.fromkeys(
        cell.reason
        for table in (LIFECYCLE, CHECKOUT_LIFECYCLE, TOKEN_LIFECYCLE)
        for row in table.values()
        for cell in row.values()
        if cell.reason
    )
    return {reason: number for number, reason in enumerate(reasons, start=1)}


def _footnotes() -> str:
    reasons = (f"{number}. `{reason}`" for reason, number in _numbers().items())
    return "\n".join(
        [
            "## Footnotes",
            "",
            legend("fidelity/index.md"),
            "",
            "Reasons, see [errors](errors/index.md):",
            "",
            *reasons,
        ]
    )
