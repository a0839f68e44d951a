"""Audit page: each rule with its reason, a bad exchange and the same done well."""

from mockserver.audit.rule import Rule
from mockserver.audit.rules import AUDIT_RULES
from tools.docs_generator.audit_examples import AUDIT_EXAMPLES, EXAMPLE_HEAD
from tools.docs_generator.markdown import NOTICE, page

_INTRO = (
    "Look up what the audit found. It judges the requests in the journal of a sandbox: what"
    " would hurt in production although every test is green. [Audit your"
    " integration](../how-to/audit.md) shows how to run it."
)
_SEVERITIES = """- **error**: with exactly these requests, money or goods are wrong.
- **warning**: one failure more, and they are.
- **note**: worth knowing.
- A rule in *preview* is new: its findings are listed, but never fail a run.
- What a fault injected or a call forced is not blamed on the client."""
_HEAD = (
    "The exchanges below are bodies of scenarios. Unless they say otherwise, they begin with"
    f" this order, and the tests play each of them:\n\n```yaml\n{EXAMPLE_HEAD}```"
)


def audit_page() -> str:
    """Return the page as Markdown."""
    return page(
        "Audit rules", NOTICE, _INTRO, _SEVERITIES, _HEAD, *map(_section, AUDIT_RULES.values())
    )


def _section(rule: Rule) -> str:
    example = AUDIT_EXAMPLES[rule.code]
    severity = f"{rule.severity}, preview" if rule.preview else str(rule.severity)
    return "\n\n".join(
        (
            f"## `{rule.code}` {{ #{rule.code.lower()} }}",
            f"{rule.title[0].upper()}{rule.title[1:]} ({severity}).",
            example.why,
            f"```yaml\n{example.bad}```",
            f"**Fix**: {rule.hint}",
            f"```yaml\n{example.good}```",
            f"Not tried if {rule.situation}. Reason: {rule.basis}: {rule.source}.",
        )
    )
