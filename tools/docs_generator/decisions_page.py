"""Index of the decisions: their titles, read from the files."""

from mockserver.cli.page_tables import PageTable, as_markdown
from tools.docs_generator.markdown import DOCS

FOLDER = DOCS / "contributing" / "decisions"
_INTRO = (
    "Look up why something is as it is. Each decision has its context, the choice, the"
    " consequences, and what was measured."
)


def decisions_page() -> str:
    """Return the page that lists all decisions by number."""
    files = sorted(FOLDER.glob("[0-9]*.md"))
    rows = tuple(_row(file.name, file.read_text(encoding="utf-8")) for file in files)
    return as_markdown(
        "decisions", (PageTable("Decisions", _INTRO, ("number", "decision"), rows),)
    )


def _row(name: str, text: str) -> tuple[str, str]:
    number, _, title = text.partition("\n")[0].removeprefix("# ").partition(". ")
    return number, f"[{title}]({name})"
