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
    return asked(amount, *lines, assumed=assumed).text


def asked(amount: int, *lines: OrderLine, assumed: Assumptions = Assumptions()) -> Explanation:
    return explain_case(build_case(amount, lines, SHIPPED.captures, SHIPPED.refunds, assumed))


def text(block: str) -> str:
    return dedent(block).strip("\n")


def test_an_allocation_is_explained() -> None:
    assert explained(10_000, make_line("B24680", 10_000)) == text("""
        Refund of 10000: allocated to capture 1VHSHK1Q-2.
          ok  no_earlier_failure         no earlier refund of this order failed to be allocated
          ok  lines_add_up               the lines add up to 10000
          ok  references_in_one_capture  capture 1VHSHK1Q-2 has B24680
          ok  fits_capture               10000 wanted, 10000 of 10000 left on capture 1VHSHK1Q-2
    """)


def test_a_failure_is_explained_with_what_would_fix_it() -> None:
    lines = make_line("B24608", 10_001), make_line(None, 1)
    assert explained(10_000, *lines) == text("""
        Refund of 10000: accepted, but NOT allocated to a capture.
          ok  no_earlier_failure         no earlier refund of this order failed to be allocated
          NO  lines_add_up               the lines add up to 10002, 2 more than 10000
          NO  references_in_one_capture  'B24608' is on no capture; a line has no reference
          ok  fits_capture               10000 wanted, 10000 of 10000 left on capture 1VHSHK1Q-2
          Nearest: capture 1VHSHK1Q-2: the lines add up to 10002, 2 more than 10000; 'B24608' is not on it ('B24680' is); a line has no reference.
          Booked: 10000 on 1VHSHK1Q-1.
          Assumptions used: unallocated_refund.
          Fix: Make the total_amount of the lines add up to refunded_amount: 10002 now, 10000 wanted. Set the reference of every line to that of a captured line. Change reference 'B24608' to 'B24680'.
    """)  # noqa: E501  # as it is printed


def test_an_amount_alone_is_explained() -> None:
    assumed = Assumptions(unallocated_refund="none")
    assert explained(500, assumed=assumed) == text("""
        Refund of 500: accepted without order lines, allocation not attempted.
          ok  no_earlier_failure         no earlier refund of this order failed to be allocated
          NO  lines_add_up               no order lines were given
          NO  references_in_one_capture  no order lines were given
          NO  fits_capture               there is no capture to compare with
          Booked: on no capture.
          Assumptions used: amount_only_refund, unallocated_refund.
    """)


def test_an_amount_alone_that_failed_is_told_once_to_send_lines() -> None:
    hints = asked(500, assumed=Assumptions(amount_only_refund="failed")).hints
    assert hints == ("Send order_lines with the references of the returned articles.",)


def test_a_choice_among_captures_is_told() -> None:
    order = shipped_order([capture_of(make_line()), capture_of(make_line())])
    told = explanations_of(drive(order, refund_of(make_line())))[0].text
    assert told.endswith("\n  Ambiguous: several captures fit; the oldest one was chosen.")


def test_money_booked_on_several_captures_is_told_of_each() -> None:
    assert "\n  Booked: 10000 on 1VHSHK1Q-1, 2000 on 1VHSHK1Q-2.\n" in explained(12_000)


def test_an_earlier_failure_is_named() -> None:
    order = drive(SHIPPED, refund_of(make_line("misspelt", 1)), refund_of(make_line("A12345")))
    told = explanations_of(order)[1].text
    assert "NO  no_earlier_failure         refund change-3 of this order failed" in told


def test_lines_of_several_captures_are_told_apart() -> None:
    told = explained(2, make_line("A12345", 1), make_line("B24680", 1))
    assert "'A12345' is on 1VHSHK1Q-1; 'B24680' is on 1VHSHK1Q-2" in told


def test_what_is_wrong_with_lines_of_several_captures_is_told_of_the_nearest() -> None:
    told = asked(13_000, make_line("A12345"), make_line("B24680", 10_000))
    assert told.hints == ("Send one refund for each capture, with the lines of that capture.",)
    assert told.nearest is not None
    assert told.nearest.differences == (
        "'B24680' is not on it",
        "13000 wanted, 10000 of 10000 left on capture 1VHSHK1Q-1",
    )


def test_a_return_fee_alone_has_no_reference_to_show() -> None:
    told = explained(500, make_line(None, 500, type="return_fee"))
    assert "capture 1VHSHK1Q-1 has only return fees" in told


def test_less_than_the_amount_is_told_as_less() -> None:
    told = explained(500, make_line("A12345", 499))
    assert "the lines add up to 499, 1 less than 500" in told


@pytest.mark.parametrize(
    ("count", "end"),
    [
        pytest.param(10, "REF-8, REF-9", id="ten are all shown"),
        pytest.param(11, "REF-8, REF-9 and 1 more", id="of eleven one is left out"),
        pytest.param(13, "REF-8, REF-9 and 3 more", id="of thirteen three are"),
    ],
)
def test_a_long_list_of_references_is_cut_short(count: int, end: str) -> None:
    lines = [make_line(f"REF-{number}", 1) for number in range(count)]
    order = shipped_order([capture_of(*lines)])
    told = explanations_of(drive(order, refund_of(*lines)))[0].text
    assert f"{end}\n" in told
    assert "REF-10" not in told


def test_a_long_list_of_missing_references_is_cut_short() -> None:
    explanation = asked(12, *(make_line(f"REF-{number}", 1) for number in range(12)))
    assert explanation.nearest is not None
    for told in (explanation.conditions[2].detail, explanation.nearest.differences[0]):
        assert told.count("; ") == 9
        assert told.startswith("'REF-0' is ")
        assert "'REF-10'" not in told


def test_only_the_first_misspelt_references_get_a_suggestion() -> None:
    """Comparing every reference of a thousand lines would take seconds."""
    lines = [make_line(f"{letter}12346", 1) for letter in "DCBA"]
    order = shipped_order([capture_of(*(make_line(f"{item}12345", 1) for item in "ABCD"))])
    explanation = explanations_of(drive(order, refund_of(*lines)))[0]
    assert explanation.hints == tuple(
        f"Change reference '{item}12346' to '{item}12345'." for item in "ABC"
    )
    assert explanation.nearest is not None
    assert explanation.nearest.differences[0].endswith(
        "'B12346' is not on it ('B12345' is); 'A12346' is not on it ('A12345' is)"
    )
    assert "'D12346' is not on it; " in explanation.nearest.differences[0]


@pytest.mark.parametrize(
    ("written", "suggested"),
    [
        pytest.param("REF-99x", "'REF-99'", id="one of the first 100"),
        pytest.param("LAST-ONEx", "that of a captured line", id="none after them"),
        pytest.param(
            "REF-1".ljust(41, "x"), "that of a captured line", id="none if it is long"
        ),
        pytest.param("last-one", "'LAST-ONE'", id="any that differs in its case alone"),
    ],
)
def test_a_misspelt_reference_is_compared_with(written: str, suggested: str) -> None:
    """Comparing it with every reference of a long order would take seconds."""
    names = [*(f"REF-{number}" for number in range(300)), "LAST-ONE"]
    order = shipped_order([capture_of(*(make_line(name, 1) for name in names))])
    hints = explanations_of(drive(order, refund_of(make_line(written, 1))))[0].hints
    assert hints == (f"Change reference '{written}' to {suggested}.",)


def test_many_misspelt_references_are_judged_alike_in_any_order() -> None:
    lines = [make_line(text, 50) for text in ("A12346", "B24681", "X", "Y")]
    forth, back = asked(200, *lines), asked(200, *lines[::-1])
    assert forth.nearest is not None
    assert forth.hints == back.hints
    assert forth.failed_conditions == back.failed_conditions
