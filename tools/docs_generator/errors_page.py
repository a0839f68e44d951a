"""Errors pages: the catalogue by operation, a page for each subject."""

from collections.abc import Iterator, Mapping, Sequence

from mockserver.cli.page_tables import PageTable, markdown_table
from mockserver.domain.checkout.checkout import CHECKOUT_LIFECYCLE
from mockserver.domain.errors import (
    ERROR_CATALOGUE,
    MESSAGE_ENDINGS,
    NOT_ALLOWED_CODES,
    ErrorDefinition,
    Reason,
    find_error_definition,
)
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.domain.operation import OPERATIONS, ORDERS_PATH, Operation
from tools.docs_generator.markdown import NOTICE, page
from tools.docs_generator.source_marks import legend, letter

_COLUMNS = ("reason", "status and code", "message", "")
_INTRO = (
    "Find the errors that an operation can return. The body has `error_code` and"
    " `error_messages`; our own reason is in the header `Mock-Reason` and in the journal."
    " Reasons are also the values of the fault action"
    " [`refuse`](../faults/before-commit.md#refuse)."
)

_LEGEND = legend("../fidelity/index.md")

_NOTES = {
    "checkouts": "`{violations}` are messages such as `Bad value: order_amount`, by default the"
    " first only. A `checkout_not_found` has a body only with the assumption"
    " [`expired_checkout`](../fidelity/checkouts.md#expired_checkout) `json_404`."
}
"""What the page of these operations says beside its tables."""

_ABOUT_CAPTURES = (
    Operation.CAPTURE,
    Operation.LIST_CAPTURES,
    Operation.GET_CAPTURE,
    Operation.ADD_CAPTURE_SHIPPING_INFO,
    Operation.TRIGGER_SEND_OUT,
    Operation.EXTEND_DUE_DATE,
    Operation.GET_EXTEND_DUE_DATE_OPTIONS,
    Operation.REFUND,
    Operation.GET_REFUND,
)
_ORDER_OPERATIONS = tuple(info.operation for info in OPERATIONS)

ERROR_PAGES: Mapping[str, tuple[str, Sequence[Operation]]] = {
    "orders": (
        "Errors of orders and authorizations",
        tuple(operation for operation in _ORDER_OPERATIONS if operation not in _ABOUT_CAPTURES),
    ),
    "captures": ("Errors of captures and refunds", _ABOUT_CAPTURES),
    "checkouts": (
        "Errors of checkouts, customer tokens and hosted pages",
        tuple(operation for operation in Operation if operation not in _ORDER_OPERATIONS),
    ),
}
"""Title and operations by the page below ``reference/errors/``."""


def errors_index() -> str:
    """Return the page of the errors that any request may meet, with links to the others."""
    rows = tuple(
        (f"[`{operation}`]({name}.md#{operation})", _path(operation))
        for name, (_, operations) in ERROR_PAGES.items()
        for operation in operations
    )
    text = "An operation leads to its errors."
    operations = PageTable("By operation", text, ("operation", "request"), rows)
    return page(
        "Errors",
        NOTICE,
        f"{_INTRO} {_LEGEND}",
        markdown_table(operations),
        markdown_table(_any_request()),
    )


def errors_page(name: str) -> str:
    """Return the page of some operations."""
    title, operations = ERROR_PAGES[name]
    back = f"[Errors of any operation](index.md). {_LEGEND}"
    notes = [_NOTES[name]] if name in _NOTES else []
    return page(title, NOTICE, back, *notes, *map(markdown_table, map(_table, operations)))


def _any_request() -> PageTable:
    own = {reason for operation in Operation for reason in _reasons(operation)}
    general = (row for row in ERROR_CATALOGUE if not row.operations and row.reason not in own)
    rows = tuple(_row(row, None) for row in general)
    return PageTable(
        "Any operation", "Errors that do not depend on the operation.", _COLUMNS, rows
    )


def _table(operation: Operation) -> PageTable:
    rows = tuple(
        _row(find_error_definition(reason, operation), operation)
        for reason in _reasons(operation)
    )
    return PageTable(f"`{operation}`", _path(operation), _COLUMNS, rows)


def _path(operation: Operation) -> str:
    info = operation.info
    path = info.path if info.base_path == ORDERS_PATH else info.full_path
    return f"`{info.method} {path}`"


def _reasons(operation: Operation) -> Iterator[Reason]:
    """Yield the reasons that concern an operation, in the order of the catalogue."""
    info = operation.info
    path = info.path if info.base_path == ORDERS_PATH else ""
    cells = LIFECYCLE.get(operation) or CHECKOUT_LIFECYCLE.get(operation, {})
    refused = {cell.reason for cell in cells.values()}
    named = {row.reason for row in ERROR_CATALOGUE if operation in row.operations}
    in_path = {
        Reason.ORDER_NOT_FOUND: "{order_id}" in path,
        Reason.CAPTURE_NOT_FOUND: "{capture_id}" in path,
        Reason.REFUND_NOT_FOUND: "{refund_id}" in path,
    }
    for reason in Reason:
        if reason in refused or reason in named or in_path.get(reason, False):
            yield reason


def _row(row: ErrorDefinition, operation: Operation | None) -> tuple[str, ...]:
    code = row.code or (NOT_ALLOWED_CODES.get(operation, "NOT_ALLOWED") if operation else "")
    consequence = MESSAGE_ENDINGS.get(operation, "") if operation else ""
    message = row.message.replace("{consequence}", consequence).strip()
    mark = f"<sup>{letter(row.source.mark)}</sup>"
    return f"`{row.reason}`", f"{row.status} `{code}`", message, mark
