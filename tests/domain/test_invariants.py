import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.allocation.explanation import Booking
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import CaptureOrder, Command, RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.ledger import INVARIANTS, broken_invariants
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from tests.support.builders import drive, make_context, make_order
from tests.support.strategies import Refunded, assumptions, commands, refund_histories

SOUND = drive(make_order(), CaptureOrder(3000), CaptureOrder(2000), RefundOrder(1000))


def booked(*amounts: int) -> Order:
    """Book the one refund of 1000 otherwise, on one capture after the other."""
    refund = SOUND.refunds[0]
    landings = tuple(
        Booking(capture.capture_id, capture.klarna_reference, amount)
        for capture, amount in zip(SOUND.captures, amounts, strict=False)
    )
    allocation = replace(refund.allocation, booked=landings)
    return replace(SOUND, refunds=(replace(refund, allocation=allocation),))


def refunded(amount: int) -> Order:
    return replace(SOUND, refunds=(replace(SOUND.refunds[0], refunded_amount=amount),))


@pytest.mark.parametrize(
    ("order", "broken"),
    [
        pytest.param(SOUND, [], id="a sound order"),
        pytest.param(booked(), [], id="money that is booked nowhere"),
        pytest.param(
            replace(SOUND, order_amount=4999),
            [
                "no more is captured than authorized: captured 5000 of 4999",
                "the remaining authorization is not negative: remaining -1",
            ],
            id="captured too much",
        ),
        pytest.param(
            refunded(5001),
            ["no more is refunded than captured: refunded 5001 of 5000"],
            id="refunded too much",
        ),
        pytest.param(
            booked(3001),
            [
                "no more is booked on a capture than it captured: 3001 on 1VHSHK1Q-1 of 3000",
                "no more is booked than refunded: booked 3001, refunded 1000",
            ],
            id="booked too much",
        ),
        pytest.param(
            booked(1000, 1),
            ["no more is booked than refunded: booked 1001, refunded 1000"],
            id="booked twice",
        ),
    ],
)
def test_every_broken_invariant_is_named_with_its_numbers(
    order: Order,
    broken: list[str],
) -> None:
    assert list(broken_invariants(order)) == broken


def test_there_is_an_example_of_each_invariant_being_broken() -> None:
    orders = [replace(SOUND, order_amount=4999), refunded(5001), booked(3001)]
    named = {
        violation.partition(":")[0]
        for order in orders
        for violation in broken_invariants(order)
    }
    assert named == set(INVARIANTS)


@given(assumptions, st.lists(commands, max_size=8))
def test_no_commands_break_an_invariant(assumed: Assumptions, commands: list[Command]) -> None:
    order = make_order(1000)
    for number, command in enumerate(commands):
        try:
            context = make_context(f"id-{number}", assumptions=assumed)
            order = decide(order, command, context).order
        except Refusal:
            continue
        assert list(broken_invariants(order)) == []


@given(refund_histories(assumptions))
def test_no_refunds_break_an_invariant(history: tuple[Assumptions, list[Refunded]]) -> None:
    _, refunds = history
    for refund in refunds:
        assert list(broken_invariants(refund.after)) == []
