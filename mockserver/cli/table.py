"""Tables of text, and how they are printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading, with a sentence before them."""

    title: str
    words: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


Page: TypeAlias = Sequence[Table]


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
