"""Hints can be followed, and following them never books on another article's capture."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.domain.allocation.allocate import explain_case
from mockserver.domain.allocation.case import build_case, build_case_for_command
from mockserver.domain.allocation.explanation import AllocationOutcome, Explanation
from mockserver.domain.allocation.hints import MAX_HINTS
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import CaptureOrder, RefundOrder
from mockserver.domain.decide import decide
from mockserver.domain.order import Order, OrderLine
from mockserver.domain.wording import quote
from tests.support.builders import capture_of, drive, make_context, make_line, make_order
from tests.support.case_tables import Case, every_case
from tests.support.order_specs import amount_from, line_from, lines_from
from tests.support.strategies import (
    allocation_assumptions,
    captured_lines,
    refund_requests,
    shipments,
)


def order_of(case: Case) -> Order:
    captures = [
        CaptureOrder(amount_from(spec), order_lines=lines_from(spec))
        for spec in case["captures"]
    ]
    extra = case.get("more_captured", 0)
    total = sum(command.captured_amount for command in captures) + extra
    order = make_order(total, order_lines=tuple(map(line_from, case.get("order", ()))))
    order = drive(order, *captures, *([CaptureOrder(extra)] if extra else []))
    for number, spec in enumerate(case.get("earlier", ()), 1):
        refund = RefundOrder(amount_from(spec), order_lines=lines_from(spec))
        order = decide(order, refund, make_context(f"earlier-{number}")).order
    return order


def explain(order: Order, refund: RefundOrder) -> Explanation:
    return explain_case(build_case_for_command(order, refund, Assumptions()))


@every_case("domain", "hints")
def test_hints_match_the_case_table(case: Case) -> None:
    spec = case["refund"]
    refund = RefundOrder(amount_from(spec), order_lines=lines_from(spec))
    explanation = explain(order_of(case), refund)
    assert explanation.allocation.outcome is not AllocationOutcome.ALLOCATED
    assert list(explanation.hints) == case["hints"]


# Following a hint


def followed(refund: RefundOrder, hint: str) -> RefundOrder:
    """Do literally what a hint says about references and lines."""
    if change := re.search(r"Change reference '(.*?)'.* to '(.*?)'", hint):
        old, new = change.groups()
        lines = [
            replace(line, reference=new) if quote(line.reference or "") == f"'{old}'" else line
            for line in refund.order_lines
        ]
    elif change := re.search(r"Set the reference of line '(.*?)' to '(.*?)'", hint):
        name, new = change.groups()
        lines = [
            replace(line, reference=new) if line.name == name and not line.reference else line
            for line in refund.order_lines
        ]
    elif change := re.search(r"reference '(.*?)': use it for line '(.*?)'", hint):
        new, old = change.groups()
        lines = [
            replace(line, reference=new) if old in {line.reference, line.name} else line
            for line in refund.order_lines
        ]
    elif change := re.search(r"Leave out line '(.*?)'", hint):
        lines = [line for line in refund.order_lines if line.reference != change.group(1)]
    else:
        return refund
    return replace(refund, order_lines=tuple(lines))


ARTICLES = ("TEE-RED-L", "TEE-RED-M", "TEE-RED-XL", "A12345", "A12346", "B24680", "SHOE-42")


@st.composite
def misspellings(draw: st.DrawFn, reference: str) -> str | None:
    """Draw a reference with one typing mistake, a look-alike, or none at all."""
    position = draw(st.integers(0, len(reference) - 1))
    letter = draw(st.sampled_from("AELMRXO0135-\u200b"))
    head, tail = reference[:position], reference[position:]
    return draw(
        st.sampled_from(
            [
                head + letter + tail,
                head + letter + tail[1:],
                head + tail[1:],
                head + tail[1:2] + tail[:1] + tail[2:],
                reference.lower(),
                reference.replace("A", "\u0410"),
                f"{reference} ",
                f"Name of {reference}",
                None,
            ]
        )
    )


def article(reference: str, amount: int) -> OrderLine:
    return make_line(reference, amount, name=f"Name of {reference}")


@settings(max_examples=300)
@given(st.data())
def test_following_the_first_hint_never_books_on_another_articles_capture(
    data: st.DataObject,
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(ARTICLES), min_size=2, max_size=5, unique=True))
    split = data.draw(st.integers(1, len(chosen)))
    shipped = [chosen[:split], chosen[split:]]
    order = make_order(
        1000 * len(chosen), order_lines=tuple(article(name, 1000) for name in chosen)
    )
    for names in filter(None, shipped):
        lines = tuple(article(name, 1000) for name in names)
        has_lines = data.draw(st.booleans())
        order = drive(order, CaptureOrder(1000 * len(names), order_lines=lines * has_lines))
    returned = data.draw(st.sampled_from(chosen))
    written = data.draw(misspellings(returned))
    line = replace(article(returned, 1000), reference=written)
    refund = RefundOrder(1000, order_lines=(line,))
    hints = explain(order, refund).hints
    if not hints or written in chosen:
        return
    allocation = explain(order, followed(refund, hints[0])).allocation
    if allocation.outcome is AllocationOutcome.ALLOCATED:
        capture = order.get_capture(allocation.capture_id or "")
        assert capture is not None
        assert returned in capture.references


def names_in(order: Order, refund: RefundOrder) -> set[str]:
    lines = [*order.order_lines, *refund.order_lines]
    lines += [line for capture in order.captures for line in capture.order_lines]
    return {quote(text) for line in lines for text in (line.reference, line.name) if text}


@settings(max_examples=300)
@given(st.data())
def test_hints_name_only_existing_references(data: st.DataObject) -> None:
    commands = data.draw(st.lists(shipments(), min_size=1, max_size=4))
    lines = tuple(data.draw(st.lists(captured_lines, max_size=4)))
    total = sum(command.captured_amount for command in commands)
    order = drive(make_order(total + 1, order_lines=lines), *commands)
    refund = data.draw(refund_requests(order))
    assumed = data.draw(allocation_assumptions)
    explanation = explain_case(build_case_for_command(order, refund, assumed))
    captured = {line.reference for c in order.captures for line in c.order_lines}
    for hint in explanation.hints:
        quoted = {f"'{text}'" for text in re.findall(r"(?<!\w)'(.*?)'(?!\w)", hint)}
        assert quoted <= names_in(order, refund)
        for reference in re.findall(r" to '(.*?)'", hint):
            assert reference in captured


@given(st.data())
def test_every_refund_that_is_not_allocated_has_a_hint(data: st.DataObject) -> None:
    commands = data.draw(st.lists(shipments(), min_size=1, max_size=4))
    order = drive(make_order(sum(c.captured_amount for c in commands) + 1), *commands)
    assumed = data.draw(allocation_assumptions)
    case = build_case_for_command(order, data.draw(refund_requests(order)), assumed)
    explanation = explain_case(case)
    allocated = explanation.allocation.outcome is AllocationOutcome.ALLOCATED
    assert bool(explanation.hints) is not allocated


def test_order_without_captures_has_the_hint_to_capture() -> None:
    case = build_case(3000, [make_line()], [], [], Assumptions())
    assert explain_case(case).hints == ("Capture the order before refunding it.",)


def test_number_of_hints_is_bounded() -> None:
    names = [f"{letter}-{number}" for letter in "XYZ" for number in range(3)]
    order = make_order(
        10, order_lines=tuple(make_line(f"ordered-{name}", 1) for name in "ABCD")
    )
    order = drive(order, capture_of(make_line("Q", 10)))
    lines = [make_line(f"ordered-{name}", 1) for name in "ABCD"]
    lines += [make_line(name, 1) for name in names]
    lines += [make_line(None, 1, name=name) for name in names]
    refund = RefundOrder(9, order_lines=tuple(lines))
    assert len(explain(order, refund).hints) == MAX_HINTS
