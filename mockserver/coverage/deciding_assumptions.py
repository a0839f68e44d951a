"""Find the assumptions that decided a response: another value would have changed it.

The result is derived from the row in which a request is counted anyway, so that it costs
the request nothing. A test plays the scenario of each cell under every other value, and
checks that a response changes.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.errors import Reason, find_error_definition
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import CHECKOUTS_PATH, DEPRECATED_OPERATIONS, Operation
from mockserver.sandbox.tally import RequestRow

SHOWS_BOOKINGS = (Operation.GET_ORDER, Operation.LIST_CAPTURES)


class AssumptionCheck(Struct, frozen=True):
    """Check of a row for an assumption that decided it.

    Attributes:
        used_by: the operation that must be in use for the assumption to count.
        decides: whether another value would have changed the response, or the booking.
    """

    used_by: Operation
    decides: Callable[[RequestRow], bool]


def _refund_named(assumption: str) -> Callable[[RequestRow], bool]:
    """Return a check of what the explanation of a refund's allocation names."""
    return lambda row: row.refund is not None and assumption in row.refund.assumptions


def _refused(reason: Reason) -> Callable[[RequestRow], bool]:
    return lambda row: row.reason is reason


def _status_by(assumption: str) -> Callable[[RequestRow], bool]:
    """Return a check whether a response depends on a status that an assumption decided."""
    statuses = [Status(str(value)) for value in ASSUMPTIONS[assumption].meanings]

    def decides(row: RequestRow) -> bool:
        if row.status_assumption != assumption or not _is_decided_by_status(row):
            return False
        permissions = LIFECYCLE[row.operation]
        reasons = [permissions[status].reason for status in statuses]
        responses = {_refusal_response(reason, row.operation) for reason in reasons}
        return len(responses) > 1 or row.operation is Operation.GET_ORDER

    return decides


def _is_decided_by_status(row: RequestRow) -> bool:
    """Return whether the table of the lifecycle decided a request, not its body."""
    permissions = LIFECYCLE.get(row.operation)
    if permissions is None or row.order_status is None:
        return False
    return row.reason is permissions[row.order_status].reason


def _refusal_response(reason: Reason | None, operation: Operation) -> tuple[object, ...]:
    """Return status, code and message of a refusal: two reasons may share them."""
    if reason is None:
        return ()
    definition = find_error_definition(reason, operation)
    return definition.status, definition.code, definition.message


ASSUMPTION_CHECKS: Mapping[str, AssumptionCheck] = {
    **{
        name: AssumptionCheck(Operation.REFUND, _refund_named(name))
        for name in (
            "unallocated_refund", "amount_only_refund", "fee_only_refund", "capture_capacity",
        )
    },
    "return_fee_rules": AssumptionCheck(
        Operation.REFUND, _refused(Reason.RETURN_FEE_NOT_OFFERED)
    ),
    "fully_refunded_status": AssumptionCheck(
        Operation.REFUND, _status_by("fully_refunded_status")
    ),
    "capture_refunded_amount": AssumptionCheck(
        Operation.REFUND,
        lambda row: row.operation in SHOWS_BOOKINGS and row.has_refunds and not row.reason,
    ),
    "repeated_cancel": AssumptionCheck(
        Operation.CANCEL,
        lambda row: (
            row.operation is Operation.CANCEL and row.order_status is Status.CANCELLED
        ),
    ),
    "rejected_order": AssumptionCheck(Operation.CAPTURE, _refused(Reason.FRAUD_REVIEW_FAILED)),
    "release_keeps_order_amount": AssumptionCheck(
        Operation.RELEASE_REMAINING_AUTHORIZATION,
        lambda row: (
            row.operation is Operation.RELEASE_REMAINING_AUTHORIZATION
            and row.order_status is Status.PART_CAPTURED
            and not row.reason
        ),
    ),
    "validation_error": AssumptionCheck(Operation.CAPTURE, _refused(Reason.INVALID_FIELDS)),
    "deprecated_operations": AssumptionCheck(
        Operation.TRIGGER_SEND_OUT,
        lambda row: row.operation in DEPRECATED_OPERATIONS and _is_decided_by_status(row),
    ),
    "expired_part_captured": AssumptionCheck(
        Operation.CAPTURE, _status_by("expired_part_captured")
    ),
    "expired_checkout": AssumptionCheck(
        Operation.READ_CHECKOUT, _refused(Reason.CHECKOUT_NOT_FOUND)
    ),
    "country_echo": AssumptionCheck(
        Operation.READ_CHECKOUT,
        lambda row: row.operation.info.base_path == CHECKOUTS_PATH and not row.reason,
    ),
}  # fmt: skip
"""The assumptions that are counted, by name.

The others decide what a row does not tell: calls to the merchant, idempotency keys that were
used elsewhere, and details of checkout orders.
"""


def deciding_assumptions(row: RequestRow) -> Iterator[str]:
    """Yield the assumptions of which another value would have changed a response."""
    for name, check in ASSUMPTION_CHECKS.items():
        if check.decides(row):
            yield name
