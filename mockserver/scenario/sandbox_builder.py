"""Build orders and fault rules from scenario syntax and add them to a sandbox.

Each capture and refund of a scenario is applied by the same ``decide`` as a request, so no
scenario can describe an impossible order.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.domain.commands import CaptureOrder
from mockserver.domain.decide import decide
from mockserver.domain.decision import Context
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.memory_sizes import measure_fault_rule
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import Finding, FindingCollector, ScenarioError, ValuePath
from mockserver.scenario.fault_parser import parse_fault_rule
from mockserver.scenario.history_replay import HistoryCommand, plan_order
from mockserver.scenario.order_builder import OrderDefaults
from mockserver.scenario.shoppers import DEFAULT_COUNTRY
from mockserver.scenario.spec import Spec

BuiltOrder: TypeAlias = tuple[Order, Mapping[str, str]]
"""An order, and the names of its captures and refunds by their ids."""


def add_order(
    sandbox: Sandbox,
    name: str,
    spec: Spec,
    defaults: OrderDefaults | None = None,
    path: ValuePath = (),
) -> Order:
    """Build an order from scenario syntax and add it to a sandbox.

    Raises:
        ScenarioError: the order is invalid or impossible, or its id or name is taken; the
            sandbox is unchanged.
    """
    built = build_order(sandbox, name, spec, defaults or order_defaults(sandbox), path)
    return store_order(sandbox, name, built, path)


def store_order(sandbox: Sandbox, name: str, built: BuiltOrder, path: ValuePath = ()) -> Order:
    """Add an order that was built with the names of its captures and refunds to a sandbox.

    Raises:
        ScenarioError: its id or name is taken; the sandbox is unchanged.
    """
    order, part_names = built
    if sandbox.order_names.get(name, order.order_id) != order.order_id:
        raise ScenarioError([Finding("E202", path, f"order '{name}' already exists")])
    if not sandbox.add(order):
        message = f"order_id {order.order_id} is taken"
        raise ScenarioError([Finding("E202", (*path, "order_id"), message)])
    sandbox.order_names[name] = order.order_id
    sandbox.movement_names.update(part_names)
    return order


def draft_of(sandbox: Sandbox, name: str) -> Sandbox:
    """Return a copy of a sandbox in which another thread can build an order of this name.

    It draws ids from a stream of its own, which depends on the name only.
    """
    draft = sandbox.copy()
    draft.ids = IdGenerator(f"{sandbox.ids.seed}/{name}")
    return draft


def add_fault_rule(sandbox: Sandbox, name: str, spec: Spec, path: ValuePath = ()) -> FaultRule:
    """Build a fault rule from scenario syntax and add it to a sandbox.

    Raises:
        ScenarioError: an unknown order, or an invalid time.
    """
    known_ids = sandbox.orders.keys() | sandbox.checkouts.keys()
    rule = parse_fault_rule(
        name, spec, sandbox.order_names, known_ids, sandbox.clock.now(), path
    )
    sandbox.check_room(measure_fault_rule(name, rule.spec))
    sandbox.faults.add(rule)
    return rule


def order_defaults(sandbox: Sandbox) -> OrderDefaults:
    """Return the values that an order created by itself inherits from its sandbox."""
    return OrderDefaults(
        now=sandbox.clock.now(),
        country=DEFAULT_COUNTRY,
        currency=None,
        locale=None,
        authorization_days=sandbox.assumptions.authorization_days,
    )


def build_order(
    sandbox: Sandbox,
    name: str,
    spec: Spec,
    defaults: OrderDefaults,
    path: ValuePath,
) -> BuiltOrder:
    """Build an order and replay its history, without storing it.

    Returns:
        The order, and the names of its captures and refunds by their ids.

    Raises:
        ScenarioError: with each invalid or impossible part. Refunds are not reported if a
            capture is missing, because they may depend on it.
    """
    plan = plan_order(name, spec, sandbox.ids, defaults, path)
    order, names, findings = plan.order, {}, FindingCollector(plan.findings)
    capture_missing = len(spec.get("captures", ())) > sum(map(_is_capture, plan.commands))
    for step in plan.commands:
        try:
            part_id = _movement_id(step, sandbox, order)
            order = _apply_command(step, order, part_id, sandbox)
            names[part_id] = step.name
        except ScenarioError as error:
            findings += error.findings if _is_capture(step) or not capture_missing else ()
            capture_missing = capture_missing or _is_capture(step)
    findings.raise_if_any()
    return plan.apply_state(order), names


def _is_capture(step: HistoryCommand) -> bool:
    return isinstance(step.command, CaptureOrder)


def _movement_id(step: HistoryCommand, sandbox: Sandbox, order: Order) -> str:
    if step.movement_id is None:
        return sandbox.ids.new_movement_id()
    if order.get_capture(step.movement_id) or order.get_refund(step.movement_id):
        message = f"the id {step.movement_id} is taken"
        raise ScenarioError([Finding("E202", step.path, message)])
    return sandbox.ids.reserve(step.movement_id)


def _apply_command(step: HistoryCommand, order: Order, part_id: str, sandbox: Sandbox) -> Order:
    """Apply one command of an order's history."""
    context = Context(step.at, part_id, sandbox.assumptions, step.fail_allocation)
    try:
        changed = decide(order, step.command, context).order
    except Refusal as rejection:
        finding = Finding("E203", step.path, f"impossible: {rejection}")
        raise ScenarioError([finding]) from None
    if not step.capture_fields:
        return changed
    *others, capture = changed.captures
    return replace(changed, captures=(*others, replace(capture, **step.capture_fields)))
