"""Tables of cases in YAML: ``cases/NAME.yaml`` in a folder of the tests."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

Case: TypeAlias = dict[str, Any]

TESTS = Path(__file__).parents[1]


def load_table(folder: str, name: str) -> Any:  # noqa: ANN401  # rows, or tables by name
    """Read a table of our own with the parser in C: every worker reads all of them."""
    text = (TESTS / folder / "cases" / f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, yaml.CSafeLoader)


def every_case(folder: str, name: str) -> pytest.MarkDecorator:
    """Run a test once for each row of a table, as its argument ``case``."""
    return every_row(load_table(folder, name))


def every_row(rows: Iterable[Case]) -> pytest.MarkDecorator:
    """Run a test once for each row, as its argument ``case``; the key ``case`` is the id."""
    return pytest.mark.parametrize("case", [pytest.param(row, id=row["case"]) for row in rows])
