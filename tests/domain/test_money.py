from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.money import TAX_TOLERANCE, line_tax, line_total, sum_totals
from tests.support.builders import make_line

totals = st.integers(-200_000_000, 200_000_000)
rates = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("quantity", "unit_price", "discount", "total"),
    [(1, 3000, 0, 3000), (3, 999, 0, 2997), (2, 1000, 150, 1850), (0, 3000, 0, 0)],
)
def test_total_is_quantity_times_price_less_discount(
    quantity: int,
    unit_price: int,
    discount: int,
    total: int,
) -> None:
    assert line_total(quantity, unit_price, discount) == total


def test_there_is_no_discount_unless_one_is_given() -> None:
    assert line_total(2, 1000) == 2000


@pytest.mark.parametrize(
    ("total", "rate", "tax"),
    [
        pytest.param(10_000, 2500, 2000, id="25 percent of Sweden"),
        pytest.param(9900, 1900, 1581, id="rounded up from .67"),
        pytest.param(3, 10_000, 2, id="a half is rounded up"),
        pytest.param(-3, 10_000, -2, id="a negative half away from zero"),
        pytest.param(-10_000, 2500, -2000, id="of a discount"),
        pytest.param(-1, 10_000, -1, id="of a discount of one unit"),
        pytest.param(10_000, 0, 0, id="without tax"),
        pytest.param(0, 2500, 0, id="of nothing"),
    ],
)
def test_tax_is_contained_in_the_total(total: int, rate: int, tax: int) -> None:
    assert line_tax(total, rate) == tax


@given(totals, rates)
def test_tax_is_within_the_tolerance_of_the_documented_formula(total: int, rate: int) -> None:
    documented = total - Fraction(total * 10_000, 10_000 + rate)
    assert abs(line_tax(total, rate) - documented) <= TAX_TOLERANCE / 2


@given(totals, rates)
def test_tax_of_a_return_is_the_tax_of_the_sale_turned_round(
    total: int,
    rate: int,
) -> None:
    assert line_tax(-total, rate) == -line_tax(total, rate)


def test_lines_add_up_by_their_totals_not_by_their_prices() -> None:
    lines = [make_line("A", 100, quantity=3), make_line(None, -20), make_line("B", 1)]
    assert sum_totals(lines) == 81
    assert sum_totals([]) == 0
