"""Violations of the scenario schema, worded for the person who wrote the file."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from mockserver.domain.wording import did_you_mean, shorten
from mockserver.scenario.findings import Finding, Path, counted, in_line
from mockserver.schemas import Schema, Violation

MOST_FINDINGS = 100
"""How many findings are worded; whoever has more reads the first."""

RENAMED_KEYS = {
    "answers": "response",
    "next_allocation_fails": "fail_next_allocation",
    "now": "state",
    "patience": "timeout",
    "verdict": "outcome",
}
"""Keys of the development versions, so that a file written for one gets the new key as hint."""

_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def schema_findings(rules: Schema, value: object) -> list[Finding]:
    """List what in a scenario breaks the schema; fast when nothing does."""
    if rules.accepts(value):
        return _misplaced_fractions(rules, value)
    return _first(map(_worded, rules.violations(value)))


def _first(findings: Iterator[Finding]) -> list[Finding]:
    kept = list(islice(findings, MOST_FINDINGS))
    if next(findings, None) is not None:
        kept.append(
            Finding("E105", (), f"more than {MOST_FINDINGS} findings; the rest is left out")
        )
    return kept


def _misplaced_fractions(rules: Schema, value: object) -> list[Finding]:
    """Find ``1.0`` where a whole number belongs, which JSON Schema takes for one.

    Whether a place takes fractions is asked by putting a half there for a moment.
    """
    places = list(_whole_fractions(value))
    if not places:
        return []
    for container, key, _ in places:
        container[key] = 0.5
    valid = rules.accepts(value)
    broken = [] if valid else list(islice(rules.violations(value), MOST_FINDINGS))
    for container, key, written in places:
        container[key] = written
    return [
        Finding("E103", each.path, f"expected a whole number, got {_at(value, each.path)}")
        for each in broken
        if each.keyword in ("type", "const", "enum")
    ]


def _whole_fractions(value: object) -> Iterator[tuple[Any, Any, float]]:
    """Go through all ``1.0`` of a value, with the container and key of each."""
    waiting = [value]
    while waiting:
        container = waiting.pop()
        if isinstance(container, dict | list):
            pairs = container.items() if isinstance(container, dict) else enumerate(container)
            for key, each in pairs:
                if isinstance(each, float) and each.is_integer():
                    yield container, key, each
                elif isinstance(each, dict | list):
                    waiting.append(each)


def _at(value: Any, path: Path) -> object:  # noqa: ANN401
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):  # the validator leaves empty keys out of its paths
        return "a fraction"
    return value


def _worded(violation: Violation) -> Finding:
    path, limit, value = violation.path, violation.limit, violation.value
    match violation.keyword:
        case "additionalProperties":
            known = list(violation.schema.get("properties", {}))
            hint = did_you_mean(RENAMED_KEYS.get(limit) or limit, known)
            return Finding("E101", (*path, limit), f"unknown key {_quoted(limit)}, {hint}")
        case "required":
            return Finding("E102", path, f"'{limit}' is missing")
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit)
            wanted = " or ".join(_KINDS[each] for each in kinds)
            return Finding("E103", path, f"expected {wanted}, got {shown(value)}")
        case "enum" | "const":
            return Finding("E104", path, _choice(limit, value))
        case _:
            return Finding("E105", path, _bound(violation))


def _choice(limit: Any, value: Any) -> str:  # noqa: ANN401
    known = [str(each) for each in (limit if isinstance(limit, Sequence) else [limit])]
    return f"unknown value {shown(value)}, {did_you_mean(str(value), known)}"


def _bound(violation: Violation) -> str:
    rules, value = violation.schema, shown(violation.value)
    keys = ", ".join(rules.get("properties", ()))
    words: Mapping[str, str] = {
        "minimum": f"at least {violation.limit}",
        "maximum": f"at most {violation.limit}",
        "minLength": f"at least {counted(violation.limit, 'character')}",
        "maxLength": f"at most {counted(violation.limit, 'character')}",
        "minItems": f"at least {counted(violation.limit, 'entry', 'entries')}",
        "maxItems": f"at most {counted(violation.limit, 'entry', 'entries')}",
        "minProperties": f"at least one of {keys}" if keys else "at least one entry",
        "maxProperties": f"only one of {keys}",
    }
    other = rules.get("title", f"something like {violation.limit}")
    return f"expected {words.get(violation.keyword, other)}, got {value}"


def _quoted(key: str) -> str:
    return f"'{in_line(shorten(key))}'"


def shown(value: object) -> str:
    """Write a value as it may stand in a message: short, in JSON."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return shorten(text)
