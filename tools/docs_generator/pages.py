"""Pages of operations and settings."""

from collections.abc import Sequence

from mockserver.cli.tables import Page, Table
from mockserver.domain.operation import (
    CHECKOUT_OPERATIONS,
    CHECKOUTS_PATH,
    OPERATIONS,
    ORDERS_PATH,
    OperationInfo,
)
from mockserver.domain.wording import yaml_scalar
from mockserver.settings import OPTIONS


def operations_page() -> Page:
    """The operations of order management and of the checkout API."""
    return (
        _operations_table("Operations", ORDERS_PATH, OPERATIONS),
        _operations_table("Checkout operations", CHECKOUTS_PATH, CHECKOUT_OPERATIONS),
    )


def _operations_table(title: str, path: str, rows: Sequence[OperationInfo]) -> Table:
    return Table(
        title,
        f"All paths are below `{path}`.",
        ("name", "provider's name", "request", "answer", "body"),
        tuple(_operation_row(endpoint) for endpoint in rows),
    )


def settings_page() -> Page:
    """The flags of ``serve`` and their environment variables."""
    rows = (
        (f"`{o.flag}`", f"`{o.variable}`", _default(o.default), o.meaning)
        for o in OPTIONS.values()
    )
    return (
        Table(
            "Settings",
            "A flag wins over its environment variable, which wins over the default."
            " Repeatable ones are comma-separated in the environment. A variable that begins"
            " with `KUSTOM_MOCK_` and is none of these is warned of and ignored.",
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
