from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from mockserver.domain.allocation.explanation import AllocationOutcome
from mockserver.domain.assumptions import Assumptions, switch_assumptions
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
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox import sandbox as sandbox_module
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.execution import Execution, execute, replay_key
from mockserver.sandbox.idempotency import KEY_LIFETIME
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.memory_sizes import measure_command, measure_parts
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import (
    NOW,
    ORDER_ID,
    capture_of,
    make_line,
    make_order,
    refund_of,
)

OTHER_ID = "1dab0505-d1d5-1041-ac57-5ffda5af139c"
TOO_MUCH = CaptureOrder(10_001)


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox with two orders and a frozen clock."""
    filled = Sandbox("tester", clock=Clock(NOW, frozen=True), ids=IdGenerator("7"))
    filled.add(make_order())
    filled.add(make_order(order_id=OTHER_ID))
    return filled


def order_in(sandbox: Sandbox, order_id: str = ORDER_ID) -> Order:
    return sandbox.get_order(order_id, Operation.GET_ORDER)


def execute_all(
    sandbox: Sandbox, command: Command, keys: Iterable[str | None]
) -> list[Execution]:
    return [execute(sandbox, ORDER_ID, command, key) for key in keys]


def created(executed: Execution) -> str | None:
    assert isinstance(executed.result, Acceptance)
    return executed.result.created_id


def refused(executed: Execution) -> Reason:
    assert isinstance(executed.result, Refusal)
    return executed.result.reason


def test_execution_has_the_order_before_and_after(sandbox: Sandbox) -> None:
    before = order_in(sandbox)
    executed = execute(sandbox, ORDER_ID, CaptureOrder(3000))
    assert isinstance(executed.result, Acceptance)
    assert executed.before == before
    assert executed.after == order_in(sandbox)
    assert executed.after is not None
    assert executed.after.captured_amount == 3000
    assert not executed.replayed


def test_refused_command_leaves_everything_as_it_was(sandbox: Sandbox) -> None:
    before = order_in(sandbox)
    executed = execute(sandbox, ORDER_ID, TOO_MUCH)
    assert refused(executed) is Reason.CAPTURE_EXCEEDS_REMAINING
    assert executed.before is executed.after
    assert order_in(sandbox) == before


def test_command_for_an_unknown_order_is_refused(sandbox: Sandbox) -> None:
    executed = execute(sandbox, "nowhere", Acknowledge(), "key")
    assert refused(executed) is Reason.ORDER_NOT_FOUND
    assert (executed.before, executed.after) == (None, None)


def test_missing_order_is_refused_with_the_capture_that_was_named(
    sandbox: Sandbox,
) -> None:
    executed = execute(sandbox, "nowhere", AddCaptureShippingInfo("c1", ()))
    assert isinstance(executed.result, Refusal)
    assert executed.result.message == (
        "Order nowhere cannot be found. Shipping info cannot be added to capture c1."
    )


def test_sandbox_provides_time_and_id(sandbox: Sandbox) -> None:
    executed = execute(sandbox, ORDER_ID, CaptureOrder(3000))
    capture = order_in(sandbox).captures[0]
    assert capture.captured_at == NOW
    assert capture.capture_id == IdGenerator("7").new_movement_id() == created(executed)


def test_assumptions_of_the_sandbox_are_in_force(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(release_keeps_order_amount=False)
    execute(sandbox, ORDER_ID, CaptureOrder(3000))
    execute(sandbox, ORDER_ID, ReleaseRemainingAuthorization())
    assert order_in(sandbox).order_amount == 3000


def test_allocation_failure_can_be_injected(sandbox: Sandbox) -> None:
    execute(sandbox, ORDER_ID, capture_of(make_line()))
    executed = execute(sandbox, ORDER_ID, refund_of(make_line()), fail_allocation=True)
    assert isinstance(executed.result, Acceptance)
    assert executed.result.allocation is not None
    assert executed.result.allocation.outcome is AllocationOutcome.FAILED


# One key, one effect


def test_without_a_key_two_captures_are_two_captures(sandbox: Sandbox) -> None:
    execute_all(sandbox, CaptureOrder(1), [None] * 50)
    assert len(order_in(sandbox).captures) == 50


def test_different_keys_are_different_captures(sandbox: Sandbox) -> None:
    execute_all(sandbox, CaptureOrder(1), map(str, range(50)))
    assert len(order_in(sandbox).captures) == 50


def test_repeated_key_has_one_effect_and_one_answer(sandbox: Sandbox) -> None:
    first = execute(sandbox, ORDER_ID, CaptureOrder(3000), "key")
    second = execute(sandbox, ORDER_ID, CaptureOrder(3000), "key")
    assert second.result is first.result
    assert (first.replayed, second.replayed) == (False, True)
    assert not second.body_changed
    assert second.before is second.after
    assert order_in(sandbox).captured_amount == 3000


def test_one_key_sent_50_times_has_one_effect_and_one_answer(
    sandbox: Sandbox,
) -> None:
    executed = execute_all(sandbox, CaptureOrder(100), ["key"] * 50)
    order = order_in(sandbox)
    assert [capture.capture_id for capture in order.captures] == list({*map(created, executed)})
    assert [execution.replayed for execution in executed].count(False) == 1


def test_refunds_of_the_last_units_succeed_as_often_as_there_are_units(
    sandbox: Sandbox,
) -> None:
    execute(sandbox, ORDER_ID, CaptureOrder(20))
    executed = execute_all(sandbox, RefundOrder(1), [None] * 50)
    reasons = [
        execution.result.reason
        for execution in executed
        if isinstance(execution.result, Refusal)
    ]
    assert reasons == [Reason.REFUND_EXCEEDS_CAPTURED] * 30
    order = order_in(sandbox)
    assert order.refunded_amount == len(order.refunds) == 20


def test_captures_take_no_more_than_was_authorized(sandbox: Sandbox) -> None:
    executed = execute_all(sandbox, CaptureOrder(900), map(str, range(50)))
    assert sum(isinstance(execution.result, Acceptance) for execution in executed) == 11
    order = order_in(sandbox)
    assert order.captured_amount == 9900
    numbers = [capture.klarna_reference for capture in order.captures]
    assert numbers == [f"1VHSHK1Q-{number}" for number in range(1, 12)]


def test_key_expires_24_hours_after_its_first_use(sandbox: Sandbox) -> None:
    execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    sandbox.clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    assert execute(sandbox, ORDER_ID, CaptureOrder(100), "key").replayed

    sandbox.clock.advance(timedelta(microseconds=1))
    assert not execute(sandbox, ORDER_ID, CaptureOrder(100), "key").replayed
    assert order_in(sandbox).captured_amount == 200


def test_expired_key_lives_another_24_hours_from_its_next_use(sandbox: Sandbox) -> None:
    execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    sandbox.clock.advance(KEY_LIFETIME)
    second = execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    sandbox.clock.advance(KEY_LIFETIME - timedelta(seconds=1))
    third = execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    assert third.replayed
    assert created(third) == created(second)


def test_changed_body_under_a_known_key_is_ignored_but_reported(
    sandbox: Sandbox,
) -> None:
    first = execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    second = execute(sandbox, ORDER_ID, CaptureOrder(200), "key")
    assert second.result is first.result
    assert second.replayed
    assert second.body_changed
    assert order_in(sandbox).captured_amount == 100


def test_known_key_is_replayed_for_an_unparsable_body(
    sandbox: Sandbox,
) -> None:
    first = execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    replayed = replay_key(sandbox, ORDER_ID, Operation.CAPTURE, "key")
    assert replayed is not None
    assert (replayed.result, replayed.body_changed) == (first.result, True)
    assert replay_key(sandbox, ORDER_ID, Operation.CAPTURE, "another key") is None


# Refusals under a key


def test_refusal_is_replayed_even_if_it_would_succeed_now(
    sandbox: Sandbox,
) -> None:
    first = execute(sandbox, ORDER_ID, TOO_MUCH, "key")
    execute(sandbox, ORDER_ID, UpdateAuthorization(20_000, ()))
    second = execute(sandbox, ORDER_ID, TOO_MUCH, "key")
    assert second.result is first.result
    assert second.replayed
    assert order_in(sandbox).captured_amount == 0


def test_refusal_is_decided_again_if_assumed(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(idempotent_errors="decided_again")
    assert refused(execute(sandbox, ORDER_ID, TOO_MUCH, "key"))
    execute(sandbox, ORDER_ID, UpdateAuthorization(20_000, ()))
    second = execute(sandbox, ORDER_ID, TOO_MUCH, "key")
    assert not second.replayed
    assert order_in(sandbox).captured_amount == 10_001


def test_success_is_replayed_although_errors_are_decided_again(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(idempotent_errors="decided_again")
    execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    assert execute(sandbox, ORDER_ID, CaptureOrder(100), "key").replayed


def test_unknown_order_is_not_stored_under_a_key(sandbox: Sandbox) -> None:
    assert refused(execute(sandbox, "late", Acknowledge(), "key"))
    sandbox.add(make_order(order_id="late"))
    second = execute(sandbox, "late", Acknowledge(), "key")
    assert isinstance(second.result, Acceptance)
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
def test_key_scope_follows_the_assumption(
    sandbox: Sandbox,
    scope: str,
    replayed: set[str],
) -> None:
    sandbox.assumptions = switch_assumptions(Assumptions(), {"idempotency_scope": scope})
    repetitions: dict[str, tuple[str, Command]] = {
        "again": (ORDER_ID, CaptureOrder(100)),
        "another operation": (ORDER_ID, Acknowledge()),
        "another order": (OTHER_ID, CaptureOrder(100)),
        "another operation on another": (OTHER_ID, Acknowledge()),
    }
    replayed_keys = set()
    for key, (order_id, command) in repetitions.items():
        execute(sandbox, ORDER_ID, CaptureOrder(100), key)
        if execute(sandbox, order_id, command, key).replayed:
            replayed_keys.add(key)
    assert replayed_keys == replayed


def test_sandbox_scoped_key_takes_effect_once_across_two_orders(
    sandbox: Sandbox,
) -> None:
    sandbox.assumptions = Assumptions(idempotency_scope="sandbox")
    for order_id in [ORDER_ID, OTHER_ID] * 10:
        execute(sandbox, order_id, CaptureOrder(100), "key")
    assert sum(order.captured_amount for order in sandbox.orders.values()) == 100


# All or nothing


def state_of(sandbox: Sandbox) -> tuple[Any, ...]:
    tables = dict(sandbox.orders), dict(sandbox.receipts)
    return *tables, sandbox.held_bytes, sandbox.ids.next_change_id


@pytest.mark.parametrize("crashing", ["decide", "fingerprint"])
def test_crash_in_a_command_leaves_the_sandbox_as_it_was(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    crashing: str,
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    before = state_of(sandbox)
    with monkeypatch.context() as patched:
        patched.setattr(f"mockserver.sandbox.execution.{crashing}", crash)
        with pytest.raises(ZeroDivisionError):
            execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    assert state_of(sandbox) == before

    executed = execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    assert not executed.replayed
    growth = sandbox.held_bytes - before[-2]
    assert (created(executed), growth) == (before[-1], measure_command(CaptureOrder(100)))


def test_only_accepted_changes_are_accounted(sandbox: Sandbox) -> None:
    changes: list[tuple[str, int]] = []
    sandbox.on_change = lambda *change: changes.append(change)
    bytes_before = sandbox.held_bytes
    another = make_order(order_id="another")
    for command in (CaptureOrder(100), CaptureOrder(100), TOO_MUCH):
        execute(sandbox, ORDER_ID, command, f"key {command.captured_amount}")
    assert sandbox.add(another)
    assert not sandbox.add(another)
    sizes = measure_command(CaptureOrder(100)), measure_parts(another)
    assert changes == [(sandbox.name, size) for size in sizes]
    assert sandbox.held_bytes - bytes_before == sum(sizes)


def test_refusal_for_lack_of_room_is_decided_again(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sandbox_module, "MAX_SANDBOX_BYTES", 0)
        full = execute(sandbox, ORDER_ID, CaptureOrder(100), "key")
    assert refused(full) is Reason.SANDBOX_IS_FULL
    assert isinstance(execute(sandbox, ORDER_ID, CaptureOrder(100), "key").result, Acceptance)


def test_long_key_is_recognized_and_stored_as_its_digest(sandbox: Sandbox) -> None:
    key = "k" * 8000
    execute(sandbox, ORDER_ID, CaptureOrder(100), key)
    assert execute(sandbox, ORDER_ID, CaptureOrder(100), key).replayed
    assert not execute(sandbox, ORDER_ID, CaptureOrder(100), f"{key}2").replayed
    assert all(len(name) < 200 for name in sandbox.receipts)


# Operations that the provider will drop


def test_withdrawn_operation_changes_nothing(sandbox: Sandbox) -> None:
    capture_id = created(execute(sandbox, ORDER_ID, CaptureOrder(1))) or ""
    sandbox.assumptions = Assumptions(deprecated_operations="not_found")
    executed = execute(sandbox, ORDER_ID, TriggerSendOut(capture_id))
    assert refused(executed) is Reason.OPERATION_WITHDRAWN
    assert order_in(sandbox).captures[0].sent_out_at is None


def test_other_operations_are_not_withdrawn(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(deprecated_operations="not_found")
    executed = execute(sandbox, ORDER_ID, Acknowledge())
    assert isinstance(executed.result, Acceptance)
