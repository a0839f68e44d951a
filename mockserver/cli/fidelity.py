"""``kustom-mock fidelity``: every rule with its mark and its source, guesses first."""

from mockserver.cli.exit_codes import OK
from mockserver.cli.table import Page, Table, as_markdown, as_text
from mockserver.domain.assumptions import ASSUMPTIONS, Assumption
from mockserver.domain.errors import CATALOGUE, REFUSAL_CODE, Refusal
from mockserver.domain.lifecycle import LIFECYCLE, Cell, Status
from mockserver.domain.rules import RULES
from mockserver.domain.source import Mark
from mockserver.domain.wording import yaml_scalar

LEAST_CERTAIN_FIRST = list(Mark)[::-1]


def fidelity(form: str) -> int:
    """Print all rules as ``text`` or ``markdown``."""
    page = fidelity_page()
    print(as_markdown("fidelity", page) if form == "markdown" else as_text(page))
    return OK


def fidelity_page() -> Page:
    """Every assumption and rule, the least certain first."""
    rules = sorted(RULES, key=lambda rule: LEAST_CERTAIN_FIRST.index(rule.source.mark))
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
        refusals_table(),
        lifecycle_table(),
    )


def refusals_table() -> Table:
    """Every refusal, the least certain first."""
    refusals = sorted(CATALOGUE, key=lambda row: LEAST_CERTAIN_FIRST.index(row.source.mark))
    return Table(
        "Refusals",
        "Every reason to say no, with the provider's words.",
        ("mark", "reason", "operations", "answer", "source"),
        tuple(_refusal_row(each) for each in refusals),
    )


def _assumption_row(row: Assumption) -> tuple[str, ...]:
    meanings = "<br>".join(f"`{yaml_scalar(v)}`: {m}" for v, m in row.meanings.items())
    return f"`{row.name}`", f"`{yaml_scalar(row.default)}`", meanings, str(row.source)


def _refusal_row(row: Refusal) -> tuple[str, ...]:
    code = row.code or " or ".join(dict.fromkeys((*REFUSAL_CODE.values(), "NOT_ALLOWED")))
    return (
        row.source.mark,
        f"`{row.reason}`",
        ", ".join(sorted(row.operations)),
        f"{row.status} `{code}` {row.message}",
        row.source.where,
    )


def lifecycle_table() -> Table:
    """Which operation is allowed in which status."""
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
