"""Context, route type and shared lookups of the control API handlers."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.order import Order
from mockserver.http.control.problems import Problem
from mockserver.http.deliveries.runner import DeliveryRunner
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import Scenario


class ControlContext(Struct, frozen=True):
    """What the handlers of the control API share.

    Attributes:
        ca_certificate: PEM certificate of the server's own authority, if it has one.
        started_at: monotonic time of the server's start, in seconds.
    """

    registry: SandboxRegistry[Scenario]
    metrics: Metrics
    deliveries: DeliveryRunner
    ca_certificate: bytes | None = None
    started_at: float = field(default_factory=monotonic)


PathParams: TypeAlias = Mapping[str, str]
Handler: TypeAlias = Callable[
    [ControlContext, PathParams, Request], Response | Awaitable[Response]
]


class Route(Struct, frozen=True):
    """One route of the control API; source of its OpenAPI operation.

    Attributes:
        response_schema, request_schema, query_schema: names of schemas in
            ``control.schema.json``.
        accepts_yaml: the body may be YAML.
        unauthenticated: needs neither an expected host nor the admin token.
        optional: what it returns may not exist on this server (404).
        limited: what it creates is limited in number (409).
    """

    method: str
    path: str
    handler: Handler
    response_schema: str | None = None
    status: int = 200
    request_schema: str | None = None
    query_schema: str | None = None
    response_media_type: str = "application/json"
    accepts_yaml: bool = False
    unauthenticated: bool = False
    optional: bool = False
    limited: bool = False


def sandbox_from_path(context: ControlContext, params: PathParams) -> Sandbox:
    """Return the sandbox that a path names; it is created on first use."""
    return context.registry.get_or_create(params["sandbox"])


def find_order(sandbox: Sandbox, name_or_id: str) -> Order:
    """Find an order by its id or its name.

    Raises:
        Problem: with status 404 if there is no such order.
    """
    order_id = sandbox.order_names.get(name_or_id, name_or_id)
    order = sandbox.orders.get(order_id)
    if order is None:
        raise Problem(404, f"no order '{name_or_id}' in sandbox '{sandbox.name}'")
    return order
