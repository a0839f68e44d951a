from textwrap import dedent

import pytest

from mockserver.domain.allocation.allocate import explain_case
from mockserver.domain.allocation.case import build_case
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.order import OrderLine
from tests.support.builders import (
    capture_of,
    drive,
    explanations_of,
    make_line,
    refund_of,
    shipped_order,
)

SHIPPED = shipped_order(
    [
        capture_of(make_line("A12345", 3000), make_line("A98765", 7000)),
        capture_of(make_line("B24680", 10_000)),
    ],
)


def explained(amount: int, *lines: OrderLine, assumed: Assumptions = Assumptions()) -> str:
    return explain(amount, *lines, assumed=assumed).text


def explain(
    amount: int, *lines: OrderLine, assumed: Assumptions = Assumptions()
) -> Explanation:
    return explain_case(build_case(amount, lines, SHIPPED.captures, SHIPPED.refunds, assumed))


def text(block: str) -> str:
    return dedent(block).strip("\n")


def test_allocation_is_explained() -> None:
    assert explained(10_000, make_line("B24680", 10_000)) == text("""
        Refund of 10000: allocated to capture 1VHSHK1Q-2.
          ok    no_earlier_failure         no earlier refund of this order failed to be allocated
          ok    lines_add_up               the lines add up to 10000
          ok    references_in_one_capture  capture 1VHSHK1Q-2 has B24680
          ok    fits_capture               10000 requested, 10000 of 10000 not yet refunded on capture 1VHSHK1Q-2
    """)  # noqa: E501  # as it is printed


def test_failed_allocation_is_explained_with_hints() -> None:
    lines = make_line("B24608", 10_001), make_line(None, 1)
    assert explained(10_000, *lines) == text("""
        Refund of 10000: accepted, but NOT allocated to a capture.
          ok    no_earlier_failure         no earlier refund of this order failed to be allocated
          FAIL  lines_add_up               the lines add up to 10002, 2 more than 10000
          FAIL  references_in_one_capture  'B24608' is on no capture; a line has no reference
          ok    fits_capture               10000 requested, 10000 of 10000 not yet refunded on capture 1VHSHK1Q-2
          Nearest: capture 1VHSHK1Q-2: the lines add up to 10002, 2 more than 10000; 'B24608' is not on this capture ('B24680' is); a line has no reference.
          Booked: 10000 on 1VHSHK1Q-1.
          Assumptions used: unallocated_refund.
          Hint: Change reference 'B24608' to 'B24680'.
          Hint: Line 'unnamed' has no reference. Send the reference under which it was captured; captured are 'A12345', 'A98765', 'B24680'.
          Hint: Make the lines' total_amount add up to refunded_amount: expected 10000, got 10002.
    """)  # noqa: E501  # as it is printed


def test_amount_alone_is_explained() -> None:
    assumed = Assumptions(unallocated_refund="none")
    assert explained(500, assumed=assumed) == text("""
        Refund of 500: accepted as an amount only, allocation not attempted.
          ok    no_earlier_failure         no earlier refund of this order failed to be allocated
          FAIL  lines_add_up               no order lines were given
          FAIL  references_in_one_capture  no order lines were given
          FAIL  fits_capture               there is no capture to compare with
          Booked: on no capture.
          Assumptions used: amount_only_refund, unallocated_refund.
          Hint: Send order_lines with the references of the returned articles.
    """)  # noqa: E501  # as it is printed


def test_failed_amount_only_refund_has_one_hint() -> None:
    hints = explain(500, assumed=Assumptions(amount_only_refund="failed")).hints
    assert hints == ("Send order_lines with the references of the returned articles.",)


def test_ambiguous_allocation_lists_the_captures_that_fit() -> None:
    smaller = make_line(total_amount=100)
    order = shipped_order(map(capture_of, [make_line(), smaller, make_line()]))
    explanation = explanations_of(drive(order, refund_of(make_line())))[0]
    assert [candidate.klarna_reference for candidate in explanation.candidates] == [
        "1VHSHK1Q-1",
        "1VHSHK1Q-3",
    ]
    assert explanation.text.endswith(
        "\n  Ambiguous: captures 1VHSHK1Q-1, 1VHSHK1Q-3 fit; the oldest one was chosen."
    )


def test_ten_captures_that_fit_are_listed_and_the_others_counted() -> None:
    order = shipped_order(map(capture_of, [make_line()] * 12))
    explanation = explanations_of(drive(order, refund_of(make_line())))[0]
    assert len(explanation.candidates) == 10
    assert "1VHSHK1Q-10 and 2 more fit; the oldest one was chosen." in explanation.text


def test_every_booking_is_listed() -> None:
    assert "\n  Booked: 10000 on 1VHSHK1Q-1, 2000 on 1VHSHK1Q-2.\n" in explained(12_000)


def test_earlier_failure_is_named() -> None:
    order = drive(SHIPPED, refund_of(make_line("misspelt", 1)), refund_of(make_line("A12345")))
    text_shown = explanations_of(order)[1].text
    reason = "refund 1 (change-3) of this order failed"
    assert f"FAIL  no_earlier_failure         {reason}" in text_shown


def test_captures_of_each_reference_are_listed() -> None:
    text_shown = explained(2, make_line("A12345", 1), make_line("B24680", 1))
    assert "'A12345' is on 1VHSHK1Q-1; 'B24680' is on 1VHSHK1Q-2" in text_shown


def test_nearest_capture_lists_differences_of_mixed_lines() -> None:
    explanation = explain(13_000, make_line("A12345"), make_line("B24680", 10_000))
    (hint,) = explanation.hints
    assert hint == (
        "Send one refund for each capture: 'A12345' for capture 1VHSHK1Q-1,"
        " 'B24680' for capture 1VHSHK1Q-2."
    )
    assert explanation.nearest is not None
    assert explanation.nearest.differences == (
        "'B24680' is not on this capture",
        "13000 requested, 10000 of 10000 not yet refunded on capture 1VHSHK1Q-1",
    )


def test_return_fee_alone_has_no_reference_to_show() -> None:
    text_shown = explained(500, make_line(None, 500, type="return_fee"))
    assert "no line names an article, only return fees" in text_shown


def test_missing_amount_is_reported_as_less() -> None:
    text_shown = explained(500, make_line("A12345", 499))
    assert "the lines add up to 499, 1 less than 500" in text_shown


@pytest.mark.parametrize(
    ("count", "end"),
    [
        pytest.param(10, "REF-8, REF-9", id="ten are all shown"),
        pytest.param(11, "REF-8, REF-9 and 1 more", id="of eleven one is left out"),
        pytest.param(13, "REF-8, REF-9 and 3 more", id="of thirteen three are"),
    ],
)
def test_long_list_of_references_is_cut_short(count: int, end: str) -> None:
    lines = [make_line(f"REF-{number}", 1) for number in range(count)]
    order = shipped_order([capture_of(*lines)])
    text_shown = explanations_of(drive(order, refund_of(*lines)))[0].text
    assert f"{end}\n" in text_shown
    assert "REF-10" not in text_shown


def test_long_list_of_missing_references_is_cut_short() -> None:
    explanation = explain(12, *(make_line(f"REF-{number}", 1) for number in range(12)))
    assert explanation.nearest is not None
    for text_shown in (
        explanation.conditions[2].detail,
        explanation.nearest.differences[0],
    ):
        assert text_shown.count("; ") == 9
        assert text_shown.startswith("'REF-0' is ")
        assert "'REF-10'" not in text_shown


def test_only_the_first_misspelt_references_get_a_suggestion() -> None:
    """Comparing every reference of a thousand lines would take seconds."""
    lines = [make_line(f"{letter}12346", 1) for letter in "DCBA"]
    order = shipped_order([capture_of(*(make_line(f"{letter}12345", 1) for letter in "ABCD"))])
    explanation = explanations_of(drive(order, refund_of(*lines)))[0]
    assert explanation.hints == tuple(
        f"Change reference '{letter}12346' to '{letter}12345'." for letter in "ABC"
    )
    assert explanation.nearest is not None
    assert explanation.nearest.differences[0].endswith(
        "'B12346' is not on this capture ('B12345' is);"
        " 'A12346' is not on this capture ('A12345' is)"
    )
    assert "'D12346' is not on this capture; " in explanation.nearest.differences[0]


def test_hints_do_not_depend_on_the_order_of_lines() -> None:
    lines = [make_line(text, 50) for text in ("A12346", "B24681", "X", "Y")]
    forth, back = explain(200, *lines), explain(200, *lines[::-1])
    assert forth.nearest is not None
    assert forth.hints == back.hints
    assert forth.failed_conditions == back.failed_conditions
