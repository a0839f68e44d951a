"""Example and correction for each lint code, shown on the lint page.

A test runs the linter over every example, so each really reports its code.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LintExample:
    """A scenario that reports a code, and what to write instead.

    ``text`` is empty if no file content causes the finding.
    """

    text: str
    correction: str


def _order(*lines: str) -> str:
    """Return a scenario with one order of a T-shirt and sneakers, and more lines for it."""
    head = (
        "version: 1",
        "orders:",
        "  shoes:",
        "    lines:",
        "      - {reference: A1, name: T-shirt, unit_price: 3000}",
        "      - {reference: B2, name: Sneakers, unit_price: 10000}",
    )
    return "\n".join((*head, *lines))


LINT_EXAMPLES: Mapping[str, LintExample] = {
    "E000": LintExample("", "Check the path and the permissions of the file."),
    "E001": LintExample("orders: [", "Write one valid YAML document: a mapping."),
    "E002": LintExample("version: 1\nversion: 1", "Remove or rename one of the two."),
    "E101": LintExample("version: 1\nordrs: {}", "Correct the key. The message suggests one."),
    "E102": LintExample(
        "version: 1\norders:\n  shoes: {merchant_reference1: '1001'}", "Add the required key."
    ),
    "E103": LintExample(
        "version: 1\norders:\n  shoes:\n    lines: [{reference: A1, unit_price: cheap}]",
        "Write a value of the expected type. Amounts are whole minor units.",
    ),
    "E104": LintExample("version: 1\ncountry: Norway", "Use one of the values in the message."),
    "E105": LintExample(
        "version: 1\norders:\n  shoes:\n    lines: [{reference: A1, unit_price: 900000000}]",
        "Stay within the limits in the message.",
    ),
    "E106": LintExample(
        "version: 1\nclock: {start: yesterday}",
        "Write a time `2026-01-15T09:00:00Z`, a date, or a duration such as `2d`.",
    ),
    "E107": LintExample(
        "version: 1\nassume: {unallocated_refund: newest}",
        "Use a value from [fidelity](../fidelity/index.md).",
    ),
    "E201": LintExample(
        _order("    captures: {A: {lines: [C3]}}"),
        "Use a reference of the order, or write a full line with `unit_price`.",
    ),
    "E202": LintExample(
        "version: 1\norders:\n"
        "  one: {order_id: id-1, lines: [{reference: A1, unit_price: 1}]}\n"
        "  two: {order_id: id-1, lines: [{reference: A1, unit_price: 1}]}",
        "Give each order its own id, or leave `order_id` out.",
    ),
    "E203": LintExample(
        _order("    captures: {A: {amount: 99999}}"),
        "Correct the amount. Seeding follows the same rules as requests.",
    ),
    "E204": LintExample(
        _order("expect: {orders: {boots: {status: CAPTURED}}}"),
        "Use a name from `orders` or `faults`.",
    ),
    "W301": LintExample(
        _order(
            "    captures: {A: {lines: [B2]}}",
            "    refunds: {back: {lines: [A1], amount: 3000}}",
        ),
        "Correct the refund, or expect the failure in `expect`.",
    ),
    "W302": LintExample(
        "version: 1\norders:\n  shirts:\n"
        "    lines: [{reference: A1, quantity: 2, unit_price: 3000}]\n"
        "    captures:\n"
        "      first: {lines: [{reference: A1, quantity: 1}]}\n"
        "      second: {lines: [{reference: A1, quantity: 1}]}",
        "Give lines that ship apart different references.",
    ),
    "W303": LintExample(
        _order("    captures: {A: {lines: [B2], amount: 9000}}"),
        "Correct the amount, or leave `amount` out: it is then the sum of the lines.",
    ),
    "W304": LintExample(
        "version: 1\norders:\n  shoes:\n"
        "    lines: [{reference: A1, quantity: 3, unit_price: 333, total_amount: 1000}]",
        "Leave `total_amount` and `total_tax_amount` out, or allow the code.",
    ),
    "W305": LintExample(
        "version: 1\nclock: {start: 2026-01-15}\norders:\n  late:\n"
        "    created: 2025-12-01\n    lines: [{reference: A1, unit_price: 3000}]",
        "Move `expires` or the clock, or expect `status: EXPIRED`.",
    ),
    "W306": LintExample(
        _order("faults: {never: {from: 2d, until: 1d, do: {drop: reset}}}"),
        "Correct `on`, `where`, `calls` or the time window.",
    ),
    "W307": LintExample(
        _order(
            "    captures: {A: {lines: [A1]}}",
            "expect: {orders: {shoes: {captured_amount: 0}}}",
        ),
        "Correct the expectation or the order.",
    ),
    "W308": LintExample(
        "version: 1\norders:\n  shirts:\n    lines:\n"
        "      - {reference: A1, quantity: 2, unit_price: 3000}\n"
        "      - {reference: B2, unit_price: 10000}\n"
        "    captures: {A: {lines: [{reference: A1, quantity: 3}]}}",
        "Correct the quantity.",
    ),
    "W309": LintExample(
        "version: 1\ncheckouts:\n  cart:\n    lines: [{reference: A1, unit_price: 3000}]\n"
        "    options: {additional_checkbox: {text: Of age, checked: false, required: true}}\n"
        "steps:\n- complete: {order: cart}",
        "Tick it with `checkbox: true` or `checkboxes`, or choose what the checkout has.",
    ),
}
