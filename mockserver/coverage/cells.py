"""The cells of coverage, derived from the tables that answer requests.

A cell is a case of the API contract that a test run can cover: a capture in status
``PART_CAPTURED``, a refund whose lines do not add up, a capture whose response is lost.
The lifecycle table, the error catalogue, the conditions of allocations, the fault actions, the
kinds of deliveries and the assumptions each yield their own.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache

from msgspec import Struct

from mockserver.coverage.deciding_assumptions import ASSUMPTION_CHECKS
from mockserver.domain.allocation.conditions import CONDITION_CHECKS
from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.errors import ERROR_CATALOGUE, Reason
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import (
    ACCUMULATING_OPERATIONS,
    CHECKOUT_OPERATIONS,
    OPERATIONS,
    READ_OPERATIONS,
    WITHOUT_STEP,
    Operation,
    OperationInfo,
)
from mockserver.domain.provenance import Mark
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.faults.actions import ConnectionEnd
from mockserver.scenario.fault_parser import ACTION_NAMES


class Tier(StrEnum):
    """Tier of a cell: how serious a gap is, worst first."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"


class Cell(Struct, frozen=True):
    """Case of the API contract that a test run can cover.

    Attributes:
        cell_id: its name in files and reports, such as ``status/capture/CAPTURED``.
        text: what has to happen, such as "a refund whose response is lost".
        used_by: the operation or kind of delivery that must be in use for it to count;
            empty if it always counts.
        mark: the provenance of the rule, for a cell of the lifecycle table.
    """

    cell_id: str
    tier: Tier
    text: str
    used_by: str = ""
    mark: Mark | None = None

    @property
    def dimension(self) -> str:
        """Kind of cell: the first part of its id."""
        return self.cell_id.partition("/")[0]


WITHOUT_CAPTURES = (Status.AUTHORIZED, Status.CANCELLED)
OWN_LIMITS = (Reason.ORDER_IS_FULL, Reason.SANDBOX_IS_FULL)
"""Refusals by limits of this server, which no client has to cover."""

MONEY_REASONS = (
    Reason.CAPTURE_EXCEEDS_REMAINING,
    Reason.REFUND_EXCEEDS_CAPTURED,
    Reason.FRAUD_REVIEW_PENDING,
)
BODY_REASONS = {Reason.INVALID_FIELDS: Tier.SHOULD, Reason.MALFORMED_JSON: Tier.COULD}
"""Refusals of every operation with a body."""

FAULTS_OF_ONE_OPERATION = {"fail_allocation": Operation.REFUND}
FAULTS_AFTER_COMMIT = ("lose_answer", "respond_after")
"""On a read they do what ``drop`` and ``respond`` do."""

OTHER_NAMES = ("fault", "lose", "duplicate", "reorder", "bad_signature")
"""Names of actions that are no fault of a request: WireMock's, and those of deliveries."""

DELIVERY_TIERS = {
    "2xx": Tier.MUST,
    "repeated": Tier.MUST,
    "late": Tier.MUST,
    "unanswered": Tier.MUST,
    "3xx": Tier.SHOULD,
    "4xx": Tier.SHOULD,
    "5xx": Tier.SHOULD,
}


@cache
def coverage_cells() -> Mapping[str, Cell]:
    """Return all cells by id."""
    cells = (
        *_status_cells(),
        *_refusal_cells(),
        *_retry_cells(),
        *_refund_cells(),
        *_assumption_cells(),
        *_fault_cells(),
        *_checkout_cells(),
        *_delivery_cells(),
    )
    return {cell.cell_id: cell for cell in cells}


def fault_variants() -> tuple[str, ...]:
    """Return the fault actions as they are counted, such as ``lose_answer reset``."""
    return tuple(
        variant
        for name in ACTION_NAMES
        if name not in OTHER_NAMES
        for variant in (
            [f"{name} {end}" for end in ConnectionEnd]
            if name in ("drop", "lose_answer")
            else [name]
        )
    )


def fault_cell_id(operation: Operation, variant: str) -> str:
    """Return the id of the cell of a fault action on an operation."""
    return f"fault/{operation}/{variant.replace(' ', '-')}"


def _status_cells() -> Iterator[Cell]:
    for operation, row in LIFECYCLE.items():
        needs_part = operation.info.path.count("{") > 1 and operation in READ_OPERATIONS
        for status, permission in row.items():
            if needs_part and status in WITHOUT_CAPTURES:
                continue  # no such part exists, which is a cell of its own
            result = f"is refused: {permission.reason}" if permission.reason else "is accepted"
            yield Cell(
                f"status/{operation}/{status}",
                _status_tier(operation, status, permission.mark),
                f"{operation} of an order that is {status} {result}",
                operation,
                permission.mark,
            )


def _status_tier(operation: Operation, status: Status, mark: Mark) -> Tier:
    if status is Status.CLOSED:  # only by assumption
        return Tier.COULD
    if operation in READ_OPERATIONS or mark is Mark.ASSUMED:
        return Tier.SHOULD
    return Tier.MUST


def _refusal_cells() -> Iterator[Cell]:
    """Derive the refusals by facts from the catalogue; the table yields those by status."""
    by_status = {
        (operation, permission.reason)
        for operation, row in LIFECYCLE.items()
        for permission in row.values()
        if permission.reason not in MONEY_REASONS
    }
    tiers: dict[tuple[Operation, Reason], Tier] = {}
    for definition in ERROR_CATALOGUE:
        for operation in sorted(definition.operations - WITHOUT_STEP):
            is_assumed = definition.source.mark is Mark.ASSUMED
            tier = Tier.COULD if is_assumed else Tier.SHOULD
            if definition.reason in MONEY_REASONS:
                tier = Tier.MUST
            if definition.reason not in OWN_LIMITS:
                tiers.setdefault((operation, definition.reason), tier)
    for info in OPERATIONS:
        for reason, tier in _reasons_by_path(info).items():
            tiers.setdefault((info.operation, reason), tier)
    for (operation, reason), tier in tiers.items():
        if (operation, reason) not in by_status:
            text = f"{operation} is refused: {reason}"
            yield Cell(f"refusal/{operation}/{reason}", tier, text, operation)


def _reasons_by_path(info: OperationInfo) -> Mapping[Reason, Tier]:
    """Return the refusals that follow from what path and body of an operation name."""
    reasons = dict(BODY_REASONS) if info.schema else {}
    if "{capture_id}" in info.path:
        reasons[Reason.CAPTURE_NOT_FOUND] = Tier.SHOULD
    if "{refund_id}" in info.path:
        reasons[Reason.REFUND_NOT_FOUND] = Tier.SHOULD
    return reasons


def _retry_cells() -> Iterator[Cell]:
    for operation in ACCUMULATING_OPERATIONS:
        lost = f"{operation} is executed, but its response is lost"
        again = f"{operation} is sent again with its idempotency key"
        changed = f"another {operation} is sent under a used idempotency key"
        yield Cell(f"lost/{operation}", Tier.MUST, lost, operation)
        yield Cell(f"replay/{operation}/same", Tier.MUST, again, operation)
        yield Cell(f"replay/{operation}/changed", Tier.COULD, changed, operation)
    yield Cell("answer/429", Tier.MUST, "a response 429 with Retry-After")
    yield Cell("answer/503", Tier.MUST, "a response 503")


def _refund_cells() -> Iterator[Cell]:
    refund = Operation.REFUND
    for outcome in AllocationOutcome:
        yield Cell(f"outcome/{outcome}", Tier.MUST, f"a refund that is {outcome}", refund)
    for check in CONDITION_CHECKS:
        tier = Tier.SHOULD if check.is_injected else Tier.MUST
        text = f"a refund that fails {check.name} alone"
        yield Cell(f"condition/{check.name}", tier, text, refund)
    several = "a refund on an order of several shipments"
    later = "a refund that belongs to a later shipment"
    ambiguous = "a refund that fits several shipments"
    fees = "a refund of nothing but return fees"
    yield Cell("refund/several_captures", Tier.MUST, several, refund)
    yield Cell("refund/later_capture", Tier.MUST, later, refund)
    yield Cell("refund/ambiguous", Tier.SHOULD, ambiguous, refund)
    yield Cell("refund/only_fees", Tier.SHOULD, fees, refund)


def _assumption_cells() -> Iterator[Cell]:
    for name, check in ASSUMPTION_CHECKS.items():
        text = f"another value of {name} would have changed a response"
        yield Cell(f"assumption/{name}", Tier.SHOULD, text, check.used_by)


def _fault_cells() -> Iterator[Cell]:
    for info in OPERATIONS:
        for variant in fault_variants():
            name = variant.split()[0]
            only_for = FAULTS_OF_ONE_OPERATION.get(name, info.operation)
            if only_for is not info.operation:
                continue
            if info.is_read and name in FAULTS_AFTER_COMMIT:
                continue
            yield Cell(
                fault_cell_id(info.operation, variant),
                Tier.COULD if info.is_read else Tier.SHOULD,
                f"{info.operation} under the fault {variant}",
                info.operation,
            )


def _checkout_cells() -> Iterator[Cell]:
    for info in CHECKOUT_OPERATIONS:
        text = f"{info.operation} is accepted"
        yield Cell(f"checkout/{info.operation}", Tier.MUST, text, info.operation)


def _delivery_cells() -> Iterator[Cell]:
    for kind in DeliveryKind:
        for outcome, tier in DELIVERY_TIERS.items():
            text = f"{kind}: the call is {outcome}"
            if outcome[1:] == "xx":
                text = f"{kind}: the shop answers {outcome}"
            yield Cell(f"delivery/{kind}/{outcome}", tier, text, kind)
