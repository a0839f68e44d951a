"""What a rule looks for in a body: values at a path, compared as the API takes them."""

from collections.abc import Iterable
from typing import Any

Likeness = bool | str


def values_at(value: Any, path: str) -> Iterable[Any]:  # noqa: ANN401  # JSON
    """Find all values at a path such as ``order_lines.reference``, in lists as well."""
    found = list(_entries(value))
    for step in path.split("."):
        below = [each[step] for each in found if isinstance(each, dict) and step in each]
        found = list(_entries(below))
    return found


def _entries(value: Any) -> Iterable[Any]:  # noqa: ANN401
    """Give a value, or what is in it if it is a list, however deep lists are nested."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(reversed(each))
        else:
            yield each


def same(found: object, wanted: object) -> bool:
    """Compare numbers by value, and a number with a text as the API takes one for it."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, str) or isinstance(wanted, str):
        return _text(found) == _text(wanted)
    return found == wanted


def likeness(value: object) -> Likeness | None:
    """Give what all values have in common that are the same; ``None`` where nothing tells.

    It can be looked up, so that many rules that look for different values cost no more
    than one does.
    """
    text = _text(value)
    return text if isinstance(text, bool | str) else None


def _text(value: object) -> object:
    """Write a number as the text that the API takes it for: ``12.0`` is ``12``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value
