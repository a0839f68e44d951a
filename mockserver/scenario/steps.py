"""The scripted merchant of a scenario: its ``steps``, checked and made ready to play.

Nothing is sent here. A step is an operation of the API with the body that a merchant
would send, or something that only a sandbox can arrange, such as the passing of time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from mockserver.domain.lookup import is_uuid
from mockserver.domain.money import sum_of
from mockserver.domain.operation import Operation
from mockserver.domain.order import OrderLine
from mockserver.domain.wording import did_you_mean
from mockserver.scenario.findings import Finding, Findings, Path, ScenarioError
from mockserver.scenario.orders import Spec, chosen_lines, filled_line
from mockserver.scenario.times import duration, moment

ARRANGED = ("advance", "set", "freeze", "force")
PATIENCE = 30.0  # seconds
LOST = "lost"

_AMOUNTS = {
    Operation.CAPTURE: "captured_amount",
    Operation.REFUND: "refunded_amount",
    Operation.UPDATE_AUTHORIZATION: "order_amount",
}
_SENT = (
    "description", "reference", "shipping_info", "shipping_address",
    "merchant_reference1", "merchant_reference2", "number_of_days",
)  # fmt: skip

ExpectedResponse: TypeAlias = Mapping[str, Any]


class Asked(Struct, frozen=True):
    """The merchant asks for an operation. ``capture`` and ``refund`` are names."""

    operation: Operation
    order: str
    body: Any = None
    key: str | None = None
    name: str | None = None
    capture: str | None = None
    refund: str | None = None


class Arranged(Struct, frozen=True):
    """Something that only a sandbox can do: move its clock, or force an outcome."""

    action: str
    value: Any


class Step(Struct, frozen=True):
    """One step; ``response`` is ``None`` for plain success, or ``"lost"``."""

    number: int
    does: Asked | Arranged
    response: ExpectedResponse | str | None
    expect: Spec
    timeout: float

    @property
    def text(self) -> str:
        """The step in a few words, such as ``2. capture two-shipments``."""
        if isinstance(self.does, Asked):
            return f"{self.number}. {self.does.operation} {self.does.order}"
        value = self.does.value
        shown = f"{value['outcome']} {value['order']}" if isinstance(value, Mapping) else value
        return f"{self.number}. {self.does.action} {str(shown).lower()}"


def plan_steps(spec: Spec) -> Sequence[Step]:
    """Make the steps of a scenario ready; it has passed its schema.

    Raises:
        ScenarioError: with everything that is wrong, each at its path.
    """
    return _Planner(spec).plan()


class _Planner:
    """Goes through the steps and keeps the names that are known by then."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.orders: Spec = spec.get("orders", {})
        self.names = {
            (order, kind, name)
            for order, each in self.orders.items()
            for kind in ("capture", "refund")
            for name in each.get(f"{kind}s", {})
        }
        self.found = Findings()

    def plan(self) -> Sequence[Step]:
        steps = []
        for index, spec in enumerate(self.spec.get("steps", ())):
            with self.found.gathered():
                steps.append(self._step(index, spec, ("steps", index)))
        self.found.refuse()
        return steps

    def _step(self, index: int, spec: Spec, path: Path) -> Step:
        action = _action(spec, path)
        place = (*path, action)
        if action in ARRANGED:
            does: Asked | Arranged = self._arranged(action, spec[action], place)
        else:
            does = self._asked(Operation(action), spec[action], place)
        if isinstance(does, Arranged) and "response" in spec:
            raise _wrong("E101", (*path, "response"), f"'{action}' has no response")
        self._check_expect(spec.get("expect", {}), (*path, "expect"))
        timeout = _read(duration, spec.get("timeout", f"{PATIENCE}s"), (*path, "timeout"))
        return Step(
            number=index + 1,
            does=does,
            response=spec.get("response"),
            expect=spec.get("expect", {}),
            timeout=timeout.total_seconds(),
        )

    def _arranged(self, action: str, value: Any, path: Path) -> Arranged:  # noqa: ANN401
        if action == "advance":
            _read(duration, value, path)
        elif action == "set":
            _read(moment, value, path)
        elif action == "force":
            self._check_order(value["order"], (*path, "order"))
        return Arranged(action, value)

    def _asked(self, operation: Operation, spec: Spec, path: Path) -> Asked:
        order = str(spec["order"])
        self._check_order(order, (*path, "order"))
        for kind in ("capture", "refund"):
            if kind in spec:
                self._check_part(order, kind, str(spec[kind]), (*path, kind))
        if "name" in spec:
            self.names.add((order, str(operation), spec["name"]))
        return Asked(
            operation,
            order,
            body=_body(operation, spec, self._lines_of(order), path),
            key=spec.get("idempotency_key"),
            name=spec.get("name"),
            capture=spec.get("capture"),
            refund=spec.get("refund"),
        )

    def _lines_of(self, order: str) -> tuple[OrderLine, ...]:
        lines = self.orders.get(order, {}).get("lines", ())
        return tuple(filled_line(each) for each in lines)

    def _check_order(self, order: str, path: Path) -> None:
        ids = [str(each.get("order_id")) for each in self.orders.values()]
        if order not in self.orders and order not in ids and not is_uuid(order):
            hint = f", {did_you_mean(order, list(self.orders))}" if self.orders else ""
            raise _wrong("E204", path, f"there is no order '{order}'{hint}")

    def _check_part(self, order: str, kind: str, name: str, path: Path) -> None:
        known = [each for of, its, each in self.names if (of, its) == (order, kind)]
        if name not in known and not is_uuid(name):
            hint = f", {did_you_mean(name, sorted(known))}" if known else ""
            message = f"order '{order}' has no {kind} '{name}' by then{hint}"
            raise _wrong("E204", path, message)

    def _check_expect(self, expect: Spec, path: Path) -> None:
        for name in expect.get("orders", {}):
            self._check_order(name, (*path, "orders", name))
        faults = list(self.spec.get("faults", {}))
        for name in expect.get("faults", {}):
            if name not in faults:
                hint = f", {did_you_mean(name, faults)}" if faults else ""
                place = (*path, "faults", name)
                raise _wrong("E204", place, f"there is no fault '{name}'{hint}")


def _action(spec: Spec, path: Path) -> str:
    """Find the one thing that a step does."""
    known = {*Operation, *ARRANGED}
    found = [each for each in spec if each in known]
    if len(found) != 1:
        given = ", ".join(found) or "none"
        wanted = "a step does one thing, an operation or an action"
        raise _wrong("E102", path, f"{wanted}; got {given}")
    return found[0]


def _body(operation: Operation, spec: Spec, lines: tuple[OrderLine, ...], path: Path) -> Any:  # noqa: ANN401
    if "body" in spec:
        return spec["body"]
    body = {key: spec[key] for key in _SENT if key in spec}
    chosen = chosen_lines(spec.get("lines", []), lines, (*path, "lines"))
    if operation in _AMOUNTS:
        body = {_AMOUNTS[operation]: spec.get("amount", sum_of(chosen)), **body}
    if "lines" in spec:
        body["order_lines"] = [_line(each) for each in chosen]
    return body or None


def _line(line: OrderLine) -> dict[str, Any]:
    """Write an order line as a merchant sends it."""
    keys = (
        "type", "reference", "name", "quantity", "quantity_unit", "unit_price", "tax_rate",
        "total_amount", "total_discount_amount", "total_tax_amount",
    )  # fmt: skip
    written = {key: getattr(line, key) for key in keys}
    told = {key: value for key, value in written.items() if value not in (None, "")}
    return {**told, **(line.extra or {})}


def _read(reader: Callable[[object], Any], value: object, path: Path) -> Any:  # noqa: ANN401
    try:
        return reader(value)
    except ValueError as error:
        raise _wrong("E106", path, str(error)) from None


def _wrong(code: str, path: Path, message: str) -> ScenarioError:
    return ScenarioError([Finding(code, path, message)])
