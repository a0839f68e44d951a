"""Values of JSON responses."""

from datetime import datetime
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


def format_time(moment: datetime) -> str:
    """Format a time as the provider does: UTC, three decimals, ``Z``."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
