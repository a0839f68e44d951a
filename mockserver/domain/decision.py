"""What a decision is made of, and what it gives back; the deciders have it in common."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.explanation import Allocation
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order

PARTS_KEPT = 5000
"""How many captures, refunds or parcels an order, and parcels a capture, may have (ours)."""


class Context(Struct, frozen=True, gc=False):
    """All that the outside world contributes, drawn once per request.

    ``new_id`` is the id for a capture or refund, should one be made.
    ``allocation_fails`` lets the next allocation fail as if the provider had failed.
    """

    now: datetime
    new_id: str
    assumptions: Assumptions
    allocation_fails: bool = False


class Outcome(Struct, frozen=True, gc=False):
    """What the merchant is told of an accepted command.

    ``created_id`` is set for a new capture or refund, ``lines_valid`` when its lines
    add up to its amount, ``allocation`` for a refund.
    """

    operation: Operation
    created_id: str | None = None
    lines_valid: bool = False
    allocation: Allocation | None = None


class Decision(Struct, frozen=True, gc=False):
    """The order as it is after a command, and the outcome."""

    order: Order
    outcome: Outcome


def done(order: Order, command: Command, **changes: Any) -> Decision:  # noqa: ANN401
    """Give the order with some changes, and an outcome that tells nothing more."""
    return Decision(replace(order, **changes), Outcome(command.operation))


def check_not_full(number: int, parts: str, operation: Operation, **ids: str) -> None:
    """Refuse to let an order have so many of something.

    Raises:
        Rejection: they are more than are kept.
    """
    if number > PARTS_KEPT:
        raise Rejection(
            Reason.ORDER_IS_FULL,
            operation,
            **ids,
            kind=parts,
            limit=PARTS_KEPT,
        )
