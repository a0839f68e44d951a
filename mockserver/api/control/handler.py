"""What a handler of the control API is given."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.api.metrics import Metrics
from mockserver.domain.order import Order
from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import Scenario


class Control(Struct, frozen=True):
    """What the control API is in control of, and since when (monotonic seconds).

    ``authority`` is the certificate (PEM) of the server's own authority, if it has one.
    """

    sandboxes: Sandboxes[Scenario]
    metrics: Metrics
    authority: bytes | None = None
    started: float = field(default_factory=monotonic)


Values: TypeAlias = Mapping[str, str]
Handler: TypeAlias = Callable[[Control, Values, Call], Answer | Awaitable[Answer]]


class Route(Struct, frozen=True):
    """A row of the control API's table; its document is generated from it.

    ``answer``, ``request`` and ``query`` name schemas of ``control.schema.json``;
    ``open`` rows need neither a known host nor a token, what ``may_lack`` rows answer
    may be something this server has not. Of what ``bounded`` rows make, only so many
    are kept.
    """

    method: str
    path: str
    handler: Handler
    answer: str | None = None
    status: int = 200
    request: str | None = None
    query: str | None = None
    answer_type: str = "application/json"
    takes_yaml: bool = False
    open: bool = False
    may_lack: bool = False
    bounded: bool = False


def sandbox_of(control: Control, values: Values) -> Sandbox:
    """Open the sandbox that a path names; it appears on its first use."""
    return control.sandboxes.open(values["sandbox"])


def order_of(sandbox: Sandbox, wanted: str) -> Order:
    """Find an order by its id or its name.

    Raises:
        Problem: there is none.
    """
    order_id = sandbox.order_names.get(wanted, wanted)
    order = sandbox.orders.get(order_id)
    if order is None:
        raise Problem(404, f"no order '{wanted}' in sandbox '{sandbox.name}'")
    return order
