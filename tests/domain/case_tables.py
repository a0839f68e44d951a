"""Reading the tables of cases that stand beside the tests."""

from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.support.tables import load_table, parametrize_case

Case: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent / "cases"


def every_case(name: str) -> pytest.MarkDecorator:
    """Run a test once for each row of a table."""
    return parametrize_case(load_table(FOLDER / f"{name}.yaml"))
