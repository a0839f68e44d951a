"""State diagram of an order, drawn from the lifecycle table."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.lifecycle import LIFECYCLE, Status
from mockserver.domain.operation import READ_OPERATIONS, Operation
from tools.docs_generator.drawing import LINE_HEIGHT, Drawing

_WIDTH, _GAP_X, _GAP_Y, _MARGIN, _TOP = 226, 150, 70, 24, 60

_PLACES: Mapping[Status, tuple[int, int]] = {
    Status.AUTHORIZED: (0, 0),
    Status.PART_CAPTURED: (1, 0),
    Status.CAPTURED: (2, 0),
    Status.CANCELLED: (0, 1),
    Status.EXPIRED: (1, 1),
    Status.CLOSED: (2, 1),
}
"""Column and row of each status."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of status: by an operation, or by time if ``operation`` is ``None``."""

    source: Status
    target: Status
    operation: Operation | None
    label: str


TRANSITIONS: Sequence[Transition] = (
    Transition(Status.AUTHORIZED, Status.PART_CAPTURED, Operation.CAPTURE, "capture a part"),
    Transition(Status.AUTHORIZED, Status.CAPTURED, Operation.CAPTURE, "capture all"),
    Transition(Status.AUTHORIZED, Status.CANCELLED, Operation.CANCEL, "cancel"),
    Transition(Status.AUTHORIZED, Status.EXPIRED, None, "time"),
    Transition(Status.PART_CAPTURED, Status.CAPTURED, Operation.CAPTURE, "capture the rest"),
    Transition(
        Status.PART_CAPTURED,
        Status.CAPTURED,
        Operation.RELEASE_REMAINING_AUTHORIZATION,
        "or release it",
    ),
    Transition(Status.PART_CAPTURED, Status.EXPIRED, None, "time"),
    Transition(Status.CAPTURED, Status.CLOSED, Operation.REFUND, "refund all"),
)


def order_life() -> str:
    """Return the diagram as SVG."""
    heights = [max(_height(s) for s in Status if _PLACES[s][1] == row) for row in (0, 1)]
    rows = (_TOP, _TOP + heights[0] + _GAP_Y)
    drawing = Drawing(
        2 * _MARGIN + 3 * _WIDTH + 2 * _GAP_X,
        rows[1] + heights[1] + _MARGIN,
        "Life of an order",
        _describe(),
    )
    for status in Status:
        column, row = _PLACES[status]
        drawing.box(_left(column), rows[row], _WIDTH, heights[row], status, *allowed(status))
    _draw_row(drawing, rows[0] + 30)
    _draw_columns(drawing, rows[0] + heights[0], rows[1])
    return drawing.render()


def allowed(status: Status) -> Sequence[str]:
    """Return the operations that the lifecycle table allows in a status, except reads."""
    return [
        operation
        for operation, cells in LIFECYCLE.items()
        if operation not in READ_OPERATIONS and cells[status].reason is None
    ]


def _height(status: Status) -> int:
    return 32 + len(allowed(status)) * LINE_HEIGHT


def _left(column: int) -> int:
    return _MARGIN + column * (_WIDTH + _GAP_X)


def _labels(source: Status, target: Status) -> Sequence[str]:
    return [t.label for t in TRANSITIONS if (t.source, t.target) == (source, target)]


def _draw_row(drawing: Drawing, y: int) -> None:
    """Draw the transitions between the statuses of the upper row."""
    order = (Status.AUTHORIZED, Status.PART_CAPTURED, Status.CAPTURED)
    for column, (source, target) in enumerate(itertools.pairwise(order)):
        start, end = _left(column) + _WIDTH, _left(column + 1)
        drawing.arrow((start, y), (end, y))
        for number, label in enumerate(_labels(source, target)):
            below = y - 8 if number == 0 else y + 18
            drawing.text((start + end) // 2, below, label, anchor="middle")
    first, last = _left(0) + _WIDTH // 2, _left(2) + _WIDTH // 2
    drawing.arrow((first, _TOP), (first, 32), (last, 32), (last, _TOP))
    (label,) = _labels(Status.AUTHORIZED, Status.CAPTURED)
    drawing.text((first + last) // 2, 24, label, anchor="middle")


def _draw_columns(drawing: Drawing, bottom: int, top: int) -> None:
    """Draw the transitions from the upper to the lower row."""
    pairs = (
        (Status.AUTHORIZED, Status.CANCELLED),
        (Status.PART_CAPTURED, Status.EXPIRED),
        (Status.CAPTURED, Status.CLOSED),
    )
    for column, (source, target) in enumerate(pairs):
        x = _left(column) + _WIDTH // 2
        drawing.arrow((x, bottom), (x, top))
        (label,) = _labels(source, target)
        if target is Status.CLOSED:
            drawing.text(x - 8, bottom + 32, label, anchor="end")
            drawing.text(x + 8, bottom + 32, "if assumed so")
        else:
            drawing.text(x + 8, bottom + 32, label)
    right, left = _left(0) + _WIDTH, _left(1)
    drawing.arrow(
        (right - 30, bottom),
        (right - 30, bottom + 45),
        (left + 40, bottom + 45),
        (left + 40, top),
    )
    (label,) = _labels(Status.AUTHORIZED, Status.EXPIRED)
    drawing.text((right + left) // 2, bottom + 38, label, anchor="middle")


def _describe() -> str:
    default = ASSUMPTIONS["fully_refunded_status"].default
    sentences = (f"{t.source} to {t.target}: {t.label}." for t in TRANSITIONS)
    return (
        "Statuses with the operations allowed in each. "
        + " ".join(sentences)
        + f" After a full refund the default assumption is {default}."
    )
