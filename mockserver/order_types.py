"""JSON shapes of orders in the control API: amounts, allocations, explanations, timeline.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares
them with ``schemas/control.schema.json``. Amounts are integers in minor units of the order's
currency (öre, cents); times are ISO 8601 texts in UTC, such as ``2026-01-15T09:00:00.000Z``,
on the sandbox's clock.
"""

from typing import Literal, TypeAlias, TypedDict

from mockserver.merchant_types import MerchantOrder

OperationName: TypeAlias = Literal[
    "abort_checkout",
    "acknowledge",
    "add_capture_shipping_info",
    "add_order_shipping_info",
    "cancel",
    "capture",
    "create_checkout",
    "create_hosted_session",
    "create_token_order",
    "extend_authorization_time",
    "extend_due_date",
    "get_capture",
    "get_extend_due_date_options",
    "get_order",
    "get_refund",
    "list_captures",
    "read_checkout",
    "read_customer_token",
    "read_hosted_session",
    "refund",
    "release_remaining_authorization",
    "trigger_send_out",
    "update_authorization",
    "update_checkout",
    "update_customer_details",
    "update_customer_token",
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
