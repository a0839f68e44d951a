"""Run the steps of a scenario on a server and audit its sandbox."""

import json
from collections.abc import Iterable

from mockserver.client import ControlClient
from mockserver.control_types import AuditReport
from mockserver.http_client import HttpClient
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.testing.sandbox_handle import KustomSandbox
from mockserver.testing.step_runner import run_in_sandbox


def run_and_audit(
    url: str, name: str, text: str, allow: Iterable[str] = (), requests: Iterable[str] = ()
) -> tuple[list[str], AuditReport]:
    """Run the steps, send the requests, and return differences and audit of the sandbox."""
    scenario = parse_scenario(name, parse_yaml(text))
    sandbox = KustomSandbox.open(ControlClient(url, name), text, secret="secret")
    differences = [
        difference
        for result in run_in_sandbox(sandbox, scenario)
        for difference in result.differences
    ]
    for line in requests:
        _send(url, sandbox, *line.split(" ", 2))
    return differences, sandbox.control.audit(allow)


def _send(url: str, sandbox: KustomSandbox, method: str, path: str, body: str = "") -> None:
    """Send a request to the merchant API, or to the control API of the sandbox."""
    if path.startswith("…/"):
        sandbox.control.call(method, path.removeprefix("…/"), json.loads(body))
        return
    content_type = {"Content-Type": "application/json"} if body else {}
    client = HttpClient(url, headers=sandbox.headers)
    assert client.send(method, path, body or None, content_type).status < 400
