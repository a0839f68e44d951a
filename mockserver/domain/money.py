"""Arithmetic of order lines in minor currency units.

Lines arrive with their totals, and the order management API does not check them (no such
refusal is known). These formulas fill in scenario files, and serve lint and explanations.
"""

from collections.abc import Iterable, Sequence

from mockserver.domain.order import OrderLine

TAX_TOLERANCE = 1  # minor units; documented by Klarna in the checkout schema
BASIS_POINTS = 10_000  # basis points in 100 %


def line_total(quantity: int, unit_price: int, discount: int = 0) -> int:
    """Total of a line: price times quantity less discount (documented by both)."""
    return quantity * unit_price - discount


def line_tax(total_amount: int, tax_rate: int) -> int:
    """Tax contained in a total, rounded half up away from zero.

    The provider's formula is ``total - total * 10000 / (10000 + rate)``, met within
    one minor unit.
    """
    numerator, denominator = abs(total_amount) * tax_rate, BASIS_POINTS + tax_rate
    tax = (2 * numerator + denominator) // (2 * denominator)
    return tax if total_amount >= 0 else -tax


def sum_totals(lines: Iterable[OrderLine]) -> int:
    """Sum of the lines' total amounts."""
    return sum([line.total_amount for line in lines])


def lines_add_up(lines: Sequence[OrderLine], amount: int) -> bool:
    """Return whether there are lines whose totals sum to an amount."""
    return bool(lines) and sum_totals(lines) == amount
