"""Pages of operations and settings."""

from collections.abc import Sequence

from mockserver.cli.page_tables import Page, PageTable
from mockserver.domain.operation import (
    CHECKOUT_OPERATIONS,
    CHECKOUTS_PATH,
    HOSTED_PAGE_OPERATIONS,
    OPERATIONS,
    ORDERS_PATH,
    SESSIONS_PATH,
    TOKEN_OPERATIONS,
    TOKENS_PATH,
    OperationInfo,
)
from mockserver.domain.wording import yaml_scalar
from mockserver.settings import OPTIONS


def operations_page() -> Page:
    """Return the page of the operations of each API."""
    return (
        _operations_table("Operations", ORDERS_PATH, OPERATIONS),
        _operations_table("Checkout operations", CHECKOUTS_PATH, CHECKOUT_OPERATIONS),
        _operations_table("Customer token operations", TOKENS_PATH, TOKEN_OPERATIONS),
        _operations_table("Hosted page operations", SESSIONS_PATH, HOSTED_PAGE_OPERATIONS),
    )


def _operations_table(title: str, path: str, rows: Sequence[OperationInfo]) -> PageTable:
    return PageTable(
        title,
        f"All paths are below `{path}`.",
        ("name", "provider's name", "request", "status", "body"),
        tuple(_operation_row(endpoint) for endpoint in rows),
    )


def settings_page() -> Page:
    """Return the page of flags and environment variables of ``serve``."""
    rows = (
        (f"`{o.flag}`", f"`{o.variable}`", _default(o.default), o.meaning)
        for o in OPTIONS.values()
    )
    return (
        PageTable(
            "Settings",
            "A flag overrides its environment variable, which overrides the default. Values of"
            " repeatable flags are comma-separated in the environment. Unknown variables that"
            " begin with `KUSTOM_MOCK_` cause a warning and are ignored.",
            ("flag", "variable", "default", "meaning"),
            tuple(rows),
        ),
    )


def _operation_row(row: OperationInfo) -> tuple[str, ...]:
    body = f"`schemas/requests/{row.schema}.schema.json`" if row.schema else ""
    return (
        f"`{row.operation}`",
        f"`{row.provider_name}`",
        f"`{row.method} {row.path}`".replace(" `", "`"),
        str(row.success),
        body,
    )


def _default(value: object) -> str:
    return "" if isinstance(value, tuple) or value is None else yaml_scalar(value)
