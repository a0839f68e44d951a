"""Write a laid-out picture as SVG. Every text is escaped by ElementTree, in this one place."""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from mockserver.picture.content import Content, Look, RefundFlow
from mockserver.picture.layout import (
    BAR_WIDTH,
    MARGIN,
    STRIP_HEIGHT,
    TEXT_SIZE,
    TOP,
    Bar,
    Columns,
    Layout,
    Node,
    Ribbon,
    Text,
    describe_numbers,
    format_amount,
)
from mockserver.picture.visible_text import estimate_width, make_visible

NODE_WIDTH = 12.0
MAX_DESCRIPTION = 600  # characters
STUB = 24.0  # length of the flow of a refund that is booked nowhere
STYLE_FILE = "picture.css"
HATCHED = (Look.FAILED, Look.NOT_ATTEMPTED)

Group: TypeAlias = Element


@cache
def read_style() -> str:
    """Return the style sheet of pictures."""
    return (files("mockserver.picture") / STYLE_FILE).read_text(encoding="utf-8")


def render_svg(content: Content, layout: Layout, *, styled: bool) -> str:
    """Render a picture; the same content gives the same text."""
    width, height = layout.columns.width, layout.height
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "kustom-picture",
            "role": "img",
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "width": _number(width),
            "height": _number(height),
        },
    )
    _add(root, "title").text = make_visible(_summarize(content))
    labels = {capture_id: s.label for s in content.shipments for capture_id in s.ids}
    if content.refunds:
        _add(root, "desc").text = _describe(content, labels)
    if styled:
        _add(root, "style").text = read_style()
    prefix = blake2b(content.title.encode(errors="replace"), digest_size=4).hexdigest()
    _add_patterns(root, prefix)
    _add(root, "rect", {"class": "ground", "width": "100%", "height": "100%"})
    _draw_strip(root, content, layout.columns, prefix)
    _draw_headings(root, content, layout.columns)
    shown = [node for node in layout.nodes if node.refund.is_shown]
    for node in sorted(shown, key=lambda node: node.refund.look in HATCHED):  # on top
        _draw_flows(root, node, layout.columns, prefix)
    for bar in layout.bars:
        if bar.shipment.is_shown:
            _draw_bar(root, bar, layout.columns)
    for node in shown:
        _draw_node(root, node, layout.columns, prefix, labels)
    return tostring(root, encoding="unicode")


def _summarize(content: Content) -> str:
    captures = sum(len(s.ids) for s in content.shipments if s.is_shown)
    refunds = [refund for refund in content.refunds if refund.is_shown and refund.numbers]
    count = sum(len(refund.numbers) for refund in refunds)
    failed = sum(len(r.numbers) for r in refunds if r.look is Look.FAILED)
    parts = [
        f"{captures} {'shipment' if captures == 1 else 'shipments'}",
        f"{count} {'refund' if count == 1 else 'refunds'}",
    ]
    if failed:
        parts.append(f"{failed} not allocated")
    return f"{content.title}: {', '.join(parts)}"


def _describe(content: Content, labels: Mapping[str, str]) -> str:
    """Return every refund in a sentence, failures first."""
    refunds = [refund for refund in content.refunds if refund.is_shown]
    refunds.sort(key=lambda refund: refund.look is not Look.FAILED)
    sentences = [_describe_flow(refund, labels) for refund in refunds]
    return make_visible(" ".join(sentences))[:MAX_DESCRIPTION]


def _describe_flow(refund: RefundFlow, labels: Mapping[str, str]) -> str:
    """Describe a refund in words: outcome, where it was booked, why, and what to change."""
    booked = ", ".join(
        f"{format_amount(amount)} on {labels[capture_id]}"
        for capture_id, amount in refund.booked.items()
    )
    parts = [
        f"{describe_numbers(refund)} {refund.look.replace('_', ' ')}",
        f"booked {booked or 'nowhere'}",
        *filter(None, (refund.reason, refund.hint)),
    ]
    return "; ".join(part.rstrip(".") for part in parts) + "."


def _draw_strip(root: Group, content: Content, columns: Columns, prefix: str) -> None:
    """Draw the authorized amount: captured, released and still to be captured."""
    total = max(content.authorized, content.captured + content.released, 1)
    width, x = columns.width - 2 * MARGIN, MARGIN
    remaining = max(0, content.authorized - content.captured - content.released)
    parts = (
        ("captured", content.captured, {"class": "captured"}),
        ("remaining", remaining, {"class": "free"}),
        ("released", content.released, {"class": "free", "fill": f"url(#{prefix}-released)"}),
    )
    for _, amount, look in parts:
        if amount:
            _rect(root, x, 24, width * amount / total, STRIP_HEIGHT, look)
            x += width * amount / total
    authorized = f"{format_amount(content.authorized)} {content.currency}"
    words = [f"{name} {format_amount(amount)}" for name, amount, _ in parts if amount]
    text = "   ".join((f"authorized {authorized}", *words))
    if estimate_width(text, TEXT_SIZE) > width:
        text = f"captured {format_amount(content.captured)} of {authorized}"
    _text(root, Text(MARGIN, TEXT_SIZE + 2, text, "muted"))


def _draw_headings(root: Group, content: Content, columns: Columns) -> None:
    if content.shipments:
        _text(root, Text(MARGIN, TOP - 12, "Shipments", "strong"))
    if content.refunds:
        _text(root, Text(columns.text_x, TOP - 12, "Refunds", "strong"))
    if not content.shipments:
        _text(root, Text(MARGIN, TOP + TEXT_SIZE, "Nothing is captured yet.", "muted"))


def _draw_bar(root: Group, bar: Bar, columns: Columns) -> None:
    shipment = bar.shipment
    group = _add(root, "g", {"class": "shipment", "data-capture": " ".join(shipment.ids)})
    free = shipment.amount - bar.booked
    _title(
        group,
        f"Shipment {shipment.label}: captured {format_amount(shipment.amount)},"
        f" refunded {format_amount(bar.booked)}, free {format_amount(free)}",
    )
    _rect(group, columns.bar_x, bar.y, BAR_WIDTH, bar.height, {"class": "free", "rx": "2"})
    if bar.filled:
        _rect(
            group, columns.bar_x, bar.y, BAR_WIDTH, bar.filled, {"class": "captured", "rx": "2"}
        )
    if not bar.is_to_scale and bar.filled < bar.height / 2:
        x, y = columns.bar_x + BAR_WIDTH / 2 - 4, bar.y + bar.height - 5
        _text(group, Text(x, y, "≈", "muted"))
    for text in bar.texts:
        _text(group, text)


def _draw_flows(root: Group, node: Node, columns: Columns, prefix: str) -> None:
    refund = node.refund
    if refund.look is Look.REFUSED:
        return
    group, fill = _add(root, "g", _group_attributes(refund, "flows")), _pattern(refund, prefix)
    for ribbon in node.ribbons:
        _add(group, "path", {"class": "flow", "d": _ribbon_path(ribbon, columns)} | fill)
    if not node.ribbons:
        x = columns.node_x - STUB
        _rect(group, x, node.y, STUB, node.height, {"class": "flow"} | fill)
    if node.nearest_y is not None:
        _draw_nearest(group, node, node.nearest_y, columns)


def _draw_nearest(group: Group, node: Node, target_y: float, columns: Columns) -> None:
    """Draw a dotted line to the shipment that the refund was probably meant for."""
    start_x, start_y = columns.node_x, node.y + node.height
    end_x = columns.bar_x + BAR_WIDTH + 8
    middle = (start_x + end_x) / 2
    path = (
        f"M{_number(start_x)} {_number(start_y)}C{_number(middle)} {_number(start_y)}"
        f" {_number(middle)} {_number(target_y)} {_number(end_x)} {_number(target_y)}"
    )
    _add(group, "path", {"class": "nearest", "d": path})
    x, y = end_x, target_y
    cross = f"M{_number(x - 4)} {_number(y - 4)}l8 8m0-8l-8 8"
    _add(group, "path", {"class": "cross", "d": cross})


def _draw_node(
    root: Group, node: Node, columns: Columns, prefix: str, labels: Mapping[str, str]
) -> None:
    group = _add(root, "g", _group_attributes(node.refund, "refund"))
    _title(group, _describe_flow(node.refund, labels))
    attributes = {"class": "node", "rx": "2"} | _pattern(node.refund, prefix)
    _rect(group, columns.node_x, node.y, NODE_WIDTH, node.height, attributes)
    for text in node.texts:
        _text(group, text)


def _group_attributes(refund: RefundFlow, kind: str) -> dict[str, str]:
    numbers = " ".join(map(str, refund.numbers)) or "dry-run"
    dry_run = " dry-run" if refund.is_dry_run else ""
    return {"class": f"{kind} {refund.look}{dry_run}", "data-refund": numbers}


def _pattern(refund: RefundFlow, prefix: str) -> dict[str, str]:
    """Return the fill that repeats the outcome for those who do not see its colour."""
    if refund.look is Look.ALLOCATED:
        return {}
    name = "dots" if refund.look is Look.NOT_ATTEMPTED else "hatch"
    return {"fill": f"url(#{prefix}-{name})"}


def _ribbon_path(ribbon: Ribbon, columns: Columns) -> str:
    x1, x2 = columns.bar_x + BAR_WIDTH + 1, columns.node_x
    middle, t = (x1 + x2) / 2, ribbon.thickness
    start, end = ribbon.start_y, ribbon.end_y
    places = (
        x1, start, middle, start, middle, end, x2, end,
        x2, end + t, middle, end + t, middle, start + t, x1, start + t,
    )  # fmt: skip
    n = [*map(_number, places)]
    return (
        f"M{n[0]} {n[1]}C{n[2]} {n[3]} {n[4]} {n[5]} {n[6]} {n[7]}"
        f"L{n[8]} {n[9]}C{n[10]} {n[11]} {n[12]} {n[13]} {n[14]} {n[15]}Z"
    )


def _add_patterns(root: Group, prefix: str) -> None:
    definitions = _add(root, "defs")
    hatch = _add_pattern(definitions, f"{prefix}-hatch", 6, patternTransform="rotate(45)")
    _add(hatch, "rect", {"class": "hatch-ground", "width": "6", "height": "6"})
    _add(hatch, "path", {"class": "hatch-failed", "d": "M1 0V6", "stroke-width": "1.4"})
    released = _add_pattern(definitions, f"{prefix}-released", 6, patternTransform="rotate(45)")
    _add(released, "path", {"class": "hatch-line", "d": "M1 0V6", "stroke-width": "1.4"})
    dots = _add_pattern(definitions, f"{prefix}-dots", 5)
    _add(dots, "circle", {"class": "dot", "cx": "2.5", "cy": "2.5", "r": "1.2"})


def _add_pattern(parent: Group, name: str, size: int, **attributes: str) -> Group:
    position = {"id": name, "width": str(size), "height": str(size)}
    return _add(parent, "pattern", position | {"patternUnits": "userSpaceOnUse"} | attributes)


def _rect(
    parent: Group, x: float, y: float, width: float, height: float, attributes: dict[str, str]
) -> None:
    position = {"x": x, "y": y, "width": width, "height": height}
    _add(parent, "rect", attributes | {key: _number(value) for key, value in position.items()})


def _text(parent: Group, text: Text) -> None:
    position = {"x": _number(text.x), "y": _number(text.y), "class": text.role}
    _add(parent, "text", position).text = text.text


def _title(parent: Group, text: str) -> None:
    _add(parent, "title").text = make_visible(text)


def _add(parent: Group, tag: str, attributes: dict[str, str] | None = None) -> Group:
    return SubElement(parent, tag, attributes or {})


def _number(value: float) -> str:
    """Write a length with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
