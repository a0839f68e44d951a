"""Lifecycle table: which operation is allowed in which order status.

The table answers requests, prints ``docs/reference/lifecycle.md`` and parametrises the tests.
Rules about amounts (too much captured, too much refunded) do not depend on the status; they
are in ``captures`` and ``refunds``.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason
from mockserver.domain.fraud_review import end_due_review
from mockserver.domain.ledger import TimelineEvent, list_refunds
from mockserver.domain.operation import READ_OPERATIONS, Operation
from mockserver.domain.order import FraudStatus, Order
from mockserver.domain.provenance import Mark
from mockserver.domain.refusal import Refusal

TIME_TO_TAKE_RISK = timedelta(hours=4)
"""How long an order can be captured after its fraud review failed (documented by Klarna)."""


class Status(StrEnum):
    """The status of an order, derived from its amounts, its facts and the time."""

    AUTHORIZED = "AUTHORIZED"
    PART_CAPTURED = "PART_CAPTURED"
    CAPTURED = "CAPTURED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"


def derive_status(order: Order, now: datetime, assumptions: Assumptions) -> Status:
    """Derive the status from facts and time; expiry needs no timer."""
    if order.cancelled_at is not None:
        return Status.CANCELLED
    expired = now >= order.expires_at
    if not order.captures:
        return _derive_uncaptured_status(order, now, assumptions)
    captured = order.captured_amount
    if order.released_at is None and order.order_amount > captured:
        if expired:
            return Status(assumptions.expired_part_captured)
        return Status.PART_CAPTURED
    if order.refunds and order.refunded_amount == captured > 0:
        return Status(assumptions.fully_refunded_status)
    return Status.CAPTURED


def find_status_assumption(order: Order, status: Status) -> str:
    """Return the assumption that decided the status of an order; empty if none did."""
    if not order.captures or status in (Status.CANCELLED, Status.PART_CAPTURED):
        return ""
    if status is Status.EXPIRED or order.remaining_authorized_amount:
        return "expired_part_captured"
    is_refunded = order.refunds and order.refunded_amount == order.captured_amount > 0
    return "fully_refunded_status" if is_refunded else ""


def _derive_uncaptured_status(order: Order, now: datetime, assumptions: Assumptions) -> Status:
    if assumptions.rejected_order == "four_hours" and _is_rejected(order, now):
        return Status.CANCELLED
    return Status.EXPIRED if now >= order.expires_at else Status.AUTHORIZED


def _is_rejected(order: Order, now: datetime) -> bool:
    """Return whether it is too late to capture the order after a failed fraud review."""
    order = end_due_review(order, now)
    failed = order.fraud_status in {FraudStatus.REJECTED, FraudStatus.STOPPED}
    return failed and now >= _rejection_ends_at(order)


def _rejection_ends_at(order: Order) -> datetime:
    return (order.fraud_reviewed_at or order.created_at) + TIME_TO_TAKE_RISK


def lapse_event(order: Order, now: datetime, assumptions: Assumptions) -> TimelineEvent | None:
    """Return the event by which time alone ended the authorization, if it did.

    Nothing is stored of it: like the status, it is derived from the facts and the time.
    """
    order = end_due_review(order, now)
    if order.cancelled_at is not None or order.remaining_authorized_amount == 0:
        return None
    if derive_status(order, now, assumptions) is Status.CANCELLED:
        text = "cancelled: not captured within 4 hours of the failed fraud review"
        return TimelineEvent(_rejection_ends_at(order), text, kind="cancelled")
    if now >= order.expires_at:
        remaining = order.remaining_authorized_amount
        text = f"authorization of {remaining} expired"
        return TimelineEvent(order.expires_at, text, kind="expired", amount=remaining)
    return None


class Permission(Struct, frozen=True):
    """Whether an operation is allowed in a status, with the mark of the rule."""

    reason: Reason | None
    mark: Mark


_KUSTOM, _KLARNA = Mark.DOCUMENTED_BY_KUSTOM, Mark.DOCUMENTED_BY_KLARNA
_CLIENTS, _RECORDED, _ASSUMED = Mark.READ_OFF_CLIENTS, Mark.RECORDED, Mark.ASSUMED


def _ok(mark: Mark) -> Permission:
    return Permission(None, mark)


def _no(reason: Reason, mark: Mark) -> Permission:
    return Permission(reason, mark)


_NO_CAPTURES = Reason.ORDER_HAS_NO_CAPTURES
_FULLY_CAPTURED = Reason.ORDER_FULLY_CAPTURED
_CANCELLED = Reason.ORDER_CANCELLED
_EXPIRED = Reason.ORDER_EXPIRED
_CLOSED = Reason.ORDER_CLOSED


def _row(
    authorized: Permission,
    part_captured: Permission,
    captured: Permission,
    cancelled: Permission,
    expired: Permission,
    closed: Permission,
) -> Mapping[Status, Permission]:
    return {
        Status.AUTHORIZED: authorized,
        Status.PART_CAPTURED: part_captured,
        Status.CAPTURED: captured,
        Status.CANCELLED: cancelled,
        Status.EXPIRED: expired,
        Status.CLOSED: closed,
    }


LIFECYCLE: Mapping[Operation, Mapping[Status, Permission]] = {
    **{
        read: dict.fromkeys(Status, _ok(_KLARNA))
        for read in Operation
        if read in READ_OPERATIONS
    },
    Operation.ACKNOWLEDGE: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_CLIENTS),
        captured=_ok(_CLIENTS),
        cancelled=_no(_CANCELLED, _ASSUMED),
        expired=_no(_EXPIRED, _ASSUMED),
        closed=_ok(_ASSUMED),
    ),
    Operation.UPDATE_AUTHORIZATION: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_KLARNA),
        captured=_no(_FULLY_CAPTURED, _KLARNA),
        cancelled=_no(_CANCELLED, _KLARNA),
        expired=_no(_EXPIRED, _KLARNA),
        closed=_no(_CLOSED, _ASSUMED),
    ),
    Operation.CANCEL: _row(
        authorized=_ok(_RECORDED),
        part_captured=_no(Reason.ORDER_HAS_CAPTURES, _KUSTOM),
        captured=_no(Reason.ORDER_HAS_CAPTURES, _KUSTOM),
        cancelled=_ok(_RECORDED),
        expired=_no(_EXPIRED, _ASSUMED),
        closed=_no(Reason.ORDER_HAS_CAPTURES, _KLARNA),
    ),
    Operation.UPDATE_CUSTOMER_DETAILS: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_ASSUMED),
        captured=_no(_FULLY_CAPTURED, _ASSUMED),
        cancelled=_no(_CANCELLED, _ASSUMED),
        expired=_no(_EXPIRED, _ASSUMED),
        closed=_no(_CLOSED, _ASSUMED),
    ),
    Operation.EXTEND_AUTHORIZATION_TIME: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_ASSUMED),
        captured=_no(_FULLY_CAPTURED, _ASSUMED),
        cancelled=_no(_CANCELLED, _KLARNA),
        expired=_no(_EXPIRED, _KLARNA),
        closed=_no(_CLOSED, _ASSUMED),
    ),
    Operation.UPDATE_MERCHANT_REFERENCES: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_CLIENTS),
        captured=_ok(_CLIENTS),
        cancelled=_no(_CANCELLED, _KUSTOM),
        expired=_ok(_ASSUMED),
        closed=_ok(_ASSUMED),
    ),
    Operation.RELEASE_REMAINING_AUTHORIZATION: _row(
        authorized=_no(_NO_CAPTURES, _KLARNA),
        part_captured=_ok(_KUSTOM),
        captured=_no(_FULLY_CAPTURED, _KLARNA),
        cancelled=_no(_CANCELLED, _KLARNA),
        expired=_no(_EXPIRED, _ASSUMED),
        closed=_no(_CLOSED, _ASSUMED),
    ),
    Operation.ADD_ORDER_SHIPPING_INFO: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_KUSTOM),
        captured=_ok(_ASSUMED),
        cancelled=_ok(_ASSUMED),
        expired=_ok(_ASSUMED),
        closed=_ok(_ASSUMED),
    ),
    Operation.CAPTURE: _row(
        authorized=_ok(_KUSTOM),
        part_captured=_ok(_KUSTOM),
        captured=_no(Reason.CAPTURE_EXCEEDS_REMAINING, _RECORDED),
        cancelled=_no(_CANCELLED, _KLARNA),
        expired=_no(_EXPIRED, _RECORDED),
        closed=_no(_CLOSED, _ASSUMED),
    ),
    Operation.ADD_CAPTURE_SHIPPING_INFO: _row(
        authorized=_no(_NO_CAPTURES, _KLARNA),
        part_captured=_ok(_CLIENTS),
        captured=_ok(_CLIENTS),
        cancelled=_no(_NO_CAPTURES, _ASSUMED),
        expired=_ok(_ASSUMED),
        closed=_ok(_ASSUMED),
    ),
    Operation.TRIGGER_SEND_OUT: _row(
        authorized=_no(_NO_CAPTURES, _KLARNA),
        part_captured=_ok(_KLARNA),
        captured=_ok(_KLARNA),
        cancelled=_no(_NO_CAPTURES, _ASSUMED),
        expired=_ok(_ASSUMED),
        closed=_ok(_ASSUMED),
    ),
    Operation.EXTEND_DUE_DATE: _row(
        authorized=_no(_NO_CAPTURES, _ASSUMED),
        part_captured=_ok(_KLARNA),
        captured=_ok(_KLARNA),
        cancelled=_no(_NO_CAPTURES, _ASSUMED),
        expired=_ok(_ASSUMED),
        closed=_no(_CLOSED, _ASSUMED),
    ),
    Operation.REFUND: _row(
        authorized=_no(_NO_CAPTURES, _KUSTOM),
        part_captured=_ok(_KUSTOM),
        captured=_ok(_KUSTOM),
        cancelled=_no(_CANCELLED, _KLARNA),
        expired=_ok(_ASSUMED),
        closed=_no(Reason.REFUND_EXCEEDS_CAPTURED, _KLARNA),
    ),
}
"""Permission by operation and status. Refunds and parcels of an expired order without
captures are refused because it has no captures, not because of its status."""


AMOUNT_REASONS = {Reason.CAPTURE_EXCEEDS_REMAINING, Reason.REFUND_EXCEEDS_CAPTURED}


def check_allowed(order: Order, operation: Operation, status: Status) -> None:
    """Look the operation up in the table.

    Raises:
        Refusal: the table refuses it in this status.
    """
    refused = LIFECYCLE[operation][status].reason
    if refused is not None:
        amounts: dict[str, object] = (
            {
                "remaining": order.remaining_authorized_amount,
                "captured": order.captured_amount,
                "refundable": order.captured_amount - order.refunded_amount,
            }
            if refused in AMOUNT_REASONS
            else {}
        )
        if refused is Reason.REFUND_EXCEEDS_CAPTURED:
            amounts["earlier_refunds"] = list_refunds(order)
        raise Refusal(refused, operation, order_id=order.order_id, status=status, **amounts)
