"""The control API under ``/__admin``: look into sandboxes and change them.

Never subject to faults. A web page must not drive it, so foreign origins and
unexpected host names are refused.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import monotonic
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson

from mockserver import __version__
from mockserver.api import control_views as views
from mockserver.api import request_errors
from mockserver.api.commands import refund_order
from mockserver.api.exchange import Answer, Call
from mockserver.api.problems import Problem, problem_answer
from mockserver.api.routes import RouteTable
from mockserver.api.views import time_text
from mockserver.domain.allocation import allocate
from mockserver.domain.order import Order
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.problems import schema_findings
from mockserver.scenario.world import add_order
from mockserver.schemas import schema

PREFIX = "__admin"
HEALTH_PATHS = ("/livez", "/readyz", "/healthz", "/__admin/health")
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".svc", ".test")

log = logging.getLogger("kustom_mock")

Values: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ControlApi:
    """Answers what tests and people ask of the server itself."""

    sandboxes: Sandboxes
    allowed_hosts: frozenset[str] = frozenset()
    started: float = field(default_factory=monotonic)

    async def answer(self, call: Call) -> Answer:
        """Answer a call below ``/__admin`` or on a health path."""
        try:
            self._check_caller(call)
            found = ROUTES.find(call.method, call.segments)
            if found is None:
                raise Problem(404, f"no such path: {call.path}")
            if found.row is None:
                allowed = ", ".join(found.methods)
                raise Problem(405, f"{call.method} is not supported here, use {allowed}")
            return await found.row(self, found.values, call)
        except Problem as problem:
            return problem_answer(problem)
        except ScenarioError as error:
            return problem_answer(_scenario_problem(error))
        except Exception:
            log.exception("crash in %s", call.path)
            return problem_answer(Problem(500, "unexpected server error"))

    def _check_caller(self, call: Call) -> None:
        host = call.headers.get("Host", "")
        if not self._expects(host):
            raise Problem(403, f"unexpected host '{host}'; allow it by --allowed-host")
        origin = call.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Problem(403, f"requests from the web page {origin} are refused")

    def _expects(self, host: str) -> bool:
        name = (urlsplit(f"//{host}").hostname or "").lower()
        if "." not in name or name in self.allowed_hosts or name.endswith(LOCAL_SUFFIXES):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


Handler: TypeAlias = Callable[[ControlApi, Values, Call], Awaitable[Answer]]


async def health(api: ControlApi, _values: Values, _call: Call) -> Answer:
    """Say that the server is up; it listens only when its scenarios are loaded."""
    return _json(
        {
            "status": "ok",
            "version": __version__,
            "uptime": round(monotonic() - api.started, 3),
            "sandboxes": len(tuple(api.sandboxes)),
        },
    )


async def list_sandboxes(api: ControlApi, _values: Values, _call: Call) -> Answer:
    """List the sandboxes in use."""
    return _json({"sandboxes": [await _summary(each) for each in api.sandboxes]})


async def get_sandbox(api: ControlApi, values: Values, _call: Call) -> Answer:
    """Look at a sandbox that is in use."""
    name = values["sandbox"]
    sandbox = api.sandboxes.find(name)
    if sandbox is None:
        raise Problem(404, f"no sandbox '{name}' is in use")
    return _json(await _summary(sandbox))


async def list_orders(api: ControlApi, values: Values, _call: Call) -> Answer:
    """List the orders of a sandbox, which appears on first use."""
    sandbox = await api.sandboxes.open(values["sandbox"])
    orders = await sandbox.store.orders()
    return _json({"orders": [views.order_summary(sandbox, each) for each in orders]})


async def make_order(api: ControlApi, values: Values, call: Call) -> Answer:
    """Make an order from scenario syntax."""
    sandbox = await api.sandboxes.open(values["sandbox"])
    spec = _json_body(call)
    findings = schema_findings(schema("scenario.schema.json#/$defs/order"), spec)
    if findings:
        raise ScenarioError(findings)
    name = spec.get("name", f"order-{len(await sandbox.store.orders()) + 1}")
    order = await add_order(sandbox, name, spec)
    return _json(views.order_page(sandbox, order), status=201)


async def get_order(api: ControlApi, values: Values, _call: Call) -> Answer:
    """Show the inner side of an order, by its id or its name."""
    sandbox = await api.sandboxes.open(values["sandbox"])
    return _json(views.inner_view(sandbox, await _order(sandbox, values["order_id"])))


async def explain_call(api: ControlApi, values: Values, _call: Call) -> Answer:
    """Say why the request with a correlation id got its answer."""
    sandbox = await api.sandboxes.open(values["sandbox"])
    entry = sandbox.journal.find(values["correlation_id"])
    if entry is None:
        raise Problem(404, f"no request with correlation id {values['correlation_id']}")
    return _json(views.entry_view(entry))


async def explain_refund(api: ControlApi, values: Values, call: Call) -> Answer:
    """Say how a refund would be allocated, without making it."""
    sandbox = await api.sandboxes.open(values["sandbox"])
    body = _json_body(call)
    if not isinstance(body.get("order_id"), str) or "refund" not in body:
        raise Problem(422, 'expected {"order_id": "…", "refund": {…}}')
    rules = schema("requests/refund.schema.json")
    if not rules.accepts(body["refund"]):
        errors = request_errors.messages(rules.violations(body["refund"]))
        raise Problem(422, "the refund is not valid", errors=errors)
    order = await _order(sandbox, body["order_id"])
    refund = refund_order(body["refund"], {})
    allocation = allocate(
        refund.refunded_amount,
        refund.order_lines,
        order.captures,
        order.refunds,
        sandbox.assumptions,
    )
    return _json(views.dry_run_view(sandbox, order, allocation))


CONTROL: tuple[tuple[str, str, Handler], ...] = (
    *(("GET", path, health) for path in HEALTH_PATHS),
    ("GET", "/__admin/sandboxes", list_sandboxes),
    ("GET", "/__admin/sandboxes/{sandbox}", get_sandbox),
    ("GET", "/__admin/sandboxes/{sandbox}/orders", list_orders),
    ("POST", "/__admin/sandboxes/{sandbox}/orders", make_order),
    ("GET", "/__admin/sandboxes/{sandbox}/orders/{order_id}", get_order),
    ("GET", "/__admin/sandboxes/{sandbox}/explain/{correlation_id}", explain_call),
    ("POST", "/__admin/sandboxes/{sandbox}/explain", explain_refund),
)
ROUTES = RouteTable(CONTROL)


async def _summary(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "name": sandbox.name,
        "orders": len(await sandbox.store.orders()),
        "requests": sandbox.journal.count,
        "now": time_text(sandbox.clock.now()),
    }


async def _order(sandbox: Sandbox, wanted: str) -> Order:
    order_id = sandbox.order_names.get(wanted, wanted)
    order = (await sandbox.store.open(order_id)).order
    if order is None:
        raise Problem(404, f"no order '{wanted}' in sandbox '{sandbox.name}'")
    return order


def _json(page: object, status: int = 200) -> Answer:
    return Answer(status, orjson.dumps(page), {"Content-Type": "application/json"})


def _json_body(call: Call) -> Any:  # noqa: ANN401
    if call.body is None:
        raise Problem(413, "the body is larger than allowed")
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"malformed JSON: {error}") from None
    if not isinstance(body, dict):
        raise Problem(422, "expected a JSON object")
    return body


def _scenario_problem(error: ScenarioError) -> Problem:
    findings = [
        {
            "code": each.code,
            "place": each.place,
            "message": each.message,
            "line": each.line,
            "column": each.column,
        }
        for each in error.findings
    ]
    return Problem(422, str(error), errors=findings)
