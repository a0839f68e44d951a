"""The control API as a table: method, path, handler."""

from mockserver.api.control import (
    clock,
    explain,
    faults,
    health,
    journal,
    orders,
    sandboxes,
    snapshots,
)
from mockserver.api.control.handler import Handler
from mockserver.api.routes import RouteTable

HEALTH_PATHS = ("/livez", "/readyz", "/healthz", "/__admin/health")
METRICS_PATH = "/metrics"
ALL = "/__admin/sandboxes"
ONE = f"{ALL}/{{sandbox}}"

CONTROL: tuple[tuple[str, str, Handler], ...] = (
    *(("GET", path, health.health) for path in HEALTH_PATHS),
    ("GET", METRICS_PATH, health.metrics),
    ("GET", ALL, sandboxes.list_sandboxes),
    ("GET", ONE, sandboxes.get_sandbox),
    ("DELETE", ONE, sandboxes.drop_sandbox),
    ("POST", f"{ONE}/reset", sandboxes.reset_sandbox),
    ("PUT", f"{ONE}/scenario", sandboxes.put_scenario),
    ("GET", f"{ONE}/verdict", sandboxes.verdict),
    ("GET", f"{ONE}/invariants", sandboxes.invariants),
    ("GET", f"{ONE}/orders", orders.list_orders),
    ("POST", f"{ONE}/orders", orders.make_order),
    ("GET", f"{ONE}/orders/{{order_id}}", orders.get_order),
    ("POST", f"{ONE}/orders/{{order_id}}/force", orders.force_outcome),
    ("GET", f"{ONE}/explain/{{correlation_id}}", explain.explain_call),
    ("POST", f"{ONE}/explain", explain.explain_refund),
    ("GET", f"{ONE}/faults", faults.list_faults),
    ("POST", f"{ONE}/faults", faults.make_fault),
    ("DELETE", f"{ONE}/faults", faults.clear_faults),
    ("DELETE", f"{ONE}/faults/{{id}}", faults.remove_fault),
    ("GET", f"{ONE}/clock", clock.get_clock),
    ("POST", f"{ONE}/clock", clock.set_clock),
    ("GET", f"{ONE}/requests", journal.list_requests),
    ("DELETE", f"{ONE}/requests", journal.clear_requests),
    ("GET", f"{ONE}/requests/count", journal.count_requests),
    ("GET", f"{ONE}/requests/await", journal.await_requests),
    ("GET", f"{ONE}/snapshots", snapshots.list_snapshots),
    ("POST", f"{ONE}/snapshots", snapshots.take_snapshot),
    ("POST", f"{ONE}/snapshots/{{name}}/restore", snapshots.restore_snapshot),
)
ROUTES = RouteTable(CONTROL)
