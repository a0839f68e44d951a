"""Build the provider's error messages from the schema violations of a request.

``'captured_amount' must not be null`` is recorded, ``The size of the a/b value must be
between 0 and 100`` is documented (without the index of a list item). The other messages are
assumed, so they add the exact path and the value.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from mockserver.domain.errors import Reason
from mockserver.domain.refusal import MAX_MESSAGES, Refusal
from mockserver.scenario.schema_errors import quote_value
from mockserver.schemas import Violation

MAX_PATHS_LISTED = 5


def refusal_for_violations(violations: Iterable[Violation]) -> Refusal:
    """Build the refusal of a body, with a message per violation and the first paths."""
    first_violations = list(islice(violations, MAX_MESSAGES + 1))
    return Refusal(
        Reason.INVALID_FIELDS,
        violations=violation_messages(first_violations),
        paths=", ".join(map(_format_path, first_violations[:MAX_PATHS_LISTED])),
    )


def violation_messages(violations: Iterable[Violation]) -> list[str]:
    """Build the ``error_messages`` of violations; at most :data:`MAX_MESSAGES`."""
    first_violations = list(islice(violations, MAX_MESSAGES + 1))
    messages = [
        _MESSAGE_BY_KEYWORD.get(violation.keyword, _default_message)(violation)
        for violation in first_violations[:MAX_MESSAGES]
    ]
    if len(first_violations) > MAX_MESSAGES:
        messages.append(f"more errors follow; only the first {MAX_MESSAGES} are reported")
    return messages


def _required(violation: Violation) -> str:
    return f"'{_format_path(violation)}' must not be null"


def _type(violation: Violation) -> str:
    if violation.value is None:
        return _required(violation)
    names = [type_name for type_name in _as_list(violation.constraint) if type_name != "null"]
    expected_types = " or ".join(_TYPE_NAMES[name] for name in names)
    value = quote_value(violation.value)
    return f"'{_format_path(violation)}' must be {expected_types}, got {value}"


def _size(violation: Violation) -> str:
    path = "/".join(path_step for path_step in violation.path if isinstance(path_step, str))
    schema = violation.schema
    low = schema.get("minItems", schema.get("minLength", 0))
    high = schema.get("maxItems", schema.get("maxLength"))
    return f"The size of the {path} value must be between {low} and {high}"


def _minimum(violation: Violation) -> str:
    return _comparison_message(violation, "greater")


def _maximum(violation: Violation) -> str:
    return _comparison_message(violation, "less")


def _comparison_message(violation: Violation, comparison: str) -> str:
    return (
        f"'{_format_path(violation)}' must be {comparison} than or equal to"
        f" {violation.constraint}, got {quote_value(violation.value)}"
    )


def _enum(violation: Violation) -> str:
    names = ", ".join(choice for choice in violation.constraint if choice)
    value = quote_value(violation.value)
    return f"'{_format_path(violation)}' must be one of {names}, got {value}"


def _default_message(violation: Violation) -> str:
    value = quote_value(violation.value)
    return f"'{_format_path(violation)}' must match {violation.constraint}, got {value}"


_MESSAGE_BY_KEYWORD: Mapping[str, Callable[[Violation], str]] = {
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
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "an object",
    "boolean": "a boolean",
}


def _format_path(violation: Violation) -> str:
    missing = [violation.constraint] if violation.keyword == "required" else []
    return "/".join(map(str, [*violation.path, *missing])) or "body"


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
