"""Generated pages are current and complete."""

import re

import pytest

from mockserver.cli.lint import lint_text
from mockserver.cli.page_tables import Page
from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.behaviour_rules import BEHAVIOUR_RULES
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Status
from mockserver.domain.operation import Operation
from mockserver.scenario.diagnostics import LINT_CODES
from mockserver.schemas import shipped_schemas
from mockserver.settings import OPTIONS
from tools.docs_generator.lint_examples import LINT_EXAMPLES
from tools.docs_generator.markdown import DOCS
from tools.docs_generator.pages import operations_page, settings_page
from tools.docs_generator.scenario_reference import scenario_pages
from tools.docs_generator.site import FILES

MENTIONED = {
    "reference/operations.md": list(Operation),
    "reference/lifecycle.md": [
        *Operation,
        *(status.replace("_", " ").lower() for status in Status),
    ],
    "reference/errors/": [*Operation, *Reason],
    "reference/fidelity/": [
        *(f"## `{name}`" for name in ASSUMPTIONS),
        *(rule.text for rule in BEHAVIOUR_RULES),
    ],
    "reference/lint/": [f"## `{code}`" for code in LINT_CODES],
    "reference/settings.md": [
        name for row in OPTIONS.values() for name in (row.flag, row.variable)
    ],
}
LONGEST_CELL = 122  # characters that a reader sees, with the delimiter of the first or last
TABLE_PAGES = {
    "operations": operations_page(),
    "settings": settings_page(),
    **{f"scenarios/{name}": page for name, page in scenario_pages().items()},
}


@pytest.mark.parametrize("name", FILES)
def test_committed_file_equals_the_output_of_make_docs(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == FILES[name]()


@pytest.mark.parametrize("name", MENTIONED)
def test_pages_mention_every_row_of_their_table(name: str) -> None:
    text = "".join(render() for file, render in FILES.items() if file.startswith(name))
    assert [entry for entry in MENTIONED[name] if entry not in text] == []


@pytest.mark.parametrize("name", [name for name in FILES if "/errors/" not in name])
def test_cells_of_tables_are_short(name: str) -> None:
    """Those of the errors are the provider's messages, which cannot be shortened."""
    text = re.sub(r"`|\]\([^)]*\)", "", (DOCS / name).read_text(encoding="utf-8"))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [cell for row in rows for cell in row.split(" | ") if len(cell) > LONGEST_CELL] == []


@pytest.mark.parametrize("page", TABLE_PAGES.values(), ids=list(TABLE_PAGES))
def test_every_row_has_as_many_cells_as_its_table(page: Page) -> None:
    for table in page:
        assert bool(table.rows) is bool(table.columns)
        assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_scenario_pages_describe_every_key_of_the_schema() -> None:
    text = "".join(FILES[name]() for name in FILES if name.startswith("reference/scenarios/"))
    keys = {
        key
        for part in shipped_schemas()["scenario.schema.json"]["$defs"].values()
        for key in part.get("properties", ())
    }
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_lint_examples_cover_every_code() -> None:
    assert LINT_EXAMPLES.keys() == LINT_CODES.keys()


@pytest.mark.parametrize("code", [code for code in LINT_CODES if LINT_EXAMPLES[code].text])
def test_lint_example_reports_its_code_and_no_other(code: str) -> None:
    findings = lint_text(LINT_EXAMPLES[code].text.encode())
    assert [finding.code for finding in findings] == [code]
