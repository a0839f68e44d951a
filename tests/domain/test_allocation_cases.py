from collections.abc import Sequence
from string import printable

import pytest

from mockserver.domain.assumptions import Assumptions, assume
from mockserver.domain.commands import CaptureOrder, RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.explanation import Explanation
from mockserver.domain.money import sum_of
from mockserver.domain.order import Order, OrderLine
from tests.builders import explanations_of, make_context, make_line, make_order
from tests.domain.tables import Case, cases


def lines(row: Case) -> tuple[OrderLine, ...]:
    return tuple(
        line(name, total) for each in row.get("lines", ()) for name, total in each.items()
    )


def line(name: str, total: int) -> OrderLine:
    if name == "return_fee":
        return make_line(None, total, type="return_fee")
    return make_line(None if name == "nothing" else name, total)


def amount(row: Case) -> int:
    return int(row.get("amount", sum_of(lines(row))))


def shipped(case: Case, assumptions: Assumptions) -> Order:
    order = make_order(sum(map(amount, case["captures"].values())))
    for name, row in case["captures"].items():
        command = CaptureOrder(amount(row), order_lines=lines(row))
        context = make_context(name, assumptions=assumptions)
        order = decide(order, command, context).order
    return order


def refunded(order: Order, row: Case, name: str, assumptions: Assumptions) -> Order:
    command = RefundOrder(amount(row), order_lines=lines(row))
    context = make_context(
        name,
        assumptions=assumptions,
        allocation_fails=row.get("made_to_fail", False),
    )
    return decide(order, command, context).order


def played(case: Case) -> Explanation:
    assumptions = assume(Assumptions(), case.get("assume", {}))
    order = shipped(case, assumptions)
    for number, row in enumerate(case.get("earlier", ()), 1):
        order = refunded(order, row, f"earlier-{number}", assumptions)
    return explanations_of(refunded(order, case["refund"], "refund", assumptions))[-1]


@pytest.mark.parametrize("case", cases("allocation"))
def test_a_refund_goes_where_the_table_says(case: Case) -> None:
    explanation, expected = played(case), case["expect"]
    allocation = explanation.allocation
    assert allocation.verdict == expected["verdict"]
    assert allocation.capture_id == expected.get("capture")
    assert list(explanation.failed_conditions) == expected.get("failed", [])
    assert {each.holds for each in explanation.conditions} <= {True, False}
    assert [(e.capture_id, e.amount) for e in allocation.landed] == [
        *expected["landed"].items(),
    ]
    assert allocation.ambiguous is expected.get("ambiguous", False)
    nearest = explanation.nearest and explanation.nearest.capture_id
    assert nearest == expected.get("nearest")


@pytest.mark.parametrize("case", cases("allocation"))
def test_the_advice_says_what_the_table_says(case: Case) -> None:
    assert played(case).advice == case["expect"].get("advice", "")


@pytest.mark.parametrize("case", cases("allocation"))
def test_conditions_are_told_with_the_numbers_of_the_table(case: Case) -> None:
    told = {
        each.name: [listed(each.expected), listed(each.actual), each.detail]
        for each in played(case).conditions
    }
    wanted = case.get("told", {})
    assert {name: told[name] for name in wanted} == wanted


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
def test_an_allocation_names_the_assumptions_that_mattered(
    case: Case,
    names: tuple[str, ...],
) -> None:
    assert mattered({"captures": SHIPMENTS, **case}) == names


@pytest.mark.parametrize("mark", ["", *printable])
def test_a_line_without_a_reference_is_on_no_capture_whatever_stands_there(mark: str) -> None:
    captures = {"A": {"lines": [{mark: 3000}]}}
    played_out = played({"captures": captures, "refund": {"lines": [{"nothing": 3000}]}})
    assert played_out.failed_conditions == ("references_in_one_capture",)
