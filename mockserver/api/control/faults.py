"""Fault rules of a sandbox, in scenario syntax, with their counts."""

from itertools import count
from typing import Any

from mockserver.api.control.bodies import checked, checked_name, json_answer, json_body
from mockserver.api.control.handler import Control, Values, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.sandbox.faults import Rule
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.world import add_fault

RULES_KEPT = 10_000


def list_faults(control: Control, values: Values, _call: Call) -> Answer:
    """List the rules."""
    sandbox = sandbox_of(control, values)
    return json_answer({"faults": [_view(sandbox, each) for each in sandbox.faults.rules()]})


def make_fault(control: Control, values: Values, call: Call) -> Answer:
    """Put a rule in; ``id`` names it, an equal one is replaced."""
    spec = json_body(call)
    name = spec.pop("id", None)
    if name not in (None, ""):
        checked_name(name, "id")
    checked(spec, "scenario.schema.json#/$defs/fault")
    sandbox = sandbox_of(control, values)
    taken = {each.name for each in sandbox.faults.rules()}
    if len(taken) >= RULES_KEPT and name not in taken:
        raise Problem(409, f"the sandbox has {RULES_KEPT} faults; remove some to make more")
    rule = add_fault(sandbox, name or _free_name(sandbox, taken), spec)
    return json_answer(_view(sandbox, rule), status=201)


def clear_faults(control: Control, values: Values, _call: Call) -> Answer:
    """Take all rules out."""
    sandbox = sandbox_of(control, values)
    for rule in sandbox.faults.rules():
        sandbox.faults.remove(rule.name)
    return Answer(204)


def remove_fault(control: Control, values: Values, _call: Call) -> Answer:
    """Take a rule out."""
    sandbox = sandbox_of(control, values)
    if not sandbox.faults.remove(values["id"]):
        raise Problem(404, f"no fault '{values['id']}' in sandbox '{sandbox.name}'")
    return Answer(204)


def _free_name(sandbox: Sandbox, taken: set[str]) -> str:
    names = (f"fault-{number}" for number in count(sandbox.faults.added + 1))
    return next(each for each in names if each not in taken)


def _view(sandbox: Sandbox, rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "on": sorted(rule.operations) or ["any"],
        "orders": sorted(rule.order_ids),
        "do": [str(each) for each in rule.actions],
        "matched": sandbox.faults.matched[rule.name],
        "fired": sandbox.faults.fired[rule.name],
    }
