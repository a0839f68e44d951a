"""Order lines as case tables write them."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mockserver.domain.money import sum_totals
from mockserver.domain.order import OrderLine
from tests.support.builders import make_line

LineSpec = Mapping[str, Any]


def line_from(spec: LineSpec) -> OrderLine:
    """Make a line from its fields, or from ``{reference: total}``.

    ``{return_fee: total}`` is a return fee, ``{nothing: total}`` a line without reference.
    """
    if "total_amount" in spec:
        line = make_line(spec.get("reference"), spec["total_amount"])
        price = spec["total_amount"] // spec.get("quantity", 1)
        return replace(line, **{"unit_price": price, **spec})
    ((reference, total),) = spec.items()
    if reference == "return_fee":
        return make_line(None, total, type="return_fee")
    return make_line(None if reference == "nothing" else reference, total)


def lines_from(spec: LineSpec) -> tuple[OrderLine, ...]:
    """Make the lines of a capture or refund; left out, there are none."""
    return tuple(map(line_from, spec.get("lines", ())))


def amount_from(spec: LineSpec) -> int:
    """Return the amount; left out, it is the sum of the lines."""
    return int(spec.get("amount", sum_totals(lines_from(spec))))
