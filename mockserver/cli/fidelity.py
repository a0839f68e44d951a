"""``kustom-mock fidelity``: every rule with its mark and its source, guesses first."""

from mockserver.cli.main import OK
from mockserver.cli.pages import FIDELITY, as_markdown, as_text


def fidelity(form: str) -> int:
    """Print all rules."""
    print(as_markdown(FIDELITY()) if form == "markdown" else as_text(FIDELITY()))
    return OK
