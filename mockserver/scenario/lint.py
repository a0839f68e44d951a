"""Warnings that only a tool that knows the rules can give: ``W…`` codes.

Errors come from reading and building a scenario; what is looked for here can be run,
but is probably not what its author meant. A file earns a warning on purpose by naming
its code under ``allow:``; a failed allocation that ``expect`` names is no warning.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from mockserver.domain.allocation import explained
from mockserver.domain.explanation import Verdict as AllocationVerdict
from mockserver.domain.money import FULL_RATE, TAX_TOLERANCE, sum_of, tax_of, total_of
from mockserver.domain.operation import WITHOUT_BODY, Operation
from mockserver.domain.order import Order, OrderLine
from mockserver.sandbox.faults import Rule, only_fails_allocations
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.expect import names_allocated_to
from mockserver.scenario.findings import Finding, Path, ScenarioError
from mockserver.scenario.scenario import Scenario, in_order
from mockserver.scenario.steps import Asked


def lint(scenario: Scenario) -> list[Finding]:
    """List everything that is wrong or doubtful, in the order of the file."""
    try:
        sandbox = scenario.build("lint")
    except ScenarioError as error:
        return list(error.findings)
    subject = _Subject(scenario, sandbox, _orders(sandbox))
    allowed = scenario.spec.get("allow", [])
    found = [each for check in CHECKS for each in check(subject) if each.code not in allowed]
    return in_order(found, scenario.document)


def _orders(sandbox: Sandbox) -> Mapping[str, Order]:
    return {name: sandbox.orders[order_id] for name, order_id in sandbox.order_names.items()}


class _Subject(Struct, frozen=True):
    """A scenario beside the sandbox that was built from it."""

    scenario: Scenario
    sandbox: Sandbox
    orders: Mapping[str, Order]

    @property
    def specs(self) -> Mapping[str, Any]:
        specs: Mapping[str, Any] = self.scenario.spec.get("orders", {})
        return specs

    @property
    def expect(self) -> Mapping[str, Any]:
        expect: Mapping[str, Any] = self.scenario.spec.get("expect", {})
        return expect

    def expected_order(self, name: str) -> Mapping[str, Any]:
        expected: Mapping[str, Any] = self.expect.get("orders", {}).get(name, {})
        return expected

    def names_of_parts(self, order: str, kind: str) -> set[str]:
        """What captures or refunds of an order are called, by the seed and by steps."""
        asked = [each.does for each in self.scenario.steps if isinstance(each.does, Asked)]
        made = {
            each.name
            for each in asked
            if each.name and (each.order, f"{each.operation}s") == (order, kind)
        }
        return made | {*self.specs[order].get(kind, {})}

    def path_of_part(self, name: str, kind: str, part_id: str) -> Path:
        return ("orders", name, kind, self.sandbox.part_names[part_id])


def _failed_allocations(subject: _Subject) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        expected = _expected_refunds(subject, name)
        for index, refund in enumerate(order.refunds):
            failed = refund.allocation.outcome is AllocationVerdict.FAILED
            if not failed or expected.get(index):
                continue
            explanation = explained(order, refund)
            why = next(each.detail for each in explanation.conditions if not each.holds)
            message = f"this refund will not be allocated: {why}. {' '.join(explanation.hints)}"
            path = subject.path_of_part(name, "refunds", refund.refund_id)
            yield Finding("W301", path, message)


def _expected_refunds(subject: _Subject, name: str) -> Mapping[int, bool]:
    """Which of the seeded refunds, in order of time, are expected not to be allocated."""
    spec = subject.expected_order(name).get("refunds", [])
    if isinstance(spec, Mapping):
        part_names = subject.sandbox.part_names
        names = [part_names[each.refund_id] for each in subject.orders[name].refunds]
        spec = [spec.get(each, {}) for each in names]
    return {
        index: each.get("outcome") == "failed" or not each.get("allocated_to", "any")
        for index, each in enumerate(spec)
    }


def _ambiguous_references(subject: _Subject) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        seen: dict[str, str] = {}
        for capture in order.captures:
            path = subject.path_of_part(name, "captures", capture.capture_id)
            for reference in sorted({e.reference for e in capture.order_lines if e.reference}):
                if reference in seen:
                    message = (
                        f"reference '{reference}' stands in captures {seen[reference]} and"
                        f" {path[-1]}: a refund of it is ambiguous"
                    )
                    yield Finding("W302", path, message)
                seen[reference] = str(path[-1])


def _sums(subject: _Subject) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        yield from _sum(
            order.order_lines, order.original_order_amount, ("orders", name, "amount")
        )
        for capture in order.captures:
            path = (*subject.path_of_part(name, "captures", capture.capture_id), "amount")
            yield from _sum(capture.order_lines, capture.captured_amount, path)
        for index, refund in enumerate(order.refunds):
            path = (*subject.path_of_part(name, "refunds", refund.refund_id), "amount")
            if not _expected_refunds(subject, name).get(index):
                yield from _sum(refund.order_lines, refund.refunded_amount, path)


def _sum(lines: tuple[OrderLine, ...], amount: int, path: Path) -> Iterator[Finding]:
    total = sum_of(lines)
    if lines and total != amount:
        message = (
            f"the lines add up to {total}, the amount is {amount}: off by {amount - total}"
        )
        yield Finding("W303", path, message)


def _line_arithmetic(subject: _Subject) -> Iterator[Finding]:
    for name, order in subject.orders.items():
        for index, line in enumerate(order.order_lines):
            path = ("orders", name, "lines", index)
            total = total_of(line.quantity, line.unit_price, line.total_discount_amount)
            if line.total_amount != total:
                message = (
                    f"total_amount is {line.total_amount}, price and quantity make {total}"
                )
                yield Finding("W304", (*path, "total_amount"), message)
            tax = tax_of(line.total_amount, line.tax_rate)
            if abs(line.total_tax_amount - tax) > TAX_TOLERANCE:
                rate = f"{line.tax_rate / FULL_RATE:.2%}"
                message = f"is {line.total_tax_amount}, but a rate of {rate} makes {tax}"
                yield Finding("W304", (*path, "total_tax_amount"), message)


def _expiry(subject: _Subject) -> Iterator[Finding]:
    now = subject.sandbox.clock.now()
    for name, order in subject.orders.items():
        spec = subject.specs[name]
        key = "expires" if "expires" in spec else "created"
        expects = subject.expected_order(name).get("status") == "EXPIRED"
        if now >= order.expires_at and order.remaining_authorized_amount and not expects:
            message = (
                f"this order expired on {order.expires_at:%Y-%m-%d}, before the clock's"
                f" {now:%Y-%m-%d}: it cannot be captured"
            )
            yield Finding("W305", ("orders", name, key), message)


def _idle_faults(subject: _Subject) -> Iterator[Finding]:
    for rule in subject.sandbox.faults.rules():
        path = ("faults", rule.name)
        why = _why_never(rule, subject)
        if why:
            yield Finding("W306", path, f"this fault can never fire: {why}")


def _why_never(rule: Rule, subject: _Subject) -> str | None:
    now = subject.sandbox.clock.now()
    reasons = {
        "it does nothing": not rule.actions,
        "its probability is 0": rule.probability == 0,
        "its time window is empty": bool(
            rule.since and rule.until and rule.since >= rule.until,
        ),
        "its time window is over before the clock starts": bool(
            rule.until and rule.until <= now,
        ),
        "it looks into the body of operations that have none": bool(
            rule.where and rule.operations and rule.operations <= WITHOUT_BODY,
        ),
        "only a refund has an allocation that can fail": bool(
            only_fails_allocations(rule)
            and rule.operations
            and Operation.REFUND not in rule.operations,
        ),
    }
    return next((why for why, applies in reasons.items() if applies), None)


_GROWING = ("captured_amount", "refunded_amount")


def _contradictions(subject: _Subject) -> Iterator[Finding]:
    for name, expected in subject.expect.get("orders", {}).items():
        order = subject.orders.get(name)
        if order is None:
            continue
        path: Path = ("expect", "orders", name)
        for key in _GROWING:
            seeded = getattr(order, key)
            if expected.get(key, seeded) < seeded:
                message = f"expects {expected[key]}, the seed has {seeded} already"
                yield Finding("W307", (*path, key), message)
        yield from _contradicted_parts(expected, order, subject, path)
    for name, counts in subject.expect.get("faults", {}).items():
        if counts.get("fired", 0) > counts.get("matched", counts.get("fired", 0)):
            message = "a fault cannot fire more often than it matches"
            yield Finding("W307", ("expect", "faults", name), message)


def _contradicted_parts(
    expected: Mapping[str, Any],
    order: Order,
    subject: _Subject,
    path: Path,
) -> Iterator[Finding]:
    for kind in ("captures", "refunds"):
        spec, seeded = expected.get(kind), getattr(order, kind)
        unknown = [*spec] if isinstance(spec, Mapping) else []
        for name in unknown:
            if name not in subject.names_of_parts(str(path[-1]), kind):
                message = f"no seeded part of {kind} is called '{name}'"
                yield Finding("W307", (*path, kind, name), message)
        if isinstance(spec, list) and len(spec) < len(seeded):
            message = f"expects {len(spec)} {kind}, the seed has {len(seeded)} already"
            yield Finding("W307", (*path, kind), message)
    listed = expected.get("refunds")
    pairs = zip(order.refunds, listed if isinstance(listed, list) else [], strict=False)
    for index, (refund, spec) in enumerate(pairs):
        names = names_allocated_to(refund, order, subject.sandbox)
        wanted = spec.get("allocated_to", names[0])
        if wanted not in names:
            message = f"expects '{wanted}', the seeded refund goes to '{names[0]}'"
            yield Finding("W307", (*path, "refunds", index, "allocated_to"), message)


CHECKS: tuple[Callable[[_Subject], Iterator[Finding]], ...] = (
    _failed_allocations,
    _ambiguous_references,
    _sums,
    _line_arithmetic,
    _expiry,
    _idle_faults,
    _contradictions,
)
