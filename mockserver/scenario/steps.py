"""Parse and check the ``steps`` of a scenario.

Nothing is sent here. A step is an operation of the API with its request body, or an action
of the sandbox, such as advancing the clock.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from msgspec import Struct

from mockserver.domain.decision import is_uuid
from mockserver.domain.money import sum_totals
from mockserver.domain.operation import ORDERS_PATH, Operation
from mockserver.domain.wording import did_you_mean
from mockserver.scenario.checkout_builder import (
    build_checkout_body,
    build_update_body,
    line_body,
)
from mockserver.scenario.diagnostics import Finding, FindingCollector, ScenarioError, ValuePath
from mockserver.scenario.order_builder import OrderDefaults
from mockserver.scenario.order_lines import (
    LineIndex,
    complete_line,
    index_lines,
    resolve_lines,
)
from mockserver.scenario.shoppers import DEFAULT_COUNTRY
from mockserver.scenario.spec import Spec
from mockserver.scenario.times import parse_duration, parse_time

SANDBOX_ACTIONS = ("advance", "set", "freeze", "force", "complete")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # steps need no time of their own
DEFAULT_STEP_TIMEOUT = 30.0  # seconds
LOST_RESPONSE = "lost"

_AMOUNT_FIELDS = {
    Operation.CAPTURE: "captured_amount",
    Operation.REFUND: "refunded_amount",
    Operation.UPDATE_AUTHORIZATION: "order_amount",
}
_COPIED_FIELDS = (
    "description", "reference", "shipping_info", "shipping_address",
    "merchant_reference1", "merchant_reference2", "number_of_days",
)  # fmt: skip

ExpectedResponse: TypeAlias = Mapping[str, Any]


class CallOperation(Struct, frozen=True):
    """A step that sends an operation of the merchant API."""

    operation: Operation
    order: str
    body: Any = None
    idempotency_key: str | None = None
    movement_name: str | None = None
    capture: str | None = None
    refund: str | None = None


class ControlSandbox(Struct, frozen=True):
    """A step that moves the clock or forces an outcome."""

    action: str
    value: Any


class Step(Struct, frozen=True):
    """One step. ``response`` is None for success, or ``"lost"``; ``timeout`` in seconds."""

    number: int
    instruction: CallOperation | ControlSandbox
    response: ExpectedResponse | str | None
    expect: Spec
    timeout: float

    @property
    def text(self) -> str:
        """The step as a short text, such as ``2. capture two-shipments``."""
        if isinstance(self.instruction, CallOperation):
            return f"{self.number}. {self.instruction.operation} {self.instruction.order}"
        value = self.instruction.value
        if isinstance(value, Mapping):
            outcome = value.get("outcome", "approved")
            value = f"{outcome} {value['order']}"
        return f"{self.number}. {self.instruction.action} {str(value).lower()}"


def created_checkouts(spec: Spec) -> Spec:
    """Return the checkout orders that steps create, by name."""
    creations = (
        step[Operation.CREATE_CHECKOUT]
        for step in spec.get("steps", ())
        if Operation.CREATE_CHECKOUT in step
    )
    return {str(checkout["order"]): checkout for checkout in creations}


def plan_steps(spec: Spec) -> Sequence[Step]:
    """Parse the steps of a scenario that is valid by its schema.

    Raises:
        ScenarioError: with each invalid step, at its path.
    """
    return _StepPlanner(spec).plan()


class _StepPlanner:
    """Parses steps in order and tracks the names defined so far."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.orders = {**spec.get("checkouts", {}), **spec.get("orders", {})}
        self.order_ids = {str(spec.get("order_id")) for spec in self.orders.values()}
        self.movement_names: dict[tuple[str, str], set[str]] = {
            (order, kind): {*order_spec.get(f"{kind}s", {})}
            for order, order_spec in self.orders.items()
            for kind in ("capture", "refund")
        }
        self.lines: dict[str, LineIndex] = {}
        self.findings = FindingCollector()

    def plan(self) -> Sequence[Step]:
        steps = []
        for index, spec in enumerate(self.spec.get("steps", ())):
            with self.findings.collecting():
                steps.append(self._step(index, spec, ("steps", index)))
        self.findings.raise_if_any()
        return steps

    def _step(self, index: int, spec: Spec, path: ValuePath) -> Step:
        action = _find_instruction(spec, path)
        value_path = (*path, action)
        if action in SANDBOX_ACTIONS:
            instruction: CallOperation | ControlSandbox = self._plan_control(
                action, spec[action], value_path
            )
        else:
            instruction = self._plan_call(Operation(action), spec[action], value_path)
        if action == Operation.UPDATE_CHECKOUT and "response" not in spec:
            self._update_lines(spec[action])
        if isinstance(instruction, ControlSandbox) and "response" in spec:
            raise _error("E101", (*path, "response"), f"'{action}' has no response")
        self._check_expect(spec.get("expect", {}), (*path, "expect"))
        timeout = _read(
            parse_duration, spec.get("timeout", f"{DEFAULT_STEP_TIMEOUT}s"), (*path, "timeout")
        )
        return Step(
            number=index + 1,
            instruction=instruction,
            response=spec.get("response"),
            expect=spec.get("expect", {}),
            timeout=timeout.total_seconds(),
        )

    def _update_lines(self, spec: Spec) -> None:
        """Make the lines of an accepted update known to later captures."""
        order = str(spec["order"])
        self.orders[order] = {**self.orders.get(order, {}), **spec}
        self.lines.pop(order, None)

    def _plan_control(self, action: str, value: Any, path: ValuePath) -> ControlSandbox:  # noqa: ANN401
        if action == "advance":
            _read(parse_duration, value, path)
        elif action == "set":
            _read(parse_time, value, path)
        elif action in ("force", "complete"):
            self._check_order(value["order"], (*path, "order"))
        return ControlSandbox(action, value)

    def _plan_call(self, operation: Operation, spec: Spec, path: ValuePath) -> CallOperation:
        order = str(spec["order"])
        if operation is Operation.CREATE_CHECKOUT:
            self.orders[order] = spec
        self._check_order(order, (*path, "order"))
        for kind in ("capture", "refund"):
            if kind in spec:
                self._check_movement(order, kind, str(spec[kind]), (*path, kind))
        if "name" in spec:
            self.movement_names.setdefault((order, str(operation)), set()).add(spec["name"])
        return CallOperation(
            operation,
            order,
            body=self._body(operation, order, spec, path),
            idempotency_key=spec.get("idempotency_key"),
            movement_name=spec.get("name"),
            capture=spec.get("capture"),
            refund=spec.get("refund"),
        )

    def _body(self, operation: Operation, order: str, spec: Spec, path: ValuePath) -> Any:  # noqa: ANN401
        if operation.info.base_path == ORDERS_PATH or "body" in spec:
            return _body(operation, spec, self._lines_of(order), path)
        if operation is Operation.CREATE_CHECKOUT:
            return build_checkout_body(spec, checkout_defaults(self.spec))
        if operation is Operation.UPDATE_CHECKOUT:
            return build_update_body(spec)
        return None

    def _lines_of(self, order: str) -> LineIndex:
        """Return the indexed lines of an order, built once."""
        if order not in self.lines:
            spec = self.orders.get(order, {})
            lines = spec.get("lines") or spec.get("order_lines") or ()
            self.lines[order] = index_lines([complete_line(line) for line in lines])
        return self.lines[order]

    def _check_order(self, order: str, path: ValuePath) -> None:
        known = order in self.orders or order in self.order_ids
        if not known and not is_uuid(order):
            hint = f", {did_you_mean(order, self.orders)}" if self.orders else ""
            raise _error("E204", path, f"there is no order '{order}'{hint}")

    def _check_movement(self, order: str, kind: str, name: str, path: ValuePath) -> None:
        names = self.movement_names.get((order, kind), set())
        if name not in names and not is_uuid(name):
            hint = f", {did_you_mean(name, sorted(names))}" if names else ""
            message = f"order '{order}' has no {kind} '{name}' at this step{hint}"
            raise _error("E204", path, message)

    def _check_expect(self, expect: Spec, path: ValuePath) -> None:
        for key in ("orders", "checkouts"):
            for name in expect.get(key, {}):
                self._check_order(name, (*path, key, name))
        faults = self.spec.get("faults", {})
        for name in expect.get("faults", {}):
            if name not in faults:
                hint = f", {did_you_mean(name, faults)}" if faults else ""
                value_path = (*path, "faults", name)
                raise _error("E204", value_path, f"there is no fault '{name}'{hint}")


def _find_instruction(spec: Spec, path: ValuePath) -> str:
    """Return the one operation or action of a step."""
    instructions = {*Operation, *SANDBOX_ACTIONS}
    names = [key for key in spec if key in instructions]
    if len(names) != 1:
        actual = ", ".join(names) or "none"
        expected = "expected exactly one operation or action in a step"
        raise _error("E102", path, f"{expected}; got {actual}")
    return names[0]


def _body(operation: Operation, spec: Spec, lines: LineIndex, path: ValuePath) -> Any:  # noqa: ANN401
    if "body" in spec:
        return spec["body"]
    body = {key: spec[key] for key in _COPIED_FIELDS if key in spec}
    order_lines = resolve_lines(spec.get("lines", []), lines, (*path, "lines"))
    if operation in _AMOUNT_FIELDS:
        body = {_AMOUNT_FIELDS[operation]: spec.get("amount", sum_totals(order_lines)), **body}
    if "lines" in spec:
        body["order_lines"] = [line_body(line) for line in order_lines]
    return body or None


def checkout_defaults(spec: Spec) -> OrderDefaults:
    """Return what the checkout orders of steps inherit from their scenario."""
    return OrderDefaults(
        now=EPOCH,
        country=spec.get("country", DEFAULT_COUNTRY),
        currency=spec.get("currency"),
        locale=spec.get("locale"),
        authorization_days=0,
    )


def _read(reader: Callable[[object], Any], value: object, path: ValuePath) -> Any:  # noqa: ANN401
    try:
        return reader(value)
    except ValueError as error:
        raise _error("E106", path, str(error)) from None


def _error(code: str, path: ValuePath, message: str) -> ScenarioError:
    return ScenarioError([Finding(code, path, message)])
