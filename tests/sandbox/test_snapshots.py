import asyncio
from datetime import timedelta

import pytest

from mockserver.domain.commands import CaptureOrder
from mockserver.domain.operation import Operation
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import execute
from mockserver.sandbox.faults.actions import ConnectionEnd, Drop, FailAllocation
from mockserver.sandbox.faults.rules import CallSelector, FaultRule, RequestFacts
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.snapshots import MAX_SNAPSHOTS
from tests.support.builders import NOW, ORDER_ID, make_order

TIMEOUT = 5  # seconds, for what is not to be waited for
REFUND = RequestFacts(Operation.REFUND, ORDER_ID, NOW, dict)


@pytest.fixture
def sandbox() -> Sandbox:
    """An order that was captured in part, under a key."""
    filled = Sandbox("tester", clock=Clock(NOW, frozen=True), ids=IdGenerator("7"))
    filled.add(make_order())
    execute(filled, ORDER_ID, CaptureOrder(3000), "key")
    return filled


def captured(sandbox: Sandbox) -> int:
    return (sandbox.get_order(ORDER_ID, Operation.GET_ORDER)).captured_amount


def test_restore_brings_back_the_orders(sandbox: Sandbox) -> None:
    sandbox.take_snapshot("here")
    execute(sandbox, ORDER_ID, CaptureOrder(1))
    sandbox.add(make_order(order_id="later"))
    sandbox.restore_snapshot("here")
    assert captured(sandbox) == 3000
    assert len(sandbox.orders) == 1


def test_snapshot_can_be_restored_again_and_again(sandbox: Sandbox) -> None:
    sandbox.take_snapshot("here")
    for _ in range(3):
        execute(sandbox, ORDER_ID, CaptureOrder(1))
        assert captured(sandbox) == 3001
        sandbox.restore_snapshot("here")
    assert captured(sandbox) == 3000


def test_restore_brings_back_the_receipts(sandbox: Sandbox) -> None:
    sandbox.take_snapshot("here")
    execute(sandbox, ORDER_ID, CaptureOrder(1), "later key")
    sandbox.restore_snapshot("here")
    assert (execute(sandbox, ORDER_ID, CaptureOrder(3000), "key")).replayed
    assert not (execute(sandbox, ORDER_ID, CaptureOrder(1), "later key")).replayed


def test_restore_brings_back_the_id_streams(
    sandbox: Sandbox,
) -> None:
    sandbox.take_snapshot("here")
    first = [sandbox.ids.new_movement_id() for _ in range(3)]
    for _ in range(2):
        sandbox.restore_snapshot("here")
        assert [sandbox.ids.new_movement_id() for _ in range(3)] == first


@pytest.mark.parametrize("frozen", [True, False], ids=["standing", "running"])
def test_restore_brings_back_the_time(
    sandbox: Sandbox,
    frozen: bool,  # noqa: FBT001  # the row's setting
) -> None:
    if not frozen:
        sandbox.clock.unfreeze()
    taken_at = sandbox.take_snapshot("here").taken_at
    sandbox.clock.advance(timedelta(days=28))
    sandbox.clock.freeze()
    sandbox.restore_snapshot("here")
    assert sandbox.clock.frozen is frozen
    assert taken_at <= sandbox.clock.now() < taken_at + timedelta(days=28)


def test_restore_brings_back_journal_and_names(sandbox: Sandbox) -> None:
    sandbox.order_names["shirts"], sandbox.movement_names["c1"] = ORDER_ID, "A"
    sandbox.journal.record(Entry(NOW, "first", "GET", "/"))
    sandbox.take_snapshot("here")
    for _ in range(2):
        sandbox.journal.record(Entry(NOW, "second", "GET", "/"))
        sandbox.order_names["later"], sandbox.movement_names["c2"] = ORDER_ID, "B"
        sandbox.restore_snapshot("here")
        assert [entry.correlation_id for entry in sandbox.journal] == ["first"]
        assert sandbox.order_names == {"shirts": ORDER_ID}
        assert sandbox.movement_names == {"c1": "A"}


async def test_waiters_continue_on_the_restored_journal(
    sandbox: Sandbox,
) -> None:
    sandbox.take_snapshot("here")
    waiting = asyncio.create_task(sandbox.journal.wait_for_entry(TIMEOUT))
    await asyncio.sleep(0)
    sandbox.restore_snapshot("here")
    assert await waiting


def test_restore_brings_back_faults_and_counts(sandbox: Sandbox) -> None:
    rule = FaultRule(
        "second refund",
        (Drop(ConnectionEnd.RESET),),
        calls=CallSelector(numbers=frozenset({2})),
    )
    sandbox.faults.add(rule)
    sandbox.faults.apply(REFUND)
    sandbox.take_snapshot("here")
    for _ in range(2):
        assert sandbox.faults.apply(REFUND) == [(rule, Drop(ConnectionEnd.RESET))]
        sandbox.faults.add(FaultRule("later", (FailAllocation(),)))
        sandbox.restore_snapshot("here")
        assert sandbox.faults.rules() == (rule,)
        assert sandbox.faults.matched["second refund"] == 1


def test_later_snapshot_of_the_same_name_replaces_the_earlier(
    sandbox: Sandbox,
) -> None:
    sandbox.take_snapshot("here")
    execute(sandbox, ORDER_ID, CaptureOrder(1))
    sandbox.take_snapshot("here")
    sandbox.restore_snapshot("here")
    assert captured(sandbox) == 3001
    assert list(sandbox.snapshots) == ["here"]


def test_beyond_the_limit_the_oldest_snapshot_is_dropped(sandbox: Sandbox) -> None:
    for number in range(MAX_SNAPSHOTS):
        sandbox.take_snapshot(str(number))
    sandbox.take_snapshot("0")
    sandbox.take_snapshot("one more")
    assert "1" not in sandbox.snapshots
    assert len(sandbox.snapshots) == MAX_SNAPSHOTS
    assert list(sandbox.snapshots)[-2:] == ["0", "one more"]


def test_unknown_snapshot_changes_nothing(sandbox: Sandbox) -> None:
    before = sandbox.orders
    with pytest.raises(KeyError, match="nowhere"):
        sandbox.restore_snapshot("nowhere")
    assert sandbox.orders is before
