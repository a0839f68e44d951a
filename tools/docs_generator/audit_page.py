"""Audit pages: each rule with its reason, a bad exchange and the same done well."""

from collections.abc import Mapping

from mockserver.audit.audit_rule import AuditRule
from mockserver.audit.rule_table import AUDIT_RULES
from mockserver.cli.page_tables import PageTable, markdown_table
from tools.docs_generator.audit_examples import (
    AUDIT_EXAMPLES,
    EXAMPLE_HEAD,
    REQUESTS_BELOW,
)
from tools.docs_generator.markdown import NOTICE, page

AUDIT_PAGES: Mapping[str, str] = {
    "keys": "Audit rules: idempotency keys",
    "retries": "Audit rules: retries",
    "captures": "Audit rules: captures",
    "refunds": "Audit rules: refunds",
    "order-life": "Audit rules: life of an order",
    "pushes": "Audit rules: pushes",
    "webhooks": "Audit rules: webhooks and callbacks",
    "traffic": "Audit rules: traffic",
}
"""Titles of the pages by their names."""

_INTRO = (
    "Look up what the audit found. It checks the requests in the journal of a sandbox: what"
    " would hurt in production although every test is green. [Audit your"
    " integration](../../how-to/audit.md) shows how to run it."
)
_SEVERITIES = """- **error**: with exactly these requests, money or goods are wrong.
- **warning**: one failure more, and they are.
- **note**: worth knowing.
- A rule in *preview* is new: its findings are listed, but never fail a run.
- What a fault injected or a call forced is not blamed on the client."""
_HEAD = (
    "The exchanges below are bodies of scenarios. Unless they say otherwise, they begin with"
    f" this order, and the tests run each of them:\n\n```yaml\n{EXAMPLE_HEAD}```"
)

_NOT_JUDGED = PageTable(
    "What is not judged",
    "The audit reads requests and deliveries; it does not see into the shop. A finding that"
    " would be a guess is left out.",
    ("what", "why"),
    (
        (
            "changes that are sent at once, unless a fault delays one (`A408`)",
            "the server answers requests one after the other, so that they do not overlap",
        ),
        (
            "whether an HTTP library or the shop itself sent a request again (`A102`)",
            "the journal does not tell connections apart",
        ),
        (
            "whether waits between retries grow, and by chance (`A112`)",
            "tests shorten waits; only retries within a second are found",
        ),
        (
            "lost responses to other changes than captures and refunds (`A115`)",
            "the journal cannot tell whether two other changes mean the same",
        ),
        (
            "what differs between two requests with one key (`A105`)",
            "the journal keeps only whether they differ, so the finding is a warning",
        ),
        (
            "wrong credentials that are sent again (`A114`)",
            "such a request is refused before its operation is known",
        ),
        (
            "secrets of others in an address (`A605`)",
            "only the secret of the sandbox is known, and it is never written down",
        ),
        (
            "whether the shop checks statuses, stores captures, or shows a refusal to a person",
            "it happens inside the shop",
        ),
    ),
)


def audit_index() -> str:
    """Return the page that lists all rules."""
    rows = tuple(
        (f"[`{rule.code}`]({_link(rule)})", rule.title, _severity(rule))
        for rule in AUDIT_RULES.values()
    )
    columns = ("code", "what was done wrong", "severity")
    rules = PageTable(
        "Rules", "A code leads to its explanation and two examples.", columns, rows
    )
    return page(
        "Audit rules",
        NOTICE,
        _INTRO,
        _SEVERITIES,
        markdown_table(rules),
        markdown_table(_NOT_JUDGED),
    )


def audit_page(name: str) -> str:
    """Return a page with the sections of its rules."""
    rules = [rule for rule in AUDIT_RULES.values() if rule.page == name]
    back = "[All audit rules](index.md), and what the severities mean."
    return page(AUDIT_PAGES[name], NOTICE, back, _HEAD, *map(_section, rules))


def _link(rule: AuditRule) -> str:
    return rule.docs.rpartition("/")[2]


def _severity(rule: AuditRule) -> str:
    return f"{rule.severity}, preview" if rule.preview else str(rule.severity)


def _show_exchange(exchange: str) -> str:
    steps, _, requests = exchange.partition(REQUESTS_BELOW)
    shown = f"```yaml\n{steps}```"
    return f"{shown}\n\n```http\n{requests}```" if requests else shown


def _section(rule: AuditRule) -> str:
    example = AUDIT_EXAMPLES[rule.code]
    return "\n\n".join(
        (
            f"## `{rule.code}` {{ #{rule.code.lower()} }}",
            f"{rule.title[0].upper()}{rule.title[1:]} ({_severity(rule)}).",
            example.why,
            "**Bad**:",
            _show_exchange(example.bad),
            f"**Hint**: {rule.hint}",
            "**Good**:",
            _show_exchange(example.good),
            f"Not tried if {rule.situation}. Source: {rule.basis} ({rule.source}).",
        )
    )
