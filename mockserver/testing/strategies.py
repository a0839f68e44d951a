"""Hypothesis strategies for property tests of a merchant's own code.

They draw plain mappings in scenario syntax, ready for ``kustom_server.open_sandbox`` and for
the merchant's own code. Amounts are whole minor units. Needs Hypothesis
(``pip install hypothesis``), which kustom-mock itself does not install.

>>> @given(order=orders(rounding_traps()))
... def test_a_full_return_gives_back_what_was_taken(kustom_server, order): ...
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

DrawnLine: TypeAlias = dict[str, int | str]
GeneratedOrder: TypeAlias = dict[str, list[DrawnLine]]
Pieces: TypeAlias = dict[str, int]
"""Number of pieces by reference."""


class ShopEvent(NamedTuple):
    """Something that a shop does, or learns: its kind, and the parcel that it is about."""

    kind: str
    parcel: int | None = None


LEARNT_OF_ORDER = (ShopEvent("push"), ShopEvent("confirmation"))
REPEATED_KINDS = ("push", "confirmation", "webhook")
"""Kinds of events that may come twice: the shop does not cause them."""

TAX_RATES = (0, 2500, 1200, 600)  # basis points
MAX_PIECES = 9
MAX_PRICE = 100_000  # minor units


def drawn_total(line: Mapping[str, int | str]) -> int:
    """Return the total of a drawn line: price times quantity less discount."""
    quantity, price = int(line["quantity"]), int(line["unit_price"])
    return quantity * price - int(line["total_discount_amount"])


@st.composite
def order_lines(draw: DrawFn) -> DrawnLine:
    """Draw a line of an order; its simplest form is one piece at 1.

    It costs at least 1: after a parcel that captures the whole amount of the order, one
    whose lines cost nothing would be refused. :func:`orders` sets the reference and the name.
    """
    quantity = draw(st.integers(1, MAX_PIECES))
    price = draw(st.integers(1, MAX_PRICE))
    return _line(quantity, price, draw(st.integers(0, quantity * price - 1)), draw)


@st.composite
def rounding_traps(draw: DrawFn) -> DrawnLine:
    """Draw a line whose total cannot be divided evenly among its pieces.

    Its simplest form is two pieces at 1 with a discount of 1.
    """
    quantity = draw(st.integers(2, MAX_PIECES))
    price = draw(st.integers(1, MAX_PRICE))
    per_piece = draw(st.integers(0, price - 1))
    remainder = draw(st.integers(1, quantity - 1))
    return _line(quantity, price, per_piece * quantity + remainder, draw)


def _line(quantity: int, price: int, discount: int, draw: DrawFn) -> DrawnLine:
    return {
        "quantity": quantity,
        "unit_price": price,
        "total_discount_amount": discount,
        "tax_rate": draw(st.sampled_from(TAX_RATES)),
    }


@st.composite
def orders(
    draw: DrawFn, lines: SearchStrategy[DrawnLine] | None = None, max_lines: int = 5
) -> GeneratedOrder:
    """Draw an order in scenario syntax, with a reference of its own for each line.

    Args:
        draw: given by Hypothesis.
        lines: strategy of its lines; :func:`order_lines` by default.
        max_lines: how many lines it may have.
    """
    chosen = draw(
        st.lists(order_lines() if lines is None else lines, min_size=1, max_size=max_lines)
    )
    names = [f"A{number}" for number in range(1, len(chosen) + 1)]
    return {
        "lines": [
            {"reference": name, "name": f"Article {name}", **line}
            for name, line in zip(names, chosen, strict=True)
        ]
    }


@st.composite
def shipments(draw: DrawFn, order: GeneratedOrder, max_parcels: int = 3) -> list[list[str]]:
    """Draw how an order is shipped: the references in each parcel.

    Every line goes into exactly one parcel, whole; its simplest form is one parcel.
    """
    parcels: dict[int, list[str]] = {}
    for line in order["lines"]:
        parcel = draw(st.integers(0, max_parcels - 1))
        parcels.setdefault(parcel, []).append(str(line["reference"]))
    return [parcels[number] for number in sorted(parcels)]


@st.composite
def refunds(
    draw: DrawFn, order: GeneratedOrder, shipment: Sequence[str], at_most: int = 4
) -> list[Pieces]:
    """Draw what comes back of a shipment: returns of pieces, one after the other.

    Together they never exceed what was shipped; the simplest form is one piece of the
    first line.

    Args:
        draw: given by Hypothesis.
        order: the order, as :func:`orders` draws it.
        shipment: the references of one parcel.
        at_most: how many returns there may be.
    """
    quantities = {str(line["reference"]): int(line["quantity"]) for line in order["lines"]}
    left = {reference: quantities[reference] for reference in shipment}
    returns: list[Pieces] = []
    while left and len(returns) < at_most and (not returns or draw(st.booleans())):
        reference = draw(st.sampled_from(sorted(left)))
        pieces = draw(st.integers(1, left[reference]))
        returns.append({reference: pieces})
        left[reference] -= pieces
        if not left[reference]:
            del left[reference]
    return returns


@st.composite
def event_orders(draw: DrawFn, shipment_count: int) -> list[ShopEvent]:
    """Draw the order in which a shop learns of an order, ships it and takes it back.

    Each parcel has a ``capture``, its ``webhook`` and its ``refund``; the shop learns of the
    order by ``push`` and ``confirmation``. Events are exchanged, and those that the shop does
    not cause come twice, but none comes before its cause. The simplest form has every event
    once, parcel by parcel.

    Args:
        draw: given by Hypothesis.
        shipment_count: the number of parcels.
    """
    kinds = ("capture", "webhook", "refund")
    parcels = range(shipment_count)
    waiting = [*LEARNT_OF_ORDER, *(ShopEvent(kind, n) for n in parcels for kind in kinds)]
    events: list[ShopEvent] = []
    while waiting:
        possible = [event for event in waiting if _has_cause(event, events)]
        event = possible[draw(st.integers(0, len(possible) - 1))]
        may_repeat = event.kind in REPEATED_KINDS and event not in events
        if not (may_repeat and draw(st.booleans())):
            waiting.remove(event)
        events.append(event)
    return events


def _has_cause(event: ShopEvent, earlier: Sequence[ShopEvent]) -> bool:
    """Return whether what causes an event has happened."""
    match event.kind:
        case "push" | "confirmation":
            return True
        case "capture":
            return any(cause in earlier for cause in LEARNT_OF_ORDER)
        case _:
            return ShopEvent("capture", event.parcel) in earlier
