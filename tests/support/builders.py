"""Factories for domain values; a test sets the fields it is about."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.authorization import initial_expiry
from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.decision import Context
from mockserver.domain.money import sum_totals
from mockserver.domain.order import Order, OrderLine, PaymentMethod

CREATED = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
ORDER_ID = "7ce4ee13-973c-6f49-a30e-85a0bc675997"

SWEDEN = {
    "given_name": "Testperson-se",
    "street_address": "Stårgatan 1",
    "postal_code": "123 45",
    "city": "Ankeborg",
    "country": "SE",
}


def make_line(
    reference: str | None = "A12345",
    total_amount: int = 3000,
    **facts: Any,  # noqa: ANN401  # any field of a line
) -> OrderLine:
    line = OrderLine(
        name=reference or "unnamed",
        quantity=1,
        unit_price=total_amount,
        total_amount=total_amount,
        reference=reference,
    )
    return replace(line, **facts)


def make_order(
    order_amount: int = 10_000,
    **facts: Any,  # noqa: ANN401  # any field of an order
) -> Order:
    """Make an order placed two weeks before ``NOW``; its expiry follows ``created_at``."""
    created_at = facts.pop("created_at", CREATED)
    order = Order(
        order_id=ORDER_ID,
        klarna_reference="1VHSHK1Q",
        created_at=created_at,
        expires_at=initial_expiry(created_at, days=28),
        order_amount=order_amount,
        original_order_amount=order_amount,
        order_lines=(),
        purchase_country="SE",
        purchase_currency="SEK",
        locale="sv-SE",
        payment_method=paid_by("INVOICE"),
        billing_address=SWEDEN,
        shipping_address=SWEDEN,
    )
    return replace(order, **facts)


def paid_by(payment_method: str) -> PaymentMethod:
    return PaymentMethod(payment_method, payment_method.title())


def capture_of(*lines: OrderLine, amount: int | None = None) -> CaptureOrder:
    """Make a capture command; its amount is the sum of the lines unless set."""
    return CaptureOrder(sum_totals(lines) if amount is None else amount, order_lines=lines)


def refund_of(*lines: OrderLine, amount: int | None = None) -> RefundOrder:
    """Make a refund command; its amount is the sum of the lines unless set."""
    return RefundOrder(sum_totals(lines) if amount is None else amount, order_lines=lines)


def make_context(
    new_id: str = "new-id",
    *,
    now: datetime = NOW,
    assumptions: Assumptions = Assumptions(),
    allocation_fails: bool = False,
) -> Context:
    return Context(now, new_id, assumptions, allocation_fails)


def drive(
    order: Order,
    *commands: Command,
    now: datetime = NOW,
    assumptions: Assumptions = Assumptions(),
) -> Order:
    """Apply commands; captures and refunds get the ids ``change-1``, ``change-2``."""
    for command in commands:
        count = len(order.captures) + len(order.refunds)
        context = make_context(f"change-{count + 1}", now=now, assumptions=assumptions)
        order = decide(order, command, context).order
    return order


def explanations_of(order: Order) -> list[Explanation]:
    """Explain the allocations of an order's refunds, oldest first."""
    return [explain_allocation(order, refund) for refund in order.refunds]


def shipped_order(shipments: Iterable[CaptureOrder], left: int = 0) -> Order:
    """Make an order with these captures and ``left`` minor units still authorized."""
    commands = tuple(shipments)
    total = sum(command.captured_amount for command in commands)
    return drive(make_order(total + left), *commands)
