"""Every status is reached by really driving an order there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Refusal
from mockserver.domain.lifecycle import LIFECYCLE, Status, check_allowed, derive_status
from mockserver.domain.operation import (
    DEPRECATED_OPERATIONS,
    OPERATIONS,
    READ_OPERATIONS,
    Operation,
)
from tests.domain.case_tables import Case, cases
from tests.support.builders import make_order
from tests.support.order_history import COMMANDS, Step, Story

ROADS: Mapping[Status, Sequence[Step]] = {
    Status.AUTHORIZED: [],
    Status.PART_CAPTURED: [{"capture": 3000}],
    Status.CAPTURED: [{"capture": 3000}, {"capture": 7000}],
    Status.CANCELLED: ["cancel"],
    Status.EXPIRED: [{"capture": 3000}, {"wait": 14}],
    Status.CLOSED: [{"capture": 10_000}, {"refund": 10_000}],
}

GIVEN: Mapping[str, object] = {"update": 9000, "capture": 1, "refund": 1}
"""Amounts that no status should make too high or too low."""

CHANGES = {COMMANDS[name](GIVEN.get(name)).operation: name for name in COMMANDS}


def story_in(status: Status) -> Story:
    story = Story({}, {"fully_refunded_status": "CLOSED"}).play(ROADS[status])
    assert story.status is status
    return story


def test_the_table_has_every_operation_in_every_status() -> None:
    cells = {(operation, status) for operation, row in LIFECYCLE.items() for status in row}
    operations = [row.operation for row in OPERATIONS]
    assert cells == {(operation, status) for operation in operations for status in Status}


def test_there_are_the_18_operations_of_the_provider() -> None:
    assert len(OPERATIONS) == 18
    assert set(CHANGES) | READ_OPERATIONS == {row.operation for row in OPERATIONS}
    assert not set(CHANGES) & READ_OPERATIONS


def test_what_the_provider_will_drop_is_about_send_outs_and_due_dates() -> None:
    assert {item.value for item in DEPRECATED_OPERATIONS} == {
        "trigger_send_out",
        "extend_due_date",
        "get_extend_due_date_options",
    }


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("operation", CHANGES)
def test_a_change_is_answered_as_the_table_says(operation: Operation, status: Status) -> None:
    story, name = story_in(status), CHANGES[operation]
    refused = LIFECYCLE[operation][status].reason
    command = COMMANDS[name](GIVEN.get(name))
    if refused is None:
        before = story.order
        story.do(command)
        assert story.order is not before
    else:
        with pytest.raises(Refusal) as rejection:
            story.do(command)
        assert rejection.value.reason is refused
        assert rejection.value.operation is operation
        assert rejection.value.message


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("operation", sorted(READ_OPERATIONS))
def test_reading_is_allowed_in_every_status(operation: Operation, status: Status) -> None:
    assert LIFECYCLE[operation][status].reason is None
    check_allowed(story_in(status).order, operation, status)


@pytest.mark.parametrize("case", cases("lifecycle"))
def test_what_is_known_of_the_provider_holds(case: Case) -> None:
    name = case["case"]
    responses = {}
    for status in case["expect"]:
        try:
            story_in(Status(status)).do(COMMANDS[name](GIVEN.get(name)))
        except Refusal as rejection:
            responses[status] = rejection.code
        else:
            responses[status] = "ok"
    assert responses == case["expect"]


def test_an_order_expires_with_the_first_moment_of_its_last_day() -> None:
    order = make_order()
    before = order.expires_at - timedelta(microseconds=1)
    assert derive_status(order, before, Assumptions()) is Status.AUTHORIZED
    assert derive_status(order, order.expires_at, Assumptions()) is Status.EXPIRED


def test_a_refusal_tells_the_order_and_its_status() -> None:
    story = story_in(Status.CANCELLED)
    with pytest.raises(Refusal) as refused:
        story.play(["acknowledge"])
    facts = {"order_id": story.order.order_id, "status": Status.CANCELLED}
    assert refused.value.facts == facts


@pytest.mark.parametrize(
    ("status", "step", "refundable"),
    [
        pytest.param(Status.CAPTURED, {"capture": 1}, 10_000, id="a capture of the captured"),
        pytest.param(Status.CLOSED, {"refund": 1}, 0, id="a refund of the refunded"),
    ],
)
def test_a_refusal_about_amounts_tells_them(
    status: Status,
    step: Step,
    refundable: int,
) -> None:
    story = story_in(status)
    with pytest.raises(Refusal) as refused:
        story.play([step])
    assert refused.value.facts == {
        "order_id": story.order.order_id,
        "status": status,
        "remaining": 0,
        "captured": 10_000,
        "refundable": refundable,
    }
