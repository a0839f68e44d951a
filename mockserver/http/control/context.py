"""Context, route type and shared lookups of the control API handlers."""

from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from inspect import iscoroutinefunction
from time import monotonic
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.order import Order
from mockserver.homes.home import Home
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.control.activity import Activity
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.first_use import is_large
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.http.problems import Problem
from mockserver.http.workers import Workers
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.names import (
    MAX_NAME_LENGTH,
    display_name,
    is_digest,
    is_valid_name,
)
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.scenario import Scenario

READING_ACTIONS = ("/explain", "/picture.svg", "/verdict", "/whatif")
UNCHANGING_ACTIONS = (*READING_ACTIONS, "/reset")
MAX_SUGGESTION_NAMES = 200  # sandboxes compared with an unknown name; the latest ones
MAX_SUGGESTION_LENGTH = 64  # characters of a name for which similar ones are searched


class ControlContext(Struct, frozen=True):
    """What the handlers of the control API share.

    Attributes:
        home: where the sandboxes live.
        send_to_merchant_api: answers a request as if it came from outside.
        pages: addresses of checkout pages.
        activity: the latest calls of the control API.
        workers: threads for long work.
        ca_certificate: PEM certificate of the server's own authority, if it has one.
        started_at: monotonic time of the server's start, in seconds.
    """

    home: Home
    metrics: Metrics
    deliveries: DeliveryRunner
    send_to_merchant_api: Callable[[Request], Awaitable[Response]]
    pages: PageAddresses
    ca_certificate: bytes | None = None
    activity: Activity = field(default_factory=Activity)
    workers: Workers = field(default_factory=Workers)
    started_at: float = field(default_factory=monotonic)

    @property
    def registry(self) -> SandboxRegistry[Scenario]:
        """The loaded sandboxes; handlers use them within a turn."""
        return self.home.registry


PathParams: TypeAlias = Mapping[str, str]
Commit: TypeAlias = Callable[[], Response]
"""The last step of a long change: it makes the change, and runs without awaiting."""

HandlerResult: TypeAlias = Response | Awaitable[Response | Commit]
Handler: TypeAlias = Callable[[ControlContext, PathParams, Request], HandlerResult]


class Route(Struct, frozen=True):
    """One route of the control API; source of its OpenAPI operation.

    Attributes:
        response_schema, request_schema, query_schema: names of schemas in
            ``control.schema.json``.
        accepts_yaml: the body may be YAML.
        unauthenticated: needs neither an expected host nor the admin token.
        optional: what it returns may not exist on this server (404).
        limited: what it creates is limited in number (409).
        reads_all: it reads all sandboxes.
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
    reads_all: bool = False

    @property
    def takes_turns(self) -> bool:
        """Whether the handler waits between turns of its own; any other is one turn."""
        return iscoroutinefunction(self.handler)

    @property
    def only_reads(self) -> bool:
        """Whether the handler reads a sandbox without waiting for anything."""
        is_read = self.method == "GET" or self.path.endswith(READING_ACTIONS)
        return "{sandbox}" in self.path and is_read and not iscoroutinefunction(self.handler)

    @property
    def changes_sandbox(self) -> bool:
        """Whether the sandbox differs afterwards from one that is built again."""
        is_read = self.method == "GET" or self.path.endswith(UNCHANGING_ACTIONS)
        return "{sandbox}" in self.path and not is_read


class UnbuiltSandboxError(Exception):
    """Raised for a sandbox that would take long to build, before anything is changed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def find_sandbox(context: ControlContext, params: PathParams) -> Sandbox:
    """Return the sandbox that a path names; reads create none.

    Raises:
        Problem: with status 404 if the sandbox is not in use, or 422 if the name is not valid.
    """
    name = parse_sandbox_name(context, params)
    sandbox = context.registry.get(name)
    if sandbox is None:
        raise sandbox_not_found(context, name)
    return sandbox


def open_sandbox(context: ControlContext, params: PathParams) -> Sandbox:
    """Return the sandbox that a path names, for a change; it is created on first use.

    Raises:
        Problem: with status 422 if the name is not valid.
        UnbuiltSandboxError: it is to be built by a worker first.
    """
    name, registry = parse_sandbox_name(context, params), context.registry
    if is_large(registry.template) and registry.get(name) is None:
        raise UnbuiltSandboxError(name)
    return registry.get_or_create(name)


def parse_sandbox_name(context: ControlContext, params: PathParams) -> str:
    """Return the name of the sandbox in a path, which may be shown as a digest there.

    Raises:
        Problem: with status 422 if the name is not valid.
    """
    name = params["sandbox"]
    if not is_valid_name(name):
        expected = f"1 to {MAX_NAME_LENGTH} printable characters"
        raise Problem(422, f"expected {expected} as the name of a sandbox, got {name[:80]!r}")
    if not is_digest(name) or context.registry.get(name) is not None:
        return name
    names = (*(sandbox.name for sandbox in context.registry), *context.home.unreadable)
    return next((key for key in names if display_name(key) == name), name)


def sandbox_not_found(context: ControlContext, name: str) -> Problem:
    """Build a 404 problem that names similar sandboxes."""
    names = [sandbox.display_name for sandbox in context.registry][-MAX_SUGGESTION_NAMES:]
    similar = get_close_matches(name, names) if len(name) <= MAX_SUGGESTION_LENGTH else []
    hint = f", did you mean {' or '.join(map(repr, similar))}?" if similar else ""
    return Problem(404, f"no sandbox '{display_name(name)}' is in use{hint}")


def find_entry(sandbox: Sandbox, correlation_id: str) -> Entry:
    """Find a journal entry.

    Raises:
        Problem: with status 404 if the journal has no such entry.
    """
    entry = sandbox.journal.find(correlation_id)
    if entry is None:
        hint = f"; the journal keeps the latest {sandbox.journal.size} requests"
        raise Problem(404, f"no request with correlation id {correlation_id}{hint}")
    return entry


def find_order(sandbox: Sandbox, name_or_id: str) -> Order:
    """Find an order by its id or its name.

    Raises:
        Problem: with status 404 if there is no such order.
    """
    order_id = sandbox.order_names.get(name_or_id, name_or_id)
    order = sandbox.find_order(order_id)
    if order is None:
        raise Problem(404, f"no order '{name_or_id}' in sandbox '{sandbox.display_name}'")
    return order
