"""The picture of an order: what it shows, and what holds for every order."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from mockserver.domain.allocation.allocate import explain_case
from mockserver.domain.allocation.case import build_case_for_command
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.order import Order
from mockserver.picture.content import Content, DryRun, describe_refunds, describe_shipments
from mockserver.picture.layout import Layout, lay_out
from mockserver.picture.order_picture import draw_order
from tests.support.builders import (
    capture_of,
    drive,
    make_line,
    make_order,
    refund_of,
    shipped_order,
)
from tests.support.strategies import Refunded, refund_histories

SVG = "{http://www.w3.org/2000/svg}"
T_SHIRT, SNEAKERS = make_line("A12345", 3000), make_line("B24680", 7000)
TWO_SHIPMENTS = shipped_order([capture_of(T_SHIRT), capture_of(SNEAKERS)])
MISSPELT = drive(TWO_SHIPMENTS, refund_of(make_line("B2468O", 3000)))


def parse(order: Order, **options: Any) -> ET.Element:  # noqa: ANN401  # those of draw_order
    return ET.fromstring(draw_order(order, **options))


def texts(picture: ET.Element) -> list[str]:
    """Return all that is written, in the order of the document."""
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def groups(picture: ET.Element, look: str) -> list[ET.Element]:
    return [
        group for group in picture.iter(f"{SVG}g") if look in (group.get("class") or "").split()
    ]


def test_shipment_shows_its_amounts_and_articles() -> None:
    order = drive(TWO_SHIPMENTS, refund_of(make_line("B24680", 2000)))
    shown = texts(parse(order))
    assert "1VHSHK1Q-2  7 000" in shown
    assert "refunded 2 000, free 5 000" in shown
    assert "B24680" in shown


def test_allocated_refund_flows_to_its_shipment() -> None:
    order = drive(TWO_SHIPMENTS, refund_of(SNEAKERS))
    picture = parse(order)
    assert [group.get("data-refund") for group in groups(picture, "flows")] == ["1"]
    assert not groups(picture, "failed")
    title = groups(picture, "refund")[0].findtext(f"{SVG}title")
    assert title == "Refund 1  7 000 allocated; booked 7 000 on 1VHSHK1Q-2."


def test_failed_refund_shows_reason_and_hint() -> None:
    shown = texts(parse(MISSPELT))
    assert "'B2468O' is on no capture" in shown
    assert "→ Change reference 'B2468O' to 'B24680'." in shown


def test_dotted_line_leads_to_the_nearest_shipment() -> None:
    (flows,) = groups(parse(MISSPELT), "flows")
    assert [path.get("class") for path in flows] == ["flow", "nearest", "cross"]


def test_later_failures_name_the_first_by_its_number() -> None:
    order = drive(MISSPELT, refund_of(make_line("B24680", 100)))
    assert "only because refund 1 of this order failed" in " ".join(texts(parse(order)))


def test_refund_without_lines_is_not_called_a_failure() -> None:
    picture = parse(drive(TWO_SHIPMENTS, refund_of(amount=500)))
    assert "no lines, so not allocated to a shipment" in texts(picture)
    assert groups(picture, "not_attempted")
    assert not groups(picture, "failed")


def test_oldest_of_several_fitting_shipments_is_remarked() -> None:
    order = drive(shipped_order([capture_of(T_SHIRT), capture_of(T_SHIRT)]), refund_of(T_SHIRT))
    assert "several shipments fit, the oldest was chosen" in texts(parse(order))


def test_flow_of_an_unbooked_refund_is_an_open_rectangle() -> None:
    nowhere = Assumptions(unallocated_refund="none")
    picture = parse(drive(TWO_SHIPMENTS, refund_of(amount=500), assumptions=nowhere))
    (flows,) = groups(picture, "flows")
    assert [shape.tag for shape in flows] == [f"{SVG}rect"]


def test_order_without_captures_shows_that_nothing_is_captured() -> None:
    picture = parse(make_order())
    assert "Nothing is captured yet." in texts(picture)
    assert picture.find(f"{SVG}desc") is None


def test_released_part_is_named() -> None:
    assert "authorized 12 000 SEK   released 12 000" in texts(
        parse(make_order(12_000, released_amount=12_000))
    )


def test_title_counts_and_the_description_begins_with_failures() -> None:
    order = drive(TWO_SHIPMENTS, refund_of(T_SHIRT), refund_of(make_line("X", 1)))
    picture = parse(order)
    title = picture.findtext(f"{SVG}title")
    assert title == "Order 1VHSHK1Q: 2 shipments, 2 refunds, 1 not allocated"
    assert (picture.findtext(f"{SVG}desc") or "").startswith("Refund 2  1 ✗ failed")


def dry_run_of(order: Order, refusal: str | None = None) -> DryRun:
    case = build_case_for_command(order, refund_of(SNEAKERS), Assumptions())
    return DryRun(explain_case(case), refusal)


def test_dry_run_refund_is_drawn_in_its_own_group() -> None:
    picture = parse(TWO_SHIPMENTS, dry_run=dry_run_of(TWO_SHIPMENTS))
    assert [group.get("class") for group in groups(picture, "dry-run")] == [
        "flows allocated dry-run",
        "refund allocated dry-run",
    ]
    assert "refunded 0, free 7 000" in texts(picture)


def test_refund_that_would_be_refused_has_no_flow() -> None:
    picture = parse(TWO_SHIPMENTS, dry_run=dry_run_of(TWO_SHIPMENTS, "too much"))
    assert not groups(picture, "flows")
    assert "would be refused: too much" in texts(picture)


def test_earlier_moment_hides_later_parts_and_moves_nothing() -> None:
    now, before = parse(MISSPELT), parse(MISSPELT, visible={"change-1"})
    assert before.get("viewBox") == now.get("viewBox")
    assert not groups(before, "refund")
    assert [g.get("data-capture") for g in groups(before, "shipment")] == ["change-1"]
    bars = [next(groups(p, "shipment")[0].iter(f"{SVG}rect")).attrib for p in (now, before)]
    assert bars[0] == bars[1]


def busy_order() -> Order:
    """Return an order with 50 captures and 200 refunds, of which the 21st fails first."""
    lines = [make_line(f"R{number}", 1000 + number) for number in range(50)]
    allocated = [refund_of(make_line(f"R{number % 10}", 10)) for number in range(20)]
    failed = [refund_of(make_line("misspelt", 7)) for _ in range(150)]
    without_lines = [refund_of(amount=3) for _ in range(30)]
    return drive(shipped_order(map(capture_of, lines)), *allocated, *failed, *without_lines)


def test_many_refunds_are_folded_but_never_the_first_failure() -> None:
    picture = parse(busy_order())
    folds = [(g.get("data-refund") or "").split() for g in groups(picture, "refund")]
    assert ["21"] in folds
    assert sorted(int(number) for fold in folds for number in fold) == [*range(1, 201)]
    assert len(folds) == 13
    assert "149 refunds (22 to 170)  1 043 ✗" in texts(picture)
    assert "40 more  41 180" in texts(picture)


def test_every_refund_can_be_drawn() -> None:
    picture = parse(busy_order(), expand=True)
    assert len(groups(picture, "refund")) == 200
    assert len(groups(picture, "shipment")) == 50


HOSTILE = "<b>&\"'\x00\x1b\u202e\ud800]]>"


def test_hostile_text_is_text() -> None:
    line = make_line(HOSTILE, 3000, name=HOSTILE)
    order = drive(shipped_order([capture_of(line)]), refund_of(make_line(HOSTILE + "2", 3000)))
    picture = parse(order)
    assert not list(picture.iter(f"{SVG}b"))
    assert "→ Change reference '<b>" in " ".join(texts(picture))
    assert "<b>&\"'␀␛⟨U+202E⟩⟨U+D800…" in texts(picture)


def test_style_sheet_can_be_left_out() -> None:
    assert parse(TWO_SHIPMENTS).find(f"{SVG}style") is not None
    assert parse(TWO_SHIPMENTS, styled=False).find(f"{SVG}style") is None


def last_order(drawn: tuple[Assumptions, list[Refunded]]) -> Order:
    _, history = drawn
    return history[-1].after if history else TWO_SHIPMENTS


def laid_out(order: Order, width: float) -> Layout:
    shipments, refunds = describe_shipments(order, None), describe_refunds(order, None)
    return lay_out(Content("", "", 0, 0, 0, shipments, refunds), width)


def ribbons_at(layout: Layout, bar_y: float, bar_end: float) -> Iterator[tuple[float, float]]:
    """Yield where the ribbons of a bar start and end, from its top."""
    spans = [
        (ribbon.start_y, ribbon.start_y + ribbon.thickness)
        for node in layout.nodes
        for ribbon in node.ribbons
        if bar_y <= ribbon.start_y < bar_end
    ]
    yield from sorted(spans)


@pytest.mark.parametrize("width", [320, 880])
@settings(max_examples=25)
@given(drawn=refund_histories())
def test_ribbons_lie_inside_their_bar_and_texts_inside_the_picture(
    drawn: tuple[Assumptions, list[Refunded]], width: float
) -> None:
    layout = laid_out(last_order(drawn), width)
    for bar in layout.bars:
        end = bar.y + bar.height
        assert all(stop <= end + 0.01 for _, stop in ribbons_at(layout, bar.y, end))
    for upper, lower in pairwise(layout.nodes):
        assert upper.y + upper.height <= lower.y
        assert upper.texts[-1].y < lower.texts[0].y
    assert all(text.y <= layout.height for node in layout.nodes for text in node.texts)


@settings(max_examples=25)
@given(drawn=refund_histories())
def test_every_refund_is_drawn_once_and_always_the_same(
    drawn: tuple[Assumptions, list[Refunded]],
) -> None:
    order = last_order(drawn)
    picture = draw_order(order)
    numbers = [g.get("data-refund") for g in groups(ET.fromstring(picture), "refund")]
    assert numbers == [str(number) for number in range(1, len(order.refunds) + 1)]
    assert draw_order(order) == picture
