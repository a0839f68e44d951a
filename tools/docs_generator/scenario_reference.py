"""Reference of the scenario language, generated from its JSON Schema.

Meanings come from each ``description``, examples from ``examples``. This module only
renders them and splits them into pages.
"""

from collections.abc import Iterator, Mapping

import yaml

from mockserver.cli.page_tables import Page, PageTable
from mockserver.domain.wording import yaml_scalar
from mockserver.schemas import shipped_schemas
from tools.docs_generator.scenario_choices import (
    SCENARIO_SCHEMA,
    Rules,
    choice_sections,
    describe_choices,
    scenario_parts,
)

SECTIONS: Mapping[str, tuple[str, str]] = {
    "order": ("orders", "Orders"),
    "line": ("orders", "Lines"),
    "movement_line": ("orders", "Lines of captures and refunds"),
    "capture": ("orders", "Captures"),
    "refund": ("orders", "Refunds"),
    "address": ("orders", "Addresses"),
    "selected_shipping_option": ("orders", "Selected shipping option"),
    "state": ("orders", "State of an order"),
    "fault": ("faults", "Fault rules"),
    "action": ("faults", "Actions"),
    "respond": ("faults", "Custom responses"),
    "checkout": ("checkouts", "Checkout orders"),
    "checkout_address": ("checkouts", "Addresses at checkout"),
    "checkout_customer": ("checkouts", "Customers at checkout"),
    "checkout_state": ("checkouts", "State of a checkout order"),
    "webhooks": ("checkouts", "Webhooks"),
    "webhook_endpoint": ("checkouts", "Webhook endpoints"),
    "expect": ("expectations", "Expectations"),
    "expected_order": ("expectations", "Expected orders"),
    "expected_capture": ("expectations", "Expected captures"),
    "expected_refund": ("expectations", "Expected refunds"),
    "expected_checkout": ("expectations", "Expected checkout orders"),
    "expected_requests": ("expectations", "Expected requests"),
    "expected_deliveries": ("expectations", "Expected deliveries"),
    "step": ("steps", "Steps"),
    "expected_response": ("steps", "Expected responses"),
    "step_read": ("steps", "Steps that read"),
    "step_change": ("steps", "Steps without a body"),
    "step_capture": ("steps", "Step `capture`"),
    "step_refund": ("steps", "Step `refund`"),
    "step_authorization": ("steps", "Step `update_authorization`"),
    "step_customer_details": ("steps", "Step `update_customer_details`"),
    "step_merchant_references": ("steps", "Step `update_merchant_references`"),
    "step_shipping_info": ("steps", "Step `add_order_shipping_info`"),
    "step_on_capture": ("steps", "Steps on a capture"),
    "step_capture_shipping_info": ("steps", "Step `add_capture_shipping_info`"),
    "step_due_date": ("steps", "Step `extend_due_date`"),
    "step_on_refund": ("steps", "Step `get_refund`"),
    "step_create_checkout": ("checkout-steps", "Step `create_checkout`"),
    "step_update_checkout": ("checkout-steps", "Step `update_checkout`"),
    "step_complete": ("checkout-steps", "Step `complete`"),
}
"""Parts of the schema that have a section: its page and title, in the order of the pages."""

CHOSEN_LINES = (
    ("`A12345`", "The whole line of the order with this reference."),
    ("`{reference: A12345, quantity: 1}`", "This quantity of it."),
    (
        "`{reference: A12345, unit_price: 3000}`",
        "A new line with the keys of a [line](orders.md#lines).",
    ),
)

COMMON_STEP_KEYS = ("order", "idempotency_key", "body")
"""Keys that several steps share; they are described once, from the step ``capture``."""

_SINGULAR = {
    "movement_line": "line",
    "respond": "custom response",
    "selected_shipping_option": "selected shipping option",
    "state": "state",
    "expected_response": "expected response",
    "expect": "expectations",
    "expected_requests": "expected requests",
    "expected_deliveries": "expected deliveries",
    "checkout": "checkout order",
    "checkout_address": "address",
    "checkout_customer": "customer",
    "checkout_state": "state of a checkout order",
}

KINDS: Mapping[str, str] = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "a boolean",
    "null": "null",
}
BOUNDS: Mapping[str, str] = {
    "minimum": "from {}",
    "maximum": "to {}",
    "maxLength": "up to {} characters",
    "maxItems": "up to {} entries",
}


def scenario_pages() -> Mapping[str, Page]:
    """Return the pages of the scenario reference by file name."""
    pages: dict[str, list[PageTable]] = {"index": [_top_level()]}
    for name, (page, _) in SECTIONS.items():
        pages.setdefault(page, []).append(_section(name))
    for page, section in choice_sections():
        pages[page].append(section)
    pages["steps"].insert(1, _common_step_keys())
    return pages


def _top_level() -> PageTable:
    intro = (
        "A scenario is one YAML or JSON file: a mapping with these keys, all optional."
        " Unknown and duplicate keys are errors. Amounts are whole minor units."
        " Times are written `2026-01-15T09:00:00Z` or as a date, durations `90s`, `15m`,"
        " `2h`, `28d` or `1h30m`. Plain `NO`, `010` and dates stay text.\n\n"
        "`kustom-mock schema` prints the JSON Schema behind these pages, for editors."
        " [Lint](../lint/index.md) lists what a file is checked for,"
        " the [cookbook](../../how-to/cookbook.md) has complete files."
    )
    rows = tuple(_rows(shipped_schemas()[SCENARIO_SCHEMA]))
    return PageTable("Top-level keys", intro, ("key", "value", "meaning"), rows)


def _section(name: str) -> PageTable:
    rules, title = scenario_parts()[name], SECTIONS[name][1]
    if name == "movement_line":
        return PageTable(title, rules["description"], ("written", "means"), CHOSEN_LINES)
    words = [
        rules.get("description", ""),
        *(_example(example) for example in rules.get("examples", ())),
    ]
    common = COMMON_STEP_KEYS if name.startswith("step_") else ()
    rows = tuple(row for row in _rows(rules) if row[0].strip("`") not in common)
    if not rows:
        words.append("Only the [common keys](steps.md#common-keys-of-steps).")
        return PageTable(title, "\n\n".join(words))
    return PageTable(title, "\n\n".join(words), ("key", "value", "meaning"), rows)


def _common_step_keys() -> PageTable:
    rows = {row[0].strip("`"): row for row in _rows(scenario_parts()["step_capture"])}
    return PageTable(
        "Common keys of steps",
        "Every step on an order has `order`. Steps that change something also take"
        " `idempotency_key`, and those with a body take `body`.",
        ("key", "value", "meaning"),
        tuple(rows[key] for key in COMMON_STEP_KEYS),
    )


def _example(value: object) -> str:
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=None, width=90)
    plain = text.removesuffix("...\n")
    plain = plain.replace("'on':", "on:")  # other YAML parsers read `on` as true
    return f"```yaml\n{plain}```"


def _rows(rules: Rules, prefix: str = "") -> Iterator[tuple[str, ...]]:
    required = rules.get("required", ())
    for key, value in rules["properties"].items():
        note = " Required." if key in required else ""
        meaning = value.get("description", "")
        yield f"`{prefix}{key}`", _value(value), meaning + note
        if _has_own_rows(value):
            yield from _rows(value, f"{prefix}{key}.")
        inner = value.get("additionalProperties")
        if isinstance(inner, dict) and "properties" in inner:
            yield from _rows(inner, f"{prefix}{key}.<name>.")


def _has_own_rows(rules: Rules) -> bool:
    """Return whether the keys of an inner mapping have rows instead of a link."""
    simple = rules.get("type") == "object" and "properties" in rules
    return simple and _known(rules) is None


def _value(rules: Rules) -> str:
    """Describe the allowed values."""
    if "const" in rules:
        return f"`{yaml_scalar(rules['const'])}`"
    if "enum" in rules:
        return describe_choices(rules["enum"])
    if "$ref" in rules:
        return _reference(rules["$ref"])
    if "if" in rules:
        return f"{_value(rules['else'])}, or a list"
    kinds = rules.get("type", [])
    listed = [kinds] if isinstance(kinds, str) else kinds
    names = [_kind(kind, rules) for kind in listed if not _same_as_text(kind, listed)]
    return " or ".join(names) + _bounds(rules) if names else "anything"


def _same_as_text(kind: str, kinds: list[str]) -> bool:
    """Return whether an integer is only accepted as text, which needs no mention."""
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


def _reference(reference: str) -> str:
    file, _, name = reference.rpartition("#/$defs/")
    if name in SECTIONS and not file:
        return _link(name)
    return _value(shipped_schemas()[file or SCENARIO_SCHEMA]["$defs"][name])


def _known(rules: Rules) -> str | None:
    """Return the section that describes the keys of a mapping, if any."""
    parts = scenario_parts()
    same = (n for n in SECTIONS if parts[n].get("properties") == rules.get("properties"))
    return next(same, None)


def _link(name: str) -> str:
    page, title = SECTIONS[name]
    anchor = title.lower().replace(" ", "-").replace("`", "")
    return f"[{_SINGULAR.get(name, name.replace('_', ' '))}]({page}.md#{anchor})"
