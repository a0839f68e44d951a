"""Choices of the scenario language: listed where they are few, else linked to a section."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.cli.page_tables import PageTable
from mockserver.domain.wording import yaml_scalar
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.scenario.diagnostics import LINT_CODES
from mockserver.schemas import shipped_schemas

Rules: TypeAlias = Mapping[str, Any]

SCENARIO_SCHEMA = "scenario.schema.json"
FEW = 9  # up to this number, choices are listed in the row of a table


class ChoiceGroup(NamedTuple):
    """Choices with a section of their own: its page, title and text, and a link to it."""

    page: str
    title: str
    text: str
    link: str
    choices: Sequence[str]


def scenario_parts() -> Mapping[str, Rules]:
    """Return the parts of the schema by name."""
    parts: Mapping[str, Rules] = shipped_schemas()[SCENARIO_SCHEMA]["$defs"]
    return parts


def choice_groups() -> tuple[ChoiceGroup, ...]:
    """Return the groups in the order of their sections."""
    parts = scenario_parts()
    order = parts["order"]["properties"]
    return (
        ChoiceGroup(
            "index", "Countries", "Country codes of `country`.",
            "a [country](index.md#countries)", order["country"]["enum"],
        ),
        ChoiceGroup(
            "index", "Payment methods", "Values of `payment_method`.",
            "a [payment method](index.md#payment-methods)", order["payment_method"]["enum"],
        ),
        ChoiceGroup(
            "orders", "Types of lines", "Values of `type` of a line.",
            "a [type of line](orders.md#types-of-lines)",
            parts["line"]["properties"]["type"]["enum"],
        ),
        ChoiceGroup(
            "faults", "Operations",
            "Operation names, for `on` and `operation`. See [operations](../operations.md).",
            "an [operation](faults.md#operations)", parts["operation"]["enum"],
        ),
        ChoiceGroup(
            "faults", "Kinds of deliveries",
            "Calls to the merchant, for `on`. See [deliveries](../faults/deliveries.md).",
            "a [kind of delivery](faults.md#kinds-of-deliveries)", [*map(str, DeliveryKind)],
        ),
        ChoiceGroup(
            "faults", "Reasons",
            "Reasons, for `refuse`. See [errors](../errors/index.md) for their messages.",
            "a [reason](faults.md#reasons)", parts["reason"]["enum"],
        ),
    )  # fmt: skip


def choice_sections() -> Iterator[tuple[str, PageTable]]:
    """Yield the page and the section of each group."""
    for group in choice_groups():
        names = ", ".join(f"`{choice}`" for choice in group.choices)
        yield group.page, PageTable(group.title, f"{group.text}\n\n{names}")


def describe_choices(choices: Sequence[str]) -> str:
    """Describe the allowed values: each of a few, links to groups and the rest of many."""
    if len(choices) <= FEW:
        return " or ".join(f"`{yaml_scalar(choice)}`" for choice in choices)
    links = [(names, link) for names, link in _linked() if {*names} <= {*choices}]
    linked = {name for names, _ in links for name in names}
    others = [f"`{yaml_scalar(choice)}`" for choice in choices if choice not in linked]
    return " or ".join([*others, *(link for _, link in links)])


def _linked() -> Iterator[tuple[Collection[str], str]]:
    for group in choice_groups():
        yield group.choices, group.link
    warnings = [code for code in LINT_CODES if code.startswith("W")]
    yield warnings, "codes of [lint warnings](../lint/warnings.md)"
    yield AUDIT_RULES, "codes of [audit rules](../audit/index.md)"
