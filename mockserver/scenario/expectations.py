"""Check the expectations of a scenario against a sandbox.

An order is compared as a mapping of the shape of its JSON. A sandbox adds what the JSON
of the merchant API does not show; where that is missing, an expectation is skipped.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, Refund
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import ValuePath, format_path

Spec: TypeAlias = Mapping[str, Any]
OrderJson: TypeAlias = Mapping[str, Any]

SANDBOX_ONLY = ("acknowledged", "outcome", "allocated_to")
"""What the JSON of an order does not show."""

TEXTS = ("reference", "merchant_reference1", "merchant_reference2")
"""What may be written as a number and is a text."""


class CheckedExpectation(Struct, frozen=True):
    """A checked expectation. ``detail`` explains a failure.

    ``skipped`` marks what cannot be seen from here; it counts as passed.
    """

    path: ValuePath
    passed: bool
    expected: Any
    actual: Any
    detail: str = ""
    skipped: bool = False

    @property
    def text(self) -> str:
        """The judgement as a sentence."""
        place = format_path(self.path)
        if self.passed:
            return f"{place} is {_format_value(self.actual)}, as expected"
        expected, actual = _format_value(self.expected), _format_value(self.actual)
        sentence = f"{place}: expected {expected}, got {actual}"
        return f"{sentence} ({self.detail})" if self.detail else sentence


class Verdict(Struct, frozen=True):
    """The checked expectations of a scenario; passed when all of them are met."""

    expectations: tuple[CheckedExpectation, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return all(expectation.passed for expectation in self.expectations)

    @property
    def failures(self) -> tuple[CheckedExpectation, ...]:
        """The expectations that were not met."""
        return tuple(expectation for expectation in self.expectations if not expectation.passed)


def check_expectations(expect: Spec, sandbox: Sandbox) -> Verdict:
    """Judge the expectations of a scenario against the state of a sandbox."""
    results: list[CheckedExpectation] = []
    for name, spec in expect.get("orders", {}).items():
        order = sandbox.orders.get(sandbox.order_names.get(name, name))
        seen = _full_order(order, sandbox) if order else None
        results += judge_order(spec, seen, sandbox.movement_names, ("orders", name))
    for index, spec in enumerate(expect.get("requests", ())):
        results.append(_check_requests(spec, sandbox, ("requests", index)))
    for name, spec in expect.get("faults", {}).items():
        counts = {"matched": sandbox.faults.matched, "fired": sandbox.faults.fired}
        for key, expected in spec.items():
            actual = counts[key][name]
            results.append(
                CheckedExpectation(("faults", name, key), expected == actual, expected, actual)
            )
    return Verdict(tuple(results))


def judge_order(
    spec: Spec,
    order: OrderJson | None,
    names: Mapping[str, str],
    path: ValuePath,
) -> Iterator[CheckedExpectation]:
    """Compare an order with what is expected of it.

    Args:
        spec: the expectations, as a scenario writes them.
        order: the order's JSON, from a sandbox or from any server; ``None`` if it is gone.
        names: the names of captures and refunds by their ids.
        path: where the expectations are written.
    """
    if order is None:
        yield CheckedExpectation(path, passed=False, expected="an order", actual=None)
        return
    for key, expected in spec.items():
        if key in ("captures", "refunds"):
            parts = _named(order.get(key, ()), key.removesuffix("s"), names)
            yield from _judge_parts(expected, parts, key.removesuffix("s"), (*path, key))
        else:
            yield _judge_value(expected, order, (*path, key))


def _judge_parts(
    spec: Spec | list[Spec],
    parts: Mapping[str | int, OrderJson],
    kind: str,
    path: ValuePath,
) -> Iterator[CheckedExpectation]:
    """Compare captures or refunds: a list names all there are, a mapping some."""
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
            yield _judge_value(value, part, (*path, key, name))


def _named(
    parts: Sequence[OrderJson],
    kind: str,
    names: Mapping[str, str],
) -> Mapping[str | int, OrderJson]:
    """Find parts by their place in the order, and by their names."""
    found: dict[str | int, OrderJson] = dict(enumerate(parts))
    for part in parts:
        name = names.get(part.get(f"{kind}_id", ""))
        if name is not None:
            found[name] = part
    return found


def _judge_value(expected: object, seen: OrderJson, path: ValuePath) -> CheckedExpectation:
    key = str(path[-1])
    if key in SANDBOX_ONLY and key not in seen:
        return CheckedExpectation(
            path, passed=True, expected=expected, actual=None, skipped=True
        )
    expected = str(expected) if key in TEXTS else expected
    actual = seen.get(key)
    if key == "allocated_to":
        passed, actual = expected in seen[key], seen[key][0]
    else:
        passed = expected == actual
    why = "" if passed or "why" not in seen else seen["why"]()
    return CheckedExpectation(path, passed, expected, actual, why)


def _full_order(order: Order, sandbox: Sandbox) -> OrderJson:
    """Return all that can be expected of an order, in the shape of its JSON."""
    keys = (
        "fraud_status", "order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "merchant_reference1", "merchant_reference2",
    )  # fmt: skip
    landed = order.booked_by_capture
    return {
        **{key: getattr(order, key) for key in keys},
        "status": str(derive_status(order, sandbox.clock.now(), sandbox.assumptions)),
        "acknowledged": order.acknowledged_at is not None,
        "captures": [
            {
                "capture_id": capture.capture_id,
                "captured_amount": capture.captured_amount,
                "refunded_amount": landed.get(capture.capture_id, 0),
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
    """The words by which the capture of a refund may be named, the best first."""
    capture_id = refund.allocation.capture_id
    capture = order.get_capture(capture_id) if capture_id else None
    if capture is None:
        return [None]
    scenario_name = sandbox.movement_names.get(capture.capture_id)
    number = order.captures.index(capture) + 1
    other_names = [capture.klarna_reference, number, capture.capture_id]
    return [scenario_name, *other_names] if scenario_name else list(other_names)


def _explain_refund(order: Order, refund: Refund) -> str:
    """What explains a failed allocation: the conditions that do not hold."""
    explanation = explain_allocation(order, refund)
    unmet = [condition for condition in explanation.conditions if not condition.holds]
    details = [f"{condition.name}: {condition.detail}" for condition in unmet]
    return "; ".join(filter(None, (*details, *explanation.hints)))


def _check_requests(spec: Spec, sandbox: Sandbox, path: ValuePath) -> CheckedExpectation:
    order_id = spec.get("order")
    if order_id is not None:
        order_id = sandbox.order_names.get(order_id, order_id)
    operation = Operation(spec["operation"])
    actual = sandbox.journal.count_matching(operation, order_id, spec.get("status"))
    low = spec.get("at_least", 0)
    high = 0 if spec.get("never") else spec.get("at_most")
    if "count" in spec:
        low = high = spec["count"]
    passed = low <= actual and (high is None or actual <= high)
    return CheckedExpectation((*path, operation), passed, _range(low, high), actual)


def _range(low: int, high: int | None) -> int | str:
    if high is None:
        return f"at least {max(low, 1)}" if low else "any number"
    return low if low == high else f"{low} to {high}"


def _format_value(value: object) -> str:
    return "none" if value is None else str(value)
