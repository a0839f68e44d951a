"""Context, acceptance and decision: the input and output of ``decide``."""

import re
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.allocation.explanation import Allocation
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import Capture, Order, Refund
from mockserver.domain.refusal import Refusal

MAX_MOVEMENTS = 5000
"""Limit of captures, refunds and parcels per order, and of parcels per capture (ours)."""


class Context(Struct, frozen=True, gc=False):
    """External inputs of a decision: time, new id, assumptions.

    Attributes:
        now: the time of the sandbox.
        new_id: the id of the capture or refund, if the command creates one.
        assumptions: the assumptions in force.
        fail_allocation: whether the allocation of a refund fails by injection.
    """

    now: datetime
    new_id: str
    assumptions: Assumptions
    fail_allocation: bool = False


class Acceptance(Struct, frozen=True, gc=False):
    """What the response to an accepted command needs.

    Attributes:
        operation: the operation of the command.
        created_id: the id of a new capture or refund.
        lines_valid: whether the lines of a new capture or refund add up to its amount.
        allocation: the allocation of a new refund.
    """

    operation: Operation
    created_id: str | None = None
    lines_valid: bool = False
    allocation: Allocation | None = None


class Decision(Struct, frozen=True, gc=False):
    """The changed order and the acceptance."""

    order: Order
    acceptance: Acceptance


def accept_changes(order: Order, command: Command, **changes: Any) -> Decision:  # noqa: ANN401
    """Accept a command by changing fields of the order."""
    return Decision(replace(order, **changes), Acceptance(command.operation))


def check_movement_limit(number: int, kind: str, operation: Operation, **ids: str) -> None:
    """Check a number of captures, refunds or parcels against ``MAX_MOVEMENTS``.

    Raises:
        Refusal: the number exceeds the limit.
    """
    if number > MAX_MOVEMENTS:
        raise Refusal(
            Reason.ORDER_IS_FULL,
            operation,
            **ids,
            kind=kind,
            limit=MAX_MOVEMENTS,
        )


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: str) -> bool:
    """Return whether a text has the form of a UUID, of any version."""
    return _UUID.fullmatch(text) is not None


def order_not_found(
    order_id: str,
    operation: Operation,
    capture_id: str = "",
) -> Refusal:
    """Build the refusal for an unknown order id.

    Reading an order by an id that is not a UUID has a code of its own (documented by
    Klarna for that operation only).
    """
    if operation is Operation.GET_ORDER and not is_uuid(order_id):
        return Refusal(Reason.INVALID_ORDER_ID, operation, order_id=order_id)
    return Refusal(
        Reason.ORDER_NOT_FOUND,
        operation,
        order_id=order_id,
        capture_id=capture_id,
    )


def find_capture(order: Order, capture_id: str, operation: Operation) -> Capture:
    """Find a capture of an order.

    Raises:
        Refusal: the order has no such capture.
    """
    capture = order.get_capture(capture_id)
    if capture is None:
        raise Refusal(
            Reason.CAPTURE_NOT_FOUND,
            operation,
            capture_id=capture_id,
            order_id=order.order_id,
        )
    return capture


def find_refund(order: Order, refund_id: str) -> Refund:
    """Find a refund of an order.

    Raises:
        Refusal: the order has no such refund.
    """
    refund = order.get_refund(refund_id)
    if refund is None:
        raise Refusal(
            Reason.REFUND_NOT_FOUND,
            Operation.GET_REFUND,
            refund_id=refund_id,
            order_id=order.order_id,
        )
    return refund
