"""Check the expectations of a scenario against a sandbox.

An order is compared as a mapping of the shape of its JSON. A sandbox adds fields that the
merchant API does not return; expectations of missing fields are skipped.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, Refund
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checked_expectation import (
    CheckedExpectation,
    Verdict,
    check_number,
)
from mockserver.scenario.delivery_expectations import check_checkout, check_deliveries
from mockserver.scenario.diagnostics import ValuePath
from mockserver.scenario.spec import Spec

OrderJson: TypeAlias = Mapping[str, Any]

MAX_FAILURES_EXPLAINED = 3

SANDBOX_ONLY = ("acknowledged", "outcome", "allocated_to")
"""Fields that the JSON of an order lacks."""

TEXTS = ("reference", "merchant_reference1", "merchant_reference2")
"""Fields of type string that a scenario may write as numbers."""


def check_expectations(expect: Spec, sandbox: Sandbox) -> Verdict:
    """Check the expectations of a scenario against the state of a sandbox."""
    results: list[CheckedExpectation] = []
    for name, spec in expect.get("orders", {}).items():
        order = sandbox.find_order(sandbox.order_names.get(name, name))
        order_json = _full_order(order, sandbox) if order else None
        results += check_order(spec, order_json, sandbox.movement_names, ("orders", name))
    if "refunds" in expect:
        results.append(_check_refunds(expect["refunds"], sandbox))
    for index, spec in enumerate(expect.get("requests", ())):
        results.append(_check_requests(spec, sandbox, ("requests", index)))
    for name, spec in expect.get("checkouts", {}).items():
        checkout = sandbox.checkouts.get(sandbox.order_names.get(name, name))
        results += check_checkout(spec, checkout, sandbox, ("checkouts", name))
    for index, spec in enumerate(expect.get("deliveries", ())):
        results.append(check_deliveries(spec, sandbox, ("deliveries", index)))
    for name, spec in expect.get("faults", {}).items():
        counts = {"matched": sandbox.faults.matched, "fired": sandbox.faults.fired}
        for key, expected in spec.items():
            actual = counts[key][name]
            results.append(
                CheckedExpectation(("faults", name, key), expected == actual, expected, actual)
            )
    return Verdict(tuple(results))


def check_order(
    spec: Spec,
    order: OrderJson | None,
    names: Mapping[str, str],
    path: ValuePath,
) -> Iterator[CheckedExpectation]:
    """Compare an order with what is expected of it.

    Args:
        spec: the expectations, as a scenario writes them.
        order: the order's JSON, from a sandbox or from any server; ``None`` if it is missing.
        names: the names of captures and refunds by their ids.
        path: the position of the expectations in the scenario.
    """
    if order is None:
        yield CheckedExpectation(path, passed=False, expected="an order", actual=None)
        return
    for key, expected in spec.items():
        if key in ("captures", "refunds"):
            parts = _named(order.get(key, ()), key.removesuffix("s"), names)
            yield from _check_movements(expected, parts, key.removesuffix("s"), (*path, key))
        else:
            yield _check_value(expected, order, (*path, key))


def _check_movements(
    spec: Spec | list[Spec],
    parts: Mapping[str | int, OrderJson],
    kind: str,
    path: ValuePath,
) -> Iterator[CheckedExpectation]:
    """Compare captures or refunds: a list describes all of them, a mapping some."""
    if isinstance(spec, list):
        actual = sum(isinstance(key, int) for key in parts)
        yield CheckedExpectation((*path, "count"), len(spec) == actual, len(spec), actual)
    for key, expected in enumerate(spec) if isinstance(spec, list) else spec.items():
        part = parts.get(key)
        if part is None:
            yield CheckedExpectation(
                (*path, key), passed=False, expected=f"a {kind}", actual=None
            )
            continue
        for name, value in expected.items():
            yield _check_value(value, part, (*path, key, name))


def _named(
    parts: Sequence[OrderJson],
    kind: str,
    names: Mapping[str, str],
) -> Mapping[str | int, OrderJson]:
    """Index captures or refunds by their position and by their names."""
    by_key: dict[str | int, OrderJson] = dict(enumerate(parts))
    for part in parts:
        name = names.get(part.get(f"{kind}_id", ""))
        if name is not None:
            by_key[name] = part
    return by_key


def _check_value(
    expected: object, order_json: OrderJson, path: ValuePath
) -> CheckedExpectation:
    key = str(path[-1])
    if key in SANDBOX_ONLY and key not in order_json:
        return CheckedExpectation(
            path, passed=True, expected=expected, actual=None, skipped=True
        )
    expected = str(expected) if key in TEXTS else expected
    actual = order_json.get(key)
    if key == "allocated_to":
        passed, actual = expected in order_json[key], order_json[key][0]
    else:
        passed = expected == actual
    why = "" if passed or "why" not in order_json else order_json["why"]()
    return CheckedExpectation(path, passed, expected, actual, why)


def _full_order(order: Order, sandbox: Sandbox) -> OrderJson:
    """Return the fields that can be expected of an order, in the shape of its JSON."""
    keys = (
        "fraud_status", "order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "merchant_reference1", "merchant_reference2",
    )  # fmt: skip
    booked = order.booked_by_capture
    return {
        **{key: getattr(order, key) for key in keys},
        "status": str(derive_status(order, sandbox.clock.now(), sandbox.assumptions)),
        "acknowledged": order.acknowledged_at is not None,
        "captures": [
            {
                "capture_id": capture.capture_id,
                "captured_amount": capture.captured_amount,
                "refunded_amount": booked.get(capture.capture_id, 0),
                "description": capture.description,
                "reference": capture.reference,
            }
            for capture in order.captures
        ],
        "refunds": [
            {
                "refund_id": refund.refund_id,
                "refunded_amount": refund.refunded_amount,
                "description": refund.description,
                "reference": refund.reference,
                "outcome": str(refund.allocation.outcome),
                "allocated_to": names_of_allocated_capture(refund, order, sandbox),
                "why": partial(_explain_refund, order, refund),
            }
            for refund in order.refunds
        ],
    }


def names_of_allocated_capture(refund: Refund, order: Order, sandbox: Sandbox) -> list[object]:
    """Return the names and ids of a refund's capture, the most readable first."""
    capture_id = refund.allocation.capture_id
    capture = order.get_capture(capture_id) if capture_id else None
    if capture is None:
        return [None]
    scenario_name = sandbox.movement_names.get(capture.capture_id)
    number = order.captures.index(capture) + 1
    other_names = [capture.klarna_reference, number, capture.capture_id]
    return [scenario_name, *other_names] if scenario_name else list(other_names)


def _explain_refund(order: Order, refund: Refund) -> str:
    """Return the conditions that do not hold, and the hints."""
    explanation = explain_allocation(order, refund)
    unmet = [condition for condition in explanation.conditions if not condition.holds]
    details = [f"{condition.name}: {condition.detail}" for condition in unmet]
    return "; ".join(filter(None, (*details, *explanation.hints)))


def _check_refunds(spec: Spec, sandbox: Sandbox) -> CheckedExpectation:
    """Count the failed allocations of all orders; a failure explains the first of them."""
    key = "failed_allocations"
    failed = failed_allocations(sandbox)
    passed = spec[key] == len(failed)
    names = {order_id: name for name, order_id in sandbox.order_names.items()}
    details = [
        f"{names.get(order.order_id, order.order_id)}, refund"
        f" {order.refunds.index(refund) + 1}: {_explain_refund(order, refund)}"
        for order, refund in failed[: 0 if passed else MAX_FAILURES_EXPLAINED]
    ]
    more = f"and {len(failed) - len(details)} more" if len(failed) > len(details) > 0 else ""
    detail = "; ".join(filter(None, [*details, more]))
    return CheckedExpectation(("refunds", key), passed, spec[key], len(failed), detail)


def failed_allocations(sandbox: Sandbox) -> list[tuple[Order, Refund]]:
    """Return the refunds that were accepted, but not allocated to a capture."""
    return [
        (order, refund)
        for order in sandbox.orders.values()
        for refund in order.refunds
        if refund.allocation.outcome is AllocationOutcome.FAILED
    ]


def _check_requests(spec: Spec, sandbox: Sandbox, path: ValuePath) -> CheckedExpectation:
    order_id = spec.get("order")
    if order_id is not None:
        order_id = sandbox.order_names.get(order_id, order_id)
    operation = Operation(spec["operation"])
    actual = sandbox.journal.count_matching(operation, order_id, spec.get("status"))
    return check_number(spec, actual, (*path, operation))
