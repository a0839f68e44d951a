"""Locate the shipped folders ``schemas`` and ``scenarios``.

In a wheel they are inside the package, in a checkout or an editable install beside it.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def shipped_folder(name: str) -> Traversable:
    """Return a shipped folder by its name."""
    packaged = files("mockserver") / "_data" / name
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / name
