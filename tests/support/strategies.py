"""Hypothesis strategies for assumptions, shipments, and refunds that hit or miss them.

References come from a small pool, so that the same one turns up in several captures and
a refund has a fair chance of fitting; a few are misspelt versions of one another.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Allocation, Explanation
from mockserver.domain.assumptions import (
    ASSUMPTIONS,
    Assumption,
    Assumptions,
    AssumptionValue,
    switch_assumptions,
)
from mockserver.domain.commands import (
    Acknowledge,
    Cancel,
    CaptureOrder,
    Command,
    ExtendAuthorizationTime,
    RefundOrder,
    ReleaseRemainingAuthorization,
    UpdateAuthorization,
)
from mockserver.domain.decide import decide
from mockserver.domain.money import sum_totals
from mockserver.domain.order import Order, OrderLine
from mockserver.domain.refusal import Refusal
from tests.support.builders import make_context, make_line, shipped_order

REFERENCES = ("A12345", "a12345", "A12354", "A98765", "B24680", "C-1")
MISSPELT = ("A1234", "A12345 ", "b24680", "B24682", "c-1", "D1", "X-9")

amounts = st.integers(0, 400)
references = st.sampled_from(REFERENCES)


T = TypeVar("T")


def mostly(usual: SearchStrategy[T], seldom: SearchStrategy[T]) -> SearchStrategy[T]:
    """Draw from the first strategy four times in five.

    ``one_of`` would not do: it counts a strategy once, however often it is listed.
    """
    return st.integers(1, 5).flatmap(lambda number: usual if number < 5 else seldom)


@st.composite
def damaged(
    draw: st.DrawFn,
    seeds: Sequence[bytes],
    replacements: SearchStrategy[bytes],
    longest: int,
) -> bytes:
    """Draw one of some texts with up to four spots cut, doubled or replaced."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        spot = text[start : start + draw(st.integers(0, longest))]
        flipped = bytes(byte ^ 0x20 for byte in spot)
        random_bytes = st.one_of(replacements, st.binary(max_size=3))
        replacement = draw(st.one_of(st.sampled_from([b"", spot * 2, flipped]), random_bytes))
        text = text[:start] + replacement + text[start + len(spot) :]
    return text


def values_of(row: Assumption) -> SearchStrategy[AssumptionValue]:
    """Draw one of the values that an assumption takes."""
    return st.sampled_from((*row.meanings, *row.allowed_numbers))


def assuming(*names: str) -> SearchStrategy[Assumptions]:
    """Draw all values of these assumptions; the others keep their defaults."""
    rows = {name: values_of(ASSUMPTIONS[name]) for name in names}
    return st.fixed_dictionaries(rows).map(
        lambda drawn: switch_assumptions(Assumptions(), drawn)
    )


assumptions = assuming(*ASSUMPTIONS)

allocation_assumptions = assuming(
    "unallocated_refund",
    "amount_only_refund",
    "fee_only_refund",
    "return_fee_rules",
    "capture_capacity",
)

captured_lines = st.builds(make_line, references, amounts)

return_fees = st.builds(make_line, st.none(), st.integers(-50, 0), type=st.just("return_fee"))

refund_lines = st.one_of(
    captured_lines,
    return_fees,
    st.builds(make_line, st.none() | st.just(""), amounts),
    st.builds(make_line, st.sampled_from(MISSPELT), amounts),
)


@st.composite
def shipments(draw: st.DrawFn) -> CaptureOrder:
    """Draw a capture; its lines need not add up, which the provider does not check."""
    lines = draw(mostly(st.lists(captured_lines, min_size=1, max_size=4), st.just([])))
    amount = draw(mostly(st.just(sum_totals(lines)), st.integers(0, 1000)))
    return CaptureOrder(amount, order_lines=tuple(lines))


shipped_orders = st.builds(
    shipped_order,
    st.lists(shipments(), min_size=1, max_size=4),
    left=st.just(1),  # so that the last shipment may be 0
)


@st.composite
def returns(draw: st.DrawFn, order: Order) -> RefundOrder:
    """Draw a refund that could fit: parts of some lines of one capture, maybe less a fee."""
    shipment = draw(st.sampled_from(order.captures)).order_lines or (make_line(),)
    lines = [
        make_line(line.reference, draw(st.integers(0, line.total_amount)))
        for line in draw(st.lists(st.sampled_from(shipment), min_size=1, max_size=3))
    ]
    lines += draw(mostly(st.just([]), st.lists(return_fees, max_size=1)))
    return balanced(lines)


def balanced(lines: Sequence[OrderLine]) -> RefundOrder:
    """Refund just what the lines add up to; a line is added where that is below zero."""
    missing = (make_line("C-1", -sum_totals(lines)),) if sum_totals(lines) < 0 else ()
    every = (*lines, *missing)
    return RefundOrder(sum_totals(every), order_lines=every)


def balanced_refunds(order: Order) -> SearchStrategy[RefundOrder]:
    """Draw refunds with at least one line, whose lines add up."""
    wild = st.lists(refund_lines, min_size=1, max_size=6).map(balanced)
    return returns(order) | wild


def refund_requests(order: Order) -> SearchStrategy[RefundOrder]:
    """Draw refunds of an order: mostly fitting, else amount only or off by something."""
    odd = st.builds(_off_by, balanced_refunds(order), st.sampled_from((1, -1, 50)))
    return mostly(returns(order), balanced_refunds(order) | odd | amounts.map(RefundOrder))


def _off_by(request: RefundOrder, units: int) -> RefundOrder:
    return replace(request, refunded_amount=max(0, request.refunded_amount + units))


@dataclass(frozen=True)
class Refunded:
    """A refund that was accepted: the request, and the order before and after."""

    before: Order
    request: RefundOrder
    after: Order

    @property
    def allocation(self) -> Allocation:
        """The allocation of the refund."""
        return self.after.refunds[-1].allocation

    @property
    def explanation(self) -> Explanation:
        """The explanation of the allocation."""
        return explain_allocation(self.after, self.after.refunds[-1])


@st.composite
def refund_histories(
    draw: st.DrawFn,
    choices: SearchStrategy[Assumptions] = allocation_assumptions,
) -> tuple[Assumptions, list[Refunded]]:
    """Draw assumptions, and the accepted ones of several refunds of a shipped order."""
    assumed = draw(choices)
    order = draw(shipped_orders)
    history = []
    for number in range(draw(st.integers(1, 6))):
        request = draw(refund_requests(order))
        context = make_context(
            f"refund-{number}",
            assumptions=assumed,
            allocation_fails=draw(mostly(st.just(value=False), st.booleans())),
        )
        with suppress(Refusal):
            after = decide(order, request, context).order
            history.append(Refunded(order, request, after))
            order = after
    return assumed, history


def shuffled(request: RefundOrder) -> SearchStrategy[RefundOrder]:
    """Draw the same refund with its lines in another order."""
    lines = st.permutations(request.order_lines)
    return lines.map(lambda permuted: replace(request, order_lines=tuple(permuted)))


commands: SearchStrategy[Command] = st.one_of(
    st.builds(CaptureOrder, amounts),
    st.builds(CaptureOrder, amounts),
    st.builds(RefundOrder, amounts),
    st.builds(UpdateAuthorization, st.integers(0, 1500), st.just(())),
    st.sampled_from(
        (
            Acknowledge(),
            Cancel(),
            ReleaseRemainingAuthorization(),
            ExtendAuthorizationTime(),
        ),
    ),
)
"""Commands that move amounts or dates; many will be refused, which is the point."""
