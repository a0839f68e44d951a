"""Control API: shipped scenarios, and what a scenario would bring, with its findings."""

from collections.abc import Callable
from functools import partial

from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import ControlContext, PathParams
from mockserver.http.control.parsing import parse_document, yaml_response
from mockserver.http.control.pictures import svg_response
from mockserver.http.control.serializers import serialize_order_summaries
from mockserver.http.json_bodies import json_response, read_body
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.http.workers import SMALL_BODY
from mockserver.scenario.diagnostics import Finding, ScenarioError
from mockserver.scenario.document import Document
from mockserver.scenario.lint import lint_sandbox
from mockserver.scenario.loader import UnknownScenarioError, find_shipped, list_shipped
from mockserver.scenario.scenario import Scenario, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml

BUILT_SANDBOX = "scenario"  # name of the sandbox that a scenario is built in to look at it
MAX_LISTED_ORDERS = 100  # orders of a scenario that are listed


def list_scenarios(
    _context: ControlContext, _params: PathParams, _request: Request
) -> Response:
    """List the shipped scenarios."""
    scenarios = [
        {"name": name, "title": parse_yaml(file.read_bytes()).value["title"]}
        for name, file in list_shipped().items()
    ]
    return json_response({"scenarios": scenarios})


def get_shipped(_context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return a shipped scenario."""
    try:
        file = find_shipped(params["scenario"])
    except UnknownScenarioError as error:
        raise Problem(404, str(error)) from None
    return yaml_response(file.read_text(encoding="utf-8"))


async def lint_scenario(
    context: ControlContext, _params: PathParams, request: Request
) -> Response:
    """List the errors and warnings of a scenario, and its orders; nothing is loaded."""
    return await _run(_lint, context, request)


async def draw_scenario(
    context: ControlContext, _params: PathParams, request: Request
) -> Response:
    """Draw an order as the scenario in the body would bring it; nothing is loaded."""
    return await _run(_draw, context, request)


async def _run(
    look: Callable[[ControlContext, Request], Response],
    context: ControlContext,
    request: Request,
) -> Response:
    """Look at the scenario in a body, in a worker if it is large."""
    is_long = len(request.body or b"") > SMALL_BODY
    return await context.workers.run_if(partial(look, context, request), is_long=is_long)


def _lint(context: ControlContext, request: Request) -> Response:
    try:
        scenario = _parse_scenario(context, parse_yaml(read_body(request)))
        sandbox = scenario.build(BUILT_SANDBOX)
        findings = lint_sandbox(scenario, sandbox)
        first = [*sandbox.orders.values()][:MAX_LISTED_ORDERS]
        orders = serialize_order_summaries(sandbox, first)
    except ScenarioError as error:
        findings, orders = list(error.findings), []
    rows = [_serialize_finding(finding) for finding in findings]
    return json_response({"findings": rows, "orders": orders})


def _draw(context: ControlContext, request: Request) -> Response:
    scenario = _parse_scenario(context, parse_document(request))
    sandbox, name = scenario.build(BUILT_SANDBOX), request.query.get("order", "")
    if name not in sandbox.order_names:
        known = did_you_mean(name, sandbox.order_names)
        raise Problem(422, f"the query names no order of the scenario: order='{name}'; {known}")
    return svg_response(sandbox.orders[sandbox.order_names[name]], request)


def _parse_scenario(context: ControlContext, document: Document) -> Scenario:
    return parse_scenario("", document, context.registry.template.defaults)


def _serialize_finding(finding: Finding) -> dict[str, object]:
    return {
        "severity": "error" if finding.is_error else "warning",
        "code": finding.code,
        "path": finding.location,
        "message": finding.message,
        "line": finding.line,
        "column": finding.column,
    }
