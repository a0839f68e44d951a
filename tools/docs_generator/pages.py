"""The generated pages of ``docs/``, from the product's own tables."""

from collections.abc import Callable, Mapping

from mockserver.cli.fidelity import fidelity_page, lifecycle_table, refusals_table
from mockserver.cli.table import Page, Table
from mockserver.domain.operation import OPERATIONS, ORDERS_PATH, OperationInfo
from mockserver.domain.wording import yaml_scalar
from mockserver.scenario.codes import CODES
from mockserver.settings import OPTIONS
from tools.docs_generator.scenario_reference import scenarios_page


def lifecycle_page() -> Page:
    """Which operation is allowed in which status."""
    return (lifecycle_table(),)


def errors_page() -> Page:
    """Every refusal."""
    return (refusals_table(),)


def operations_page() -> Page:
    """The 18 operations."""
    return (
        Table(
            "Operations",
            f"All paths are below `{ORDERS_PATH}`.",
            ("name", "provider's name", "request", "answer", "body"),
            tuple(_operation_row(each) for each in OPERATIONS),
        ),
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


def lint_page() -> Page:
    """The codes of lint, a section each."""
    words = "Errors (`E…`) make a scenario unusable, warnings (`W…`) fail with `--strict`."
    sections = (Table(f"`{code}`", meaning) for code, meaning in CODES.items())
    return (Table("Codes", words), *sections)


PAGES: Mapping[str, Callable[[], Page]] = {
    "fidelity": fidelity_page,
    "lifecycle": lifecycle_page,
    "errors": errors_page,
    "operations": operations_page,
    "settings": settings_page,
    "lint": lint_page,
    "scenarios": scenarios_page,
}
"""The generated pages of ``docs/`` by file name."""


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
