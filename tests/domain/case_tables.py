"""Reading the tables of cases that stand beside the tests."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from _pytest.mark import ParameterSet

from tests.support.tables import load_table

Case: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent / "cases"


def cases(name: str) -> Iterable[ParameterSet]:
    """Read a table as parameters of a test; each ``case`` names its test."""
    rows: list[Case] = load_table(FOLDER / f"{name}.yaml")
    return [pytest.param(row, id=row["case"]) for row in rows]
