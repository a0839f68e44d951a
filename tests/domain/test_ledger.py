from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
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
from mockserver.domain.forced_outcomes import force_outcome
from mockserver.domain.ledger import (
    LineTotals,
    TimelineEvent,
    build_ledger,
    build_line_totals,
    build_timeline,
    list_refunds,
    movements,
    render_timeline,
)
from mockserver.domain.lifecycle import lapse_event
from mockserver.domain.order import Capture, Order
from tests.support.builders import (
    CREATED,
    NOW,
    capture_of,
    drive,
    make_line,
    make_order,
    refund_of,
)


def test_ledger_sums_an_order_up() -> None:
    order = drive(
        make_order(20_000),
        capture_of(make_line("A12345", 3000)),
        refund_of(make_line("A12345", 1000)),
        ReleaseRemainingAuthorization(),
    )
    assert build_ledger(order) == {
        "authorized": 20_000,
        "captured": 3000,
        "released": 17_000,
        "remaining": 0,
        "refunded": 1000,
        "booked": 1000,
    }


def test_unbooked_refund_counts_for_the_order_only() -> None:
    order = drive(
        make_order(),
        CaptureOrder(3000),
        RefundOrder(1000),
        assumptions=Assumptions(unallocated_refund="none"),
    )
    assert (build_ledger(order)["refunded"], build_ledger(order)["booked"]) == (1000, 0)


def test_timeline_lists_every_event_oldest_first() -> None:
    steps: list[Command] = [
        Acknowledge(),
        capture_of(make_line("A12345", 3000), make_line("A98765", 2000)),
        UpdateAuthorization(8000, ()),
        ExtendAuthorizationTime(),
        refund_of(make_line("A12345", 1000)),
        refund_of(make_line("misspelt", 1)),
        RefundOrder(5),
        CaptureOrder(500),
        ReleaseRemainingAuthorization(),
    ]
    order = make_order()
    for hour, step in enumerate(steps):
        order = drive(order, step, now=NOW + timedelta(hours=hour))
    events = build_timeline(order)
    assert [event.text for event in events] == [
        "order of 10000 placed",
        "acknowledged",
        "captured 5000 as 1VHSHK1Q-1 (A12345, A98765)",
        "authorization updated to 8000",
        "authorization extended to 2026-02-12",
        "refunded 1000, allocated to 1VHSHK1Q-1 (refund 1)",
        "refunded 1, not allocated (refund 2)",
        "refunded 5, allocation not attempted (refund 3)",
        "captured 500 as 1VHSHK1Q-2 (no lines)",
        "remaining 2500 released",
    ]
    hours = [NOW + timedelta(hours=hour) for hour in range(len(steps))]
    assert [event.at for event in events] == [CREATED, *hours]


def test_timeline_ends_with_a_cancellation() -> None:
    events = build_timeline(drive(make_order(), Cancel()))
    assert [event.text for event in events] == ["order of 10000 placed", "cancelled"]


@given(st.permutations(range(5)))
def test_timeline_is_sorted_by_time(hours: list[int]) -> None:
    order = make_order()
    for hour in hours:
        order = drive(order, CaptureOrder(1), now=NOW + timedelta(hours=hour))
    times = [event.at for event in build_timeline(order)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["capture"],
        ["capture", "refund"],
        ["capture", "refund", "refund", "capture", "refund"],
        ["capture", "capture", "refund", "capture"],
        ["capture", "refund", "capture", "capture", "refund", "refund"],
    ],
    ids=", ".join,
)
def test_movements_keep_their_order_under_a_frozen_clock(
    steps: list[str],
) -> None:
    commands: dict[str, Command] = {"capture": CaptureOrder(10), "refund": RefundOrder(1)}
    order = drive(make_order(), *(commands[step] for step in steps))
    kinds = [
        "capture" if isinstance(change, Capture) else "refund" for change in movements(order)
    ]
    assert kinds == steps


def test_timeline_names_captures_and_refunds() -> None:
    refund = replace(refund_of(make_line()), reference="1001|7")
    order = drive(make_order(), capture_of(make_line()), refund)
    captured, refunded = build_timeline(order)[1:3]
    assert (captured.capture_id, captured.refund_id) == ("change-1", None)
    assert (refunded.capture_id, refunded.refund_id) == ("change-1", "change-2")
    assert refunded.text == (
        "refunded 3000, allocated to 1VHSHK1Q-1 (refund 1, reference '1001|7')"
    )


def test_timeline_has_the_end_of_a_fraud_review() -> None:
    events = build_timeline(force_outcome(make_order(), "reject_fraud", NOW))
    assert [event.text for event in events][1:] == ["fraud review ended: REJECTED"]


FOUR_HOURS = Assumptions(rejected_order="four_hours")


@pytest.mark.parametrize(
    ("order", "assumptions", "text"),
    [
        (make_order(), Assumptions(), "authorization of 10000 expired"),
        (
            drive(make_order(), CaptureOrder(4000)),
            Assumptions(),
            "authorization of 6000 expired",
        ),
        (
            force_outcome(make_order(), "reject_fraud", NOW),
            FOUR_HOURS,
            "cancelled: not captured within 4 hours of the failed fraud review",
        ),
    ],
)
def test_timeline_has_the_end_of_the_authorization(
    order: Order, assumptions: Assumptions, text: str
) -> None:
    assert lapse_event(order, NOW, assumptions) is None
    event = lapse_event(order, NOW + timedelta(days=60), assumptions)
    assert event is not None
    assert event.text == text


@pytest.mark.parametrize("command", [Cancel(), CaptureOrder(10_000)])
def test_time_ends_no_authorization_that_is_used_up(command: Command) -> None:
    order = drive(make_order(), command)
    assert lapse_event(order, NOW + timedelta(days=60), FOUR_HOURS) is None


def test_refunds_are_listed_by_amount_number_id_and_reference() -> None:
    named = replace(RefundOrder(2), reference="1001|7")
    order = drive(make_order(), CaptureOrder(100), RefundOrder(1), named)
    assert list_refunds(make_order()) == ""
    assert list_refunds(order) == (
        "1 by refund 1 (change-2), 2 by refund 2 (change-3, reference '1001|7')"
    )


def test_long_list_of_refunds_names_the_latest() -> None:
    order = drive(make_order(), CaptureOrder(100), *[RefundOrder(1)] * 12)
    assert list_refunds(order).startswith("2 more, 1 by refund 3 (change-4), ")
    assert list_refunds(order).count("refund ") == 10


def test_line_totals_sum_each_reference() -> None:
    shirts = replace(make_line("A", 3000), quantity=3, name="Shirt")
    order = drive(
        make_order(order_lines=(shirts, make_line(None, 5))),
        capture_of(replace(shirts, quantity=2, total_amount=2000), make_line("B", 10)),
        refund_of(replace(shirts, quantity=1, total_amount=1000)),
        refund_of(make_line("Z", 1)),
    )
    shirt, b, z = build_line_totals(order)
    assert shirt == LineTotals(
        reference="A",
        name="Shirt",
        ordered_quantity=3,
        ordered_amount=3000,
        captured_quantity=2,
        captured_amount=2000,
        refunded_quantity=1,
        refunded_amount=1000,
    )
    assert (shirt.left_quantity, shirt.left_amount) == (1, 1000)
    assert (b.reference, b.ordered_amount, b.left_amount) == ("B", 0, 10)
    assert (z.reference, z.left_quantity, z.left_amount) == ("Z", -1, -1)


def test_timeline_renders_one_line_per_event() -> None:
    events = [TimelineEvent(CREATED, "order of 1 placed"), TimelineEvent(NOW, "cancelled")]
    assert render_timeline(events) == (
        "2026-01-01 09:30:00  order of 1 placed\n2026-01-15 09:00:00  cancelled"
    )
