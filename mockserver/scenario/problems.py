"""Violations of the scenario schema, worded for the person who wrote the file."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mockserver.scenario.findings import Finding, did_you_mean
from mockserver.schemas import Schema, Violation

SHOWN_CHARACTERS = 60

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
    """List everything in a scenario that breaks the schema; fast when nothing does."""
    if rules.accepts(value):
        return []
    return [each for v in rules.violations(value) for each in _worded(v)]


def _worded(violation: Violation) -> list[Finding]:
    path, limit, value = violation.path, violation.limit, violation.value
    match violation.keyword:
        case "additionalProperties":
            known = list(violation.schema.get("properties", {}))
            return [
                Finding(
                    "E101",
                    (*path, each),
                    f"unknown key '{each}', {did_you_mean(each, known)}",
                )
                for each in limit
            ]
        case "required":
            return [Finding("E102", path, f"'{limit}' is missing")]
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit)
            wanted = " or ".join(_KINDS[each] for each in kinds)
            return [Finding("E103", path, f"expected {wanted}, got {shown(value)}")]
        case "enum" | "const":
            return [Finding("E104", path, _choice(limit, value))]
        case _:
            return [Finding("E105", path, _bound(violation))]


def _choice(limit: Any, value: Any) -> str:  # noqa: ANN401
    known = [str(each) for each in (limit if isinstance(limit, Sequence) else [limit])]
    return f"unknown value {shown(value)}, {did_you_mean(str(value), known)}"


def _bound(violation: Violation) -> str:
    rules, value = violation.schema, shown(violation.value)
    keys = ", ".join(rules.get("properties", ()))
    words: Mapping[str, str] = {
        "minimum": f"at least {violation.limit}",
        "maximum": f"at most {violation.limit}",
        "minLength": f"at least {violation.limit} characters",
        "maxLength": f"at most {violation.limit} characters",
        "minItems": f"at least {violation.limit} entries",
        "maxItems": f"at most {violation.limit} entries",
        "minProperties": f"at least one of {keys}" if keys else "at least one entry",
        "maxProperties": f"only one of {keys}",
    }
    wanted = words.get(violation.keyword, f"something like {violation.limit}")
    return f"expected {wanted}, got {value}"


def shown(value: object) -> str:
    """Write a value as it may stand in a message: short, in JSON."""
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
