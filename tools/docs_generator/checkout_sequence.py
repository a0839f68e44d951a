"""Sequence diagram from checkout to refund: shop, sandbox server, test."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.docs_generator.drawing import Drawing

ACTORS = ("Your shop", "kustom-mock", "Your test")

_WIDTH, _LANE, _LEFT, _TOP, _STEP, _BOX = 900, 330, 120, 20, 44, 150


@dataclass(frozen=True, slots=True)
class Arrow:
    """One call: from an actor to another, by their numbers."""

    source: int
    target: int
    text: str


ARROWS: Sequence[Arrow] = (
    Arrow(0, 1, "POST /checkout/v3/orders"),
    Arrow(1, 0, "order_id, html_snippet"),
    Arrow(0, 1, "update at every change of the cart"),
    Arrow(2, 1, "complete, in place of the shopper"),
    Arrow(1, 0, "validation: may the purchase go on?"),
    Arrow(1, 2, "order, confirmation_url, deliveries"),
    Arrow(2, 0, "open confirmation_url"),
    Arrow(0, 1, "GET order, acknowledge"),
    Arrow(2, 1, "advance the clock 2 minutes"),
    Arrow(1, 0, "push, until acknowledged"),
    Arrow(0, 1, "captures, one for each parcel"),
    Arrow(0, 1, "refunds"),
    Arrow(1, 0, "webhooks: order, capture, refund created"),
    Arrow(2, 1, "verdict: one push, one refund"),
)


def checkout_sequence() -> str:
    """Return the diagram as SVG."""
    height = _TOP + 90 + len(ARROWS) * _STEP
    description = " Then ".join(
        f"{ACTORS[m.source]} to {ACTORS[m.target]}: {m.text}." for m in ARROWS
    )
    drawing = Drawing(_WIDTH, height, "From checkout to refund", description)
    for number, actor in enumerate(ACTORS):
        x = _LEFT + number * _LANE
        drawing.box(x - _BOX // 2, _TOP, _BOX, 40, actor, "")
    for number, arrow in enumerate(ARROWS):
        y = _TOP + 90 + number * _STEP
        start, end = (_LEFT + actor * _LANE for actor in (arrow.source, arrow.target))
        drawing.arrow((start, y), (end, y))
        drawing.text((start + end) // 2, y - 8, arrow.text, anchor="middle")
    return drawing.render()
