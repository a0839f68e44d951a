"""Errors page: the catalogue by operation."""

from collections.abc import Iterator

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
from mockserver.domain.operation import ORDERS_PATH, Operation
from tools.docs_generator.markdown import NOTICE, page
from tools.docs_generator.provenance import LEGEND, letter

_COLUMNS = ("reason", "status and code", "message", "")
_INTRO = (
    "Find the errors that an operation can return. The body has `error_code` and"
    " `error_messages`; our own reason is in the header `Mock-Reason` and in the journal."
    " Reasons are also the values of the fault action [`refuse`](faults.md#refuse)."
)


def errors_page() -> str:
    """Return the page as Markdown."""
    tables = (markdown_table(_table(operation)) for operation in Operation)
    return page("Errors", NOTICE, f"{_INTRO} {LEGEND}", markdown_table(_any_request()), *tables)


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
    info = operation.info
    path = info.path if info.base_path == ORDERS_PATH else info.full_path
    return PageTable(f"`{operation}`", f"`{info.method} {path}`", _COLUMNS, rows)


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
