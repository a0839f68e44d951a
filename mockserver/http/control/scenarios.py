"""Control API: shipped scenarios, and findings in the text of a scenario."""

from mockserver.http.control.context import ControlContext, PathParams
from mockserver.http.control.parsing import json_response, yaml_response
from mockserver.http.control.problems import Problem
from mockserver.http.messages import Request, Response
from mockserver.scenario.diagnostics import Finding, ScenarioError
from mockserver.scenario.lint import lint
from mockserver.scenario.loader import UnknownScenarioError, find_shipped, list_shipped
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml


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


def lint_scenario(context: ControlContext, _params: PathParams, request: Request) -> Response:
    """List the errors and warnings of a scenario; nothing is loaded."""
    if request.body is None:
        raise Problem(413, "the body is larger than 1 MiB")
    try:
        scenario = parse_scenario(
            "", parse_yaml(request.body), context.registry.template.defaults
        )
        findings = list(lint(scenario))
    except ScenarioError as error:
        findings = list(error.findings)
    return json_response({"findings": [_serialize_finding(finding) for finding in findings]})


def _serialize_finding(finding: Finding) -> dict[str, object]:
    return {
        "severity": "error" if finding.is_error else "warning",
        "code": finding.code,
        "path": finding.location,
        "message": finding.message,
        "line": finding.line,
        "column": finding.column,
    }
