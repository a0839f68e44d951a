"""Control API: list, fill, reset, drop and check sandboxes."""

from functools import partial
from typing import Any

from mockserver.domain.ledger import broken_invariants
from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import (
    Commit,
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
    parse_sandbox_name,
    sandbox_not_found,
)
from mockserver.http.control.parsing import parse_document, yaml_response
from mockserver.http.control.serializers import count_failed_refunds
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.json_values import format_time
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.http.workers import SMALL_BODY, SMALL_SANDBOX
from mockserver.sandbox.memory_sizes import NAME_BYTES
from mockserver.sandbox.names import display_name
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checked_expectation import Verdict
from mockserver.scenario.diagnostics import format_path
from mockserver.scenario.document import Document
from mockserver.scenario.expectations import check_expectations
from mockserver.scenario.export import export_sandbox
from mockserver.scenario.loader import UnknownScenarioError, find_shipped
from mockserver.scenario.scenario import Scenario, ScenarioDefaults, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml

MAX_MOVEMENT_NAME_LENGTH = 100  # characters


def list_sandboxes(context: ControlContext, _params: PathParams, _request: Request) -> Response:
    """List the sandboxes in use, the latest that were evicted, and unreadable ones."""
    evicted = [
        {
            "name": display_name(eviction.name),
            "at": format_time(eviction.at),
            "reason": eviction.reason,
        }
        for eviction in context.registry.evicted
    ]
    page = {
        "sandboxes": [_describe_sandbox(context, sandbox) for sandbox in context.registry],
        "evicted": evicted,
        "evicted_count": context.registry.evicted_count,
        "unreadable": [
            {"name": display_name(name), "reason": reason}
            for name, reason in context.home.unreadable.items()
        ],
    }
    return json_response(page)


def get_sandbox(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return a summary of a sandbox in use."""
    return json_response(_describe_sandbox(context, find_sandbox(context, params)))


def drop_sandbox(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Delete a sandbox with everything in it."""
    name = parse_sandbox_name(context, params)
    if not context.registry.drop(name):
        raise sandbox_not_found(context, name)
    context.deliveries.cancel(name)
    return Response(204)


async def reset_sandbox(
    context: ControlContext, params: PathParams, _request: Request
) -> Commit:
    """Reset the sandbox to its scenario."""
    name, take_turn = parse_sandbox_name(context, params), context.home.take_turn
    await take_turn(name, context.registry.check_vacancy, name)
    scenario = await take_turn(name, context.registry.template_of, name)
    sandbox = await context.workers.run_if(
        partial(scenario.build, name), is_long=scenario.total_bytes > SMALL_SANDBOX
    )
    return partial(_replace_sandbox, context, scenario, sandbox)


async def put_scenario(context: ControlContext, params: PathParams, request: Request) -> Commit:
    """Fill a sandbox from the scenario in the body, or from a shipped one by name."""
    name = parse_sandbox_name(context, params)
    await context.home.take_turn(name, context.registry.check_vacancy, name)
    defaults = context.registry.template.defaults
    scenario, sandbox = await context.workers.run_if(
        partial(_build_from_body, request, name, defaults),
        is_long=len(request.body or b"") > SMALL_BODY,
    )
    return partial(_replace_sandbox, context, scenario, sandbox)


def _build_from_body(
    request: Request, name: str, defaults: ScenarioDefaults
) -> tuple[Scenario, Sandbox]:
    """Parse the scenario in a body and build a sandbox from it."""
    scenario_name, document = _scenario_from_body(parse_document(request))
    scenario = parse_scenario(scenario_name, document, defaults)
    sandbox, compacted = scenario.build(name), scenario.compact()
    _ = compacted.total_bytes  # cached now: to measure a large scenario takes long
    return compacted, sandbox


def _replace_sandbox(context: ControlContext, scenario: Scenario, sandbox: Sandbox) -> Response:
    context.registry.put(sandbox, scenario)
    context.deliveries.cancel(sandbox.name)
    return json_response({"scenario": scenario.name, "orders": sandbox.order_names})


def get_scenario(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Export a sandbox as a scenario that reproduces it.

    Personal data is masked, credentials are left out.
    """
    return yaml_response(export_sandbox(find_sandbox(context, params)))


def get_verdict(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Check the expectations of the sandbox's scenario."""
    sandbox = find_sandbox(context, params)
    return _verdict_response(
        context.registry.template_of(sandbox.name).check_expectations(sandbox)
    )


def check_posted_expectations(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Check the expectations in the request body, in the syntax of ``expect``."""
    expect = validate(parse_json_object(request), "scenario.schema.json#/$defs/expect")
    sandbox = find_sandbox(context, params)
    rule_names = [rule.name for rule in sandbox.faults.rules()]
    for name in expect.get("faults", {}):
        if name not in rule_names:
            raise Problem(422, f"unknown fault '{name}', {did_you_mean(name, rule_names)}")
    return _verdict_response(check_expectations(expect, sandbox))


def name_movements(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Name captures, refunds and checkout orders, so that expectations can refer to them."""
    names = parse_json_object(request)
    sandbox = open_sandbox(context, params)
    ids = {
        capture.capture_id for order in sandbox.orders.values() for capture in order.captures
    }
    ids |= {refund.refund_id for order in sandbox.orders.values() for refund in order.refunds}
    for movement_id, name in names.items():
        if movement_id not in ids and movement_id not in sandbox.checkouts:
            kinds = "capture, refund or checkout order"
            raise Problem(404, f"no {kinds} '{movement_id}' in '{sandbox.display_name}'")
        if not isinstance(name, str) or not name or not name.isprintable():
            message = f"expected one line of text as the name of {movement_id}, got {name!r}"
            raise Problem(422, message)
        if len(name) > MAX_MOVEMENT_NAME_LENGTH:
            expected = f"expected at most {MAX_MOVEMENT_NAME_LENGTH} characters"
            raise Problem(422, f"{expected} as the name of {movement_id}, got {len(name)}")
    sandbox.check_room(NAME_BYTES * len(names))
    for named_id, name in names.items():
        if named_id in sandbox.checkouts:
            sandbox.order_names[name] = named_id
        else:
            sandbox.movement_names[named_id] = name
    return json_response({"names": sandbox.movement_names})


def get_invariants(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Check the money invariants of every order, violations first."""
    sandbox = find_sandbox(context, params)
    orders = [
        {"order_id": order.order_id, "violations": list(broken_invariants(order))}
        for order in sandbox.orders.values()
    ]
    orders.sort(key=lambda order: not order["violations"])
    passed = not any(order["violations"] for order in orders)
    return json_response({"passed": passed, "orders": orders})


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


def _describe_sandbox(context: ControlContext, sandbox: Sandbox) -> dict[str, Any]:
    """Return a sandbox in figures, those that take a look at every order included."""
    orders = sandbox.orders.values()
    failed = sum(count_failed_refunds(order) for order in orders if order.refunds)
    return {**summarize_sandbox(context, sandbox), "not_allocated": failed}


def summarize_sandbox(context: ControlContext, sandbox: Sandbox) -> dict[str, Any]:
    """Return a sandbox in figures."""
    return {
        "name": sandbox.display_name,
        "scenario": context.registry.template_of(sandbox.name).name,
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
