"""Fidelity page: assumptions with their alternatives, and rules by provenance."""

from mockserver.cli.page_tables import PageTable, markdown_table
from mockserver.domain.assumptions import ASSUMPTIONS, Assumption
from mockserver.domain.behaviour_rules import BEHAVIOUR_RULES, BehaviourRule
from mockserver.domain.checkout.bad_values import VALUE_RULES
from mockserver.domain.provenance import Mark
from tools.docs_generator.markdown import NOTICE, page

CHECKOUT_RULES = tuple(
    BehaviourRule(f"Checkout: `{rule.field}` is {rule.formula}.", rule.source)
    for rule in VALUE_RULES
)
_INTRO = (
    "See how far you can trust each rule, and switch what is not known. The provenance of"
    " [errors](errors.md) and of the [lifecycle](lifecycle.md) is on their pages;"
    " `kustom-mock fidelity` prints all of it."
)
_ASSUMPTIONS = (
    "## Assumptions\n\nWhat the provider does not document is a named assumption. Switch one"
    " with `--assume name=value`, or in a scenario under `assume:`."
)
_NOT_IMITATED = """## Not imitated

- Hosted payment page: of its merchant URLs only `success` is opened; sessions are neither
  distributed nor disabled, and no `status_update` is sent.
- Customer tokens: only completing a checkout order creates one, and only a fault suspends one.
- E-mail addresses such as `name+pend-accept-05@…` make an order pending; only `force` ends the
  review, not the time.
- Merchant URLs `upsell` and `upsell_validation` are stored and shown, but never called.
- Settlements and in-person payments."""


def fidelity_page() -> str:
    """Return the page as Markdown."""
    assumptions = (_assumption(row) for row in ASSUMPTIONS.values())
    rules = (_rules(mark) for mark in reversed(Mark))
    return page(
        "Fidelity",
        NOTICE,
        _INTRO,
        _ASSUMPTIONS,
        *assumptions,
        *filter(None, rules),
        _NOT_IMITATED,
    )


def _assumption(row: Assumption) -> str:
    rows = tuple(
        (f"`{_spell(value)}`", meaning, "default" if value == row.default else "")
        for value, meaning in row.meanings.items()
    )
    source = str(row.source)
    text = f"{source[0].upper()}{source[1:]}."
    if row.allowed_numbers:
        text += f" {row.allowed_text.capitalize()}; default `{row.default}`."
    return markdown_table(
        PageTable(f"`{row.name}`", text, ("value", "meaning", "") if rows else (), rows), "###"
    )


def _rules(mark: Mark) -> str:
    """List the rules with this provenance."""
    lines = [
        f"- {rule.text}\n  *{rule.provenance.source}*"
        for rule in (*BEHAVIOUR_RULES, *CHECKOUT_RULES)
        if rule.provenance.mark is mark
    ]
    return "\n".join([f"## Rules {mark}", "", *lines]) if lines else ""


def _spell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
