"""Lint checks of what contradicts: expectations and seeded orders, clock and expiry, faults."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.domain.operation import WITHOUT_BODY, Operation
from mockserver.domain.order import Order
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.faults.rules import FaultRule, only_fails_allocations
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.body_fields import unmatchable_condition
from mockserver.scenario.diagnostics import Finding, ValuePath
from mockserver.scenario.expectations import failed_allocations, names_of_allocated_capture
from mockserver.scenario.lint_context import LintContext

TIME_FORMAT = "%Y-%m-%d %H:%M"
_GROWING_AMOUNTS = ("captured_amount", "refunded_amount")


def check_expiry(subject: LintContext) -> Iterator[Finding]:
    """Warn of orders that expired before the clock's time."""
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


def check_unfirable_faults(subject: LintContext) -> Iterator[Finding]:
    """Warn of fault rules that can never fire."""
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


def check_contradictions(subject: LintContext) -> Iterator[Finding]:
    """Warn of expectations that the seeded orders contradict."""
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


def _check_contradicted_failures(subject: LintContext) -> Iterator[Finding]:
    seeded = len(failed_allocations(subject.sandbox))
    limit = subject.expect.get("refunds", {}).get("failed_allocations", seeded)
    if limit < seeded:
        message = f"expects {limit}, but the seeded orders already have {seeded}"
        yield Finding("W307", ("expect", "refunds", "failed_allocations"), message)


def _check_contradicted_movements(
    expected: Mapping[str, Any],
    order: Order,
    subject: LintContext,
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
