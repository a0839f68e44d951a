"""Sums of order lines by reference."""

from collections.abc import Sequence

from msgspec import Struct

from mockserver.domain.order import Capture, OrderLine, Refund


class ReferenceSum(Struct):
    """Quantity and amount of all order lines of one reference."""

    quantity: int = 0
    amount: int = 0

    def add(self, line: OrderLine) -> None:
        """Add a line."""
        self.quantity += line.quantity
        self.amount += line.total_amount


class SumsByReference:
    """Totals by reference of the lines of all captures, or refunds, of an order.

    An order only gets more of them, so that later versions of it add to the totals of the
    earlier ones: to go through a history takes time in proportion to its length.
    """

    def __init__(self) -> None:
        self._count = 0
        self._last_id = ""
        self._totals: dict[str, ReferenceSum] = {}

    def find(
        self, movements: Sequence[Capture] | Sequence[Refund], reference: str
    ) -> ReferenceSum | None:
        """Return the total of a reference, if any of the movements has it."""
        is_later = len(movements) >= self._count > 0
        if not is_later or _movement_id(movements[self._count - 1]) != self._last_id:
            self._count, self._totals = 0, {}
        for movement in movements[self._count :]:
            add_lines(self._totals, movement.order_lines)
        if movements:
            self._count, self._last_id = len(movements), _movement_id(movements[-1])
        return self._totals.get(reference)


def add_lines(
    totals: dict[str, ReferenceSum], lines: Sequence[OrderLine]
) -> dict[str, ReferenceSum]:
    """Add lines to the totals of their references, and return these."""
    for line in lines:
        if line.reference:
            totals.setdefault(line.reference, ReferenceSum()).add(line)
    return totals


def _movement_id(movement: Capture | Refund) -> str:
    return movement.capture_id if isinstance(movement, Capture) else movement.refund_id
