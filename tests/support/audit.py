"""Run the steps of a scenario on a server and audit its sandbox."""

from collections.abc import Iterable

from mockserver.client import ControlClient
from mockserver.control_types import AuditReport
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.testing.runner import run_in_sandbox
from mockserver.testing.sandbox_handle import KustomSandbox


def run_and_audit(
    url: str, name: str, text: str, allow: Iterable[str] = ()
) -> tuple[list[str], AuditReport]:
    """Run the steps; return their differences and the audit of the sandbox."""
    scenario = parse_scenario(name, parse_yaml(text))
    sandbox = KustomSandbox.open(ControlClient(url, name), text, secret="secret")
    differences = [
        difference
        for result in run_in_sandbox(sandbox, scenario)
        for difference in result.differences
    ]
    return differences, sandbox.control.audit(allow)
