"""JSON shapes of sandboxes in the control API: journal, faults, clock, snapshots, problems.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares
them with ``schemas/control.schema.json``. ``order_types`` and ``report_types`` have the
shapes of orders and of reports.
"""

from typing import NotRequired, TypedDict

from mockserver.order_types import (
    AllocationExplanation,
    LedgerAmounts,
    OperationName,
    RefusalExplanation,
)
from mockserver.report_types import ScenarioFinding


class SandboxSummary(TypedDict):
    """Sandbox in figures; ``requests`` counts those that the journal has dropped, too."""

    name: str
    scenario: str
    orders: int
    requests: int
    faults: int
    now: str
    frozen: bool
    not_allocated: int


class RecordedMessage(TypedDict):
    """Headers and body of a request or response.

    Values of headers that may be secrets are hidden, personal data in the body is masked.
    ``bytes`` is the length of the whole body; ``cut`` means that it was longer than ``body``.
    """

    headers: dict[str, str]
    body: str
    bytes: int
    cut: bool


class RequestEntry(TypedDict):
    """Journal entry of one request.

    ``status`` was decided; ``sent`` tells what the client received; ``faults`` lists the rules
    that fired and their actions; ``crash`` is the traceback if the server itself failed;
    ``before`` and ``after`` are the order's amounts around the request. ``hints`` says what in
    an accepted request will cause trouble later; ``request`` and ``response`` are ``None`` once
    they were dropped to save memory.
    """

    id: int
    correlation_id: str
    at: str
    took_ms: float
    method: str
    path: str
    operation: OperationName | None
    order_id: str | None
    created_id: str | None
    idempotency_key: str | None
    status: int
    replayed: bool
    body_changed: bool
    refusal: RefusalExplanation | None
    allocation: AllocationExplanation | None
    hints: list[str]
    notes: list[str]
    faults: list[str]
    sent: str
    crash: str | None
    before: LedgerAmounts | None
    after: LedgerAmounts | None
    request: RecordedMessage | None
    response: RecordedMessage | None
    text: str


class AwaitResult(TypedDict):
    """Matching requests; ``satisfied`` is false if too few came in time."""

    satisfied: bool
    requests: list[RequestEntry]


class FaultStatus(TypedDict):
    """Fault rule, and how many requests it ``matched`` and ``fired`` on."""

    id: str
    on: list[str]
    orders: list[str]
    do: list[str]
    matched: int
    fired: int
    warnings: NotRequired[list[str]]


class ClockState(TypedDict):
    """Time of a sandbox, and whether it is frozen."""

    now: str
    frozen: bool


class ExpiredOrder(TypedDict):
    """Event that the passing of time caused, such as an expired authorization."""

    at: str
    event: str
    order_id: str


class ClockChange(ClockState):
    """Time of a sandbox after a change; ``fired`` lists what happened meanwhile."""

    fired: list[ExpiredOrder]


class SnapshotSummary(TypedDict):
    """Snapshot of a sandbox; ``orders`` lists the names of its orders."""

    name: str
    now: str
    orders: list[str]


class ProblemDetails(TypedDict):
    """Refused control request (RFC 9457); it changed nothing."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[ScenarioFinding | str]]
