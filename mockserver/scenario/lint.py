"""Lint warnings (``W…``) for scenarios that can be used but are probably wrong.

Parsing and building report the errors. The checks here warn of scenarios that run but are
probably not what the author meant. ``allow:`` silences a code; a failed allocation that
``expect`` names is not a warning.
"""

from collections.abc import Callable, Iterator, Mapping

from mockserver.domain.order import Order
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import Finding, ScenarioError
from mockserver.scenario.lint_completions import check_completions
from mockserver.scenario.lint_context import LintContext
from mockserver.scenario.lint_contradictions import (
    check_contradictions,
    check_expiry,
    check_unfirable_faults,
)
from mockserver.scenario.lint_movements import (
    check_ambiguous_references,
    check_failed_allocations,
    check_line_arithmetic,
    check_quantities,
    check_sums,
)
from mockserver.scenario.scenario import Scenario, sort_by_position
from mockserver.scenario.steps import CallOperation


def lint(scenario: Scenario) -> list[Finding]:
    """Return errors or warnings, sorted by position."""
    try:
        sandbox = scenario.build("lint")
    except ScenarioError as error:
        return list(error.findings)
    return lint_sandbox(scenario, sandbox)


def lint_sandbox(scenario: Scenario, sandbox: Sandbox) -> list[Finding]:
    """Return the warnings of a scenario with the sandbox built from it, by position."""
    instructions = [step.instruction for step in scenario.steps]
    calls = [call for call in instructions if isinstance(call, CallOperation)]
    subject = LintContext(scenario, sandbox, _orders(sandbox), calls)
    allowed = scenario.spec.get("allow", [])
    findings = [
        finding
        for check in LINT_CHECKS
        for finding in check(subject)
        if finding.code not in allowed
    ]
    return sort_by_position(findings, scenario.document)


def _orders(sandbox: Sandbox) -> Mapping[str, Order]:
    ids = sandbox.order_names.items()
    return {name: sandbox.orders[i] for name, i in ids if i in sandbox.orders}


LINT_CHECKS: tuple[Callable[[LintContext], Iterator[Finding]], ...] = (
    check_failed_allocations,
    check_ambiguous_references,
    check_sums,
    check_line_arithmetic,
    check_quantities,
    check_expiry,
    check_unfirable_faults,
    check_contradictions,
    check_completions,
)
