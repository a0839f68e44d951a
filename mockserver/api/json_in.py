"""Parse JSON request bodies with a bounded depth."""

import json
from typing import Any

import orjson

MAX_JSON_DEPTH = 50  # levels of nesting, where what was sent may be kept and written out again

MalformedJsonError = json.JSONDecodeError
"""What is raised of a text that is no JSON, or nested too deep."""


class TooDeepError(MalformedJsonError):
    """Raised for valid JSON that is nested too deep."""

    def __str__(self) -> str:
        """Return the message, which names the limit."""
        return f"nested deeper than {MAX_JSON_DEPTH} levels"


parse_json = orjson.loads
"""Reads JSON of any depth up to a thousand, or raises :data:`MalformedJsonError`."""


def parse_bounded_json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    """Read JSON of a bounded depth.

    Raises:
        MalformedJsonError: with the place of what is wrong.
    """
    value = parse_json(text)
    if text.count(b"[") + text.count(b"{") > MAX_JSON_DEPTH:
        check_depth(value)
    return value


def check_depth(value: Any) -> None:  # noqa: ANN401  # JSON
    """Make sure that a value can be written out again.

    Raises:
        MalformedJsonError: it is nested too deep.
    """
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [below for item in level for below in _containers(item)]
    if any(isinstance(item, dict | list) for item in level):
        raise TooDeepError("", "", 0)


def _containers(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    below = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return []
    return [item for item in below if isinstance(item, dict | list)]
