"""The reference of the scenario language, printed from its schema.

The schema says it all: what a key means stands in its ``description``, examples in
``examples``. Here is only how a schema reads as a page.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

import yaml

from mockserver.cli.table import Page, Table
from mockserver.domain.wording import yaml_scalar
from mockserver.schemas import documents

Rules: TypeAlias = Mapping[str, Any]

SCHEMA = "scenario.schema.json"
FEW = 12  # choices are listed in a row of a table up to here, else below it

SECTIONS: dict[str, str] = {
    "order": "Orders",
    "line": "Lines",
    "movement_line": "Lines of captures and refunds",
    "capture": "Captures",
    "refund": "Refunds",
    "address": "Addresses",
    "fault": "Faults",
    "action": "Actions",
    "respond": "Made-up answers",
    "expect": "Expectations",
    "expected_order": "Expected orders",
    "expected_capture": "Expected captures",
    "expected_refund": "Expected refunds",
    "expected_requests": "Expected requests",
}
"""Parts of the schema that have a section, in the order of the page; others that are
mappings follow under their own name."""

CHOSEN_LINES = (
    ("`A12345`", "The whole line of the order that has this reference."),
    ("`{reference: A12345, quantity: 1}`", "So many of it."),
    (
        "`{reference: A12345, unit_price: 3000}`",
        "A line of its own, with the keys of a [line](#lines), whatever the order has.",
    ),
)

_SINGULAR = {
    "movement_line": "line",
    "respond": "made-up answer",
    "expect": "expectations",
    "expected_requests": "expected requests",
}

KINDS: Mapping[str, str] = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
BOUNDS: Mapping[str, str] = {
    "minimum": "from {}",
    "maximum": "to {}",
    "maxLength": "up to {} characters",
    "maxItems": "up to {} entries",
}


def scenarios_page() -> Page:
    """The language of scenario files, key by key."""
    whole = documents()[SCHEMA]
    parts = whole["$defs"]
    intro = (
        "A scenario is one YAML (or JSON) file: a mapping with these keys, each of which may"
        " be left out. Unknown and doubled keys are errors. Amounts are whole minor units."
        " Times are written `2026-01-15T09:00:00Z` or as a date, durations `90s`, `15m`,"
        " `2h`, `28d` or `1h30m`. Plain `NO`, `010` and dates stay text.\n\n"
        "`kustom-mock schema` prints the schema this page is made from, for editors;"
        " [lint](lint.md) lists what a file is checked for,"
        " the [cookbook](cookbook.md) has complete files."
    )
    return (
        Table("A file", intro, ("key", "value", "meaning"), tuple(_rows(whole))),
        *(_section(name, parts[name]) for name in _sections()),
        _names("Operations", parts["operation"]["enum"], "What `on` and `operation` take."),
        _names(
            "Reasons",
            parts["action"]["properties"]["refuse"]["enum"],
            "What `refuse` takes; [errors](errors.md) has the provider's words for each.",
        ),
    )


@cache
def _sections() -> Mapping[str, str]:
    """Give the titles of all sections by the parts they are for."""
    parts = documents()[SCHEMA]["$defs"]
    others = (name for name, rules in parts.items() if "properties" in rules)
    return SECTIONS | {
        name: name.replace("_", " ").capitalize() for name in others if name not in SECTIONS
    }


def _section(name: str, rules: Rules) -> Table:
    if name == "movement_line":
        return Table(
            _sections()[name], rules["description"], ("written", "means"), CHOSEN_LINES
        )
    words = [
        rules.get("description", ""),
        *(_example(each) for each in rules.get("examples", ())),
    ]
    columns = ("key", "value", "meaning")
    return Table(_sections()[name], "\n\n".join(words), columns, tuple(_rows(rules)))


def _example(value: object) -> str:
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=None, width=90)
    plain = text.removesuffix("...\n")
    plain = plain.replace("'on':", "on:")  # what other readers of YAML take for true
    return f"```yaml\n{plain}```"


def _rows(rules: Rules, prefix: str = "") -> Iterator[tuple[str, ...]]:
    needed = rules.get("required", ())
    for key, value in rules["properties"].items():
        must = " Needed." if key in needed else ""
        meaning = value.get("description", "")
        yield f"`{prefix}{key}`", _value(value), meaning + must
        if _has_own_rows(value):
            yield from _rows(value, f"{prefix}{key}.")
        inner = value.get("additionalProperties")
        if isinstance(inner, dict) and "properties" in inner:
            yield from _rows(inner, f"{prefix}{key}.<name>.")


def _has_own_rows(rules: Rules) -> bool:
    """Whether an inner mapping is written out rather than referred to."""
    simple = rules.get("type") == "object" and "properties" in rules
    return simple and _known(rules) is None


def _value(rules: Rules) -> str:
    """Say in words what a value may be."""
    if "const" in rules:
        return f"`{yaml_scalar(rules['const'])}`"
    if "enum" in rules:
        return _choice(rules["enum"])
    if "$ref" in rules:
        return _reference(rules["$ref"])
    if "if" in rules:
        return f"{_value(rules['else'])}, or a list"
    kinds = rules.get("type", [])
    listed = [kinds] if isinstance(kinds, str) else kinds
    words = [_kind(each, rules) for each in listed if not _same_as_text(each, listed)]
    return " or ".join(words) + _bounds(rules) if words else "anything"


def _same_as_text(kind: str, kinds: list[str]) -> bool:
    """Digits are taken for a text wherever a text is; that is said once."""
    return kind == "integer" and kinds == ["string", "integer"]


def _kind(kind: str, rules: Rules) -> str:
    if kind == "array":
        return f"list of {_value(rules['items'])}" if "items" in rules else KINDS[kind]
    inner = rules.get("additionalProperties")
    if kind == "object" and isinstance(inner, dict) and "$ref" in inner:
        return f"names, each with {_value(inner)}"
    known = _known(rules) if kind == "object" else None
    return _link(known) if known else KINDS[kind]


def _bounds(rules: Rules) -> str:
    known = {"title": "{}", **BOUNDS} if "pattern" in rules else BOUNDS
    parts = [words.format(rules[key]) for key, words in known.items() if key in rules]
    return f" ({', '.join(parts)})" if parts else ""


def _choice(choices: list[object]) -> str:
    if len(choices) > FEW:
        return _long_choice(choices)
    return " or ".join(f"`{yaml_scalar(each)}`" for each in choices)


def _long_choice(choices: list[object]) -> str:
    """Refer to a list that has a section of its own, else write it out small."""
    parts = documents()[SCHEMA]["$defs"]
    operations, any_of_them = parts["operation"]["enum"], ["any", *parts["operation"]["enum"]]
    if choices == operations:
        return "an [operation](#operations)"
    if choices == any_of_them:
        return "`any` or an [operation](#operations)"
    if choices == parts["action"]["properties"]["refuse"]["enum"]:
        return "a [reason](#reasons)"
    return ", ".join(f"`{yaml_scalar(each)}`" for each in choices)


def _reference(reference: str) -> str:
    file, _, name = reference.rpartition("#/$defs/")
    if name in _sections() and not file:
        return _link(name)
    return _value(documents()[file or SCHEMA]["$defs"][name])


def _known(rules: Rules) -> str | None:
    """Name the section whose keys a mapping has."""
    parts = documents()[SCHEMA]["$defs"]
    same = (n for n in _sections() if parts[n].get("properties") == rules.get("properties"))
    return next(same, None)


def _link(name: str) -> str:
    title = _sections()[name]
    anchor = title.lower().replace(" ", "-")
    return f"[{_SINGULAR.get(name, name.replace('_', ' '))}](#{anchor})"


def _names(title: str, names: list[str], words: str) -> Table:
    return Table(title, words, ("name",), tuple((f"`{each}`",) for each in names))
