"""What the picture of an order shows, as plain values without places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import AllocationOutcome, Explanation
from mockserver.domain.ledger import name_refund
from mockserver.domain.order import Capture, Order

MAX_LINES_NAMED = 2
STICKY_CONDITION = "no_earlier_failure"


class Look(StrEnum):
    """How a refund is drawn: by the outcome of its allocation, or as refused."""

    ALLOCATED = "allocated"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    REFUSED = "refused"


class Shipment(Struct, frozen=True, kw_only=True):
    """A capture, or several that are drawn as one bar.

    Attributes:
        ids: of the captures; several if they are folded.
        label: the name by which the merchant knows it.
        amount: captured, in minor units.
        lines: names of the captured articles.
        is_shown: whether it exists at the moment that is drawn.
    """

    ids: tuple[str, ...]
    label: str
    amount: int
    lines: tuple[str, ...] = ()
    is_shown: bool = True


class RefundFlow(Struct, frozen=True, kw_only=True):
    """A refund, or several that are drawn as one, and where the money was booked.

    Attributes:
        numbers: of the refunds in the order, from 1; none for one that is not sent yet.
        booked: amounts by the id of the capture.
        reason: the failed condition, or what else is remarkable, as one sentence.
        hint: what to change.
        nearest: the capture that it was probably meant for.
        is_dry_run: whether it is only tried, not sent.
        is_shown: whether it exists at the moment that is drawn.
    """

    numbers: tuple[int, ...]
    amount: int
    look: Look
    booked: Mapping[str, int]
    reason: str = ""
    hint: str = ""
    nearest: str | None = None
    is_dry_run: bool = False
    is_shown: bool = True


class DryRun(Struct, frozen=True):
    """A refund that is tried, not sent: its explanation, and why it would be refused."""

    explanation: Explanation
    refusal: str | None = None


class Content(Struct, frozen=True):
    """Everything that is drawn.

    Attributes:
        authorized: of the order, in minor units; ``captured`` and ``released`` are parts of it.
    """

    title: str
    currency: str
    authorized: int
    captured: int
    released: int
    shipments: Sequence[Shipment]
    refunds: Sequence[RefundFlow]


def describe_shipments(order: Order, visible: Iterable[str] | None) -> list[Shipment]:
    """Describe the captures of an order; ``visible`` names those that exist by now."""
    return [
        Shipment(
            ids=(capture.capture_id,),
            label=capture.klarna_reference,
            amount=capture.captured_amount,
            lines=tuple(_describe_line_names(capture)),
            is_shown=visible is None or capture.capture_id in visible,
        )
        for capture in order.captures
    ]


def describe_refunds(order: Order, visible: Iterable[str] | None) -> list[RefundFlow]:
    """Describe the refunds of an order, without texts.

    Args:
        order: the order.
        visible: ids of the captures and refunds that exist by now; all by default.
    """
    return [
        RefundFlow(
            numbers=(number,),
            amount=refund.refunded_amount,
            look=Look(refund.allocation.outcome),
            booked={b.capture_id: b.amount for b in refund.allocation.booked},
            is_shown=visible is None or refund.refund_id in visible,
        )
        for number, refund in enumerate(order.refunds, 1)
    ]


def add_refund_text(order: Order, flow: RefundFlow) -> RefundFlow:
    """Add the texts of a single refund; a fold and a tried refund have theirs."""
    if flow.is_dry_run or len(flow.numbers) > 1:
        return flow
    refund = order.refunds[flow.numbers[0] - 1]
    if flow.look is Look.ALLOCATED and not refund.allocation.ambiguous:
        return flow
    return _with_reason(flow, explain_allocation(order, refund), order)


def describe_dry_run(order: Order, dry_run: DryRun) -> RefundFlow:
    """Describe a refund that is tried; a refused one is booked nowhere."""
    explanation, refusal = dry_run.explanation, dry_run.refusal
    bookings = () if refusal else explanation.allocation.booked
    flow = RefundFlow(
        numbers=(),
        amount=explanation.refunded_amount,
        look=Look.REFUSED if refusal else Look(explanation.allocation.outcome),
        booked={booking.capture_id: booking.amount for booking in bookings},
        is_dry_run=True,
    )
    if refusal:
        return replace(flow, reason=f"would be refused: {refusal}")
    return _with_reason(flow, explanation, order)


def _with_reason(flow: RefundFlow, explanation: Explanation, order: Order) -> RefundFlow:
    return replace(
        flow,
        reason=_replace_ids(_describe_reason(explanation), order),
        hint=_replace_ids(next(iter(explanation.hints), ""), order),
        nearest=explanation.nearest.capture_id if explanation.nearest else None,
    )


def _describe_reason(explanation: Explanation) -> str:
    allocation = explanation.allocation
    if allocation.outcome is AllocationOutcome.NOT_ATTEMPTED:
        return "no lines, so not allocated to a shipment"
    if allocation.outcome is AllocationOutcome.ALLOCATED:
        return "several shipments fit, the oldest was chosen" if allocation.ambiguous else ""
    failed = [condition for condition in explanation.conditions if not condition.holds]
    failed.sort(key=lambda condition: condition.name == STICKY_CONDITION)
    if failed[0].name == STICKY_CONDITION:
        return f"only because {failed[0].detail}"
    return failed[0].detail


def _replace_ids(text: str, order: Order) -> str:
    """Name refunds by their number alone: ids do not fit into labels."""
    for number, refund in enumerate(order.refunds, 1):
        text = text.replace(name_refund(number, refund), f"refund {number}")
    return text


def _describe_line_names(capture: Capture) -> Iterator[str]:
    names = [line.name for line in capture.order_lines]
    yield from names[:MAX_LINES_NAMED]
    if len(names) > MAX_LINES_NAMED:
        yield f"+{len(names) - MAX_LINES_NAMED}"
