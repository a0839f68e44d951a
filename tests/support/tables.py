"""Tables of cases in YAML, which stand beside the tests."""

from pathlib import Path
from typing import Any

import yaml


def load_table(file: Path) -> Any:  # noqa: ANN401  # whatever the file contains
    """Read a file of our own with the parser in C: every worker reads all of them."""
    return yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
