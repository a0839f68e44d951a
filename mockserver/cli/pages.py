"""Pages printed from the product's own tables, for the terminal and for ``docs/``."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mockserver.api.operations import OPERATIONS, PREFIX, Row
from mockserver.cli.scenario_reference import scenarios_page
from mockserver.cli.table import Page, Table
from mockserver.domain.assumptions import ASSUMPTIONS, Assumption
from mockserver.domain.errors import CATALOGUE, REFUSAL_CODE, Refusal
from mockserver.domain.lifecycle import LIFECYCLE, Cell, Status
from mockserver.domain.rules import RULES
from mockserver.domain.source import Mark
from mockserver.scenario.codes import CODES
from mockserver.settings import OPTIONS


def fidelity_page() -> Page:
    """Every assumption and rule, the least certain first."""
    doubtful = list(Mark)[::-1]
    refusals = sorted(CATALOGUE, key=lambda row: doubtful.index(row.source.mark))
    rules = sorted(RULES, key=lambda rule: doubtful.index(rule.source.mark))
    return (
        Table(
            "Assumptions",
            "What the provider leaves open. Switch one with --assume name=value, in a"
            " scenario under assume:, and tell us if you know better.",
            ("name", "default", "alternatives", "why"),
            tuple(_assumption_row(each) for each in ASSUMPTIONS.values()),
        ),
        Table(
            "Rules",
            "How things are done, with the mark and the source of each.",
            ("mark", "rule", "source"),
            tuple((each.source.mark, each.text, each.source.where) for each in rules),
        ),
        Table(
            "Refusals",
            "Every reason to say no, with the provider's words.",
            ("mark", "reason", "operations", "answer", "source"),
            tuple(_refusal_row(each) for each in refusals),
        ),
        _lifecycle_table(),
    )


def lifecycle_page() -> Page:
    """Which operation is allowed in which status."""
    return (_lifecycle_table(),)


def errors_page() -> Page:
    """Every refusal."""
    return (fidelity_page()[2],)


def operations_page() -> Page:
    """The 18 operations."""
    return (
        Table(
            "Operations",
            f"All paths are below `{PREFIX}`.",
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


def as_markdown(name: str, page: Page) -> str:
    """Write a page as Markdown."""
    title = f"# {name.capitalize()}" if len(page) > 1 else ""
    notice = "<!-- Printed from the code by `make docs`; do not edit. -->"
    level = "##" if title else "#"
    tables = (_markdown_table(each, level) for each in page)
    return "\n\n".join(filter(None, [title, notice, *tables])) + "\n"


def as_text(page: Page) -> str:
    """Write a page for the terminal: one paragraph a row."""
    return "\n\n".join(_text_table(each) for each in page)


def _markdown_table(table: Table, level: str) -> str:
    lines = [
        f"{level} {table.title}",
        "",
        table.words,
    ]
    if table.columns:
        lines += ["", _markdown_row(table.columns), _markdown_row("---" for _ in table.columns)]
        lines += (_markdown_row(row) for row in table.rows)
    return "\n".join(lines)


def _markdown_row(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _text_table(table: Table) -> str:
    blocks = ["\n".join(_text_row(table.columns, row)) for row in table.rows]
    heading = f"{table.title}\n{'=' * len(table.title)}\n{table.words}"
    return "\n\n".join([heading, *blocks])


def _text_row(columns: Sequence[str], cells: Sequence[str]) -> Iterable[str]:
    yield cells[0]
    for column, cell in zip(columns[1:], cells[1:], strict=True):
        if cell:
            yield f"  {column}: {cell}".replace("`", "").replace("<br>", "; ")


def _assumption_row(row: Assumption) -> tuple[str, ...]:
    meanings = "<br>".join(f"`{_default(v)}`: {m}" for v, m in row.meanings.items())
    return f"`{row.name}`", f"`{_default(row.default)}`", meanings, str(row.source)


def _refusal_row(row: Refusal) -> tuple[str, ...]:
    code = row.code or " or ".join(dict.fromkeys((*REFUSAL_CODE.values(), "NOT_ALLOWED")))
    return (
        row.source.mark,
        f"`{row.reason}`",
        ", ".join(sorted(row.operations)),
        f"{row.status} `{code}` {row.message}",
        row.source.where,
    )


def _lifecycle_table() -> Table:
    rows = tuple(
        (f"`{operation}`", *(_cell(cells[status]) for status in Status))
        for operation, cells in LIFECYCLE.items()
    )
    return Table(
        "Lifecycle",
        "Which operation is allowed in which status, with the mark of each answer.",
        ("operation", *Status),
        rows,
    )


def _cell(cell: Cell) -> str:
    answer = f"`{cell.refused}`" if cell.refused else "allowed"
    return f"{answer} ({cell.mark})"


def _operation_row(row: Row) -> tuple[str, ...]:
    body = f"`schemas/requests/{row.schema}.schema.json`" if row.schema else ""
    return (
        f"`{row.operation}`",
        f"`{row.provider_name}`",
        f"`{row.method} {row.path}`",
        str(row.success),
        body,
    )


def _default(value: object) -> str:
    if isinstance(value, tuple) or value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
