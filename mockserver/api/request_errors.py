"""Violations of a request's schema, worded as the provider words them.

``'captured_amount' must not be null`` is recorded, ``The size of the a/b value must be
between 0 and 100`` is documented (without the index of a list item). The other
wordings are assumed, so they may say more: the exact place and the value.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from mockserver.domain.errors import Reason, Rejection
from mockserver.scenario.problems import shown
from mockserver.schemas import Violation

MOST_TOLD = 100
"""How many violations are told of a body; a refusal is remembered, so it is bounded (ours)."""

SHOWN_PLACES = 5


def refusal_of(violations: Iterable[Violation]) -> Rejection:
    """Refuse a body for its violations: a message for each, and the first few places."""
    found = list(islice(violations, MOST_TOLD + 1))
    return Rejection(
        Reason.INVALID_FIELDS,
        violations=messages(found),
        paths=", ".join(map(_place, found[:SHOWN_PLACES])),
    )


def messages(violations: Iterable[Violation]) -> list[str]:
    """Word violations for ``error_messages``, one text for each of the first."""
    found = list(islice(violations, MOST_TOLD + 1))
    told = [_WORDINGS.get(each.keyword, _otherwise)(each) for each in found[:MOST_TOLD]]
    more = len(found) > MOST_TOLD
    return [*told, f"and more; only the first {MOST_TOLD} are told"] if more else told


def _required(violation: Violation) -> str:
    return f"'{_place(violation)}' must not be null"


def _type(violation: Violation) -> str:
    if violation.value is None:
        return _required(violation)
    names = [each for each in _as_list(violation.limit) if each != "null"]
    wanted = " or ".join(_TYPE_NAMES[each] for each in names)
    return f"'{_place(violation)}' must be {wanted}, got {shown(violation.value)}"


def _size(violation: Violation) -> str:
    path = "/".join(each for each in violation.path if isinstance(each, str))
    rules = violation.schema
    low = rules.get("minItems", rules.get("minLength", 0))
    high = rules.get("maxItems", rules.get("maxLength"))
    return f"The size of the {path} value must be between {low} and {high}"


def _minimum(violation: Violation) -> str:
    return _compared(violation, "greater")


def _maximum(violation: Violation) -> str:
    return _compared(violation, "less")


def _compared(violation: Violation, how: str) -> str:
    return (
        f"'{_place(violation)}' must be {how} than or equal to {violation.limit},"
        f" got {shown(violation.value)}"
    )


def _enum(violation: Violation) -> str:
    names = ", ".join(each for each in violation.limit if each)
    return f"'{_place(violation)}' must be one of {names}, got {shown(violation.value)}"


def _otherwise(violation: Violation) -> str:
    return f"'{_place(violation)}' must match {violation.limit}, got {shown(violation.value)}"


_WORDINGS: Mapping[str, Callable[[Violation], str]] = {
    "required": _required,
    "type": _type,
    "maxLength": _size,
    "minItems": _size,
    "maxItems": _size,
    "minimum": _minimum,
    "maximum": _maximum,
    "enum": _enum,
}

_TYPE_NAMES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
}


def _place(violation: Violation) -> str:
    missing = [violation.limit] if violation.keyword == "required" else []
    return "/".join(map(str, [*violation.path, *missing])) or "body"


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
