"""Reading JSON that somebody sent."""

import json
from typing import Any

import orjson

DEEPEST = 50  # levels of nesting, where what was sent may be kept and written out again

MalformedJsonError = json.JSONDecodeError
"""What is raised of a text that is no JSON, or nested too deep."""


class TooDeepError(MalformedJsonError):
    """The text is JSON, but nested too deep; no place is to blame."""

    def __str__(self) -> str:
        """Say what is allowed."""
        return f"nested deeper than {DEEPEST} levels"


parse_json = orjson.loads
"""Reads JSON of any depth up to a thousand, or raises :data:`MalformedJsonError`."""


def read_json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    """Read JSON of a bounded depth.

    Raises:
        MalformedJsonError: with the place of what is wrong.
    """
    value = parse_json(text)
    if text.count(b"[") + text.count(b"{") > DEEPEST:
        check_depth(value)
    return value


def check_depth(value: Any) -> None:  # noqa: ANN401  # JSON
    """Make sure that a value can be written out again.

    Raises:
        MalformedJsonError: it is nested too deep.
    """
    level = [value]
    for _ in range(DEEPEST):
        level = [below for each in level for below in _containers(each)]
    if any(isinstance(each, dict | list) for each in level):
        raise TooDeepError("", "", 0)


def _containers(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    below = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return []
    return [each for each in below if isinstance(each, dict | list)]
