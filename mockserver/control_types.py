"""JSON shapes of the control API: what :class:`mockserver.ControlClient` returns.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares
them with ``schemas/control.schema.json``. Amounts are integers in minor units of the order's
currency (öre, cents); times are ISO 8601 texts in UTC, such as ``2026-01-15T09:00:00.000Z``,
on the sandbox's clock.
"""

from typing import Literal, NotRequired, TypeAlias, TypedDict

from mockserver.merchant_types import MerchantOrder

OperationName: TypeAlias = Literal[
    "abort_checkout",
    "acknowledge",
    "add_capture_shipping_info",
    "add_order_shipping_info",
    "cancel",
    "capture",
    "create_checkout",
    "extend_authorization_time",
    "extend_due_date",
    "get_capture",
    "get_extend_due_date_options",
    "get_order",
    "get_refund",
    "list_captures",
    "read_checkout",
    "refund",
    "release_remaining_authorization",
    "trigger_send_out",
    "update_authorization",
    "update_checkout",
    "update_customer_details",
    "update_merchant_references",
]
"""Operations of the merchant API."""

ForcedOutcome: TypeAlias = Literal[
    "expire",
    "accept_fraud",
    "reject_fraud",
    "stop_fraud",
    "fail_next_allocation",
]
"""What :meth:`mockserver.ControlClient.force` can bring about."""

CompletionOutcome: TypeAlias = Literal["approved", "pending", "declined", "abandoned"]
"""How a shopper's attempt to complete a checkout order ends."""

PushTiming: TypeAlias = Literal["schedule", "now", "with_confirmation", "hold"]
"""When the first push of a completed checkout order is sent."""


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


class OrderSummary(TypedDict):
    """Order in a few fields; ``name`` is its name in the scenario."""

    name: str | None
    order_id: str
    status: Literal["AUTHORIZED", "PART_CAPTURED", "CAPTURED", "CANCELLED", "EXPIRED", "CLOSED"]
    order_amount: int
    captured_amount: int
    refunded_amount: int
    remaining_authorized_amount: int
    purchase_currency: str
    klarna_reference: str
    captures: int
    refunds: int
    not_allocated: int


class BookedAmount(TypedDict):
    """Part of a refund that was booked on one capture."""

    capture_id: str
    amount: int


class ConditionResult(TypedDict):
    """Condition of an allocation, with the expected and the actual amount or references."""

    name: str
    holds: bool
    expected: int | list[str]
    actual: int | list[str]
    detail: str


class ClosestCapture(TypedDict):
    """Capture that came closest to a refund, and how the two differ."""

    capture_id: str
    klarna_reference: str
    differences: list[str]


class CandidateCapture(TypedDict):
    """One of several captures that fit a refund."""

    capture_id: str
    klarna_reference: str


class AllocationExplanation(TypedDict):
    """How a refund was allocated, and why.

    ``booked`` lists where its money was posted, whatever the outcome; ``ambiguous`` means that
    several captures fit, of which ``candidates`` lists the oldest, at most 10; ``hints`` says
    what to change in the request, most useful first.
    """

    outcome: Literal["allocated", "failed", "not_attempted"]
    capture_id: str | None
    booked: list[BookedAmount]
    conditions: list[ConditionResult]
    nearest: ClosestCapture | None
    ambiguous: bool
    candidates: list[CandidateCapture]
    assumptions: list[str]
    hints: list[str]
    text: str


class RefundAllocation(AllocationExplanation):
    """How a refund of the order was allocated; ``number`` counts the refunds from 1."""

    refund_id: str
    number: int
    reference: str | None
    amount: int
    at: str
    correlation_id: str | None


class LineBalance(TypedDict):
    """Quantities and amounts of one reference; ``left`` is captured and not refunded."""

    reference: str
    name: str
    ordered_quantity: int
    ordered_amount: int
    captured_quantity: int
    captured_amount: int
    refunded_quantity: int
    refunded_amount: int
    left_quantity: int
    left_amount: int


class RuleProvenance(TypedDict):
    """How far a rule can be trusted: ``assumed`` to ``documented by Kustom``."""

    mark: str
    source: str


class RefusalExplanation(TypedDict):
    """Why a request was refused; ``hints`` says what would have been allowed."""

    reason: str
    error_code: str
    message: str
    facts: dict[str, object]
    hints: list[str]
    provenance: RuleProvenance


class RefundDryRun(AllocationExplanation):
    """How a refund would be allocated, why it would be refused, and which faults would fire."""

    refusal: RefusalExplanation | None
    faults: list[str]


class LedgerAmounts(TypedDict):
    """Amounts of an order; ``booked`` is the part of ``refunded`` booked on captures."""

    authorized: int
    captured: int
    released: int
    remaining: int
    refunded: int
    booked: int


class TimelineEntry(TypedDict):
    """Something that happened to an order, or to a request about it.

    ``capture_id`` is the capture, or the one that a refund was allocated to;
    ``correlation_id`` names the request, if the journal still has it.
    """

    step: int
    at: str
    kind: Literal[
        "placed",
        "captured",
        "refunded",
        "acknowledged",
        "updated",
        "extended",
        "released",
        "reviewed",
        "cancelled",
        "expired",
        "refused",
        "faulted",
    ]
    text: str
    amount: int | None
    capture_id: str | None
    refund_id: str | None
    correlation_id: str | None
    faults: list[str]


class OrderDetails(TypedDict):
    """Everything known about an order; ``allocations`` has one entry per refund, in order."""

    order: MerchantOrder
    allocations: list[RefundAllocation]
    ledger: LedgerAmounts
    lines: list[LineBalance]
    timeline: list[TimelineEntry]
    timeline_text: str


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


class ExpectationResult(TypedDict):
    """Checked expectation; ``path`` is where it is below ``expect``."""

    path: str
    passed: bool
    expected: object
    actual: object
    text: str


class VerdictReport(TypedDict):
    """Result of checking expectations; ``passed`` if all of them hold."""

    passed: bool
    expectations: list[ExpectationResult]


class OrderInvariants(TypedDict):
    """Violated money invariants of an order; empty if its amounts add up."""

    order_id: str
    violations: list[str]


class InvariantsReport(TypedDict):
    """Money invariants of every order, violations first."""

    passed: bool
    orders: list[OrderInvariants]


class AuditFinding(TypedDict):
    """Conduct of the client that would hurt in production.

    ``requests`` lists correlation ids; ``order_id`` is ``None`` if several orders are
    concerned; a finding of a ``preview`` rule never fails a run.
    """

    code: str
    severity: Literal["error", "warning", "note"]
    title: str
    detail: str
    requests: list[str]
    order_id: str | None
    hint: str
    docs: str
    preview: bool


class AuditRuleResult(TypedDict):
    """Rule of the audit without a finding, and why it says nothing."""

    code: str
    title: str
    reason: str


class SilencedAuditRule(TypedDict):
    """Rule that was allowed, and how many findings that removed."""

    code: str
    findings: int


class AuditReport(TypedDict):
    """Result of an audit.

    ``requests`` counts the requests of the sandbox, ``judged`` those that the journal still
    has; findings are sorted, worst first.
    """

    sandbox: str
    requests: int
    judged: int
    findings: list[AuditFinding]
    passed: list[AuditRuleResult]
    not_tried: list[AuditRuleResult]
    not_judged: list[AuditRuleResult]
    silenced: list[SilencedAuditRule]


class CoverageCounts(TypedDict):
    """What the requests of a sandbox have met.

    ``cells`` counts by cell, ``use/capture`` the requests of an operation; ``first`` has the
    correlation id of the first request that met a cell.
    """

    format: int
    versions: list[str]
    runs: int
    sandboxes: int
    cells: dict[str, int]
    first: dict[str, str]


class WhatifDifference(TypedDict):
    """Request that came out differently.

    ``because`` is an earlier request whose difference changed the order; ``unsure`` says that
    the client had by then seen another response, and might have acted otherwise.
    """

    request: str
    operation: str
    order_id: str | None
    here: str
    there: str
    because: str | None
    unsure: bool


class WhatifFigure(TypedDict):
    """Figure of an order that is different in the end."""

    order_id: str
    field: str
    here: str
    there: str


class WhatifBranch(TypedDict):
    """What came out differently under one alternative."""

    assume: dict[str, object]
    differs: list[WhatifDifference]
    end: list[WhatifFigure]


class WhatifReport(TypedDict):
    """Recorded requests, played under other assumptions or faults.

    ``start`` is the first request that was played; ``dropped`` counts those that the journal
    no longer has.
    """

    sandbox: str
    start: str | None
    played: int
    not_played: int
    dropped: int
    branches: list[WhatifBranch]


class SnapshotSummary(TypedDict):
    """Snapshot of a sandbox; ``orders`` lists the names of its orders."""

    name: str
    now: str
    orders: list[str]


class ScenarioFinding(TypedDict):
    """Something wrong in a scenario; line and column count from 1."""

    code: str
    path: str
    message: str
    line: int | None
    column: int | None


class ProblemDetails(TypedDict):
    """Refused control request (RFC 9457); it changed nothing."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[ScenarioFinding | str]]
