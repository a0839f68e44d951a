"""Fidelity pages: assumptions with their alternatives, and rules by provenance."""

from collections.abc import Mapping, Sequence

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
_PAGES: Mapping[str, tuple[str, Sequence[str]]] = {
    "refunds": (
        "Assumptions about refunds",
        (
            "unallocated_refund", "amount_only_refund", "fee_only_refund", "return_fee_rules",
            "capture_capacity", "fully_refunded_status", "capture_refunded_amount",
            "refund_reference",
        ),
    ),
    "orders": (
        "Assumptions about orders and requests",
        (
            "repeated_cancel", "rejected_order", "release_keeps_order_amount",
            "expired_part_captured", "authorization_days", "validation_error",
            "idempotency_scope", "idempotent_errors", "deprecated_operations",
        ),
    ),
    "checkouts": (
        "Assumptions about checkout orders",
        (
            "expired_checkout", "completed_checkout_readable", "aborted_status",
            "bad_value_path", "bad_value_lists", "tax_tolerance", "country_echo",
            "event_country_case", "local_urls", "locale_in_order", "shipping_price",
            "token_order_redirect_url", "order_created_at", "order_visible_after",
            "required_checkboxes", "street_parts",
        ),
    ),
}  # fmt: skip
_ELSEWHERE = {name for _, names in _PAGES.values() for name in names}

ASSUMPTION_PAGES: Mapping[str, tuple[str, Sequence[str]]] = {
    **_PAGES,
    "deliveries": (
        "Assumptions about pushes, callbacks and webhooks",
        tuple(name for name in ASSUMPTIONS if name not in _ELSEWHERE),
    ),
}
"""Title and names of assumptions by the page below ``reference/fidelity/``."""

_INTRO = (
    "See how far you can trust each rule, and switch what is not known. [Rules](rules.md) lists"
    " what is documented, recorded or assumed; the provenance of [errors](../errors/index.md)"
    " and of the [lifecycle](../lifecycle.md) is on their pages. `kustom-mock fidelity` prints"
    " all of it."
)
_ASSUMPTIONS = (
    "What the provider does not document is a named assumption. Switch one with"
    " `--assume name=value`, or in a scenario under `assume:`."
)
_NOT_IMITATED = """## Not imitated

- Hosted payment page: of its merchant URLs only `success` is opened; sessions are neither
  distributed nor disabled, and no `status_update` is sent.
- Customer tokens: only completing a checkout order creates one, and only a fault suspends one.
- Merchant URLs `upsell` and `upsell_validation` are stored and shown, but never called.
- Settlements and in-person payments."""


def fidelity_index() -> str:
    """Return the page that lists all assumptions, and what is not imitated."""
    rows = tuple(
        (f"[`{name}`]({page_name}.md#{name})", f"`{_spell(ASSUMPTIONS[name].default)}`")
        for page_name, (_, names) in ASSUMPTION_PAGES.items()
        for name in names
    )
    assumptions = PageTable("Assumptions", _ASSUMPTIONS, ("name", "default"), rows)
    return page("Fidelity", NOTICE, _INTRO, markdown_table(assumptions), _NOT_IMITATED)


def assumptions_page(name: str) -> str:
    """Return the page of some assumptions."""
    title, names = ASSUMPTION_PAGES[name]
    back = "[All assumptions](index.md), and how to switch one."
    sections = (_assumption(ASSUMPTIONS[assumption]) for assumption in names)
    return page(title, NOTICE, back, *sections)


def rules_page() -> str:
    """Return the page of all rules by provenance, the least certain first."""
    intro = "See where each rule comes from. [Fidelity](index.md) has what you can switch."
    rules = filter(None, (_rules(mark) for mark in reversed(Mark)))
    return page("Rules by provenance", NOTICE, intro, *rules)


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
        PageTable(f"`{row.name}`", text, ("value", "meaning", "") if rows else (), rows)
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
