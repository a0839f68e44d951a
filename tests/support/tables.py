"""Tables of cases in YAML, which stand beside the tests."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml


def load_table(file: Path) -> Any:  # noqa: ANN401  # whatever the file contains
    """Read a file of our own with the parser in C: every worker reads all of them."""
    return yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)


def parametrize_case(rows: Iterable[Mapping[str, Any]]) -> pytest.MarkDecorator:
    """Run a test once for each row, as its argument ``case``; the key ``case`` is the id."""
    return pytest.mark.parametrize("case", [pytest.param(row, id=row["case"]) for row in rows])
