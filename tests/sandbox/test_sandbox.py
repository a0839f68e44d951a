import asyncio
from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions, assume
from mockserver.domain.commands import (
    Acknowledge,
    AddCaptureShippingInfo,
    CaptureOrder,
    Command,
    RefundOrder,
    ReleaseRemainingAuthorization,
    TriggerSendOut,
    UpdateAuthorization,
)
from mockserver.domain.decision import Outcome
from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.explanation import Verdict
from mockserver.domain.operation import DEPRECATED, Operation
from mockserver.domain.order import Order
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.ids import Ids
from mockserver.sandbox.sandbox import ATTEMPTS, KEY_LIFETIME, Executed, Sandbox
from mockserver.sandbox.store import Store
from tests.builders import (
    NOW,
    ORDER_ID,
    capture_of,
    drive,
    make_line,
    make_order,
    refund_of,
)
from tests.sandbox.stores import BusyStore, YieldingStore

OTHER_ID = "1dab0505-d1d5-1041-ac57-5ffda5af139c"
TOO_MUCH = CaptureOrder(10_001)


@pytest.fixture
async def sandbox(store: Store) -> Sandbox:
    """Two orders, on which time stands still."""
    await store.add(make_order())
    await store.add(make_order(order_id=OTHER_ID))
    return Sandbox("tester", store=store, clock=Clock(NOW, frozen=True), ids=Ids("7"))


async def order_in(sandbox: Sandbox, order_id: str = ORDER_ID) -> Order:
    return await sandbox.find(order_id, Operation.GET_ORDER)


async def at_once(
    sandbox: Sandbox, command: Command, keys: Iterable[str | None]
) -> list[Executed]:
    tasks = (sandbox.execute(ORDER_ID, command, key) for key in keys)
    return await asyncio.gather(*tasks)


def created(executed: Executed) -> str | None:
    assert isinstance(executed.result, Outcome)
    return executed.result.created_id


def refused(executed: Executed) -> Reason:
    assert isinstance(executed.result, Rejection)
    return executed.result.reason


async def test_a_command_takes_effect_and_tells_before_and_after(sandbox: Sandbox) -> None:
    before = await order_in(sandbox)
    executed = await sandbox.execute(ORDER_ID, CaptureOrder(3000))
    assert isinstance(executed.result, Outcome)
    assert executed.before == before
    assert executed.after == await order_in(sandbox)
    assert executed.after is not None
    assert executed.after.captured_amount == 3000
    assert not executed.replayed


async def test_a_refused_command_leaves_everything_as_it_was(sandbox: Sandbox) -> None:
    before = await order_in(sandbox)
    executed = await sandbox.execute(ORDER_ID, TOO_MUCH)
    assert refused(executed) is Reason.CAPTURE_EXCEEDS_REMAINING
    assert executed.before is executed.after
    assert await order_in(sandbox) == before


async def test_a_command_for_an_order_that_is_not_there_is_refused(sandbox: Sandbox) -> None:
    executed = await sandbox.execute("nowhere", Acknowledge(), "key")
    assert refused(executed) is Reason.ORDER_NOT_FOUND
    assert (executed.before, executed.after) == (None, None)


async def test_a_missing_order_is_refused_with_the_capture_that_was_named(
    sandbox: Sandbox,
) -> None:
    executed = await sandbox.execute("nowhere", AddCaptureShippingInfo("c1", ()))
    assert isinstance(executed.result, Rejection)
    assert executed.result.message == (
        "Order nowhere cannot be found. Shipping info cannot be added to capture c1."
    )


async def test_a_refused_read_names_the_order(sandbox: Sandbox) -> None:
    with pytest.raises(Rejection, match="nowhere"):
        await sandbox.find("nowhere", Operation.LIST_CAPTURES)


async def test_the_sandbox_gives_time_and_id(sandbox: Sandbox) -> None:
    executed = await sandbox.execute(ORDER_ID, CaptureOrder(3000))
    capture = (await order_in(sandbox)).captures[0]
    assert capture.captured_at == NOW
    assert capture.capture_id == Ids("7").change_id() == created(executed)


async def test_a_sandbox_is_seeded_by_its_name_unless_told_otherwise() -> None:
    assert Sandbox("anna").ids.order_id() == Ids("anna").order_id()


async def test_the_assumptions_of_the_sandbox_are_in_force(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(release_keeps_order_amount=False)
    await sandbox.execute(ORDER_ID, CaptureOrder(3000))
    await sandbox.execute(ORDER_ID, ReleaseRemainingAuthorization())
    assert (await order_in(sandbox)).order_amount == 3000


async def test_an_allocation_can_be_made_to_fail(sandbox: Sandbox) -> None:
    await sandbox.execute(ORDER_ID, capture_of(make_line()))
    executed = await sandbox.execute(ORDER_ID, refund_of(make_line()), allocation_fails=True)
    assert isinstance(executed.result, Outcome)
    assert executed.result.allocation is not None
    assert executed.result.allocation.outcome is Verdict.FAILED


# One key, one effect


async def test_without_a_key_two_captures_are_two_captures(sandbox: Sandbox) -> None:
    await at_once(sandbox, CaptureOrder(1), [None] * 50)
    assert len((await order_in(sandbox)).captures) == 50


async def test_different_keys_are_different_captures(sandbox: Sandbox) -> None:
    await at_once(sandbox, CaptureOrder(1), map(str, range(50)))
    assert len((await order_in(sandbox)).captures) == 50


async def test_a_repeated_key_has_one_effect_and_one_answer(sandbox: Sandbox) -> None:
    first = await sandbox.execute(ORDER_ID, CaptureOrder(3000), "key")
    second = await sandbox.execute(ORDER_ID, CaptureOrder(3000), "key")
    assert second.result is first.result
    assert (first.replayed, second.replayed) == (False, True)
    assert not second.body_changed
    assert second.before is second.after
    assert (await order_in(sandbox)).captured_amount == 3000


async def test_one_key_sent_50_times_at_once_has_one_effect_and_one_answer(
    sandbox: Sandbox,
) -> None:
    executed = await at_once(sandbox, CaptureOrder(100), ["key"] * 50)
    order = await order_in(sandbox)
    assert [each.capture_id for each in order.captures] == list({*map(created, executed)})
    assert [each.replayed for each in executed].count(False) == 1


async def test_refunds_of_the_last_units_succeed_as_often_as_there_are_units(
    sandbox: Sandbox,
) -> None:
    await sandbox.execute(ORDER_ID, CaptureOrder(20))
    executed = await at_once(sandbox, RefundOrder(1), [None] * 50)
    reasons = [each.result.reason for each in executed if isinstance(each.result, Rejection)]
    assert reasons == [Reason.REFUND_EXCEEDS_CAPTURED] * 30
    order = await order_in(sandbox)
    assert order.refunded_amount == len(order.refunds) == 20


async def test_captures_at_once_take_no_more_than_was_authorized(sandbox: Sandbox) -> None:
    executed = await at_once(sandbox, CaptureOrder(900), map(str, range(50)))
    assert sum(isinstance(each.result, Outcome) for each in executed) == 11
    order = await order_in(sandbox)
    assert order.captured_amount == 9900
    numbers = [each.klarna_reference for each in order.captures]
    assert numbers == [f"1VHSHK1Q-{number}" for number in range(1, 12)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from("abc"), min_size=2, max_size=30))
def test_in_whatever_order_tasks_run_every_key_has_one_effect(
    seed: int,
    keys: list[str],
) -> None:
    source = Random(seed)  # noqa: S311  # a shuffled schedule

    async def played() -> Order:
        store = YieldingStore(pauses=lambda: source.randrange(4))
        sandbox = Sandbox("tester", store=store)
        await store.add(make_order(created_at=sandbox.clock.now()))
        await at_once(sandbox, CaptureOrder(1), keys)
        return await order_in(sandbox)

    assert asyncio.run(played()).captured_amount == len(set(keys))


async def test_a_key_is_forgotten_24_hours_after_its_first_use(sandbox: Sandbox) -> None:
    await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")
    sandbox.clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    assert (await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")).replayed

    sandbox.clock.advance(timedelta(microseconds=1))
    assert not (await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")).replayed
    assert (await order_in(sandbox)).captured_amount == 200


async def test_a_forgotten_key_counts_anew_from_its_second_use(sandbox: Sandbox) -> None:
    await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")
    sandbox.clock.advance(KEY_LIFETIME)
    second = await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")
    sandbox.clock.advance(KEY_LIFETIME - timedelta(seconds=1))
    third = await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")
    assert third.replayed
    assert created(third) == created(second)


async def test_another_body_under_the_same_key_is_not_looked_at_but_noted(
    sandbox: Sandbox,
) -> None:
    first = await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")
    second = await sandbox.execute(ORDER_ID, CaptureOrder(200), "key")
    assert second.result is first.result
    assert second.replayed
    assert second.body_changed
    assert (await order_in(sandbox)).captured_amount == 100


# Refusals under a key


async def test_a_refusal_is_replayed_even_if_it_would_succeed_by_now(
    sandbox: Sandbox,
) -> None:
    first = await sandbox.execute(ORDER_ID, TOO_MUCH, "key")
    await sandbox.execute(ORDER_ID, UpdateAuthorization(20_000, ()))
    second = await sandbox.execute(ORDER_ID, TOO_MUCH, "key")
    assert second.result is first.result
    assert second.replayed
    assert (await order_in(sandbox)).captured_amount == 0


async def test_assuming_so_a_refusal_is_decided_again(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(idempotent_errors="decided_again")
    assert refused(await sandbox.execute(ORDER_ID, TOO_MUCH, "key"))
    await sandbox.execute(ORDER_ID, UpdateAuthorization(20_000, ()))
    second = await sandbox.execute(ORDER_ID, TOO_MUCH, "key")
    assert not second.replayed
    assert (await order_in(sandbox)).captured_amount == 10_001


async def test_assuming_so_a_success_is_replayed_all_the_same(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(idempotent_errors="decided_again")
    await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")
    assert (await sandbox.execute(ORDER_ID, CaptureOrder(100), "key")).replayed


async def test_an_order_that_was_not_there_is_looked_for_again(sandbox: Sandbox) -> None:
    assert refused(await sandbox.execute("late", Acknowledge(), "key"))
    await sandbox.store.add(make_order(order_id="late"))
    second = await sandbox.execute("late", Acknowledge(), "key")
    assert isinstance(second.result, Outcome)
    assert not second.replayed


# What a key counts for


@pytest.mark.parametrize(
    ("scope", "replayed"),
    [
        ("operation", {"again"}),
        ("order", {"again", "another operation"}),
        (
            "sandbox",
            {"again", "another operation", "another order", "another operation on another"},
        ),
    ],
)
async def test_a_key_counts_as_far_as_assumed(
    sandbox: Sandbox,
    scope: str,
    replayed: set[str],
) -> None:
    sandbox.assumptions = assume(Assumptions(), {"idempotency_scope": scope})
    repetitions: dict[str, tuple[str, Command]] = {
        "again": (ORDER_ID, CaptureOrder(100)),
        "another operation": (ORDER_ID, Acknowledge()),
        "another order": (OTHER_ID, CaptureOrder(100)),
        "another operation on another": (OTHER_ID, Acknowledge()),
    }
    found = set()
    for key, (order_id, command) in repetitions.items():
        await sandbox.execute(ORDER_ID, CaptureOrder(100), key)
        if (await sandbox.execute(order_id, command, key)).replayed:
            found.add(key)
    assert found == replayed


async def test_one_key_for_the_whole_sandbox_has_one_effect_on_two_orders_at_once(
    sandbox: Sandbox,
) -> None:
    sandbox.assumptions = Assumptions(idempotency_scope="sandbox")
    await asyncio.gather(
        *(
            sandbox.execute(order_id, CaptureOrder(100), "key")
            for order_id in [ORDER_ID, OTHER_ID] * 10
        ),
    )
    orders = await sandbox.store.orders()
    assert sum(each.captured_amount for each in orders) == 100


# Lost races


def capture_one(order: Order) -> Order:
    return drive(order, CaptureOrder(1))


async def test_a_lost_race_is_decided_again_on_what_the_winner_left() -> None:
    store = BusyStore(3, meanwhile=capture_one)
    await store.add(make_order())
    sandbox = Sandbox("tester", store=store, clock=Clock(NOW, frozen=True))
    executed = await sandbox.execute(ORDER_ID, CaptureOrder(9998))
    assert refused(executed) is Reason.CAPTURE_EXCEEDS_REMAINING
    assert (await order_in(sandbox)).captured_amount == 3


async def test_after_too_many_lost_races_the_answer_is_a_conflict() -> None:
    store = BusyStore(ATTEMPTS, meanwhile=capture_one)
    await store.add(make_order())
    sandbox = Sandbox("tester", store=store, clock=Clock(NOW, frozen=True))
    executed = await sandbox.execute(ORDER_ID, Acknowledge(), "key")
    assert refused(executed) is Reason.CONFLICT
    assert executed.before is executed.after
    assert store.commits == ATTEMPTS


async def test_a_conflict_is_forgotten_so_that_its_key_can_be_sent_again() -> None:
    store = BusyStore(ATTEMPTS, meanwhile=capture_one)
    await store.add(make_order())
    sandbox = Sandbox("tester", store=store, clock=Clock(NOW, frozen=True))
    await sandbox.execute(ORDER_ID, UpdateAuthorization(9000, ()), "key")
    assert (await order_in(sandbox)).order_amount == 10_000
    second = await sandbox.execute(ORDER_ID, UpdateAuthorization(9000, ()), "key")
    assert not second.replayed
    assert (await order_in(sandbox)).order_amount == 9000


# Operations that the provider will drop


@pytest.mark.parametrize("operation", sorted(DEPRECATED))
async def test_a_withdrawn_operation_is_not_there_to_read(
    sandbox: Sandbox,
    operation: Operation,
) -> None:
    await sandbox.find(ORDER_ID, operation)
    sandbox.assumptions = Assumptions(deprecated_operations="not_found")
    with pytest.raises(Rejection) as withdrawn:
        await sandbox.find(ORDER_ID, operation)
    assert withdrawn.value.reason is Reason.OPERATION_WITHDRAWN


async def test_a_withdrawn_operation_changes_nothing(sandbox: Sandbox) -> None:
    capture_id = created(await sandbox.execute(ORDER_ID, CaptureOrder(1))) or ""
    sandbox.assumptions = Assumptions(deprecated_operations="not_found")
    executed = await sandbox.execute(ORDER_ID, TriggerSendOut(capture_id))
    assert refused(executed) is Reason.OPERATION_WITHDRAWN
    assert (await order_in(sandbox)).captures[0].sent_out_at is None


async def test_operations_that_stay_are_not_withdrawn(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(deprecated_operations="not_found")
    executed = await sandbox.execute(ORDER_ID, Acknowledge())
    assert isinstance(executed.result, Outcome)


# Outcomes on demand


async def test_an_outcome_is_brought_about_and_kept(sandbox: Sandbox) -> None:
    changed = await sandbox.force(ORDER_ID, "expire")
    assert changed is not None
    assert changed.expires_at == NOW
    assert await order_in(sandbox) == changed


async def test_no_outcome_is_brought_about_where_there_is_no_order(sandbox: Sandbox) -> None:
    assert await sandbox.force("nowhere", "expire") is None


async def test_an_outcome_that_lost_a_race_keeps_what_the_winner_did() -> None:
    store = BusyStore(2, meanwhile=capture_one)
    await store.add(make_order())
    sandbox = Sandbox("tester", store=store, clock=Clock(NOW, frozen=True))
    changed = await sandbox.force(ORDER_ID, "fail_next_allocation")
    assert changed == replace(
        drive(make_order(), CaptureOrder(1), CaptureOrder(1)),
        fail_next_allocation=True,
    )
