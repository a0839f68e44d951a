"""Control API: fault rules of a sandbox, in scenario syntax, with their counts."""

from itertools import count
from typing import Any

from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.control.parsing import validate_name
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.lint_contradictions import never_fires_because
from mockserver.scenario.sandbox_builder import add_fault_rule

MAX_FAULT_RULES = 10_000


def list_faults(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """List the fault rules."""
    sandbox = find_sandbox(context, params)
    return json_response(
        {"faults": [_serialize_fault(sandbox, rule) for rule in sandbox.faults.rules()]}
    )


def add_fault(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Add a fault rule; ``id`` names it, and a rule of the same name is replaced."""
    spec = parse_json_object(request)
    name = spec.pop("id", None)
    if name not in (None, ""):
        validate_name(name, "id")
    validate(spec, "scenario.schema.json#/$defs/fault")
    sandbox = open_sandbox(context, params)
    used_names = {rule.name for rule in sandbox.faults.rules()}
    if len(used_names) >= MAX_FAULT_RULES and name not in used_names:
        raise Problem(
            409,
            f"the sandbox has the maximum of {MAX_FAULT_RULES} fault rules; remove some first",
        )
    rule = add_fault_rule(sandbox, name or _free_name(sandbox, used_names), spec)
    view = _serialize_fault(sandbox, rule)
    why = never_fires_because(rule, sandbox)
    if why:
        view["warnings"] = [f"W306: this fault can never fire: {why}"]
    return json_response(view, status=201)


def clear_faults(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Remove all fault rules."""
    sandbox = open_sandbox(context, params)
    for rule in sandbox.faults.rules():
        sandbox.faults.remove(rule.name)
    return Response(204)


def remove_fault(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Remove a fault rule."""
    sandbox = open_sandbox(context, params)
    if not sandbox.faults.remove(params["id"]):
        raise Problem(404, f"no fault '{params['id']}' in sandbox '{sandbox.display_name}'")
    return Response(204)


def _free_name(sandbox: Sandbox, used_names: set[str]) -> str:
    names = (f"fault-{number}" for number in count(sandbox.faults.added_count + 1))
    return next(name for name in names if name not in used_names)


def _serialize_fault(sandbox: Sandbox, rule: FaultRule) -> dict[str, Any]:
    counts = sandbox.faults.counts[rule.name]
    return {
        "id": rule.name,
        "on": sorted(rule.operations) or ["any"],
        "orders": sorted(rule.order_ids),
        "do": [str(action) for action in rule.actions],
        "matched": counts.matched,
        "fired": counts.fired,
    }
