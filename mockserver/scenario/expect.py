"""What must be true at the end: a scenario's ``expect``, compared with what is.

An order is compared as a mapping of the shape of its JSON. A sandbox adds what the JSON
of the merchant API does not show; where that is missing, an expectation is skipped.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct

from mockserver.domain.allocation import explained
from mockserver.domain.lifecycle import status_of
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, Refund
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.findings import Path, place_of

Spec: TypeAlias = Mapping[str, Any]
OrderJson: TypeAlias = Mapping[str, Any]

SANDBOX_ONLY = ("acknowledged", "outcome", "allocated_to")
"""What the JSON of an order does not show."""

TEXTS = ("reference", "merchant_reference1", "merchant_reference2")
"""What may be written as a number and is a text."""


class Expectation(Struct, frozen=True):
    """One expectation, judged. ``why`` adds what explains a failure, if anything does.

    ``skipped`` marks what cannot be seen from here; it counts as passed.
    """

    path: Path
    passed: bool
    expected: Any
    actual: Any
    why: str = ""
    skipped: bool = False

    @property
    def text(self) -> str:
        """The judgement as a sentence."""
        place = place_of(self.path)
        if self.passed:
            return f"{place} is {_shown(self.actual)}, as expected"
        sentence = f"{place}: expected {_shown(self.expected)}, got {_shown(self.actual)}"
        return f"{sentence} ({self.why})" if self.why else sentence


class Verdict(Struct, frozen=True):
    """All expectations of a scenario; passed when each of them is."""

    expectations: tuple[Expectation, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return all(each.passed for each in self.expectations)

    @property
    def failures(self) -> tuple[Expectation, ...]:
        """The expectations that were not met."""
        return tuple(each for each in self.expectations if not each.passed)


def judge(expect: Spec, sandbox: Sandbox) -> Verdict:
    """Judge the expectations of a scenario against the state of a sandbox."""
    judged: list[Expectation] = []
    for name, spec in expect.get("orders", {}).items():
        order = sandbox.orders.get(sandbox.order_names.get(name, name))
        seen = _full_order(order, sandbox) if order else None
        judged += judge_order(spec, seen, sandbox.part_names, ("orders", name))
    for index, spec in enumerate(expect.get("requests", ())):
        judged.append(_judge_requests(spec, sandbox, ("requests", index)))
    for name, spec in expect.get("faults", {}).items():
        counts = {"matched": sandbox.faults.matched, "fired": sandbox.faults.fired}
        for key, wanted in spec.items():
            actual = counts[key][name]
            judged.append(Expectation(("faults", name, key), wanted == actual, wanted, actual))
    return Verdict(tuple(judged))


def judge_order(
    spec: Spec,
    order: OrderJson | None,
    names: Mapping[str, str],
    path: Path,
) -> Iterator[Expectation]:
    """Compare an order with what is expected of it.

    Args:
        spec: the expectations, as a scenario writes them.
        order: the order's JSON, from a sandbox or from any server; ``None`` if it is gone.
        names: the names of captures and refunds by their ids.
        path: where the expectations are written.
    """
    if order is None:
        yield Expectation(path, passed=False, expected="an order", actual=None)
        return
    for key, wanted in spec.items():
        if key in ("captures", "refunds"):
            parts = _named(order.get(key, ()), key.removesuffix("s"), names)
            yield from _judge_parts(wanted, parts, key.removesuffix("s"), (*path, key))
        else:
            yield _judge_value(wanted, order, (*path, key))


def _judge_parts(
    spec: Spec | list[Spec],
    parts: Mapping[str | int, OrderJson],
    kind: str,
    path: Path,
) -> Iterator[Expectation]:
    """Compare captures or refunds: a list names all there are, a mapping some."""
    if isinstance(spec, list):
        actual = sum(isinstance(key, int) for key in parts)
        yield Expectation((*path, "count"), len(spec) == actual, len(spec), actual)
    for key, wanted in enumerate(spec) if isinstance(spec, list) else spec.items():
        part = parts.get(key)
        if part is None:
            yield Expectation((*path, key), passed=False, expected=f"a {kind}", actual=None)
            continue
        for name, value in wanted.items():
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


def _judge_value(wanted: object, seen: OrderJson, path: Path) -> Expectation:
    key = str(path[-1])
    if key in SANDBOX_ONLY and key not in seen:
        return Expectation(path, passed=True, expected=wanted, actual=None, skipped=True)
    wanted = str(wanted) if key in TEXTS else wanted
    actual = seen.get(key)
    if key == "allocated_to":
        passed, actual = wanted in seen[key], seen[key][0]
    else:
        passed = wanted == actual
    why = "" if passed or "why" not in seen else seen["why"]()
    return Expectation(path, passed, wanted, actual, why)


def _full_order(order: Order, sandbox: Sandbox) -> OrderJson:
    """Return all that can be expected of an order, in the shape of its JSON."""
    keys = (
        "fraud_status", "order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "merchant_reference1", "merchant_reference2",
    )  # fmt: skip
    landed = order.landed_amounts
    return {
        **{key: getattr(order, key) for key in keys},
        "status": str(status_of(order, sandbox.clock.now(), sandbox.assumptions)),
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
                "allocated_to": names_allocated_to(refund, order, sandbox),
                "why": partial(_why, order, refund),
            }
            for refund in order.refunds
        ],
    }


def names_allocated_to(refund: Refund, order: Order, sandbox: Sandbox) -> list[object]:
    """The words by which the capture of a refund may be named, the best first."""
    capture_id = refund.allocation.capture_id
    capture = order.capture(capture_id) if capture_id else None
    if capture is None:
        return [None]
    own = sandbox.part_names.get(capture.capture_id)
    number = order.captures.index(capture) + 1
    rest = [capture.klarna_reference, number, capture.capture_id]
    return [own, *rest] if own else list(rest)


def _why(order: Order, refund: Refund) -> str:
    """What explains a failed allocation: the conditions that do not hold."""
    explanation = explained(order, refund)
    broken = [each for each in explanation.conditions if not each.holds]
    details = [f"{each.name}: {each.detail}" for each in broken]
    return "; ".join(filter(None, (*details, *explanation.hints)))


def _judge_requests(spec: Spec, sandbox: Sandbox, path: Path) -> Expectation:
    order_id = spec.get("order")
    if order_id is not None:
        order_id = sandbox.order_names.get(order_id, order_id)
    operation = Operation(spec["operation"])
    actual = sandbox.journal.count_of(operation, order_id, spec.get("status"))
    low = spec.get("at_least", 0)
    high = 0 if spec.get("never") else spec.get("at_most")
    if "count" in spec:
        low = high = spec["count"]
    passed = low <= actual and (high is None or actual <= high)
    return Expectation((*path, operation), passed, _range(low, high), actual)


def _range(low: int, high: int | None) -> int | str:
    if high is None:
        return f"at least {max(low, 1)}" if low else "any number"
    return low if low == high else f"{low} to {high}"


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
