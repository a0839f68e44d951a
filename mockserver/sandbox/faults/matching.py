"""Match values at a path of a request body, compared as the API reads them."""

from collections.abc import Iterable
from typing import Any

IndexValue = bool | str


def values_at(value: Any, path: str) -> Iterable[Any]:  # noqa: ANN401  # JSON
    """Return all values at a path such as ``order_lines.reference``, also inside lists."""
    values = list(_flatten(value))
    for step in path.split("."):
        children = [
            candidate[step]
            for candidate in values
            if isinstance(candidate, dict) and step in candidate
        ]
        values = list(_flatten(children))
    return values


def _flatten(value: Any) -> Iterable[Any]:  # noqa: ANN401
    """Yield the leaves of nested lists, or the value itself."""
    stack = [value]
    while stack:
        element = stack.pop()
        if isinstance(element, list):
            stack.extend(reversed(element))
        else:
            yield element


def values_match(actual: object, expected: object) -> bool:
    """Compare numbers by value, and a number with a text as the API does."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(actual, str) or isinstance(expected, str):
        return _canonical(actual) == _canonical(expected)
    return actual == expected


def index_value(value: object) -> IndexValue | None:
    """Return the index key of a value; None if it cannot be indexed.

    With an index, many rules with different values cost no more than one rule.
    """
    text = _canonical(value)
    return text if isinstance(text, bool | str) else None


def _canonical(value: object) -> object:
    """Write a number as the text the API accepts for it: ``12.0`` is ``12``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value
