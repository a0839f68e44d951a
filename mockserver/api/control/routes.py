"""The control API as a table; it finds handlers, and its own document is made from it."""

from mockserver.api.control import (
    clock,
    explain,
    faults,
    health,
    journal,
    orders,
    sandboxes,
    snapshots,
    tls,
)
from mockserver.api.control.bodies import json_answer
from mockserver.api.control.handler import Control, Route, Values
from mockserver.api.exchange import Answer, Call
from mockserver.api.openapi.control import control_document
from mockserver.api.openapi.merchant import merchant_document
from mockserver.api.routes import RouteTable
from mockserver.domain.operation import OPERATIONS

HEALTH_PATHS = ("/livez", "/readyz", "/healthz", "/__admin/health")
ALL = "/__admin/sandboxes"
ONE = f"{ALL}/{{sandbox}}"


def openapi(_control: Control, _values: Values, _call: Call) -> Answer:
    """Describe the control API."""
    return json_answer(control_document(CONTROL))


def merchant_openapi(_control: Control, _values: Values, _call: Call) -> Answer:
    """Describe the merchant API."""
    return json_answer(merchant_document(OPERATIONS))


CONTROL: tuple[Route, ...] = (
    *(Route("GET", path, health.health, "health", open=True) for path in HEALTH_PATHS),
    Route("GET", "/metrics", health.metrics, "text", answer_type="text/plain", open=True),
    Route("GET", "/__admin/openapi.json", openapi, "document"),
    Route("GET", "/__admin/merchant-openapi.json", merchant_openapi, "document"),
    Route(
        "GET", "/__admin/tls/ca.pem", tls.get_authority, "text",
        answer_type="application/x-pem-file", open=True, may_lack=True,
    ),
    Route("GET", ALL, sandboxes.list_sandboxes, "sandboxes"),
    Route("GET", ONE, sandboxes.get_sandbox, "sandbox"),
    Route("DELETE", ONE, sandboxes.drop_sandbox, status=204),
    Route("POST", f"{ONE}/reset", sandboxes.reset_sandbox, "seeded_sandbox"),
    Route(
        "PUT", f"{ONE}/scenario", sandboxes.put_scenario,
        "seeded_sandbox", request="scenario_request", takes_yaml=True,
    ),
    Route(
        "GET", f"{ONE}/scenario", sandboxes.get_scenario,
        "scenario", answer_type="application/yaml",
    ),
    Route("GET", f"{ONE}/verdict", sandboxes.verdict, "verdict"),
    Route("POST", f"{ONE}/verdict", sandboxes.judge_now, "verdict", request="expect_request"),
    Route("PUT", f"{ONE}/names", sandboxes.name_parts, "names", request="names_request"),
    Route("GET", f"{ONE}/invariants", sandboxes.invariants, "invariants"),
    Route("GET", f"{ONE}/orders", orders.list_orders, "orders"),
    Route(
        "POST", f"{ONE}/orders", orders.make_order, "order", 201, "order_request",
        bounded=True,
    ),
    Route("GET", f"{ONE}/orders/{{order_id}}", orders.get_order, "inner_view"),
    Route(
        "POST", f"{ONE}/orders/{{order_id}}/force", orders.force_outcome,
        "inner_view", request="outcome_request",
    ),
    Route("GET", f"{ONE}/explain/{{correlation_id}}", explain.explain_call, "request"),
    Route(
        "POST", f"{ONE}/explain", explain.explain_refund,
        "dry_run", request="dry_run_request",
    ),
    Route("GET", f"{ONE}/faults", faults.list_faults, "faults"),
    Route(
        "POST", f"{ONE}/faults", faults.make_fault, "fault", 201, "fault_request",
        bounded=True,
    ),
    Route("DELETE", f"{ONE}/faults", faults.clear_faults, status=204),
    Route("DELETE", f"{ONE}/faults/{{id}}", faults.remove_fault, status=204),
    Route("GET", f"{ONE}/clock", clock.get_clock, "clock"),
    Route("POST", f"{ONE}/clock", clock.set_clock, "clock_change", request="clock_request"),
    Route("GET", f"{ONE}/requests", journal.list_requests, "requests", query="filters"),
    Route("DELETE", f"{ONE}/requests", journal.clear_requests, status=204),
    Route("GET", f"{ONE}/requests/count", journal.count_requests, "count", query="filters"),
    Route(
        "GET", f"{ONE}/requests/await", journal.await_requests,
        "await_result", query="await_filters",
    ),
    Route("GET", f"{ONE}/snapshots", snapshots.list_snapshots, "snapshots"),
    Route(
        "POST", f"{ONE}/snapshots", snapshots.take_snapshot,
        "snapshot", 201, "snapshot_request",
    ),
    Route(
        "POST", f"{ONE}/snapshots/{{name}}/restore", snapshots.restore_snapshot, "snapshot",
    ),
)  # fmt: skip
ROUTES = RouteTable((each.method, each.path, each) for each in CONTROL)
