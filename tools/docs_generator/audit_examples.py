"""Example of each audit rule, shown on the audit page and played by a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

REQUESTS_BELOW = "---\n"
FILE = Path(__file__).with_name("audit_examples.yaml")


@dataclass(frozen=True, slots=True)
class AuditExample:
    """Why a rule matters, a bad exchange and a good one, as bodies of scenarios."""

    why: str
    bad: str
    good: str


_CONTENT = yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)

EXAMPLE_HEAD: str = _CONTENT["head"]
"""What an exchange begins with, unless it has orders of its own."""

AUDIT_EXAMPLES: Mapping[str, AuditExample] = {
    code: AuditExample(**example) for code, example in _CONTENT["rules"].items()
}


def scenario_of(exchange: str) -> str:
    """Complete an exchange to a scenario."""
    steps, _, _ = exchange.partition(REQUESTS_BELOW)
    head = "" if exchange.startswith("orders:") else EXAMPLE_HEAD
    return f"version: 1\n{head}{steps}"


def requests_of(exchange: str) -> Sequence[str]:
    """Return the requests that follow the steps of an exchange: method, path and body."""
    return exchange.partition(REQUESTS_BELOW)[2].splitlines()
