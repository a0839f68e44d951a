"""``kustom-mock fidelity``: every rule with its mark and its source, guesses first."""

from mockserver.cli.exit_codes import OK
from mockserver.cli.pages import as_markdown, as_text, fidelity_page


def fidelity(form: str) -> int:
    """Print all rules as ``text`` or ``markdown``."""
    page = fidelity_page()
    print(as_markdown("fidelity", page) if form == "markdown" else as_text(page))
    return OK
