"""Run the steps of a scenario on a server and audit its sandbox."""

import json
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep

from mockserver.client import ControlClient
from mockserver.http_client import HttpClient
from mockserver.report_types import AuditReport
from mockserver.scenario.scenario import parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.testing.sandbox_handle import KustomSandbox
from mockserver.testing.step_runner import run_in_sandbox

PARALLEL = "& "
POLL_INTERVAL = 0.005  # seconds


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
    with ThreadPoolExecutor() as pool:
        sent = [_start(pool, url, sandbox, line) for line in requests]
    for response in sent:
        response.result()
    return differences, sandbox.control.audit(allow)


def _start(
    pool: ThreadPoolExecutor, url: str, sandbox: KustomSandbox, line: str
) -> Future[None]:
    """Send the request of a line; after ``&``, without waiting for its response."""
    is_parallel = line.startswith(PARALLEL)
    response = pool.submit(_send, url, sandbox, *line.removeprefix(PARALLEL).split(" ", 2))
    if is_parallel:
        while not any(fault["matched"] for fault in sandbox.control.faults()):
            sleep(POLL_INTERVAL)  # until it has arrived, and is delayed
    else:
        response.result()
    return response


def _send(url: str, sandbox: KustomSandbox, method: str, path: str, body: str = "") -> None:
    """Send a request to the merchant API, or to the control API of the sandbox."""
    if path.startswith("…/"):
        sandbox.control.call(method, path.removeprefix("…/"), json.loads(body))
        return
    content_type = {"Content-Type": "application/json"} if body else {}
    client = HttpClient(url, headers=sandbox.headers)
    assert client.send(method, path, body or None, content_type).status < 400
