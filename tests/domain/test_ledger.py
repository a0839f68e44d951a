from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from mockserver.domain.ledger import (
    TimelineEvent,
    build_ledger,
    build_timeline,
    movements,
    render_timeline,
)
from mockserver.domain.order import Capture
from tests.support.builders import (
    CREATED,
    NOW,
    capture_of,
    drive,
    make_line,
    make_order,
    refund_of,
)


def test_a_ledger_sums_an_order_up() -> None:
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
        "refunded 1000, allocated to 1VHSHK1Q-1",
        "refunded 1, failed",
        "refunded 5, not_attempted",
        "captured 500 as 1VHSHK1Q-2 (no lines)",
        "remaining 2500 released",
    ]
    hours = [NOW + timedelta(hours=hour) for hour in range(len(steps))]
    assert [event.at for event in events] == [CREATED, *hours]


def test_a_timeline_ends_with_a_cancellation() -> None:
    events = build_timeline(drive(make_order(), Cancel()))
    assert [event.text for event in events] == ["order of 10000 placed", "cancelled"]


@given(st.permutations(range(5)))
def test_a_timeline_is_sorted_by_time(hours: list[int]) -> None:
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


def test_timeline_renders_one_line_per_event() -> None:
    events = [TimelineEvent(CREATED, "order of 1 placed"), TimelineEvent(NOW, "cancelled")]
    assert render_timeline(events) == (
        "2026-01-01 09:30:00  order of 1 placed\n2026-01-15 09:00:00  cancelled"
    )
