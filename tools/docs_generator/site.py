"""Generated files of ``docs/`` and the command that writes them.

``python -m tools.docs_generator.site`` writes every file, ``make docs`` calls it.
"""

from collections.abc import Callable, Mapping
from functools import partial

from mockserver.cli.page_tables import as_markdown
from tools.docs_generator.audit_page import AUDIT_PAGES, audit_index, audit_page
from tools.docs_generator.checkout_sequence import checkout_sequence
from tools.docs_generator.decisions_page import decisions_page
from tools.docs_generator.errors_page import ERROR_PAGES, errors_index, errors_page
from tools.docs_generator.fidelity_page import (
    ASSUMPTION_PAGES,
    assumptions_page,
    fidelity_index,
    rules_page,
)
from tools.docs_generator.lifecycle_page import lifecycle_page
from tools.docs_generator.lint_page import LINT_PAGES, lint_index, lint_page
from tools.docs_generator.markdown import DOCS
from tools.docs_generator.order_life import order_life
from tools.docs_generator.pages import operations_page, settings_page
from tools.docs_generator.request_path import request_path
from tools.docs_generator.sandboxes_diagram import sandboxes
from tools.docs_generator.scenario_reference import scenario_pages

SCENARIO_TITLES: Mapping[str, str] = {
    "index": "Scenario files",
    "orders": "Orders in scenarios",
    "checkouts": "Checkouts and webhooks in scenarios",
    "faults": "Faults in scenarios",
    "expectations": "Expectations in scenarios",
    "steps": "Steps in scenarios",
    "checkout-steps": "Steps of a checkout in scenarios",
}


def _scenario_page(name: str, title: str) -> str:
    return as_markdown(title, scenario_pages()[name])


FILES: Mapping[str, Callable[[], str]] = {
    "reference/operations.md": lambda: as_markdown("operations", operations_page()),
    "reference/settings.md": lambda: as_markdown("settings", settings_page()),
    "reference/lifecycle.md": lifecycle_page,
    "reference/errors/index.md": errors_index,
    **{f"reference/errors/{name}.md": partial(errors_page, name) for name in ERROR_PAGES},
    "reference/fidelity/index.md": fidelity_index,
    **{
        f"reference/fidelity/{name}.md": partial(assumptions_page, name)
        for name in ASSUMPTION_PAGES
    },
    "reference/fidelity/rules.md": rules_page,
    "reference/lint/index.md": lint_index,
    **{
        f"reference/lint/{name}.md": partial(lint_page, prefix)
        for prefix, (name, _) in LINT_PAGES.items()
    },
    "reference/audit/index.md": audit_index,
    **{f"reference/audit/{name}.md": partial(audit_page, name) for name in AUDIT_PAGES},
    "contributing/decisions/index.md": decisions_page,
    **{
        f"reference/scenarios/{name}.md": partial(_scenario_page, name, title)
        for name, title in SCENARIO_TITLES.items()
    },
    "images/order-life.svg": order_life,
    "images/checkout-sequence.svg": checkout_sequence,
    "images/request-path.svg": request_path,
    "images/sandboxes.svg": sandboxes,
}
"""Path below ``docs/`` and the function that renders its content."""


def main() -> None:
    """Write every generated file."""
    for name, render in FILES.items():
        (DOCS / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
