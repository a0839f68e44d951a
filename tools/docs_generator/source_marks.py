"""Short marks for the provenance of rules, for tables that must stay narrow."""

from collections.abc import Mapping

from mockserver.domain.provenance import Mark

_LETTERS: Mapping[Mark, str] = {
    Mark.DOCUMENTED_BY_KUSTOM: "K",
    Mark.DOCUMENTED_BY_KLARNA: "L",
    Mark.RECORDED: "R",
    Mark.READ_OFF_CLIENTS: "C",
    Mark.ASSUMED: "A",
}

_LEGEND = "Provenance: " + ", ".join(f"**{sign}** {mark}" for mark, sign in _LETTERS.items())


def legend(fidelity: str) -> str:
    """Return the meaning of the letters, with a link to the fidelity pages."""
    return f"{_LEGEND}. See [fidelity]({fidelity})."


def letter(mark: Mark) -> str:
    """Return the one-letter form of a mark."""
    return _LETTERS[mark]
