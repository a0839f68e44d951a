"""Every status is reached by really driving an order there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Cancel, CaptureOrder, Command, RefundOrder
from mockserver.domain.errors import Reason
from mockserver.domain.forced_outcomes import force_outcome
from mockserver.domain.lifecycle import (
    LIFECYCLE,
    Status,
    check_allowed,
    derive_status,
    find_status_assumption,
)
from mockserver.domain.operation import (
    DEPRECATED_OPERATIONS,
    OPERATIONS,
    READ_OPERATIONS,
    Operation,
)
from mockserver.domain.order import FraudStatus
from mockserver.domain.refusal import Refusal
from tests.support.builders import CREATED, NOW, drive, make_order
from tests.support.case_tables import Case, every_case
from tests.support.order_history import COMMANDS, OrderHistory, Step

STEPS_TO_STATUS: Mapping[Status, Sequence[Step]] = {
    Status.AUTHORIZED: [],
    Status.PART_CAPTURED: [{"capture": 3000}],
    Status.CAPTURED: [{"capture": 3000}, {"capture": 7000}],
    Status.CANCELLED: ["cancel"],
    Status.EXPIRED: [{"capture": 3000}, {"wait": 14}],
    Status.CLOSED: [{"capture": 10_000}, {"refund": 10_000}],
}

AMOUNTS: Mapping[str, object] = {"update": 9000, "capture": 1, "refund": 1}
"""Amounts that no status should make too high or too low."""

CHANGES = {COMMANDS[name](AMOUNTS.get(name)).operation: name for name in COMMANDS}


def history_in(status: Status) -> OrderHistory:
    history = OrderHistory({}, {"fully_refunded_status": "CLOSED"}).run(STEPS_TO_STATUS[status])
    assert history.status is status
    return history


def test_table_has_every_operation_in_every_status() -> None:
    cells = {(operation, status) for operation, row in LIFECYCLE.items() for status in row}
    operations = [row.operation for row in OPERATIONS]
    assert cells == {(operation, status) for operation in operations for status in Status}


def test_there_are_the_18_operations_of_the_provider() -> None:
    assert len(OPERATIONS) == 18
    assert set(CHANGES) | READ_OPERATIONS == {row.operation for row in OPERATIONS}
    assert not set(CHANGES) & READ_OPERATIONS


def test_deprecated_operations_are_send_out_and_due_date() -> None:
    assert {operation.value for operation in DEPRECATED_OPERATIONS} == {
        "trigger_send_out",
        "extend_due_date",
        "get_extend_due_date_options",
    }


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("operation", CHANGES)
def test_changes_follow_the_lifecycle_table(operation: Operation, status: Status) -> None:
    history, name = history_in(status), CHANGES[operation]
    refused = LIFECYCLE[operation][status].reason
    command = COMMANDS[name](AMOUNTS.get(name))
    if refused is None:
        before = history.order
        history.do(command)
        unchanged = operation is Operation.CANCEL and status is Status.CANCELLED
        assert (history.order is before) is unchanged
    else:
        with pytest.raises(Refusal) as refusal:
            history.do(command)
        assert refusal.value.reason is refused
        assert refusal.value.operation is operation
        assert refusal.value.message


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("operation", sorted(READ_OPERATIONS))
def test_reading_is_allowed_in_every_status(operation: Operation, status: Status) -> None:
    assert LIFECYCLE[operation][status].reason is None
    check_allowed(history_in(status).order, operation, status)


@every_case("domain", "lifecycle")
def test_known_provider_behaviour_holds(case: Case) -> None:
    name = case["case"]
    responses = {}
    for status in case["expect"]:
        try:
            history_in(Status(status)).do(COMMANDS[name](AMOUNTS.get(name)))
        except Refusal as refusal:
            responses[status] = refusal.code
        else:
            responses[status] = "ok"
    assert responses == case["expect"]


@pytest.mark.parametrize(
    ("commands", "is_late", "assumption"),
    [
        ([], False, ""),
        ([Cancel()], False, ""),
        ([CaptureOrder(4000)], False, ""),
        ([CaptureOrder(4000)], True, "expired_part_captured"),
        ([CaptureOrder(10_000)], True, ""),
        ([CaptureOrder(10_000), RefundOrder(4000)], False, ""),
        ([CaptureOrder(10_000), RefundOrder(10_000)], False, "fully_refunded_status"),
    ],
)
@pytest.mark.parametrize(
    "assumptions",
    [
        Assumptions(),
        Assumptions(expired_part_captured="CAPTURED", fully_refunded_status="CLOSED"),
    ],
)
def test_assumption_that_decides_a_status_is_named(
    *, commands: Sequence[Command], is_late: bool, assumption: str, assumptions: Assumptions
) -> None:
    order = drive(make_order(10_000), *commands)
    status = derive_status(order, order.expires_at if is_late else NOW, assumptions)
    assert find_status_assumption(order, status) == assumption


def test_order_expires_with_the_first_moment_of_its_last_day() -> None:
    order = make_order()
    before = order.expires_at - timedelta(microseconds=1)
    assert derive_status(order, before, Assumptions()) is Status.AUTHORIZED
    assert derive_status(order, order.expires_at, Assumptions()) is Status.EXPIRED


@pytest.mark.parametrize("outcome", ["reject_fraud", "stop_fraud"])
def test_rejected_order_is_cancelled_after_four_hours(outcome: str) -> None:
    assumed = Assumptions(rejected_order="four_hours")
    order = force_outcome(make_order(), outcome, NOW)
    in_time, too_late = NOW + timedelta(hours=4, microseconds=-1), NOW + timedelta(hours=4)
    assert derive_status(order, in_time, assumed) is Status.AUTHORIZED
    assert derive_status(order, too_late, assumed) is Status.CANCELLED
    assert derive_status(order, too_late, Assumptions()) is Status.AUTHORIZED


def test_capture_of_a_rejected_order_is_allowed_for_four_hours() -> None:
    assumed = Assumptions(rejected_order="four_hours")
    order = force_outcome(make_order(), "reject_fraud", NOW)
    captured = drive(order, CaptureOrder(1), assumptions=assumed)
    assert captured.fraud_status is FraudStatus.ACCEPTED
    later = NOW + timedelta(hours=5)
    assert derive_status(captured, later, assumed) is Status.PART_CAPTURED
    with pytest.raises(Refusal) as refused:
        drive(order, CaptureOrder(1), now=later, assumptions=assumed)
    assert refused.value.reason is Reason.ORDER_CANCELLED


def test_order_placed_as_rejected_is_cancelled_after_four_hours() -> None:
    assumed = Assumptions(rejected_order="four_hours")
    order = make_order(fraud_status=FraudStatus.REJECTED)
    assert derive_status(order, CREATED + timedelta(hours=4), assumed) is Status.CANCELLED


def test_pending_order_cannot_be_captured_under_other_assumptions() -> None:
    assumed = Assumptions(rejected_order="four_hours")
    order = make_order(fraud_status=FraudStatus.PENDING)
    with pytest.raises(Refusal) as refused:
        drive(order, CaptureOrder(1), assumptions=assumed)
    assert refused.value.reason is Reason.FRAUD_REVIEW_PENDING
    assert derive_status(order, NOW, assumed) is Status.AUTHORIZED


def test_repeated_cancel_keeps_the_first_time() -> None:
    order = drive(make_order(), Cancel())
    assert drive(order, Cancel(), now=NOW + timedelta(hours=1)) == order


def test_repeated_cancel_is_refused_if_assumed() -> None:
    order = drive(make_order(), Cancel())
    with pytest.raises(Refusal) as refused:
        drive(order, Cancel(), assumptions=Assumptions(repeated_cancel="refused"))
    assert refused.value.code == "CANCEL_NOT_ALLOWED"
    assert refused.value.message == (
        f"Order {order.order_id} is canceled. Cancel not possible."
    )
    assert refused.value.facts["status"] is Status.CANCELLED


def test_refusal_names_order_and_status() -> None:
    history = history_in(Status.CANCELLED)
    with pytest.raises(Refusal) as refused:
        history.run(["acknowledge"])
    facts = {"order_id": history.order.order_id, "status": Status.CANCELLED}
    assert refused.value.facts == facts


@pytest.mark.parametrize(
    ("status", "step", "facts"),
    [
        pytest.param(
            Status.CAPTURED,
            {"capture": 1},
            {"refundable": 10_000},
            id="a capture of the captured",
        ),
        pytest.param(
            Status.CLOSED,
            {"refund": 1},
            {"refundable": 0, "earlier_refunds": "10000 by refund 1 (change-2)"},
            id="a refund of the refunded",
        ),
    ],
)
def test_refusal_about_amounts_names_them(
    status: Status,
    step: Step,
    facts: dict[str, object],
) -> None:
    history = history_in(status)
    with pytest.raises(Refusal) as refused:
        history.run([step])
    assert refused.value.facts == {
        "order_id": history.order.order_id,
        "status": status,
        "remaining": 0,
        "captured": 10_000,
        **facts,
    }
