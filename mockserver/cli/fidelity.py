"""``kustom-mock fidelity``: print every rule with its provenance, least certain first."""

from mockserver.cli.exit_codes import EXIT_OK
from mockserver.cli.page_tables import Page, PageTable, as_markdown, as_text
from mockserver.domain.assumptions import ASSUMPTIONS, Assumption
from mockserver.domain.behaviour_rules import BEHAVIOUR_RULES
from mockserver.domain.errors import ERROR_CATALOGUE, NOT_ALLOWED_CODES, ErrorDefinition
from mockserver.domain.lifecycle import LIFECYCLE, Permission, Status
from mockserver.domain.provenance import Mark
from mockserver.domain.wording import yaml_scalar

LEAST_CERTAIN_FIRST = list(Mark)[::-1]


def fidelity(form: str) -> int:
    """Print all rules as ``text`` or ``markdown``."""
    page = fidelity_page()
    print(as_markdown("fidelity", page) if form == "markdown" else as_text(page))
    return EXIT_OK


def fidelity_page() -> Page:
    """Return every assumption and rule, the least certain first."""
    rules = sorted(
        BEHAVIOUR_RULES, key=lambda rule: LEAST_CERTAIN_FIRST.index(rule.provenance.mark)
    )
    return (
        PageTable(
            "Assumptions",
            "Choices where the provider's behaviour is unknown. Switch one with"
            " --assume name=value, or in a scenario under assume:.",
            ("name", "default", "alternatives", "why"),
            tuple(_assumption_row(assumption) for assumption in ASSUMPTIONS.values()),
        ),
        PageTable(
            "Rules",
            "Behaviour of the server, with the mark and the source of each rule.",
            ("mark", "rule", "source"),
            tuple((rule.provenance.mark, rule.text, rule.provenance.source) for rule in rules),
        ),
        refusals_table(),
        lifecycle_table(),
    )


def refusals_table() -> PageTable:
    """Return every refusal, the least certain first."""
    refusals = sorted(
        ERROR_CATALOGUE, key=lambda row: LEAST_CERTAIN_FIRST.index(row.source.mark)
    )
    return PageTable(
        "Refusals",
        "Every refusal with its status, code and message.",
        ("mark", "reason", "operations", "response", "source"),
        tuple(_refusal_row(error) for error in refusals),
    )


def _assumption_row(row: Assumption) -> tuple[str, ...]:
    meanings = "<br>".join(f"`{yaml_scalar(v)}`: {m}" for v, m in row.meanings.items())
    return f"`{row.name}`", f"`{yaml_scalar(row.default)}`", meanings, str(row.source)


def _refusal_row(row: ErrorDefinition) -> tuple[str, ...]:
    code = row.code or " or ".join(dict.fromkeys((*NOT_ALLOWED_CODES.values(), "NOT_ALLOWED")))
    return (
        row.source.mark,
        f"`{row.reason}`",
        ", ".join(sorted(row.operations)),
        f"{row.status} `{code}` {row.message}",
        row.source.source,
    )


def lifecycle_table() -> PageTable:
    """Return which operation is allowed in which status."""
    rows = tuple(
        (f"`{operation}`", *(_cell(cells[status]) for status in Status))
        for operation, cells in LIFECYCLE.items()
    )
    return PageTable(
        "Lifecycle",
        "Which operation is allowed in which status, with the mark of each rule.",
        ("operation", *Status),
        rows,
    )


def _cell(cell: Permission) -> str:
    permission = f"`{cell.reason}`" if cell.reason else "allowed"
    return f"{permission} ({cell.mark})"
