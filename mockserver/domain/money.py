"""Arithmetic of order lines, in whole minor currency units.

Lines arrive with their totals, and the order management API does not check them (no
refusal was ever seen), so these formulas serve where something is filled in, judged or
explained.
"""

from collections.abc import Iterable, Sequence

from mockserver.domain.order import OrderLine

TAX_TOLERANCE = 1  # minor units; documented by Klarna in the checkout schema
FULL_RATE = 10_000  # basis points in 100 %


def total_of(quantity: int, unit_price: int, discount: int = 0) -> int:
    """Total of a line: price times quantity less discount (documented by both)."""
    return quantity * unit_price - discount


def tax_of(total_amount: int, tax_rate: int) -> int:
    """Tax contained in a total, rounded half up away from zero.

    The provider's formula is ``total - total * 10000 / (10000 + rate)``, met within
    one minor unit.
    """
    numerator, denominator = abs(total_amount) * tax_rate, FULL_RATE + tax_rate
    tax = (2 * numerator + denominator) // (2 * denominator)
    return tax if total_amount >= 0 else -tax


def sum_of(lines: Iterable[OrderLine]) -> int:
    """Sum of the lines' total amounts."""
    return sum([line.total_amount for line in lines])


def add_up(lines: Sequence[OrderLine], amount: int) -> bool:
    """Say whether there are lines, and their total amounts sum up to an amount."""
    return bool(lines) and sum_of(lines) == amount
