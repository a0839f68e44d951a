"""Flags for the keys of a JSON object, derived from its schema.

A choice or a text is a flag with a value, a switch has ``--no-`` in front for false, and a
mapping is a flag that repeats: ``--billing-address city=Lund --billing-address email=…``.
"""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from mockserver.schemas import resolve_reference, shipped_schemas
from mockserver.settings import SettingError

Rules: TypeAlias = Mapping[str, Any]

SWITCH_VALUES = {"true": True, "false": False}


def schema_properties(file: str, definition: str) -> Mapping[str, Rules]:
    """Return the rules of the keys of an object, with references resolved."""
    properties = shipped_schemas()[file]["$defs"][definition]["properties"]
    return {name: resolve_reference(rules, file)[0] for name, rules in properties.items()}


def add_schema_flags(verb: argparse.ArgumentParser, properties: Mapping[str, Rules]) -> None:
    """Add a flag for each key."""
    for name, rules in properties.items():
        flag, meaning = "--" + name.replace("_", "-"), rules["description"].replace("%", "%%")
        if rules.get("type") == "boolean":
            verb.add_argument(flag, action=argparse.BooleanOptionalAction, help=meaning)
        elif rules.get("type") == "object":
            keys = ", ".join(rules.get("properties", ()))
            verb.add_argument(
                flag,
                action="append",
                metavar="KEY=VALUE",
                help=f"{meaning} Repeatable." + (f" Keys: {keys}." if keys else ""),
            )
        else:
            choices = rules.get("enum")
            listed = f" One of {', '.join(choices)}." if choices else ""
            metavar = name.rpartition("_")[2].upper()
            verb.add_argument(flag, choices=choices, metavar=metavar, help=meaning + listed)


def collect_values(
    parsed: argparse.Namespace, properties: Mapping[str, Rules]
) -> dict[str, Any]:
    """Return the values of the flags that were given, by key.

    Raises:
        SettingError: a value of a mapping is no ``KEY=VALUE``, or comes twice.
    """
    values = {name: getattr(parsed, name) for name in properties}
    return {
        name: _parse_pairs(name, value, properties[name]) if isinstance(value, list) else value
        for name, value in values.items()
        if value is not None
    }


def _parse_pairs(name: str, texts: Iterable[str], rules: Rules) -> dict[str, str | bool]:
    flag = "--" + name.replace("_", "-")
    members = rules.get("additionalProperties")
    are_switches = isinstance(members, dict) and members.get("type") == "boolean"
    pairs: dict[str, str | bool] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not key or not separator or (are_switches and value not in SWITCH_VALUES):
            expected = "KEY=true or KEY=false" if are_switches else "KEY=VALUE"
            raise SettingError(f"{flag}: expected {expected}, got '{text}'")
        if key in pairs:
            raise SettingError(f"{flag}: '{key}' is given twice")
        pairs[key] = SWITCH_VALUES[value] if are_switches else value
    return pairs
