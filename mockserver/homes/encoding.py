"""Encode values as MessagePack; what it cannot hold becomes the nearest value that it can."""

from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from msgspec import Struct, to_builtins
from msgspec.msgpack import Encoder

ValueT = TypeVar("ValueT")

ENCODER = Encoder(enc_hook=str)
LARGEST_INTEGER = 2**63 - 1  # either sign; MessagePack has no larger ones


class Stored(Struct, Generic[ValueT], array_like=True, frozen=True):
    """A value of a table with its position among the others."""

    position: int
    value: ValueT


def encode(value: object) -> bytes:
    """Encode a value."""
    try:
        return ENCODER.encode(value)
    except (UnicodeEncodeError, OverflowError):
        kept = (bytes, datetime, timedelta)
        return ENCODER.encode(
            _approximate(to_builtins(value, builtin_types=kept, enc_hook=str))
        )


def _approximate(value: Any) -> Any:  # noqa: ANN401
    """Replace lone surrogates, which are no Unicode text, and huge integers."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return float(value)
    if isinstance(value, dict):
        return {_approximate(key): _approximate(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_approximate(item) for item in value]
    return value
