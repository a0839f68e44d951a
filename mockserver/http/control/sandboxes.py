"""Control API: list, fill, reset, drop and check sandboxes."""

from typing import Any

from mockserver.domain.ledger import broken_invariants
from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import ControlContext, PathParams, sandbox_from_path
from mockserver.http.control.parsing import (
    json_response,
    parse_document,
    parse_json_object,
    validate,
    yaml_response,
)
from mockserver.http.control.problems import Problem
from mockserver.http.merchant.serializers import format_time
from mockserver.http.messages import Request, Response
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.diagnostics import format_path
from mockserver.scenario.expectations import Verdict, check_expectations
from mockserver.scenario.export import export_sandbox
from mockserver.scenario.loader import UnknownScenarioError, find_shipped
from mockserver.scenario.scenario import Scenario, parse_scenario
from mockserver.scenario.yaml_reader import Document, parse_yaml


def list_sandboxes(control: ControlContext, _values: PathParams, _call: Request) -> Response:
    """List the sandboxes in use, and those that were dropped to make room."""
    summaries = [_summary(control, sandbox) for sandbox in control.registry]
    return json_response({"sandboxes": summaries, "evicted": list(control.registry.evicted)})


def get_sandbox(control: ControlContext, values: PathParams, _call: Request) -> Response:
    """Return a summary of a sandbox in use."""
    sandbox = control.registry.get(values["sandbox"])
    if sandbox is None:
        raise _sandbox_not_found(values["sandbox"])
    return json_response(_summary(control, sandbox))


def drop_sandbox(control: ControlContext, values: PathParams, _call: Request) -> Response:
    """Delete a sandbox with everything in it."""
    if not control.registry.drop(values["sandbox"]):
        raise _sandbox_not_found(values["sandbox"])
    return Response(204)


def reset_sandbox(control: ControlContext, values: PathParams, _call: Request) -> Response:
    """Reset the sandbox to its scenario."""
    sandbox = control.registry.reset(values["sandbox"])
    return json_response(_serialize_seed(control.registry.template_of(sandbox.name), sandbox))


def put_scenario(control: ControlContext, values: PathParams, request: Request) -> Response:
    """Fill a sandbox from a scenario that is sent, or from a shipped one by name."""
    name, scenario_document = _scenario_from_body(parse_document(request))
    surroundings = control.registry.template.defaults
    scenario = parse_scenario(name, scenario_document, surroundings)
    sandbox = control.registry.fill(values["sandbox"], scenario)
    return json_response(_serialize_seed(scenario, sandbox))


def get_scenario(control: ControlContext, values: PathParams, _call: Request) -> Response:
    """Export a sandbox as a scenario that reproduces it.

    Personal data is masked, credentials are left out.
    """
    return yaml_response(export_sandbox(sandbox_from_path(control, values)))


def get_verdict(control: ControlContext, values: PathParams, _call: Request) -> Response:
    """Check the expectations of the sandbox's scenario."""
    sandbox = sandbox_from_path(control, values)
    return _verdict_response(
        control.registry.template_of(sandbox.name).check_expectations(sandbox)
    )


def check_posted_expectations(
    control: ControlContext, values: PathParams, request: Request
) -> Response:
    """Check the expectations in the request body, in the syntax of ``expect``."""
    expect = validate(parse_json_object(request), "scenario.schema.json#/$defs/expect")
    sandbox = sandbox_from_path(control, values)
    rule_names = [rule.name for rule in sandbox.faults.rules()]
    for name in expect.get("faults", {}):
        if name not in rule_names:
            raise Problem(422, f"unknown fault '{name}', {did_you_mean(name, rule_names)}")
    return _verdict_response(check_expectations(expect, sandbox))


def name_movements(control: ControlContext, values: PathParams, request: Request) -> Response:
    """Name captures and refunds so that expectations can refer to them."""
    names = parse_json_object(request)
    sandbox = sandbox_from_path(control, values)
    ids = {
        capture.capture_id for order in sandbox.orders.values() for capture in order.captures
    }
    ids |= {refund.refund_id for order in sandbox.orders.values() for refund in order.refunds}
    for part_id, name in names.items():
        if part_id not in ids:
            raise Problem(404, f"no capture or refund '{part_id}' in '{sandbox.name}'")
        if not isinstance(name, str) or not name or not name.isprintable():
            message = f"expected a text of one line as the name of {part_id}, got {name!r}"
            raise Problem(422, message)
    sandbox.movement_names.update(names)
    return json_response({"names": sandbox.movement_names})


def get_invariants(control: ControlContext, values: PathParams, _call: Request) -> Response:
    """Check the money of every order, violations first."""
    sandbox = sandbox_from_path(control, values)
    orders = [
        {"order_id": order.order_id, "violations": list(broken_invariants(order))}
        for order in sandbox.orders.values()
    ]
    orders.sort(key=lambda item: not item["violations"])
    has_violations = any(order["violations"] for order in orders)
    return json_response({"passed": not has_violations, "orders": orders})


def _scenario_from_body(document: Document) -> tuple[str, Document]:
    if not isinstance(document.value, dict):
        raise Problem(422, 'expected a scenario, or {"use": "<shipped name>"}')
    if "use" not in document.value:
        return str(document.value.get("title", "")), document
    name = str(document.value["use"])
    if len(document.value) > 1:
        raise Problem(
            422, "'use' cannot be combined with other keys; copy the scenario to change it"
        )
    try:
        return name, parse_yaml(find_shipped(name).read_bytes())
    except UnknownScenarioError as error:
        raise Problem(422, str(error)) from None


def _serialize_seed(scenario: Scenario, sandbox: Sandbox) -> dict[str, Any]:
    return {"scenario": scenario.name, "orders": sandbox.order_names}


def _summary(control: ControlContext, sandbox: Sandbox) -> dict[str, Any]:
    return {
        "name": sandbox.name,
        "scenario": control.registry.template_of(sandbox.name).name,
        "orders": len(sandbox.orders),
        "requests": sandbox.journal.count,
        "faults": len(sandbox.faults.rules()),
        "now": format_time(sandbox.clock.now()),
        "frozen": sandbox.clock.frozen,
    }


def _verdict_response(verdict: Verdict) -> Response:
    expectations = [
        {
            "path": format_path(expectation.path),
            "passed": expectation.passed,
            "expected": expectation.expected,
            "actual": expectation.actual,
            "text": expectation.text,
        }
        for expectation in verdict.expectations
    ]
    return json_response({"passed": verdict.passed, "expectations": expectations})


def _sandbox_not_found(name: str) -> Problem:
    return Problem(404, f"no sandbox '{name}' is in use")
