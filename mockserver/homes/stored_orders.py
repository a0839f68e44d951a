"""The stored form of orders, and of the results of commands that changed them.

The refunds of an order are only ever appended, so each is stored once, apart from its order:
as a field of the sandbox. A journal entry stores how many of them there were. All allocations
of a sandbox are made under its assumptions, so these are not stored with each.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct, ValidationError
from msgspec.msgpack import Decoder, decode
from msgspec.structs import astuple, replace

from mockserver.domain.allocation.explanation import Allocation, AllocationOutcome, Booking
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, OrderLine, Refund
from mockserver.homes.encoding import encode

REFUND = "m"
"""Letter that the fields of refunds begin with."""


class StoredAllocation(Struct, frozen=True, array_like=True):
    """An allocation without the assumptions in force, which are the sandbox's."""

    outcome: AllocationOutcome
    capture_id: str | None
    klarna_reference: str | None
    booked: tuple[Booking, ...]
    ambiguous: bool
    failure_injected: bool


class StoredRefund(Struct, frozen=True, array_like=True):
    """A refund with its allocation."""

    refund_id: str
    refunded_amount: int
    refunded_at: datetime
    allocation: StoredAllocation
    earlier_capture_count: int
    description: str
    order_lines: tuple[OrderLine, ...]
    reference: str | None


class StoredAcceptance(Struct, frozen=True, array_like=True):
    """What the response to an accepted command needs."""

    operation: Operation
    created_id: str | None = None
    lines_valid: bool = False
    allocation: StoredAllocation | None = None


class StoredVersion(Struct, frozen=True, array_like=True):
    """An order at one time.

    Attributes:
        refund_count: how many of its refunds there were.
        order: the order without refunds; ``None`` if it is that of the version before.
    """

    refund_count: int
    order: Order | None = None


REFUND_DECODER = Decoder(StoredRefund)
ValueT = TypeVar("ValueT")


def decode_with_lines(decoder: Decoder[ValueT], data: bytes) -> ValueT:
    """Decode a value with order lines, without the fields that a newer version gave them.

    Requests with unknown fields of a line are parsed in another way, so the type of a line
    forbids them.
    """
    try:
        return decoder.decode(data)
    except ValidationError:
        return decoder.decode(encode(_with_known_lines(decode(data))))


def _with_known_lines(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_with_known_lines(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_line = {"name", "quantity", "unit_price", "total_amount"} <= value.keys()
    names = OrderLine.__struct_fields__ if is_line else value
    return {name: _with_known_lines(value[name]) for name in names if name in value}


def store_allocation(allocation: Allocation) -> StoredAllocation:
    """Return the stored form of an allocation."""
    return StoredAllocation(
        allocation.outcome,
        allocation.capture_id,
        allocation.klarna_reference,
        allocation.booked,
        allocation.ambiguous,
        allocation.failure_injected,
    )


def restore_allocation(stored: StoredAllocation, assumptions: Assumptions) -> Allocation:
    """Return an allocation from its stored form."""
    return Allocation(
        stored.outcome,
        stored.capture_id,
        stored.klarna_reference,
        stored.booked,
        stored.ambiguous,
        stored.failure_injected,
        assumptions,
    )


def store_acceptance(acceptance: Acceptance) -> StoredAcceptance:
    """Return the stored form of an acceptance."""
    allocation = acceptance.allocation
    return StoredAcceptance(
        acceptance.operation,
        acceptance.created_id,
        acceptance.lines_valid,
        store_allocation(allocation) if allocation else None,
    )


def restore_acceptance(stored: StoredAcceptance, assumptions: Assumptions) -> Acceptance:
    """Return an acceptance from its stored form."""
    allocation = stored.allocation
    return Acceptance(
        stored.operation,
        stored.created_id,
        stored.lines_valid,
        restore_allocation(allocation, assumptions) if allocation else None,
    )


def store_refund(refund: Refund) -> StoredRefund:
    """Return the stored form of a refund."""
    return StoredRefund(
        refund.refund_id,
        refund.refunded_amount,
        refund.refunded_at,
        store_allocation(refund.allocation),
        refund.earlier_capture_count,
        refund.description,
        refund.order_lines,
        refund.reference,
    )


def restore_refund(stored: StoredRefund, assumptions: Assumptions) -> Refund:
    """Return a refund from its stored form."""
    values = dict(zip(StoredRefund.__struct_fields__, astuple(stored), strict=True))
    allocation = restore_allocation(stored.allocation, assumptions)
    return Refund(**{**values, "allocation": allocation})


def without_refunds(order: Order) -> Order:
    """Return the part of an order that is stored in its own field."""
    return replace(order, refunds=())


def with_refunds(order: Order, refunds: Iterable[Refund]) -> Order:
    """Return an order with these refunds."""
    return replace(order, refunds=tuple(refunds))


def decode_refunds(
    rows: Mapping[str, bytes], assumptions: Assumptions
) -> Mapping[str, list[Refund]]:
    """Decode refunds that are stored as ``<order id>/<number>``.

    Returns:
        Those of each order, oldest first.
    """
    numbered: dict[str, dict[int, Refund]] = {}
    for key, data in rows.items():
        order_id, _, number = key.rpartition("/")
        refund = restore_refund(decode_with_lines(REFUND_DECODER, data), assumptions)
        numbered.setdefault(order_id, {})[int(number)] = refund
    return {
        order_id: [refund for _, refund in sorted(refunds.items())]
        for order_id, refunds in numbered.items()
    }


def store_versions(
    before: Order | None, after: Order | None
) -> tuple[StoredVersion | None, StoredVersion | None]:
    """Return the stored forms of an order before and after a request."""
    first, later = _store_version(before), _store_version(after)
    if first is None or later is None:
        return first, later
    is_refunded = later.refund_count != first.refund_count
    if after is before or (is_refunded and later.order == first.order):
        later = StoredVersion(later.refund_count)
    return first, later


def restore_versions(
    before: StoredVersion | None,
    after: StoredVersion | None,
    orders: Mapping[str, Order],
) -> tuple[Order | None, Order | None]:
    """Return an order before and after a request, the same one if it was not changed.

    Args:
        before: its stored form before the request.
        after: its stored form after it.
        orders: the orders of the sandbox, which have all refunds.
    """
    first = _restore_version(before, orders)
    if before is None or after is None or after.order is not None:
        return first, _restore_version(after, orders)
    if after.refund_count == before.refund_count:
        return first, first
    return first, _restore_version(replace(after, order=before.order), orders)


def _store_version(order: Order | None) -> StoredVersion | None:
    if order is None:
        return None
    return StoredVersion(len(order.refunds), without_refunds(order))


def _restore_version(stored: StoredVersion | None, orders: Mapping[str, Order]) -> Order | None:
    if stored is None or stored.order is None:
        return None
    now = orders.get(stored.order.order_id)
    return with_refunds(stored.order, now.refunds[: stored.refund_count] if now else ())
