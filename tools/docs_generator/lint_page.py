"""Lint pages: a list of all codes, and each code with an example and the correction."""

from collections.abc import Mapping

from mockserver.cli.page_tables import PageTable, markdown_table
from mockserver.scenario.diagnostics import LINT_CODES
from tools.docs_generator.lint_examples import LINT_EXAMPLES
from tools.docs_generator.markdown import NOTICE, page

LINT_PAGES: Mapping[str, tuple[str, str]] = {
    "E0": ("files", "Lint codes: files that cannot be read"),
    "E1": ("keys", "Lint codes: keys and values"),
    "E2": ("histories", "Lint codes: histories that the API would refuse"),
    "W3": ("warnings", "Lint codes: warnings"),
}
"""Page below ``reference/lint/`` and its title, by the beginning of the codes."""

_INTRO = (
    "Look up a lint code. Errors (`E…`) make a scenario unusable; warnings (`W…`) fail with"
    " `--strict`. Allow a warning in one file with `allow: [W302]`."
)


def lint_index() -> str:
    """Return the page that lists all codes."""
    rows = tuple(
        (f"[`{code}`]({LINT_PAGES[code[:2]][0]}.md#{code.lower()})", meaning)
        for code, meaning in LINT_CODES.items()
    )
    codes = PageTable("Codes", "A code leads to an example.", ("code", "meaning"), rows)
    return page("Lint codes", NOTICE, _INTRO, markdown_table(codes))


def lint_page(prefix: str) -> str:
    """Return the page of the codes that begin with a prefix."""
    codes = [code for code in LINT_CODES if code.startswith(prefix)]
    back = "[All lint codes](index.md), and how to allow a warning."
    return page(LINT_PAGES[prefix][1], NOTICE, back, *map(_section, codes))


def _section(code: str) -> str:
    example = LINT_EXAMPLES[code]
    block = [f"```yaml finding\n{example.text}\n```"] if example.text else []
    hint = f"**Hint**: {example.correction}"
    return "\n\n".join([f"## `{code}` {{ #{code.lower()} }}", LINT_CODES[code], *block, hint])
