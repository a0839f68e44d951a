"""Type of the parts of a scenario file: mappings that the schema has checked."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Spec: TypeAlias = Mapping[str, Any]
"""A mapping of a scenario file, such as an order, a line or a fault rule."""
