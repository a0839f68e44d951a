"""What the strategies for merchants draw: valid, within bounds, and simple when shrunk."""

from collections import Counter

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from mockserver.scenario.scenario import parse_scenario, wrap_value
from mockserver.testing.strategies import (
    GeneratedOrder,
    ShopEvent,
    drawn_total,
    event_orders,
    order_lines,
    orders,
    refunds,
    rounding_traps,
    shipments,
)

few = settings(max_examples=50)


@few
@given(order=orders(st.one_of(order_lines(), rounding_traps())), data=st.data())
def test_drawn_order_and_its_parcels_are_a_valid_scenario(
    order: GeneratedOrder, data: st.DataObject
) -> None:
    parcels = data.draw(shipments(order))
    captures = {f"parcel-{number}": {"lines": lines} for number, lines in enumerate(parcels)}
    spec = {"version": 1, "orders": {"drawn": {**order, "captures": captures}}}
    sandbox = parse_scenario("drawn", wrap_value(spec)).build("drawn")
    (built,) = sandbox.orders.values()
    assert [line.total_amount for line in built.order_lines] == list(
        map(drawn_total, order["lines"])
    )
    assert built.captured_amount == built.order_amount


@few
@given(line=rounding_traps())
def test_rounding_trap_cannot_be_divided_evenly(line: dict[str, int | str]) -> None:
    assert drawn_total(line) > 0
    assert drawn_total(line) % int(line["quantity"])


@few
@given(order=orders(), data=st.data())
def test_every_line_is_in_exactly_one_parcel(
    order: GeneratedOrder, data: st.DataObject
) -> None:
    parcels = data.draw(shipments(order))
    shipped = [reference for parcel in parcels for reference in parcel]
    assert sorted(shipped) == sorted(str(line["reference"]) for line in order["lines"])
    assert all(parcels)


@few
@given(order=orders(), data=st.data())
def test_returns_never_exceed_shipments(order: GeneratedOrder, data: st.DataObject) -> None:
    parcel = data.draw(shipments(order))[0]
    returned: Counter[str] = Counter()
    for pieces in data.draw(refunds(order, parcel)):
        returned.update(pieces)
    quantities = {str(line["reference"]): line["quantity"] for line in order["lines"]}
    assert returned.keys() <= set(parcel)
    assert all(0 < pieces <= int(quantities[name]) for name, pieces in returned.items())


ORDER: GeneratedOrder = {
    "lines": [{"reference": "A", "quantity": 3}, {"reference": "B", "quantity": 2}]
}


SIMPLEST_EVENTS = [
    ShopEvent("push"), ShopEvent("confirmation"),
    ShopEvent("capture", 0), ShopEvent("webhook", 0), ShopEvent("refund", 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "simplest"),
    [
        (
            order_lines(),
            {"quantity": 1, "unit_price": 1, "total_discount_amount": 0, "tax_rate": 0},
        ),
        (
            rounding_traps(),
            {"quantity": 2, "unit_price": 1, "total_discount_amount": 1, "tax_rate": 0},
        ),
        (shipments(ORDER), [["A", "B"]]),
        (refunds(ORDER, ["A", "B"]), [{"A": 1}]),
        (event_orders(1), SIMPLEST_EVENTS),
    ],
)
def test_examples_shrink_to_the_simplest_form(
    strategy: st.SearchStrategy[object], simplest: object
) -> None:
    assert find(strategy, lambda _: True) == simplest


@few
@given(events=event_orders(2))
def test_no_event_comes_before_its_cause(events: list[ShopEvent]) -> None:
    first = {event: events.index(event) for event in events}
    for parcel in (0, 1):
        capture = first[ShopEvent("capture", parcel)]
        assert capture > min(first[ShopEvent("push")], first[ShopEvent("confirmation")])
        assert first[ShopEvent("webhook", parcel)] > capture
        assert first[ShopEvent("refund", parcel)] > capture


@pytest.mark.parametrize("kind", ["push", "confirmation", "webhook"])
def test_events_not_caused_by_the_shop_can_come_twice(kind: str) -> None:
    def only_this_comes_twice(events: list[ShopEvent]) -> bool:
        counts = Counter(event.kind for event in events)
        return counts.pop(kind) == 2 and set(counts.values()) == {1}

    assert find(event_orders(1), only_this_comes_twice)


@few
@given(events=event_orders(2))
def test_events_caused_by_the_shop_come_once(events: list[ShopEvent]) -> None:
    own = [event for event in events if event.kind in ("capture", "refund")]
    assert len(own) == len({*own}) == 4
