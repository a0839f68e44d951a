"""Reading JSON that somebody sent: bounded in depth, as it is written out again."""

import json
from typing import Any

import orjson

DEEPEST = 50  # levels of nesting

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

MalformedJsonError = json.JSONDecodeError
"""What is raised of a text that is no JSON, or nested too deep."""


def read_json(text: bytes) -> Any:  # noqa: ANN401  # JSON
    """Read JSON.

    Raises:
        MalformedJsonError: with the place of what is wrong.
    """
    value = orjson.loads(text)
    if _may_be_deep(text) and _is_deep(value):
        message = f"nested deeper than {DEEPEST} levels"
        raise MalformedJsonError(message, "", 0)
    return value


def _may_be_deep(text: bytes) -> bool:
    """Say no where brackets alone tell; those within strings only cost a closer look."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    brackets = text.translate(None, delete=_NO_BRACKETS)
    for _ in range(DEEPEST):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets)


def _is_deep(value: Any) -> bool:  # noqa: ANN401  # JSON
    level = [value]
    for _ in range(DEEPEST):
        level = [below for each in level for below in _containers(each)]
    return any(isinstance(each, dict | list) for each in level)


def _containers(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    below = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return []
    return [each for each in below if isinstance(each, dict | list)]
