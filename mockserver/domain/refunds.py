"""Refunds: whether money can be given back. Where it belongs is the allocation's business."""

from msgspec.structs import replace

from mockserver.domain.allocation import allocate
from mockserver.domain.commands import RefundOrder
from mockserver.domain.decision import Context, Decision, Outcome, check_not_full
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order, Refund
from mockserver.domain.refund_case import measure_asked


def refund(order: Order, command: RefundOrder, context: Context) -> Decision:
    """Give money back, and allocate it to a capture.

    Raises:
        Rejection: more than is left of what was captured, or the order is full.
    """
    check_refundable(order, command.refunded_amount)
    number = len(order.refunds) + 1
    check_not_full(number, "refunds", command.operation, order_id=order.order_id)
    case = measure_asked(
        order,
        command,
        context.assumptions,
        allocation_fails=context.allocation_fails,
    )
    allocation = allocate(case)
    made = Refund(
        refund_id=context.new_id,
        refunded_amount=command.refunded_amount,
        refunded_at=context.now,
        allocation=allocation,
        captures_before=len(order.captures),
        description=command.description,
        order_lines=command.order_lines,
        reference=command.reference,
    )
    return Decision(
        replace(
            order,
            refunds=(*order.refunds, made),
            fail_next_allocation=order.fail_next_allocation and not case.made_to_fail,
        ),
        Outcome(command.operation, made.refund_id, case.adds_up, allocation),
    )


def check_refundable(order: Order, refunded_amount: int) -> None:
    """Check a refund's amount against what was captured and not yet refunded.

    Raises:
        Rejection: nothing was captured, or less than would then be refunded.
    """
    if not order.captures:
        raise Rejection(
            Reason.ORDER_HAS_NO_CAPTURES,
            Operation.REFUND,
            order_id=order.order_id,
        )
    captured, refunded = order.captured_amount, order.refunded_amount
    if refunded + refunded_amount > captured:
        raise Rejection(
            Reason.REFUND_EXCEEDS_CAPTURED,
            Operation.REFUND,
            requested=refunded_amount,
            refundable=captured - refunded,
            captured=captured,
            refunded=refunded,
        )
