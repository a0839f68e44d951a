"""Context, acceptance and decision: the input and output of ``decide``."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Command
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.explanation import Allocation
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order

MAX_MOVEMENTS = 5000
"""How many captures, refunds or parcels an order, and parcels a capture, may have (ours)."""


class Context(Struct, frozen=True, gc=False):
    """External inputs of a decision: time, new id, assumptions.

    ``new_id`` is the id for a capture or refund, should one be made.
    ``allocation_fails`` lets the next allocation fail as if the provider had failed.
    """

    now: datetime
    new_id: str
    assumptions: Assumptions
    fail_allocation: bool = False


class Acceptance(Struct, frozen=True, gc=False):
    """What the response to an accepted command needs.

    ``created_id`` is set for a new capture or refund, ``lines_valid`` when its lines
    add up to its amount, ``allocation`` for a refund.
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
    """Refuse to let an order have so many of something.

    Raises:
        Rejection: they are more than are kept.
    """
    if number > MAX_MOVEMENTS:
        raise Refusal(
            Reason.ORDER_IS_FULL,
            operation,
            **ids,
            kind=kind,
            limit=MAX_MOVEMENTS,
        )
