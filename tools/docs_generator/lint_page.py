"""Lint page: each code with its meaning, an example and the correction."""

from mockserver.scenario.diagnostics import LINT_CODES
from tools.docs_generator.lint_examples import LINT_EXAMPLES
from tools.docs_generator.markdown import NOTICE, page

_INTRO = (
    "Look up a lint code. Errors (`E…`) make a scenario unusable; warnings (`W…`) fail with"
    " `--strict`. Allow a warning in one file with `allow: [W302]`."
)


def lint_page() -> str:
    """Return the page as Markdown."""
    return page("Lint codes", NOTICE, _INTRO, *map(_section, LINT_CODES))


def _section(code: str) -> str:
    example = LINT_EXAMPLES[code]
    block = [f"```yaml finding\n{example.text}\n```"] if example.text else []
    hint = f"**Hint**: {example.correction}"
    return "\n\n".join([f"## `{code}`", LINT_CODES[code], *block, hint])
