"""Context, route type and shared lookups of the control API handlers."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.order import Order
from mockserver.http.control.problems import Problem
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import Scenario


class ControlContext(Struct, frozen=True):
    """What the handlers of the control API share.

    ``authority`` is the certificate (PEM) of the server's own authority, if it has one.
    """

    registry: SandboxRegistry[Scenario]
    metrics: Metrics
    ca_certificate: bytes | None = None
    started_at: float = field(default_factory=monotonic)


PathParams: TypeAlias = Mapping[str, str]
Handler: TypeAlias = Callable[
    [ControlContext, PathParams, Request], Response | Awaitable[Response]
]


class Route(Struct, frozen=True):
    """One route of the control API; source of its OpenAPI operation.

    ``answer``, ``request`` and ``query`` name schemas of ``control.schema.json``;
    ``open`` rows need neither a known host nor a token, what ``may_lack`` rows answer
    may be something this server has not. Of what ``bounded`` rows make, only so many
    are kept.
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


def sandbox_from_path(control: ControlContext, values: PathParams) -> Sandbox:
    """Open the sandbox that a path names; it appears on its first use."""
    return control.registry.get_or_create(values["sandbox"])


def find_order(sandbox: Sandbox, name_or_id: str) -> Order:
    """Find an order by its id or its name.

    Raises:
        Problem: there is none.
    """
    order_id = sandbox.order_names.get(name_or_id, name_or_id)
    order = sandbox.orders.get(order_id)
    if order is None:
        raise Problem(404, f"no order '{name_or_id}' in sandbox '{sandbox.name}'")
    return order
