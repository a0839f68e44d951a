"""Equal lines are kept once; what a merchant reads of them is the same."""

import pytest
from msgspec.structs import replace

from mockserver.domain.commands import Acknowledge, CaptureOrder, Command, RefundOrder
from mockserver.domain.order import OrderLine
from mockserver.sandbox import sharing
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.sharing import SharedLines
from tests.builders import NOW, ORDER_ID, make_line, make_order


def refund(*lines: OrderLine) -> RefundOrder:
    return RefundOrder(refunded_amount=3000, order_lines=lines)


def anew(command: RefundOrder) -> RefundOrder:
    """Make an equal command that has nothing in common with another."""
    return replace(command, order_lines=tuple([replace(each) for each in command.order_lines]))


async def test_a_refund_of_what_was_captured_keeps_the_lines_of_the_capture() -> None:
    sandbox = Sandbox("a", clock=Clock(NOW, frozen=True))
    await sandbox.store.add(make_order())
    await sandbox.execute(ORDER_ID, CaptureOrder(3000, order_lines=(make_line(),)))
    await sandbox.execute(ORDER_ID, refund(make_line()))
    (order,) = await sandbox.store.orders()
    assert order.refunds[0].order_lines is order.captures[0].order_lines
    assert order.refunds[0].order_lines == (make_line(),)


@pytest.mark.parametrize(
    ("command", "size", "shared"),
    [
        pytest.param(refund(make_line(), make_line("B")), 0, True, id="lines"),
        pytest.param(refund(make_line()), sharing.LARGEST, True, id="a large request"),
        pytest.param(refund(make_line()), sharing.LARGEST + 1, False, id="a larger one"),
        pytest.param(refund(make_line(extra={"image_url": "x"})), 0, False, id="echoed fields"),
    ],
)
def test_lines_that_came_before_take_the_place_of_equal_ones(
    command: RefundOrder,
    size: int,
    shared: bool,  # noqa: FBT001
) -> None:
    known, twin = SharedLines(), anew(command)
    assert known.share(command, size) is command
    assert known.share(twin, size) == twin
    assert (known.share(twin, size).order_lines is command.order_lines) is shared


@pytest.mark.parametrize("command", [Acknowledge(), refund()])
def test_a_command_without_lines_stays_what_it_is(command: Command) -> None:
    known = SharedLines()
    assert [known.share(command, 0) is command for _ in range(2)] == [True, True]


def test_only_the_latest_lines_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "KNOWN", 2)
    known = SharedLines()
    first, second, third = (refund(make_line(each)) for each in "ABC")
    for each in (first, second, third):
        known.share(each, 0)
    assert known.share(anew(second), 0).order_lines is second.order_lines
    assert known.share(anew(third), 0).order_lines is third.order_lines
    assert known.share(anew(first), 0).order_lines is not first.order_lines
