"""Turn violations of the scenario schema into findings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean, shorten
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.scenario.diagnostics import Finding, ValuePath, escape_key, pluralize
from mockserver.schemas import Schema, Violation

MAX_FINDINGS = 100
"""Maximum number of findings that are reported."""

INVISIBLE_SPACES = {
    "\u00a0": "a no-break space (U+00A0)",
    "\u3000": "an ideographic space (U+3000)",
}
"""Spaces that YAML takes for the beginning of a key."""

RENAMED_KEYS = {
    "answers": "response",
    "next_allocation_fails": "fail_next_allocation",
    "now": "state",
    "patience": "timeout",
    "verdict": "outcome",
}
"""Keys of the development versions, so that a file written for one gets the new key as hint."""

_KEY = re.compile(r"([A-Za-z_]+):\S")
_TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "null": "null",
}


def schema_findings(schema: Schema, value: object) -> list[Finding]:
    """Return the violations of the schema; fast for a valid scenario."""
    if schema.is_valid(value):
        return _find_misplaced_fractions(schema, value)
    return _first(map(_describe_violation, schema.violations(value)))


def _first(findings: Iterator[Finding]) -> list[Finding]:
    shown_findings = list(islice(findings, MAX_FINDINGS))
    if next(findings, None) is not None:
        shown_findings.append(
            Finding("E105", (), f"more than {MAX_FINDINGS} findings; the rest is not shown")
        )
    return shown_findings


def _find_misplaced_fractions(rules: Schema, value: object) -> list[Finding]:
    """Find ``1.0`` in place of an integer, which JSON Schema accepts.

    Temporarily replaces each ``1.0`` by ``0.5`` and validates again.
    """
    places = list(_integral_floats(value))
    if not places:
        return []
    for container, key, _ in places:
        container[key] = 0.5
    valid = rules.is_valid(value)
    violations = [] if valid else list(islice(rules.violations(value), MAX_FINDINGS))
    for container, key, original in places:
        container[key] = original
    return [
        Finding(
            "E103",
            violation.path,
            f"expected an integer, got {_value_at(value, violation.path)}",
        )
        for violation in violations
        if violation.keyword in ("type", "const", "enum")
    ]


def _integral_floats(value: object) -> Iterator[tuple[Any, Any, float]]:
    """Yield all ``1.0`` of a value, each with its container and key."""
    stack = [value]
    while stack:
        container = stack.pop()
        if isinstance(container, dict | list):
            pairs = container.items() if isinstance(container, dict) else enumerate(container)
            for key, item in pairs:
                if isinstance(item, float) and item.is_integer():
                    yield container, key, item
                elif isinstance(item, dict | list):
                    stack.append(item)


def _value_at(value: Any, path: ValuePath) -> object:  # noqa: ANN401
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):  # the validator leaves empty keys out of its paths
        return "a fraction"
    return value


def _describe_violation(violation: Violation) -> Finding:
    path, limit, value = violation.path, violation.constraint, violation.value
    match violation.keyword:
        case "additionalProperties":
            hint = _key_hint(limit, list(violation.schema.get("properties", {})))
            return Finding("E101", (*path, limit), f"unknown key {_quoted(limit)}, {hint}")
        case "required":
            return Finding("E102", path, f"'{limit}' is missing")
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit)
            hint = _type_hint(kinds, value, violation.schema.get("required", ()))
            message = f"expected {_type_names(kinds)}, got {quote_value(value)}{hint}"
            return Finding("E103", path, message)
        case "enum" | "const":
            return Finding("E104", path, _choice(limit, value))
        case _:
            return Finding("E105", path, _bound(violation))


def _key_hint(key: str, known_keys: Sequence[str]) -> str:
    """Return the closest known key; of YAML such as ``amount:5`` what to write."""
    if key[:1] in INVISIBLE_SPACES:
        return f"{INVISIBLE_SPACES[key[0]]} indents this line; write blanks"
    name, _, value = key.partition(":")
    if value and name in known_keys:
        return f"write a blank after the colon: '{name}: {shorten(value)}'"
    return did_you_mean(RENAMED_KEYS.get(key) or key, known_keys)


def _type_hint(kinds: Sequence[str], value: object, required: Sequence[str]) -> str:
    """Return what to write in place of a value of the wrong type, where that is certain."""
    if isinstance(value, str) and "object" in kinds and (match := _KEY.match(value)):
        return f"; write a blank after the colon: '{match[1]}: …'"
    if "object" in kinds and len(required) == 1 and type(value) in (str, int):
        return f"; write {{{required[0]}: {shorten(str(value))}}}"
    if isinstance(value, dict) and kinds == ["array"]:
        return "; write [ ] around it, or in YAML '- ' before each entry"
    return ""


def _choice(limit: Any, value: Any) -> str:  # noqa: ANN401
    choices = [str(choice) for choice in (limit if isinstance(limit, Sequence) else [limit])]
    if str(value) in choices:
        return f"expected {value}, got {quote_value(value)}; write it without quotes"
    if value in list(DeliveryKind) and Operation.GET_ORDER in choices:
        hint = f"calls to the merchant belong under 'deliveries', as {{kind: {value}}}"
    else:
        hint = did_you_mean(str(value), choices)
    return f"unknown value {quote_value(value)}, {hint}"


def _bound(violation: Violation) -> str:
    return f"expected {_limit(violation)}, got {quote_value(violation.value)}"


def describe_expected(violation: Violation) -> str:
    """Return what would be a valid value, such as ``a string`` or ``at most 2 characters``."""
    limit = violation.constraint
    match violation.keyword:
        case "required":
            return "a value"
        case "type":
            return _type_names(limit)
        case "enum":
            return f"one of {', '.join(map(str, limit))}"
        case _:
            return _limit(violation)


def _type_names(kinds: str | Sequence[str]) -> str:
    listed = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_TYPE_NAMES[kind] for kind in listed)


def _limit(violation: Violation) -> str:
    rules, limit = violation.schema, violation.constraint
    keys = ", ".join(rules.get("properties", ()))
    phrases: Mapping[str, str] = {
        "minimum": f"at least {violation.constraint}",
        "maximum": f"at most {violation.constraint}",
        "minLength": f"at least {pluralize(violation.constraint, 'character')}",
        "maxLength": f"at most {pluralize(violation.constraint, 'character')}",
        "minItems": f"at least {pluralize(violation.constraint, 'entry', 'entries')}",
        "maxItems": f"at most {pluralize(violation.constraint, 'entry', 'entries')}",
        "minProperties": f"at least one of {keys}" if keys else "at least one entry",
        "maxProperties": f"only one of {keys}" if keys else f"at most {limit} entries",
    }
    other = rules.get("title", f"a value matching {violation.constraint}")
    return str(phrases.get(violation.keyword, other))


def _quoted(key: str) -> str:
    return f"'{escape_key(shorten(key))}'"


def quote_value(value: object) -> str:
    """Return a value as short JSON for a message."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return shorten(text)
