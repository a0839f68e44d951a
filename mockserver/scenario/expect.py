"""What must be true at the end: a scenario's ``expect``, judged on its sandbox."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from mockserver.domain.allocation import explained
from mockserver.domain.lifecycle import status_of
from mockserver.domain.operation import Operation
from mockserver.domain.order import Capture, Order, Refund
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.findings import Path, place_of

Spec: TypeAlias = Mapping[str, Any]


class Expectation(Struct, frozen=True):
    """One expectation, judged. ``why`` adds what explains a failure, if anything does."""

    path: Path
    passed: bool
    expected: Any
    actual: Any
    why: str = ""

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


async def judge(expect: Spec, sandbox: Sandbox) -> Verdict:
    """Judge the expectations of a scenario against the state of a sandbox."""
    orders = {each.order_id: each for each in await sandbox.store.orders()}
    judged: list[Expectation] = []
    for name, spec in expect.get("orders", {}).items():
        order = orders.get(sandbox.order_names.get(name, name))
        judged += _judge_order(spec, order, sandbox, ("orders", name))
    for index, spec in enumerate(expect.get("requests", ())):
        judged.append(_judge_requests(spec, sandbox, ("requests", index)))
    for name, spec in expect.get("faults", {}).items():
        counts = {"matched": sandbox.faults.matched, "fired": sandbox.faults.fired}
        judged += [
            _same(("faults", name, key), wanted, counts[key][name])
            for key, wanted in spec.items()
        ]
    return Verdict(tuple(judged))


def _same(path: Path, expected: object, actual: object, why: str = "") -> Expectation:
    return Expectation(path, expected == actual, expected, actual, why)


def _judge_order(
    spec: Spec,
    order: Order | None,
    sandbox: Sandbox,
    path: Path,
) -> Iterator[Expectation]:
    if order is None:
        yield Expectation(path, passed=False, expected="an order", actual=None)
        return
    for key, wanted in spec.items():
        place = (*path, key)
        if key == "captures":
            yield from _judge_captures(wanted, order, sandbox, place)
        elif key == "refunds":
            yield from _judge_refunds(wanted, order, sandbox, place)
        elif key == "status":
            status = status_of(order, sandbox.clock.now(), sandbox.assumptions)
            yield _same(place, wanted, str(status))
        elif key == "acknowledged":
            yield _same(place, wanted, order.acknowledged_at is not None)
        elif key.startswith("merchant_reference"):
            yield _same(place, str(wanted), getattr(order, key))
        else:
            yield _same(place, wanted, getattr(order, key))


def _judge_captures(
    spec: Spec | list[Spec],
    order: Order,
    sandbox: Sandbox,
    path: Path,
) -> Iterator[Expectation]:
    landed = order.landed_amounts
    yield from _judge_number(spec, len(order.captures), path)
    for key, wanted, capture in _pairs(spec, order.captures, sandbox):
        if capture is None:
            yield Expectation((*path, key), passed=False, expected="a capture", actual=None)
            continue
        actual = {
            "captured_amount": capture.captured_amount,
            "refunded_amount": landed.get(capture.capture_id, 0),
            "description": capture.description,
            "reference": capture.reference,
        }
        for name, value in wanted.items():
            yield _same((*path, key, name), _as_text(name, value), actual[name])


def _judge_refunds(
    spec: Spec | list[Spec],
    order: Order,
    sandbox: Sandbox,
    path: Path,
) -> Iterator[Expectation]:
    yield from _judge_number(spec, len(order.refunds), path)
    for key, wanted, refund in _pairs(spec, order.refunds, sandbox):
        if refund is None:
            yield Expectation((*path, key), passed=False, expected="a refund", actual=None)
            continue
        allocation = refund.allocation
        actual = {
            "refunded_amount": refund.refunded_amount,
            "description": refund.description,
            "reference": refund.reference,
            "outcome": str(allocation.outcome),
        }
        for name, value in wanted.items():
            place = (*path, key, name)
            if name == "allocated_to":
                yield _judge_allocation(value, refund, order, sandbox, place)
            else:
                yield _same(place, _as_text(name, value), actual[name], _why(order, refund))


def _judge_allocation(
    wanted: object,
    refund: Refund,
    order: Order,
    sandbox: Sandbox,
    path: Path,
) -> Expectation:
    names = names_allocated_to(refund, order, sandbox)
    return Expectation(path, wanted in names, wanted, names[0], _why(order, refund))


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


def _judge_number(spec: Spec | list[Spec], actual: int, path: Path) -> Iterator[Expectation]:
    """A list names all there are; a mapping names some."""
    if isinstance(spec, list):
        yield _same((*path, "count"), len(spec), actual)


def _pairs(
    spec: Spec | list[Spec],
    parts: tuple[Any, ...],
    sandbox: Sandbox,
) -> Iterator[tuple[str | int, Spec, Any]]:
    if isinstance(spec, list):
        for index, wanted in enumerate(spec):
            yield index, wanted, parts[index] if index < len(parts) else None
        return
    by_name = {sandbox.part_names.get(_id_of(each)): each for each in parts}
    for name, wanted in spec.items():
        yield name, wanted, by_name.get(name)


def _id_of(part: Capture | Refund) -> str:
    return part.capture_id if isinstance(part, Capture) else part.refund_id


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


def _as_text(name: str, value: object) -> object:
    return str(value) if name == "reference" else value


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
