"""Route table of the control API; source of its OpenAPI document."""

from mockserver.domain.operation import ALL_OPERATIONS
from mockserver.http.control import (
    audit,
    checkouts,
    clock,
    coverage,
    deliveries,
    events,
    explain,
    faults,
    health,
    orders,
    pictures,
    requests,
    sandboxes,
    scenarios,
    snapshots,
    webhooks,
    whatif,
)
from mockserver.http.control.activity import serialize_call
from mockserver.http.control.context import ControlContext, PathParams, Route
from mockserver.http.json_bodies import json_response
from mockserver.http.messages import Request, Response
from mockserver.http.router import Router

HEALTH_PATHS = ("/livez", "/healthz", "/__admin/health")
SANDBOXES_PATH = "/__admin/sandboxes"
SANDBOX_PATH = f"{SANDBOXES_PATH}/{{sandbox}}"


def list_activity(context: ControlContext, _params: PathParams, _request: Request) -> Response:
    """List the latest calls of the control API, oldest first."""
    return json_response({"activity": [serialize_call(c) for c in context.activity.calls]})


def get_openapi(_context: ControlContext, _params: PathParams, _request: Request) -> Response:
    """Return the OpenAPI document of the control API."""
    from mockserver.http.openapi.control_document import control_document  # noqa: PLC0415  # a start need not wait for it

    return json_response(control_document(CONTROL_ROUTES))


def get_merchant_openapi(
    _context: ControlContext, _params: PathParams, _request: Request
) -> Response:
    """Return the OpenAPI document of the merchant API."""
    from mockserver.http.openapi.merchant_document import merchant_document  # noqa: PLC0415  # a start need not wait for it

    return json_response(merchant_document(ALL_OPERATIONS))


CONTROL_ROUTES: tuple[Route, ...] = (
    *(
        Route("GET", path, health.get_health, "health", unauthenticated=True)
        for path in HEALTH_PATHS
    ),
    Route("GET", "/readyz", health.get_readiness, "health", unauthenticated=True),
    Route(
        "GET", "/metrics", health.get_metrics, "text",
        response_media_type="text/plain", unauthenticated=True,
    ),
    Route("GET", "/__admin/openapi.json", get_openapi, "document"),
    Route("GET", "/__admin/merchant-openapi.json", get_merchant_openapi, "document"),
    Route(
        "GET", "/__admin/tls/ca.pem", health.get_ca_certificate, "text",
        response_media_type="application/x-pem-file", unauthenticated=True, optional=True,
    ),
    Route("POST", "/__admin/lint", scenarios.lint_scenario, "findings"),
    Route(
        "POST", "/__admin/lint/picture.svg", scenarios.draw_scenario, "text",
        request_schema="scenario_content", query_schema="scenario_picture_options",
        response_media_type=pictures.SVG_TYPE, accepts_yaml=True,
    ),
    Route("GET", "/__admin/scenarios", scenarios.list_scenarios, "scenarios"),
    Route(
        "GET", "/__admin/scenarios/{scenario}", scenarios.get_shipped,
        "scenario", response_media_type="application/yaml",
    ),
    Route("GET", "/__admin/activity", list_activity, "activity"),
    Route(
        "GET", "/__admin/coverage", coverage.get_total_coverage, "coverage", reads_all=True
    ),
    Route("GET", SANDBOXES_PATH, sandboxes.list_sandboxes, "sandboxes", reads_all=True),
    Route("GET", SANDBOX_PATH, sandboxes.get_sandbox, "sandbox"),
    Route("DELETE", SANDBOX_PATH, sandboxes.drop_sandbox, status=204),
    Route("POST", f"{SANDBOX_PATH}/reset", sandboxes.reset_sandbox, "seeded_sandbox"),
    Route(
        "PUT", f"{SANDBOX_PATH}/scenario", sandboxes.put_scenario,
        "seeded_sandbox", request_schema="scenario_request", accepts_yaml=True,
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/scenario", sandboxes.get_scenario,
        "scenario", response_media_type="application/yaml",
    ),
    Route("GET", f"{SANDBOX_PATH}/verdict", sandboxes.get_verdict, "verdict"),
    Route(
        "POST", f"{SANDBOX_PATH}/verdict", sandboxes.check_posted_expectations,
        "verdict", request_schema="expect_request",
    ),
    Route(
        "PUT", f"{SANDBOX_PATH}/names", sandboxes.name_movements,
        "names", request_schema="names_request",
    ),
    Route("GET", f"{SANDBOX_PATH}/invariants", sandboxes.get_invariants, "invariants"),
    Route(
        "GET", f"{SANDBOX_PATH}/orders", orders.list_orders, "orders",
        query_schema="order_filters",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/orders", orders.create_order, "order", 201, "order_request",
        query_schema="order_options", limited=True,
    ),
    Route("GET", f"{SANDBOX_PATH}/orders/{{order_id}}", orders.get_order, "order_details"),
    Route(
        "GET", f"{SANDBOX_PATH}/orders/{{order_id}}/picture.svg", pictures.get_picture,
        "text", query_schema="picture_options", response_media_type=pictures.SVG_TYPE,
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/orders/{{order_id}}/picture.svg", pictures.draw_dry_run,
        "text", request_schema="refund_request", query_schema="dry_run_picture_options",
        response_media_type=pictures.SVG_TYPE,
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/orders/{{order_id}}/force", orders.force_order_outcome,
        "order_details", request_schema="outcome_request",
    ),
    Route("GET", f"{SANDBOX_PATH}/checkouts", checkouts.list_checkouts, "checkouts"),
    Route(
        "POST", f"{SANDBOX_PATH}/checkouts", checkouts.create_from_spec,
        "checkout_details", 201, "checkout_request", limited=True,
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/checkouts/{{checkout_id}}", checkouts.get_checkout,
        "checkout_details",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/checkouts/{{checkout_id}}/complete",
        checkouts.complete_as_shopper, "completion",
        request_schema="completion_request", limited=True,
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/deliveries", deliveries.list_deliveries,
        "deliveries", query_schema="delivery_filters",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/deliveries/await", deliveries.await_deliveries,
        "await_deliveries_result", query_schema="await_delivery_filters",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/deliveries/{{delivery_id}}", deliveries.get_delivery,
        "delivery",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/deliveries/{{delivery_id}}/send", deliveries.send_delivery,
        "delivery",
    ),
    Route(
        "DELETE", f"{SANDBOX_PATH}/deliveries/{{delivery_id}}", deliveries.remove_delivery,
        status=204,
    ),
    Route("GET", f"{SANDBOX_PATH}/webhooks", webhooks.get_webhooks, "webhooks"),
    Route(
        "PUT", f"{SANDBOX_PATH}/webhooks", webhooks.put_webhooks, "webhooks",
        request_schema="webhooks_request",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/explain/{{correlation_id}}", explain.explain_request, "request",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/explain", explain.explain_refund,
        "dry_run", request_schema="dry_run_request",
    ),
    Route("GET", f"{SANDBOX_PATH}/faults", faults.list_faults, "faults"),
    Route(
        "POST", f"{SANDBOX_PATH}/faults", faults.add_fault, "fault", 201, "fault_request",
        limited=True,
    ),
    Route("DELETE", f"{SANDBOX_PATH}/faults", faults.clear_faults, status=204),
    Route("DELETE", f"{SANDBOX_PATH}/faults/{{id}}", faults.remove_fault, status=204),
    Route(
        "GET", f"{SANDBOX_PATH}/events", events.stream_events, "server_event",
        query_schema="event_options", response_media_type=events.EVENT_STREAM,
    ),
    Route("GET", f"{SANDBOX_PATH}/clock", clock.get_clock, "clock"),
    Route(
        "POST", f"{SANDBOX_PATH}/clock", clock.set_clock,
        "clock_change", request_schema="clock_request",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/requests", requests.list_requests,
        "requests", query_schema="list_filters",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/requests", requests.send_request,
        "merchant_response", request_schema="merchant_request",
    ),
    Route("DELETE", f"{SANDBOX_PATH}/requests", requests.clear_requests, status=204),
    Route(
        "GET", f"{SANDBOX_PATH}/requests/count", requests.count_requests,
        "count", query_schema="filters",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/requests/await", requests.await_requests,
        "await_result", query_schema="await_filters",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/requests/{{correlation_id}}", requests.get_request,
        "request", query_schema="entry_filters",
    ),
    Route(
        "GET", f"{SANDBOX_PATH}/audit", audit.get_audit, "audit", query_schema="audit_filters",
    ),
    Route("GET", f"{SANDBOX_PATH}/coverage", coverage.get_coverage, "coverage"),
    Route(
        "GET", f"{SANDBOX_PATH}/coverage/report", coverage.get_coverage_report,
        "coverage_report",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/whatif", whatif.play_whatif,
        "whatif", request_schema="whatif_request",
    ),
    Route("GET", f"{SANDBOX_PATH}/snapshots", snapshots.list_snapshots, "snapshots"),
    Route(
        "POST", f"{SANDBOX_PATH}/snapshots", snapshots.take_snapshot,
        "snapshot", 201, "snapshot_request",
    ),
    Route(
        "POST", f"{SANDBOX_PATH}/snapshots/{{name}}/restore", snapshots.restore_snapshot,
        "snapshot",
    ),
)  # fmt: skip
CONTROL_ROUTER = Router((route.method, route.path, route) for route in CONTROL_ROUTES)
