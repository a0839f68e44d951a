"""What a sandbox starts with, and how orders get into it.

Every capture and refund of a scenario goes through the same ``decide`` as a request,
so that no scenario can describe an order that could not have come about.
"""

from msgspec.structs import replace

from mockserver.domain.commands import CaptureOrder
from mockserver.domain.decide import decide
from mockserver.domain.decision import Context
from mockserver.domain.errors import Rejection
from mockserver.domain.order import Order
from mockserver.sandbox.faults import Rule
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.countries import DEFAULT
from mockserver.scenario.faults import plan_rule
from mockserver.scenario.findings import Finding, Findings, Path, ScenarioError
from mockserver.scenario.history import Step, plan_order
from mockserver.scenario.orders import Defaults, Spec


def add_order(
    sandbox: Sandbox,
    name: str,
    spec: Spec,
    defaults: Defaults | None = None,
    path: Path = (),
    *,
    size: int = 0,
) -> Order:
    """Make an order from scenario syntax and put it into a sandbox.

    ``size`` is that of the request it came in (bytes).

    Raises:
        ScenarioError: the order cannot be understood, could not have come about, or
            its id or name is taken; nothing is added then.
    """
    order, part_names = lived(sandbox, name, spec, defaults or defaults_of(sandbox), path)
    if name in sandbox.order_names:
        raise ScenarioError([Finding("E202", path, f"order '{name}' exists already")])
    if not sandbox.add(order, size=size):
        taken = f"order_id {order.order_id} is taken"
        raise ScenarioError([Finding("E202", (*path, "order_id"), taken)])
    sandbox.order_names[name] = order.order_id
    sandbox.part_names.update(part_names)
    return order


def add_fault(sandbox: Sandbox, name: str, spec: Spec, path: Path = ()) -> Rule:
    """Make a fault rule from scenario syntax and put it into a sandbox.

    Raises:
        ScenarioError: it names an unknown order, or a time that cannot be understood.
    """
    rule = plan_rule(name, spec, sandbox.order_names, sandbox.clock.now(), path)
    sandbox.faults.add(rule)
    return rule


def defaults_of(sandbox: Sandbox) -> Defaults:
    """What an order made on its own takes over from its sandbox."""
    return Defaults(
        now=sandbox.clock.now(),
        country=DEFAULT,
        currency=None,
        locale=None,
        authorization_days=sandbox.assumptions.authorization_days,
    )


def lived(
    sandbox: Sandbox,
    name: str,
    spec: Spec,
    defaults: Defaults,
    path: Path,
) -> tuple[Order, dict[str, str]]:
    """Make an order and let it live through its history; it is put nowhere.

    Returns:
        The order, and the names of its captures and refunds by their ids.

    Raises:
        ScenarioError: it cannot be understood, or could not have come about, with
            every part that stands in the way; a refund is left alone where a capture
            is missing, on which it may rest.
    """
    plan = plan_order(name, spec, sandbox.ids, defaults, path)
    order, names, found = plan.order, {}, Findings(plan.findings)
    missing = len(spec.get("captures", ())) > sum(map(_captures, plan.steps))
    for step in plan.steps:
        try:
            part_id = _part_id(step, sandbox, order)
            order = _after(step, order, part_id, sandbox)
            names[part_id] = step.name
        except ScenarioError as error:
            found += error.findings if _captures(step) or not missing else ()
            missing = missing or _captures(step)
    found.refuse()
    return plan.settled(order), names


def _captures(step: Step) -> bool:
    return isinstance(step.command, CaptureOrder)


def _part_id(step: Step, sandbox: Sandbox, order: Order) -> str:
    if step.part_id is None:
        return sandbox.ids.change_id()
    if order.capture(step.part_id) or order.refund(step.part_id):
        taken = f"the id {step.part_id} is taken"
        raise ScenarioError([Finding("E202", step.path, taken)])
    return sandbox.ids.take(step.part_id)


def _after(step: Step, order: Order, part_id: str, sandbox: Sandbox) -> Order:
    """Take a step of an order's history."""
    context = Context(step.at, part_id, sandbox.assumptions, step.fails)
    try:
        changed = decide(order, step.command, context).order
    except Rejection as rejection:
        finding = Finding("E203", step.path, f"impossible: {rejection}")
        raise ScenarioError([finding]) from None
    if not step.facts:
        return changed
    *others, capture = changed.captures
    return replace(changed, captures=(*others, replace(capture, **step.facts)))
