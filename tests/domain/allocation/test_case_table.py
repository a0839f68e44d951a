from collections.abc import Sequence
from string import printable
from typing import get_args

import pytest

from mockserver.domain.allocation.case import build_case_for_command
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.assumptions import Assumptions, switch_assumptions
from mockserver.domain.commands import CaptureOrder, RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.limits import LineType
from mockserver.domain.order import Order
from tests.support.builders import explanations_of, make_context, make_line, make_order
from tests.support.case_tables import Case, every_case
from tests.support.order_specs import amount_from, lines_from


def shipped(case: Case, assumptions: Assumptions) -> Order:
    order = make_order(sum(map(amount_from, case["captures"].values())))
    for name, row in case["captures"].items():
        command = CaptureOrder(amount_from(row), order_lines=lines_from(row))
        context = make_context(name, assumptions=assumptions)
        order = decide(order, command, context).order
    return order


def refunded(order: Order, row: Case, name: str, assumptions: Assumptions) -> Order:
    command = RefundOrder(amount_from(row), order_lines=lines_from(row))
    context = make_context(
        name,
        assumptions=assumptions,
        allocation_fails=row.get("inject_failure", False),
    )
    return decide(order, command, context).order


def played(case: Case) -> Explanation:
    assumptions = switch_assumptions(Assumptions(), case.get("assume", {}))
    order = shipped(case, assumptions)
    for number, row in enumerate(case.get("earlier", ()), 1):
        order = refunded(order, row, f"earlier-{number}", assumptions)
    return explanations_of(refunded(order, case["refund"], "refund", assumptions))[-1]


@every_case("domain", "allocation")
def test_allocation_matches_the_case_table(case: Case) -> None:
    explanation, expected = played(case), case["expect"]
    allocation = explanation.allocation
    assert allocation.outcome == expected["outcome"]
    assert allocation.capture_id == expected.get("capture")
    assert list(explanation.failed_conditions) == expected.get("failed", [])
    assert [(e.capture_id, e.amount) for e in allocation.booked] == [
        *expected["booked"].items(),
    ]
    assert allocation.ambiguous is expected.get("ambiguous", False)
    nearest = explanation.nearest and explanation.nearest.capture_id
    assert nearest == expected.get("nearest")


@every_case("domain", "allocation")
def test_hints_match_the_case_table(case: Case) -> None:
    assert " ".join(played(case).hints) == case["expect"].get("hints", "")


@every_case("domain", "allocation")
def test_conditions_match_the_case_table(case: Case) -> None:
    details = {
        condition.name: [listed(condition.expected), listed(condition.actual), condition.detail]
        for condition in played(case).conditions
    }
    expected = case.get("details", {})
    assert {name: details[name] for name in expected} == expected


def listed(number: int | tuple[str, ...]) -> int | list[str]:
    return list(number) if isinstance(number, tuple) else number


def mattered(case: Case) -> Sequence[str]:
    return played(case).assumptions


LINES = [{"A12345": 3000}]
SHIPMENTS = {"A": {"lines": LINES}, "B": {"lines": [{"B24680": 10_000}]}}


@pytest.mark.parametrize(
    ("case", "names"),
    [
        pytest.param({"refund": {"lines": LINES}}, (), id="none for a plain match"),
        pytest.param(
            {"refund": {"lines": [{"A12345": 500}]}},
            (),
            id="none for a part of what was captured",
        ),
        pytest.param(
            {"refund": {"amount": 500}},
            ("amount_only_refund", "unallocated_refund"),
            id="two for an amount alone",
        ),
        pytest.param(
            {"refund": {"lines": [{"Z": 500}]}},
            ("unallocated_refund",),
            id="one for a failure",
        ),
        pytest.param(
            {"earlier": [{"lines": [{"A12345": 1}]}], "refund": {"lines": LINES}},
            ("unallocated_refund", "capture_capacity"),
            id="the capacity where something was refunded before",
        ),
        pytest.param(
            {
                "assume": {"capture_capacity": "captured"},
                "earlier": [{"lines": [{"A12345": 1}]}],
                "refund": {"lines": LINES},
            },
            ("unallocated_refund", "capture_capacity"),
            id="two where it let the refund match and some lands elsewhere",
        ),
        pytest.param(
            {
                "captures": {"A": {"lines": LINES}, "B": {"lines": LINES}},
                "earlier": [{"lines": [{"A12345": 1}]}],
                "refund": {"lines": LINES},
            },
            ("capture_capacity",),
            id="the capacity where it sends the refund on to the next capture",
        ),
        pytest.param(
            {"refund": {"lines": [{"A12345": 3001}]}},
            ("unallocated_refund",),
            id="not the capacity where the captured amount is too small anyway",
        ),
    ],
)
def test_allocation_names_the_assumptions_that_mattered(
    case: Case,
    names: tuple[str, ...],
) -> None:
    assert mattered({"captures": SHIPMENTS, **case}) == names


@pytest.mark.parametrize("mark", ["", *printable])
def test_line_without_reference_matches_no_capture(mark: str) -> None:
    captures = {"A": {"lines": [{mark: 3000}]}}
    played_out = played({"captures": captures, "refund": {"lines": [{"nothing": 3000}]}})
    assert played_out.failed_conditions == ("references_in_one_capture",)


@pytest.mark.parametrize("kind", get_args(LineType))
def test_lines_of_all_types_are_matched_but_for_a_return_fee(kind: LineType) -> None:
    assumed = Assumptions(return_fee_rules="ignored")
    order = shipped({"captures": SHIPMENTS}, assumed)
    lines = (make_line("A12345", 1000), make_line("elsewhere", 1000, type=kind))
    command = RefundOrder(2000, order_lines=lines)
    refund = decide(order, command, make_context("refund", assumptions=assumed)).order.refunds[
        0
    ]
    assert (refund.allocation.outcome == "allocated") is (kind == "return_fee")


def test_no_failure_is_injected_by_default() -> None:
    order = shipped({"captures": SHIPMENTS}, Assumptions())
    command = RefundOrder(3000, order_lines=(make_line(),))
    assert not build_case_for_command(order, command, Assumptions()).failure_injected
