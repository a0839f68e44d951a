"""Format fields for text logs, so that no value can forge a field or a line."""

import json
from collections.abc import Mapping


def format_fields(fields: Mapping[str, object]) -> str:
    """Format fields as ``key=value``; values with spaces or control characters are quoted."""
    return " ".join(f"{key}={_format_value(value)}" for key, value in fields.items())


def _format_value(value: object) -> str:
    text = str(value)
    is_plain = text.isprintable() and not any(character in text for character in ' "')
    return text if is_plain else json.dumps(text)
