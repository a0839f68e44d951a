"""The generated pages are printed from the code as it is."""

from pathlib import Path

import pytest

from mockserver.cli.table import as_markdown
from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Status
from mockserver.domain.operation import Operation
from mockserver.domain.rules import RULES
from mockserver.settings import OPTIONS
from tools.docs_generator.pages import PAGES

DOCS = Path(__file__).parents[1] / "docs"

MENTIONED = {
    "operations": list(Operation),
    "lifecycle": [*Operation, *Status],
    "errors": list(Reason),
    "fidelity": [*ASSUMPTIONS, *Reason, *(rule.text.replace("|", r"\|") for rule in RULES)],
    "settings": [each for row in OPTIONS.values() for each in (row.flag, row.variable)],
}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_make_docs_would_print_now(name: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert page == as_markdown(name, PAGES[name]())


@pytest.mark.parametrize("name", MENTIONED)
def test_a_page_names_everything_there_is(name: str) -> None:
    page = as_markdown(name, PAGES[name]())
    assert [each for each in MENTIONED[name] if each not in page] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_row_of_a_page_has_as_many_cells_as_its_table(name: str) -> None:
    for table in PAGES[name]():
        assert bool(table.rows) is bool(table.columns)
        assert {len(row) for row in table.rows} <= {len(table.columns)}
