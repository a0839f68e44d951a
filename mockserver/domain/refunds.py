"""The refund command: check the amount, then allocate."""

from msgspec.structs import replace

from mockserver.domain.allocation.allocate import allocate
from mockserver.domain.allocation.case import RETURN_FEE, build_case_for_command
from mockserver.domain.commands import RefundOrder
from mockserver.domain.decision import Acceptance, Context, Decision, check_movement_limit
from mockserver.domain.errors import Reason
from mockserver.domain.ledger import list_refunds
from mockserver.domain.money import lines_add_up
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, Refund
from mockserver.domain.refusal import Refusal

RETURN_FEE_COUNTRIES = frozenset(
    {
        "AT", "AU", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "NO", "PT",
        "SE",
    },
)  # fmt: skip
"""Countries in which a refund may have a return fee (documented by Klarna)."""


def refund(order: Order, command: RefundOrder, context: Context) -> Decision:
    """Refund an amount and allocate it to a capture.

    Raises:
        Refusal: more than is left of what was captured, or the order is full.
    """
    check_refundable(order, command.refunded_amount)
    if context.assumptions.return_fee_rules == "documented":
        check_return_fee(order, command)
    number = len(order.refunds) + 1
    check_movement_limit(number, "refunds", command.operation, order_id=order.order_id)
    case = build_case_for_command(
        order,
        command,
        context.assumptions,
        fail_allocation=context.fail_allocation,
    )
    allocation = allocate(case)
    refund = Refund(
        refund_id=context.new_id,
        refunded_amount=command.refunded_amount,
        refunded_at=context.now,
        allocation=allocation,
        earlier_capture_count=len(order.captures),
        description=command.description,
        order_lines=command.order_lines,
        reference=command.reference,
    )
    return Decision(
        replace(
            order,
            refunds=(*order.refunds, refund),
            fail_next_allocation=order.fail_next_allocation and not case.failure_injected,
        ),
        Acceptance(command.operation, refund.refund_id, case.lines_add_up, allocation),
    )


def check_return_fee(order: Order, command: RefundOrder) -> None:
    """Check the documented conditions of a return fee; a fee of 0 has none.

    Raises:
        Refusal: with the condition that does not hold.
    """
    if not [
        line for line in command.order_lines if line.type == RETURN_FEE and line.total_amount
    ]:
        return
    causes = {
        f"A return fee is not offered in {order.purchase_country}.": (
            order.purchase_country not in RETURN_FEE_COUNTRIES
        ),
        "A return fee needs an order that is fully captured in one capture.": (
            len(order.captures) > 1 or order.remaining_authorized_amount > 0
        ),
        "A return fee needs lines that add up to refunded_amount.": (
            not lines_add_up(command.order_lines, command.refunded_amount)
        ),
    }
    for cause, applies in causes.items():
        if applies:
            raise Refusal(Reason.RETURN_FEE_NOT_OFFERED, Operation.REFUND, cause=cause)


def check_refundable(order: Order, refunded_amount: int) -> None:
    """Check a refund's amount against what was captured and not yet refunded.

    Raises:
        Refusal: nothing was captured, or less than would then be refunded.
    """
    if not order.captures:
        raise Refusal(
            Reason.ORDER_HAS_NO_CAPTURES,
            Operation.REFUND,
            order_id=order.order_id,
        )
    captured, refunded = order.captured_amount, order.refunded_amount
    if refunded + refunded_amount > captured:
        raise Refusal(
            Reason.REFUND_EXCEEDS_CAPTURED,
            Operation.REFUND,
            requested=refunded_amount,
            refundable=captured - refunded,
            captured=captured,
            refunded=refunded,
            earlier_refunds=list_refunds(order),
        )
