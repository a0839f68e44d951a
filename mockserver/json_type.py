"""Type of parsed JSON whose shape a schema or the reader checks at run time."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any value that a JSON parser returns; typed dictionaries describe the known shapes."""
