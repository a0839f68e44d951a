"""How names and values are written in messages, one way for all layers."""

from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

MAX_QUOTED_CHARACTERS = 60
MAX_COMPARED_NAMES = 100
"""Names among which a spelling suggestion is searched; comparing takes 20 µs a name."""
MAX_COMPARED_LENGTH = 255
MAX_LISTED_NAMES = 20


def shorten(text: str) -> str:
    """Cut a text that is quoted in a message to ``MAX_QUOTED_CHARACTERS``."""
    cut = len(text) > MAX_QUOTED_CHARACTERS
    return f"{text[:MAX_QUOTED_CHARACTERS]}…" if cut else text


def yaml_scalar(value: object) -> str:
    """Write a value as YAML and JSON do: ``true`` and ``null``, not ``True`` and ``None``."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def nearest_name(name: str, known: Collection[str]) -> str | None:
    """Find the known name that was probably meant, if one is near enough."""
    if len(name) > MAX_COMPARED_LENGTH:
        return None
    candidates = list(islice(known, MAX_COMPARED_NAMES))
    close_matches = get_close_matches(name, candidates, n=1) or [
        other for other in candidates if other.casefold() == name.casefold()
    ]
    return close_matches[0] if close_matches else None


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Suggest the nearest known name, or list all of them if none is near."""
    nearest = nearest_name(name, known)
    if nearest is not None:
        return f"did you mean '{nearest}'?"
    listed = ", ".join(islice(known, MAX_LISTED_NAMES))
    more = len(known) - MAX_LISTED_NAMES
    return f"known: {listed} and {more} more" if more > 0 else f"known: {listed}"


def quote(text: str) -> str:
    """Quote a text from a request; characters that cannot be seen are written as escapes."""
    if not text.isprintable():
        text = "".join(map(_escape, text))
    return f"'{shorten(text)}'"


def _escape(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()
