"""Lint warnings (``W…``) for scenarios that can be used but are probably wrong.

Parsing and building report the errors. The checks here warn of scenarios that run but are
probably not what the author meant. ``allow:`` silences a code; a failed allocation that
``expect`` names is not a warning.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import (
    AllocationOutcome,
)
from mockserver.domain.money import (
    BASIS_POINTS,
    TAX_TOLERANCE,
    line_tax,
    line_total,
    sum_totals,
)
from mockserver.domain.operation import WITHOUT_BODY, Operation
from mockserver.domain.order import Order, OrderLine
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.faults.rules import FaultRule, only_fails_allocations
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.body_fields import unmatchable_condition
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath
from mockserver.scenario.expectations import failed_allocations, names_of_allocated_capture
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
    subject = _LintContext(scenario, sandbox, _orders(sandbox), calls)
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


class _LintContext(Struct, frozen=True):
    """A scenario with the sandbox built from it."""

    scenario: Scenario
    sandbox: Sandbox
    orders: Mapping[str, Order]
    calls: Sequence[CallOperation]

    @property
    def order_specs(self) -> Mapping[str, Any]:
        specs: Mapping[str, Any] = self.scenario.spec.get("orders", {})
        return specs

    @property
    def expect(self) -> Mapping[str, Any]:
        expect: Mapping[str, Any] = self.scenario.spec.get("expect", {})
        return expect

    def expected_order(self, name: str) -> Mapping[str, Any]:
        expected: Mapping[str, Any] = self.expect.get("orders", {}).get(name, {})
        return expected

    def movement_names(self, order: str, kind: str) -> set[str]:
        """Return the names of an order's captures or refunds, seeded or created by steps."""
        step_names = {
            call.movement_name
            for call in self.calls
            if call.movement_name and (call.order, f"{call.operation}s") == (order, kind)
        }
        return step_names | {*self.order_specs[order].get(kind, {})}

    def movement_path(self, name: str, kind: str, part_id: str) -> ValuePath:
        return ("orders", name, kind, self.sandbox.movement_names[part_id])


def _failed_allocations(subject: _LintContext) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        expected = _expected_failures(subject, name)
        for index, refund in enumerate(order.refunds):
            failed = refund.allocation.outcome is AllocationOutcome.FAILED
            if not failed or expected.get(index):
                continue
            explanation = explain_allocation(order, refund)
            why = next(
                condition.detail for condition in explanation.conditions if not condition.holds
            )
            message = f"this refund will not be allocated: {why}. {' '.join(explanation.hints)}"
            path = subject.movement_path(name, "refunds", refund.refund_id)
            yield Finding("W301", path, message)


def _expected_failures(subject: _LintContext, name: str) -> Mapping[int, bool]:
    """Return which seeded refunds, by position, are expected to fail allocation."""
    if subject.expect.get("refunds", {}).get("failed_allocations"):
        return dict.fromkeys(range(len(subject.orders[name].refunds)), True)
    spec = subject.expected_order(name).get("refunds", [])
    if isinstance(spec, Mapping):
        part_names = subject.sandbox.movement_names
        names = [part_names[refund.refund_id] for refund in subject.orders[name].refunds]
        spec = [spec.get(refund_name, {}) for refund_name in names]
    return {
        index: spec_item.get("outcome") == "failed" or not spec_item.get("allocated_to", "any")
        for index, spec_item in enumerate(spec)
    }


def _ambiguous_references(subject: _LintContext) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        capture_by_reference: dict[str, str] = {}
        for capture in order.captures:
            path = subject.movement_path(name, "captures", capture.capture_id)
            for reference in sorted({e.reference for e in capture.order_lines if e.reference}):
                if reference in capture_by_reference:
                    captures = f"{capture_by_reference[reference]} and {path[-1]}"
                    message = (
                        f"reference '{reference}' is on captures {captures},"
                        " so a refund of it is ambiguous"
                    )
                    yield Finding("W302", path, message)
                capture_by_reference[reference] = str(path[-1])


def _sums(subject: _LintContext) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        yield from _sum(
            order.order_lines, order.original_order_amount, ("orders", name, "amount")
        )
        for capture in order.captures:
            path = (*subject.movement_path(name, "captures", capture.capture_id), "amount")
            yield from _sum(capture.order_lines, capture.captured_amount, path)
        expected = _expected_failures(subject, name)
        for index, refund in enumerate(order.refunds):
            path = (*subject.movement_path(name, "refunds", refund.refund_id), "amount")
            if not expected.get(index):
                yield from _sum(refund.order_lines, refund.refunded_amount, path)


def _sum(lines: tuple[OrderLine, ...], amount: int, path: ValuePath) -> Iterator[Finding]:
    total = sum_totals(lines)
    if lines and total != amount:
        message = (
            f"the lines add up to {total}, but the amount is {amount}"
            f" (difference {amount - total})"
        )
        yield Finding("W303", path, message)


def _line_arithmetic(subject: _LintContext) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        for index, line in enumerate(order.order_lines):
            path = ("orders", name, "lines", index)
            total = line_total(line.quantity, line.unit_price, line.total_discount_amount)
            if line.total_amount != total:
                message = (
                    f"total_amount is {line.total_amount}, but price and quantity give {total}"
                )
                yield Finding("W304", (*path, "total_amount"), message)
            tax = line_tax(line.total_amount, line.tax_rate)
            if abs(line.total_tax_amount - tax) > TAX_TOLERANCE:
                rate = f"{line.tax_rate / BASIS_POINTS:.2%}"
                message = (
                    f"total_tax_amount is {line.total_tax_amount},"
                    f" but a rate of {rate} gives {tax}"
                )
                yield Finding("W304", (*path, "total_tax_amount"), message)


def _check_quantities(subject: _LintContext) -> Iterator[Finding]:
    """Find captures that, with earlier ones, have more pieces of an article than the order."""
    for name, order in subject.orders.items():
        ordered = _quantities(order.order_lines)
        captured: Counter[str] = Counter()
        for capture in order.captures:
            path = subject.movement_path(name, "captures", capture.capture_id)
            captured += _quantities(capture.order_lines)
            for reference in _quantities(capture.order_lines) & ordered:
                if captured[reference] > ordered[reference]:
                    message = (
                        f"{captured[reference]} of '{reference}' captured with this capture,"
                        f" but the order has {ordered[reference]}"
                    )
                    yield Finding("W308", path, message)


def _quantities(lines: Sequence[OrderLine]) -> Counter[str]:
    """Return how many pieces of each reference the lines have."""
    pieces: Counter[str] = Counter()
    for line in lines:
        if line.reference:
            pieces[line.reference] += line.quantity
    return pieces


def _expiry(subject: _LintContext) -> Iterator[Finding]:
    now = subject.sandbox.clock.now()
    for name, order in subject.orders.items():
        spec = subject.order_specs[name]
        key = "expires" if "expires" in spec else "created"
        expects = subject.expected_order(name).get("status") == "EXPIRED"
        if now >= order.expires_at and order.remaining_authorized_amount and not expects:
            message = (
                f"this order expired at {order.expires_at:{TIME_FORMAT}}, before the clock's"
                f" time {now:{TIME_FORMAT}}; it cannot be captured"
            )
            yield Finding("W305", ("orders", name, key), message)


def _check_unfirable_faults(subject: _LintContext) -> Iterator[Finding]:
    for rule in subject.sandbox.faults.rules():
        path = ("faults", rule.name)
        why = never_fires_because(rule, subject.sandbox)
        if why:
            yield Finding("W306", path, f"this fault can never fire: {why}")


def never_fires_because(rule: FaultRule, sandbox: Sandbox) -> str | None:
    """Return why a rule can never fire, or None."""
    now = sandbox.clock.now()
    reasons = {
        "it does nothing": not rule.actions,
        "its probability is 0": rule.probability == 0,
        "its time window is empty": bool(
            rule.since and rule.until and rule.since >= rule.until,
        ),
        "its time window is over before the clock starts": bool(
            rule.until and rule.until <= now,
        ),
        "its `where` needs a body, and its operations have none": bool(
            rule.where and rule.operations and rule.operations <= WITHOUT_BODY,
        ),
        "a push has no body for `where`": bool(
            rule.where and rule.operations == {DeliveryKind.PUSH}
        ),
        "the sandbox has no webhook endpoints": bool(
            rule.operations == {DeliveryKind.WEBHOOK} and not sandbox.webhooks
        ),
        "only a refund has an allocation that can fail": bool(
            only_fails_allocations(rule)
            and rule.operations
            and Operation.REFUND not in rule.operations,
        ),
    }
    known = next((why for why, applies in reasons.items() if applies), None)
    return known or unmatchable_condition(rule)


TIME_FORMAT = "%Y-%m-%d %H:%M"
_GROWING_AMOUNTS = ("captured_amount", "refunded_amount")


def _contradictions(subject: _LintContext) -> Iterator[Finding]:
    for name, expected in subject.expect.get("orders", {}).items():
        order = subject.orders.get(name)
        if order is None:
            continue
        path: ValuePath = ("expect", "orders", name)
        for key in _GROWING_AMOUNTS:
            seeded = getattr(order, key)
            if expected.get(key, seeded) < seeded:
                message = f"expects {expected[key]}, but the seeded order already has {seeded}"
                yield Finding("W307", (*path, key), message)
        yield from _check_contradicted_movements(expected, order, subject, path)
    yield from _check_contradicted_failures(subject)
    for name, counts in subject.expect.get("faults", {}).items():
        if counts.get("fired", 0) > counts.get("matched", counts.get("fired", 0)):
            message = "a fault cannot fire more often than it matches"
            yield Finding("W307", ("expect", "faults", name), message)


def _check_contradicted_failures(subject: _LintContext) -> Iterator[Finding]:
    seeded = len(failed_allocations(subject.sandbox))
    limit = subject.expect.get("refunds", {}).get("failed_allocations", seeded)
    if limit < seeded:
        message = f"expects {limit}, but the seeded orders already have {seeded}"
        yield Finding("W307", ("expect", "refunds", "failed_allocations"), message)


def _check_contradicted_movements(
    expected: Mapping[str, Any],
    order: Order,
    subject: _LintContext,
    path: ValuePath,
) -> Iterator[Finding]:
    for kind in ("captures", "refunds"):
        spec, seeded = expected.get(kind), getattr(order, kind)
        known = subject.movement_names(str(path[-1]), kind)
        for name in spec if isinstance(spec, Mapping) else ():
            if name not in known:
                message = f"no {kind.removesuffix('s')} is called '{name}'"
                yield Finding("W307", (*path, kind, name), message)
        if isinstance(spec, list) and len(spec) < len(seeded):
            message = (
                f"expects {len(spec)} {kind}, but the seeded order already has {len(seeded)}"
            )
            yield Finding("W307", (*path, kind), message)
    refund_specs = expected.get("refunds")
    pairs = zip(
        order.refunds, refund_specs if isinstance(refund_specs, list) else [], strict=False
    )
    for index, (refund, spec) in enumerate(pairs):
        names = names_of_allocated_capture(refund, order, subject.sandbox)
        expected_capture = spec.get("allocated_to", names[0])
        if expected_capture not in names:
            message = (
                f"expects '{expected_capture}', but the seeded refund is allocated"
                f" to '{names[0]}'"
            )
            yield Finding("W307", (*path, "refunds", index, "allocated_to"), message)


LINT_CHECKS: tuple[Callable[[_LintContext], Iterator[Finding]], ...] = (
    _failed_allocations,
    _ambiguous_references,
    _sums,
    _line_arithmetic,
    _check_quantities,
    _expiry,
    _check_unfirable_faults,
    _contradictions,
)
