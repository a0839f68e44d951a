"""Fields of request bodies by dotted path, as ``where`` of a fault rule names them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from mockserver.domain.operation import Operation
from mockserver.domain.wording import did_you_mean
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.schemas import resolve_reference, shipped_schemas

ANY_FIELD = "*"
"""Last part of a path below which the provider accepts any field."""


def unmatchable_condition(rule: FaultRule) -> str | None:
    """Return why no request can match ``where``; ``None`` if one can, or there is none."""
    subjects = rule.operations or frozenset(Operation)
    operations = [subject for subject in subjects if isinstance(subject, Operation)]
    fields = {path: rules for name in operations for path, rules in body_fields(name).items()}
    if not fields:
        return None
    for path, value in rule.where.items():
        if path in fields:
            if _is_out_of_bounds(value, fields[path]):
                return f"{path} is never {value}"
        elif not any(f"{parent}.{ANY_FIELD}" in fields for parent in _parents(path)):
            return f"no body has '{path}', {did_you_mean(path, fields)}"
    return None


@cache
def body_fields(operation: Operation) -> Mapping[str, Mapping[str, Any]]:
    """Return the schema of each field of an operation's body, by dotted path."""
    schema = operation.info.schema
    if schema is None:
        return {}
    file = f"requests/{schema}.schema.json"
    return dict(_fields(shipped_schemas()[file], file, ()))


def _fields(
    rules: Mapping[str, Any], file: str, path: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    rules, file = resolve_reference(rules, file)
    if path:
        yield ".".join(path), rules
    if "items" in rules:
        yield from _fields(rules["items"], file, path)
    properties = rules.get("properties", {})
    for name, below in properties.items():
        yield from _fields(below, file, (*path, name))
    if path and not properties and "object" in rules.get("type", ()):
        yield ".".join((*path, ANY_FIELD)), rules


def _parents(path: str) -> Iterable[str]:
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _is_out_of_bounds(value: object, rules: Mapping[str, Any]) -> bool:
    if not isinstance(value, int) or "minimum" not in rules:
        return False
    return not rules["minimum"] <= value <= rules.get("maximum", value)
