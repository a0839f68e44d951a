"""Play the steps of a scenario, and record every request with its response."""

import json
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.lifecycle import LIFECYCLE, derive_status
from mockserver.domain.refusal import Refusal
from mockserver.http_client import HttpClient, HttpClientError, HttpResponse, basic_auth
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import Scenario
from mockserver.testing.in_process import InProcessServer
from mockserver.testing.step_runner import (
    StepResult,
    StepRunner,
    Transport,
    run_against_server,
)

STEP_TIMEOUT = 30.0  # seconds
NO_RESPONSE = HttpResponse(0, {}, b"")


class PredictingRule(Struct, frozen=True):
    """The rule by which a response was predicted, with its mark and source."""

    name: str
    mark: str
    source: str


class RecordedExchange(Struct, frozen=True):
    """A request with its response; ``rule`` is set for predicted ones."""

    request: str
    response: HttpResponse
    rule: PredictingRule | None = None


class Recorder:
    """Sends requests, and records them with their responses."""

    def __init__(self, send: Transport) -> None:
        self._send = send
        self.exchanges: list[RecordedExchange] = []

    def send(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> HttpResponse:
        """Send a request.

        Raises:
            HttpClientError: no response came.
        """
        request = f"{method} {path}"
        try:
            response = self._send(method, path, body, headers)
        except HttpClientError:
            self.exchanges.append(RecordedExchange(request, NO_RESPONSE))
            raise
        self.exchanges.append(RecordedExchange(request, response))
        return response


def account_transport(url: str, user: str, secret: str) -> Transport:
    """Return what sends requests to an account over HTTP."""
    return HttpClient(url, STEP_TIMEOUT, basic_auth(user, secret)).send


def play_against_account(
    scenario: Scenario,
    url: str,
    user: str,
    secret: str,
    orders: Mapping[str, str],
    send: Transport,
) -> tuple[list[StepResult], list[RecordedExchange], StepRunner]:
    """Play a scenario against a real account, or any server of that API."""
    recorder = Recorder(send)
    runner = StepRunner(url, user, secret, dict(orders), transport=recorder.send)
    return list(run_against_server(runner, scenario)), recorder.exchanges, runner


def predict(
    server: InProcessServer, scenario: Scenario, assume: Mapping[str, object]
) -> tuple[list[RecordedExchange], StepRunner]:
    """Play a scenario in the process; actions of the sandbox are skipped, as elsewhere."""
    present = scenario.spec.get("assume", {})
    content = {**scenario.spec, "assume": {**present, **assume}}
    content.pop("faults", None)  # the account has none
    sandbox = server.open_sandbox(content)
    recorder = Recorder(server.send)
    runner = StepRunner(
        sandbox.base_url, *sandbox.auth, orders=sandbox.orders, transport=recorder.send
    )
    list(run_against_server(runner, scenario))
    state = server.registry.get(sandbox.auth[0])
    assert state is not None  # noqa: S101  # it was just used
    rules = [find_rule(entry, state) for entry in state.journal]
    return [
        replace(exchange, rule=rule)
        for exchange, rule in zip(recorder.exchanges, rules, strict=True)
    ], runner


def find_rule(entry: Entry, sandbox: Sandbox) -> PredictingRule:
    """Name the rule that decided a request: a row of the catalogue, or of the lifecycle."""
    if isinstance(entry.result, Refusal):
        definition = entry.result.definition
        source = definition.source
        return PredictingRule(f"errors: {definition.reason}", source.mark, source.source)
    operation, order = entry.operation, entry.before
    if operation is None or order is None or operation not in LIFECYCLE:
        return PredictingRule(f"response of {operation or entry.path}", "format", "responses")
    status = derive_status(order, entry.at, sandbox.assumptions)
    mark = LIFECYCLE[operation][status].mark
    return PredictingRule(f"lifecycle: {operation} of {status}", mark, "lifecycle table")


def json_body(response: HttpResponse) -> object:
    """Return the parsed body; ``None`` if it is empty or not JSON."""
    try:
        return json.loads(response.body) if response.body else None
    except ValueError:
        return None


def names_of_ids(runner: StepRunner) -> dict[str, str]:
    """Return names for all ids of a run, so that equal ids stay equal."""
    names = {order_id: f"(order {name})" for name, order_id in runner.orders.items()}
    for number, part_id in enumerate(runner.movement_ids.values(), 1):
        names[part_id] = f"(part {number})"
    return names
