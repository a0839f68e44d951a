"""Place shipments, refunds and the flows between them. All lengths are pixels.

Both columns have one scale. Places do not depend on the moment that is drawn: moving through
the history of an order shows and hides parts, and nothing shifts.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mockserver.picture.content import Content, RefundFlow, Shipment
from mockserver.picture.visible_text import make_visible, shorten_to, wrap

TEXT_SIZE = 12.0
ROW = 16.0  # height of a row of text
BAR_WIDTH = 26.0
MARGIN = 2.0  # at the left and right border, for outlines
STRIP_HEIGHT = 8.0
TOP = 66.0  # of both columns, below strip and headings
BAR_GAP, DENSE_BAR_GAP = 18.0, 4.0
MAX_SPACED_BARS = 24  # beyond it every bar has one row of text
FLOW_GAP = 14.0
MIN_BAR_HEIGHT = 26.0
MIN_FLOW_THICKNESS = 1.5
MIN_NODE_HEIGHT = 8.0
HEIGHT_PER_SHIPMENT, LEAST_HEIGHT, GREATEST_HEIGHT = 90.0, 120.0, 360.0
NARROW_WIDTH = 560.0
MAX_TITLE_LINES, MAX_REASON_LINES, MAX_HINT_LINES = 2, 3, 4


class Columns(Struct, frozen=True):
    """Horizontal places. In a narrow picture the labels are above the bars."""

    width: float
    is_narrow: bool
    label_width: float
    bar_x: float
    node_x: float
    text_x: float
    text_width: float


class Text(Struct, frozen=True):
    """A line of text: its baseline, and the role that decides its look."""

    x: float
    y: float
    text: str
    role: str


class Bar(Struct, frozen=True):
    """A shipment as a bar, with its labels.

    Attributes:
        filled: height of the refunded part, at the top.
        is_to_scale: whether its height is that of its amount; small ones are raised.
    """

    shipment: Shipment
    y: float
    height: float
    filled: float
    booked: int
    is_to_scale: bool
    texts: tuple[Text, ...]


class Ribbon(Struct, frozen=True):
    """The part of a refund that is booked on one shipment."""

    start_y: float
    end_y: float
    thickness: float


class Node(Struct, frozen=True):
    """A refund: its bar, its ribbons and its texts.

    Attributes:
        nearest_y: where on the bar of the nearest shipment the dotted line ends.
    """

    refund: RefundFlow
    y: float
    height: float
    ribbons: tuple[Ribbon, ...]
    nearest_y: float | None
    texts: tuple[Text, ...]


class Layout(Struct, frozen=True):
    """Everything with its place."""

    columns: Columns
    height: float
    bars: Sequence[Bar]
    nodes: Sequence[Node]


def lay_out(content: Content, width: float) -> Layout:
    """Place the content in a picture of this width; the height follows."""
    columns = place_columns(width)
    bars = _place_bars(content, columns)
    nodes = _place_nodes(content, columns, bars)
    ends = [TOP + ROW, *(_end_of_bar(bar) for bar in bars), *map(_end_of_node, nodes)]
    return Layout(columns, max(ends) + 10, bars, nodes)


def place_columns(width: float) -> Columns:
    """Divide the width between labels, bars, flows, refunds and their texts."""
    is_narrow = width < NARROW_WIDTH
    if is_narrow:
        node_x = width * 0.46
        text_x = node_x + 20
        label_width, bar_x = node_x - 40, MARGIN
    else:
        label_width = min(200.0, width * 0.22)
        text_x = width - min(360.0, width * 0.34) - MARGIN
        node_x, bar_x = text_x - 24, MARGIN + label_width + 12
    text_width = width - text_x - MARGIN
    return Columns(width, is_narrow, label_width, bar_x, node_x, text_x, text_width)


def _scale(content: Content) -> float:
    """Return the pixels per minor unit."""
    captured = sum(s.amount for s in content.shipments if len(s.ids) == 1)
    height = HEIGHT_PER_SHIPMENT * len(content.shipments)
    return min(max(height, LEAST_HEIGHT), GREATEST_HEIGHT) / max(captured, 1)


def _place_bars(content: Content, columns: Columns) -> list[Bar]:
    scale, y, bars = _scale(content), TOP, []
    is_dense = len(content.shipments) > MAX_SPACED_BARS
    for shipment in content.shipments:
        booked = _booked_on(shipment, content.refunds)
        rows = _label_rows(shipment, booked, is_short=columns.is_narrow or is_dense)
        rows = rows[:1] if is_dense else rows
        natural = shipment.amount * scale
        height = max(MIN_BAR_HEIGHT, natural if len(shipment.ids) == 1 else 0)
        top = y + (len(rows) * ROW if columns.is_narrow else 0)
        texts = _label(rows, columns, y, height)
        part = min(1.0, booked / shipment.amount) if shipment.amount else 0.0
        is_to_scale = abs(height - natural) < 1
        bar = Bar(shipment, top, height, height * part, booked, is_to_scale, texts)
        bars.append(bar)
        y = _end_of_bar(bar) + (DENSE_BAR_GAP if is_dense else BAR_GAP)
    return bars


def _booked_on(shipment: Shipment, refunds: Sequence[RefundFlow]) -> int:
    return sum(
        refund.booked.get(capture_id, 0)
        for refund in refunds
        for capture_id in shipment.ids
        if refund.is_shown and not refund.is_dry_run
    )


def _label_rows(shipment: Shipment, booked: int, *, is_short: bool) -> list[tuple[str, str]]:
    """Return the rows beside a bar with their roles, the most important first."""
    amount, free = format_amount(shipment.amount), format_amount(shipment.amount - booked)
    if is_short:
        return [(shipment.label, "strong"), (f"{amount}, free {free}", "muted")]
    return [
        (f"{shipment.label}  {amount}", "strong"),
        (f"refunded {format_amount(booked)}, free {free}", "muted"),
        *((name, "muted") for name in shipment.lines),
    ]


def _label(
    rows: Sequence[tuple[str, str]], columns: Columns, y: float, height: float
) -> tuple[Text, ...]:
    """Place as many rows as fit; two always do."""
    count = max(2, int((height + 4) // ROW))
    return tuple(
        Text(
            MARGIN,
            y + ROW * number + TEXT_SIZE,
            shorten_to(make_visible(text), columns.label_width, TEXT_SIZE),
            role,
        )
        for number, (text, role) in enumerate(rows[:count])
    )


def _end_of_bar(bar: Bar) -> float:
    return max(bar.y + bar.height, *(text.y + 4 for text in bar.texts))


def _end_of_node(node: Node) -> float:
    return max(node.y + node.height, *(text.y + 4 for text in node.texts))


def _place_nodes(content: Content, columns: Columns, bars: Sequence[Bar]) -> list[Node]:
    bar_of = {capture_id: bar for bar in bars for capture_id in bar.shipment.ids}
    used: dict[str, float] = {}  # height of each bar that ribbons have taken, from its top
    y, nodes = TOP, []
    for refund in content.refunds:
        texts = _node_texts(refund, columns, y)
        ribbons = _place_ribbons(refund, y, bar_of, used)
        thickness = sum(ribbon.thickness for ribbon in ribbons)
        nearest = bar_of.get(refund.nearest or "")
        node = Node(
            refund,
            y,
            max(MIN_NODE_HEIGHT, thickness),
            ribbons,
            _nearest_y(nearest, refund) if nearest else None,
            texts,
        )
        nodes.append(node)
        y = _end_of_node(node) + FLOW_GAP
    return nodes


def _place_ribbons(
    refund: RefundFlow, y: float, bar_of: Mapping[str, Bar], used: dict[str, float]
) -> tuple[Ribbon, ...]:
    """Stack the ribbons of a refund, at both ends in the order of booking."""
    ribbons = []
    for capture_id, amount in refund.booked.items():
        bar = bar_of[capture_id]
        per_unit = bar.height / bar.shipment.amount if bar.shipment.amount else 0
        thickness = max(MIN_FLOW_THICKNESS, amount * per_unit)
        key = bar.shipment.ids[0]
        offset = min(used.get(key, 0.0), bar.height - thickness)
        ribbons.append(Ribbon(bar.y + offset, y, thickness))
        used[key] = offset + thickness
        y += thickness
    return tuple(ribbons)


def _nearest_y(bar: Bar, refund: RefundFlow) -> float | None:
    """Return the middle of the free part of the nearest bar, unless it was booked there."""
    if any(capture_id in refund.booked for capture_id in bar.shipment.ids):
        return None
    return bar.y + bar.height - max(6.0, (bar.height - bar.filled) / 2)


def _node_texts(refund: RefundFlow, columns: Columns, y: float) -> tuple[Text, ...]:
    lines: list[tuple[str, str]] = []
    for text, role, max_lines in (
        (describe_numbers(refund), "strong", MAX_TITLE_LINES),
        (refund.reason, refund.look, MAX_REASON_LINES),
        (refund.hint and f"→ {refund.hint}", "hint", MAX_HINT_LINES),
    ):
        visible = make_visible(text)
        if visible:
            wrapped = wrap(visible, columns.text_width, TEXT_SIZE, max_lines)
            lines += [(line, role) for line in wrapped]
    return tuple(
        Text(columns.text_x, y + ROW * number + TEXT_SIZE - 2, line, role)
        for number, (line, role) in enumerate(lines)
    )


SIGNS = {"allocated": "", "failed": " ✗", "not_attempted": " ○", "refused": " ✗"}
"""What repeats the colour of a refund for those who do not see it."""


def describe_numbers(refund: RefundFlow) -> str:
    """Name a refund, or how many a fold has, with the amount."""
    amount = format_amount(refund.amount)
    if refund.is_dry_run:
        return f"If you sent it  {amount}{SIGNS[refund.look]}"
    if len(refund.numbers) == 1:
        return f"Refund {refund.numbers[0]}  {amount}{SIGNS[refund.look]}"
    first, last = refund.numbers[0], refund.numbers[-1]
    return f"{len(refund.numbers)} refunds ({first} to {last})  {amount}{SIGNS[refund.look]}"


def format_amount(amount: int) -> str:
    """Write minor units with spaces between thousands."""
    return f"{amount:,}".replace(",", " ")
