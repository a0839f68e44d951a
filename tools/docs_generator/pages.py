"""Pages of operations and settings."""

from mockserver.cli.tables import Page, Table
from mockserver.domain.operation import OPERATIONS, ORDERS_PATH, OperationInfo
from mockserver.domain.wording import yaml_scalar
from mockserver.settings import OPTIONS


def operations_page() -> Page:
    """Return the page of the 18 operations."""
    return (
        Table(
            "Operations",
            f"All paths are below `{ORDERS_PATH}`.",
            ("name", "provider's name", "request", "status", "body"),
            tuple(_operation_row(endpoint) for endpoint in OPERATIONS),
        ),
    )


def settings_page() -> Page:
    """Return the page of flags and environment variables of ``serve``."""
    rows = (
        (f"`{o.flag}`", f"`{o.variable}`", _default(o.default), o.meaning)
        for o in OPTIONS.values()
    )
    return (
        Table(
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
        f"`{row.method} {row.path}`",
        str(row.success),
        body,
    )


def _default(value: object) -> str:
    return "" if isinstance(value, tuple) or value is None else yaml_scalar(value)
