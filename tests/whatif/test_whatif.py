"""Recorded requests under other assumptions and faults: what differs, and why."""

from typing import Any

import pytest

from mockserver.client import ControlClient, ControlError
from mockserver.report_types import WhatifReport
from tests.support.audit import run_and_audit

ORDER = """
version: 1
orders:
  shop:
    lines:
      - {reference: A, name: T-shirt, unit_price: 3000}
      - {reference: B, name: Sneakers, unit_price: 7000}
    captures: {one: {lines: [A]}, two: {lines: [B]}}
"""
TWO_REFUNDS = """
steps:
  - refund: {order: shop, amount: 2000}
  - refund: {order: shop, lines: [B]}
"""


def play(url: str, name: str, steps: str) -> ControlClient:
    differences, _ = run_and_audit(url, name, ORDER + steps)
    assert differences == []
    return ControlClient(url, name)


def outcomes(report: WhatifReport) -> list[tuple[str, bool]]:
    """What each difference comes to in the first branch, and whether it has a cause."""
    (branch,) = report["branches"]
    return [(d["there"].partition(",")[0], bool(d["because"])) for d in branch["differs"]]


def test_early_difference_is_named_as_the_cause_of_a_later_one(server_url: str) -> None:
    control = play(server_url, "whatif-cause", TWO_REFUNDS)
    report = control.whatif(assume={"unallocated_refund": "newest_first"})
    assert outcomes(report) == [
        ("201 not_attempted", False),
        ("201 failed (fits_capture)", True),
    ]
    assert report["branches"][0]["end"] == []


def test_only_the_assumptions_that_matter_are_listed(server_url: str) -> None:
    report = play(server_url, "whatif-each", TWO_REFUNDS).whatif()
    assert [branch["assume"] for branch in report["branches"]] == [
        {"unallocated_refund": "newest_first"},
        {"unallocated_refund": "none"},
        {"amount_only_refund": "failed"},
    ]


def test_current_assumptions_make_no_difference(server_url: str) -> None:
    report = play(server_url, "whatif-same", TWO_REFUNDS).whatif(assume={})
    assert report["branches"] == [{"assume": {}, "differs": [], "end": []}]
    assert (report["played"], report["not_played"]) == (2, 0)


@pytest.mark.parametrize(
    ("action", "there"),
    [
        ({"drop": "reset"}, "no response"),
        ({"refuse": "conflict"}, "409 CONFLICT: conflict"),
        ({"rate_limit": True}, "429 TOO_MANY_REQUESTS: too_many_requests"),
        ({"respond": {"status": 500}}, "500"),
        ({"lose_answer": "reset"}, "executed"),
        ({"fail_allocation": True}, "201 failed (no_injected_failure)"),
    ],
)
def test_fault_can_be_added(server_url: str, action: dict[str, Any], there: str) -> None:
    steps = "steps: [{refund: {order: shop, lines: [B]}}]"
    control = play(server_url, f"whatif-{next(iter(action))}", steps)
    report = control.whatif(faults={"added": {"on": "refund", "do": action}})
    assert [outcome for outcome, _ in outcomes(report)] == [there]


def test_effects_of_a_recorded_fault_can_be_removed(server_url: str) -> None:
    steps = """
faults: {lost: {on: refund, calls: 1, do: {refuse: conflict}}}
steps:
  - {refund: {order: shop, lines: [B]}, response: {status: 409}}
  - refund: {order: shop, lines: [A]}
"""
    report = play(server_url, "whatif-removed", steps).whatif(faults={"lost": None})
    assert outcomes(report) == [("201 allocated", False)]


def test_after_another_answer_the_client_might_have_acted_otherwise(server_url: str) -> None:
    report = play(server_url, "whatif-unsure", TWO_REFUNDS).whatif(
        faults={"added": {"on": "refund", "calls": 1, "do": {"drop": "reset"}}},
        assume={"unallocated_refund": "none"},
    )
    assert [d["unsure"] for d in report["branches"][0]["differs"]] == [False]
    assert report["branches"][0]["end"][0]["field"] == "refunded_amount"


def test_whatif_keeps_control_calls_between_requests(server_url: str) -> None:
    steps = """
steps:
  - refund: {order: shop, lines: [A]}
  - force: {order: shop, outcome: fail_next_allocation}
  - refund: {order: shop, lines: [B]}
"""
    report = play(server_url, "whatif-forced", steps).whatif(assume={})
    assert (report["played"], report["not_played"]) == (2, 0)


def test_replayed_request_is_replayed_again(server_url: str) -> None:
    steps = """
steps:
  - refund: {order: shop, lines: [B], idempotency_key: k}
  - refund: {order: shop, lines: [B], idempotency_key: k}
"""
    report = play(server_url, "whatif-replayed", steps).whatif(assume={})
    assert (report["played"], report["not_played"]) == (2, 0)


@pytest.mark.parametrize("point", ["request", "snapshot"])
def test_branch_begins_at_a_request_or_after_a_snapshot(server_url: str, point: str) -> None:
    control = play(server_url, f"whatif-{point}", "steps: [{refund: {order: shop, amount: 5}}]")
    control.take_snapshot("snapshot")
    last = control.requests()[-1]["correlation_id"]
    report = control.whatif(last if point == "request" else "snapshot", assume={})
    assert report["played"] == (1 if point == "request" else 0)


LOST = "faults: {lost: {on: refund, do: {drop: reset}}}\n"


@pytest.mark.parametrize(
    ("wanted", "status", "message"),
    [
        ({"start": "unknown"}, 404, "no request with correlation id unknown"),
        ({"assume": {"unallocated": "x"}}, 422, "unknown assumption 'unallocated'"),
        ({"assume": {"unallocated_refund": "x"}}, 422, "expected oldest_first or"),
        ({"faults": {"a": {"on": "refund"}}}, 422, "'do'"),
        ({"faults": {"nosuch": None}}, 422, "'nosuch', known: lost"),
        ({"faults": {"lots": None}}, 422, "unknown rule 'lots', did you mean 'lost'"),
        ({"faults": {"add": {"a": {}}}}, 422, "'add': expected a fault rule .* or null"),
        ({"faults": {"a": 3}}, 422, "expected a fault rule .* or null, got '3'"),
    ],
)
def test_bad_input_is_refused(
    server_url: str, wanted: dict[str, Any], status: int, message: str
) -> None:
    control = play(server_url, "whatif-bad", f"{LOST}steps: []")
    with pytest.raises(ControlError, match=message) as refused:
        control.whatif(**wanted)
    assert refused.value.status == status
