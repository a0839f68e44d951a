"""Run the steps of a scenario over HTTP and compare the responses.

The server may be any that offers the same API. Without a control API, actions of the
sandbox are skipped, and reported as skipped.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote

from mockserver.client import ControlClient, ControlError
from mockserver.domain.operation import Operation
from mockserver.http.merchant.responses import IDEMPOTENCY_KEY_HEADER
from mockserver.http_client import HttpClient, HttpClientError, HttpResponse, basic_auth
from mockserver.json_type import Json
from mockserver.scenario.diagnostics import format_path
from mockserver.scenario.expectations import check_order
from mockserver.scenario.scenario import Scenario
from mockserver.scenario.steps import (
    DEFAULT_STEP_TIMEOUT,
    LOST_RESPONSE,
    CallOperation,
    ControlSandbox,
    Step,
)
from mockserver.testing.sandbox_handle import KustomSandbox

Transport: TypeAlias = Callable[
    [str, str, str | None, Mapping[str, str]], HttpResponse
]  # method, path, body, headers
MovementKey: TypeAlias = tuple[str, str, str]  # order, capture or refund, name


ONLY_HERE = ("refunds", "requests", "faults", "checkouts", "deliveries")
"""Expectations that need a control API."""


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    """A received response; status 0 if none was received."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """Result of a step: differences, and what was skipped."""

    text: str
    differences: tuple[str, ...] = ()
    skipped: str = ""


@dataclass(slots=True)
class StepRunner:
    """Runs steps against a server, with the ids of named orders and movements.

    ``transport`` sends the requests in place of an HTTP client.
    """

    base_url: str
    user: str
    secret: str
    orders: dict[str, str]
    movement_ids: dict[MovementKey, str] = field(default_factory=dict)
    control: ControlClient | None = None
    transport: Transport | None = None

    def run(self, steps: Sequence[Step]) -> Iterator[StepResult]:
        """Run the steps in order."""
        for step in steps:
            try:
                yield self._run_step(step)
            except ControlError as error:
                yield StepResult(step.text, (str(error),))

    def check_expectations(self, expect: Mapping[str, Json]) -> StepResult:
        """Check the expectations that this server allows to check."""
        if self.control is not None:
            results = self.control.check_expectations(expect)["expectations"]
            return StepResult("expect", tuple(e["text"] for e in results if not e["passed"]))
        differences: list[str] = []
        skipped = [key for key in ONLY_HERE if key in expect]
        for name, expected in expect.get("orders", {}).items():
            reply = self.send(CallOperation(Operation.GET_ORDER, name))
            page = reply.body if reply.status == Operation.GET_ORDER.info.success else None
            names = {v: k[2] for k, v in self.movement_ids.items() if k[0] == name}
            checked = [*check_order(expected, page, names, ("orders", name))]
            differences += [order.text for order in checked if not order.passed]
            skipped += [format_path(order.path) for order in checked if order.skipped]
        return StepResult("expect", tuple(differences), ", ".join(skipped))

    def send(
        self, call: CallOperation, timeout: float = DEFAULT_STEP_TIMEOUT
    ) -> ReceivedResponse:
        """Send the request of a step and return the response; ``timeout`` in seconds."""
        info = call.operation.info
        path = info.full_path.format(
            order_id=self._order_id(call.order),
            capture_id=self._movement_id(call, "capture", call.capture),
            refund_id=self._movement_id(call, "refund", call.refund),
        )
        body = call.body
        content = body if body is None or isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        if call.idempotency_key is not None:
            headers[IDEMPOTENCY_KEY_HEADER] = call.idempotency_key
        authorization = basic_auth(self.user, self.secret)
        send = self.transport or self._client(timeout).send
        try:
            response = send(info.method, path, content, {**headers, **authorization})
        except HttpClientError:
            return ReceivedResponse(0)
        return ReceivedResponse(response.status, response.headers, response.json())

    def _client(self, timeout: float) -> HttpClient:
        if self.control is None:
            return HttpClient(self.base_url, timeout)
        control = self.control
        return HttpClient(
            self.base_url, timeout, ca_file=control.ca_file, verify=control.verify
        )

    def _run_step(self, step: Step) -> StepResult:
        if isinstance(step.instruction, ControlSandbox):
            if self.control is None:
                return StepResult(step.text, skipped="needs a control API")
            self._control_sandbox(step.instruction)
            differences: list[str] = []
        else:
            reply = self.send(step.instruction, step.timeout)
            self._remember_movement(step.instruction, reply)
            self._remember_checkout(step.instruction, reply)
            differences = _differences(step, reply)
        result = self.check_expectations(step.expect) if step.expect else StepResult("")
        return StepResult(step.text, (*differences, *result.differences), result.skipped)

    def _control_sandbox(self, instruction: ControlSandbox) -> None:
        assert self.control is not None  # noqa: S101  # the caller checked
        action, value = instruction.action, instruction.value
        if action == "force":
            self.control.force(str(value["order"]), value["outcome"])
        elif action == "complete":
            options = {key: option for key, option in value.items() if key != "order"}
            self.control.complete(str(value["order"]), **options)
        else:
            self.control.set_clock(**{action: value})

    def _remember_movement(self, call: CallOperation, reply: ReceivedResponse) -> None:
        """Store the id of a capture or refund that the step names."""
        header = call.operation.info.created_id_header
        part_id = reply.headers.get(header) if header else None
        if call.movement_name is None or part_id is None:
            return
        self.movement_ids[call.order, call.operation, call.movement_name] = part_id
        if self.control is not None:
            self.control.name_movements({part_id: call.movement_name})

    def _remember_checkout(self, call: CallOperation, reply: ReceivedResponse) -> None:
        """Store the id of a checkout order by the name that the step gives it."""
        is_created = reply.status == Operation.CREATE_CHECKOUT.info.success
        if call.operation is not Operation.CREATE_CHECKOUT or not is_created:
            return
        self.orders[call.order] = reply.body["order_id"]
        if self.control is not None:
            self.control.name_movements({reply.body["order_id"]: call.order})

    def _order_id(self, name: str) -> str:
        return quote(self.orders.get(name, name), safe="")

    def _movement_id(self, call: CallOperation, kind: str, name: str | None) -> str:
        id_or_name = self.movement_ids.get((call.order, kind, name or ""), name or "")
        return quote(id_or_name, safe="")


def seeded_movement_ids(
    spec: Mapping[str, Json],
    pages: Mapping[str, Json],
) -> dict[MovementKey, str]:
    """Return the ids of seeded captures and refunds, by their position in the orders."""
    movement_ids: dict[MovementKey, str] = {}
    for order, page in pages.items():
        for kind in ("capture", "refund"):
            ids = [
                movement_json.get(f"{kind}_id", "")
                for movement_json in page.get(f"{kind}s", ())
            ]
            names = spec["orders"][order].get(f"{kind}s", {})
            movement_ids |= {(order, kind, n): i for n, i in zip(names, ids, strict=False)}
    return movement_ids


def named_movement_ids(
    names: Mapping[str, str], pages: Mapping[str, Json]
) -> dict[MovementKey, str]:
    """Return the ids of captures and refunds by the names that the server stores."""
    return {
        (order, kind, names[part_id]): part_id
        for order, page in pages.items()
        for kind in ("capture", "refund")
        for part in page[f"{kind}s"]
        if (part_id := part[f"{kind}_id"]) in names
    }


def _differences(step: Step, reply: ReceivedResponse) -> list[str]:
    """Compare a response with what the step expects."""
    assert isinstance(step.instruction, CallOperation)  # noqa: S101  # other steps have no response
    lost = reply.status == 0
    if step.response == LOST_RESPONSE or lost:
        expected = "no response" if step.response == LOST_RESPONSE else _expected_status(step)
        actual = "no response" if lost else _format_response(reply)
        return [] if expected == actual else [f"expected {expected}, got {actual}"]
    responses = step.response if isinstance(step.response, Mapping) else {}
    differences = []
    status = _expected_status(step)
    if status is not None and reply.status != status:
        differences.append(f"expected {status}, got {_format_response(reply)}")
    page = reply.body if isinstance(reply.body, Mapping) else {}
    code = responses.get("error_code")
    if code is not None and page.get("error_code") != code:
        differences.append(f"expected error_code {code}, got {page.get('error_code', 'none')}")
    expected_body = responses.get("body", {})
    return [
        *differences,
        *(f"body.{difference}" for difference in _body_differences(expected_body, page)),
    ]


def _expected_status(step: Step) -> int | None:
    """Return the expected status; ``None`` if the step expects only other fields."""
    if isinstance(step.response, Mapping):
        status: int | None = step.response.get("status")
        return status
    assert isinstance(step.instruction, CallOperation)  # noqa: S101  # other steps have no response
    return step.instruction.operation.info.success


def _body_differences(expected: Mapping[str, Json], page: Mapping[str, Json]) -> Iterator[str]:
    for key, value in expected.items():
        if page.get(key) != value:
            yield f"{key}: expected {json.dumps(value)}, got {json.dumps(page.get(key))}"


def _format_response(reply: ReceivedResponse) -> str:
    page = reply.body if isinstance(reply.body, Mapping) else {}
    code = page.get("error_code")
    messages = "; ".join(map(str, page.get("error_messages", ())))
    return f"{reply.status} {code}: {messages}" if code else str(reply.status)


def run_in_sandbox(
    sandbox: KustomSandbox, scenario: Scenario, transport: Transport | None = None
) -> Iterator[StepResult]:
    """Run the steps of a scenario in a sandbox that was filled from it."""
    names = sandbox.control.name_movements({})
    known = {order["order_id"] for order in sandbox.control.orders()}
    orders = {
        name: sandbox.order(name)["order"]
        for name, order_id in sandbox.orders.items()
        if order_id in known
    }
    runner = StepRunner(
        sandbox.base_url,
        *sandbox.auth,
        orders=sandbox.orders,
        movement_ids=named_movement_ids(names, orders),
        control=sandbox.control,
        transport=transport,
    )
    yield from runner.run(scenario.steps)


def run_against_server(runner: StepRunner, scenario: Scenario) -> Iterator[StepResult]:
    """Run a scenario's steps and check its expectations against another server."""
    responses = {
        name: runner.send(CallOperation(Operation.GET_ORDER, name)).body
        for name in runner.orders
    }
    pages = {name: page for name, page in responses.items() if isinstance(page, Mapping)}
    runner.movement_ids.update(seeded_movement_ids(scenario.spec, pages))
    yield from runner.run(scenario.steps)
    if "expect" in scenario.spec:
        yield runner.check_expectations(scenario.spec["expect"])
