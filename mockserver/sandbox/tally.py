"""Tally of a sandbox's requests and deliveries; coverage is derived from it.

A request costs one dictionary update. The rows name what was decided and delivered, not
what was asked, and stay when the journal is cut, cleared or restored.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct

from mockserver.domain.allocation.case import RETURN_FEE
from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Status, derive_status, find_status_assumption
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, OrderLine
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.delivery import Delivery
from mockserver.sandbox.journal import Entry

MAX_ROWS = 10_000  # distinct rows; further ones are not counted


class RefundFacts(NamedTuple):
    """Allocation of an accepted refund, as far as it is counted.

    Attributes:
        failed: the conditions that do not hold, if the allocation failed.
        several_captures: whether the order had more than one.
        later_capture: whether it was allocated to another capture than the first.
        lines: whether it named ``articles``, ``fees`` only, or ``none``.
        assumptions: the assumptions that decided it, unless it was allocated.
    """

    outcome: str
    failed: tuple[str, ...]
    several_captures: bool
    later_capture: bool
    ambiguous: bool
    lines: str
    assumptions: tuple[str, ...] = ()


class RequestRow(NamedTuple):
    """Requests that are counted as one kind.

    Attributes:
        order_status: the order's status when the request was decided, if there is one.
        reason: why it was refused.
        http_status: the status of the response.
        replay: ``same`` or ``changed`` if a known idempotency key was sent.
        faults: the fault actions that were applied, without their numbers.
        refund: the allocation of an accepted refund.
        status_assumption: the assumption that decided ``order_status``, if one did.
        has_refunds: whether the order had refunds.
    """

    operation: Operation
    order_status: Status | None
    reason: Reason | None
    http_status: int
    replay: str
    faults: tuple[str, ...]
    refund: RefundFacts | None
    status_assumption: str = ""
    has_refunds: bool = False


class DeliveryRow(NamedTuple):
    """How one attempt of a delivery ended; ``status`` is ``None`` without a response."""

    kind: str
    status: int | None
    late: bool
    repeated: bool


Row: TypeAlias = RequestRow | DeliveryRow

# Members of an enumeration are slow to look up.
_PART_CAPTURED, _ALLOCATED = Status.PART_CAPTURED, AllocationOutcome.ALLOCATED
LATE_AFTER = 5.0  # seconds in which a push must be answered; a callback may have less


class RowCount(Struct, frozen=True):
    """A row with its count and its first request."""

    row: Row
    count: int
    first: str


class Tally:
    """Counts by row, and the first request of each row.

    Rows are looked up by plain texts: to hash a named tuple of enums takes longer than all
    the rest of the counting.

    Attributes:
        rows: the counters by what their rows say.
    """

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.rows: dict[tuple[object, ...], RowCount] = {}

    def count_request(
        self, entry: Entry, order: Order | None, assumptions: Assumptions
    ) -> None:
        """Count a request that named an operation; ``order`` is the order before it."""
        operation, result = entry.operation, entry.result
        if operation is None:
            return
        status = reason = refund = None
        assumption, has_refunds = "", False
        if order is not None:
            status = derive_status(order, entry.at, assumptions)
            has_refunds = bool(order.refunds)
            if order.captures and status is not _PART_CAPTURED:
                assumption = find_status_assumption(order, status)
        if result is not None:
            if type(result) is Refusal:
                reason = result.reason
            elif operation is Operation.REFUND:
                refund = _refund_facts(entry)
        key = (
            operation._value_,
            status and status._value_,
            reason and reason._value_,
            entry.status,
            entry.replayed,
            entry.body_changed,
            entry.fault_names,
            refund,
            assumption,
            has_refunds,
        )
        rows = self.rows
        counter = rows.get(key)
        if counter is not None:
            rows[key] = RowCount(counter.row, counter.count + 1, counter.first)
            return
        replay = "changed" if entry.body_changed else "same" if entry.replayed else ""
        row = RequestRow(
            operation, status, reason, entry.status, replay, entry.fault_names,
            RefundFacts(*refund) if refund else None, assumption, has_refunds,
        )  # fmt: skip
        self._add(key, RowCount(row, 1, entry.correlation_id))

    def count_delivery(self, delivery: Delivery) -> None:
        """Count the attempts of a delivery."""
        for number, attempt in enumerate(delivery.attempts):
            late = attempt.seconds >= min(LATE_AFTER, delivery.timeout or LATE_AFTER)
            row = DeliveryRow(delivery.kind, attempt.status, late, number > 0)
            self._add(row, RowCount(row, 1, delivery.delivery_id))

    def merge(self, other: "Tally") -> None:
        """Add the counts of another tally."""
        for key, counter in other.rows.items():
            self._add(key, RowCount(counter.row, counter.count, counter.first))

    def copy(self) -> "Tally":
        """Return an independent copy."""
        copy = Tally()
        copy.merge(self)
        return copy

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[RowCount]:
        """Iterate over the rows with their count and their first request."""
        return iter(self.rows.values())

    def _add(self, key: tuple[object, ...], counter: RowCount) -> None:
        if key in self.rows:
            first = self.rows[key]
            self.rows[key] = RowCount(first.row, first.count + counter.count, first.first)
        elif len(self.rows) < MAX_ROWS:
            self.rows[key] = counter


def _refund_facts(entry: Entry) -> tuple[Any, ...] | None:
    """Return the :class:`RefundFacts` of a refund that was executed, as a plain tuple."""
    after = entry.after
    if after is None or entry.replayed:
        return None
    refund = after.refunds[-1]
    allocation, lines = refund.allocation, refund.order_lines
    capture_id = allocation.capture_id
    failed: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    if allocation.outcome is not _ALLOCATED and entry.explanation:
        deciding = entry.explanation.assumptions
        if allocation.outcome is AllocationOutcome.FAILED:
            failed = entry.explanation.failed_conditions
    return (
        allocation.outcome._value_,
        failed,
        refund.earlier_capture_count > 1,
        capture_id is not None and capture_id != after.captures[0].capture_id,
        allocation.ambiguous,
        "articles" if lines and lines[0].type != RETURN_FEE else _kind_of_lines(lines),
        deciding,
    )


def _kind_of_lines(lines: Sequence[OrderLine]) -> str:
    if not lines:
        return "none"
    return "fees" if all(line.type == RETURN_FEE for line in lines) else "articles"
