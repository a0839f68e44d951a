"""Parse times and durations: ``2026-01-15T09:00:00Z``, ``28d``, ``90s``."""

import re
from datetime import UTC, datetime, timedelta

from mockserver.domain.wording import shorten
from mockserver.sandbox.clock import LATEST_TIME
from mockserver.scenario.diagnostics import Finding, ScenarioError, ValuePath

MAX_DURATION_LENGTH = 32  # characters
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")
_DURATION = re.compile(f"(?:{_PART.pattern})+")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
MAX_DURATION = timedelta(days=36_500)
EARLIEST_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def is_duration(text: str) -> bool:
    """Return whether a text has the format of a duration.

    The length is checked first, because a pattern of repeated digits must not see long texts.
    """
    return len(text) <= MAX_DURATION_LENGTH and _DURATION.fullmatch(text) is not None


def parse_duration(text: object) -> timedelta:
    """Parse a duration such as ``28d``, ``1h30m`` or ``250ms``.

    Raises:
        ValueError: with what was expected.
    """
    stripped = str(text).strip()
    if not is_duration(stripped):
        message = f"not a duration: {shorten(stripped)!r}; write 90s, 15m, 2h, 28d or 1h30m"
        raise ValueError(message)
    try:
        parts = _PART.findall(stripped)
        total = sum((float(n) * _UNITS[unit] for n, unit in parts), timedelta())
    except OverflowError:
        total = MAX_DURATION * 2
    if total > MAX_DURATION:
        message = f"duration too long: {stripped!r}; at most {MAX_DURATION.days}d"
        raise ValueError(message)
    return total


def parse_time(text: object) -> datetime:
    """Parse a time such as ``2026-01-15T09:00:00Z``, or a date (its midnight), in UTC.

    Raises:
        ValueError: with what was expected.
    """
    stripped = str(text).strip()
    try:
        parsed = datetime.fromisoformat(stripped)
        time_utc = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"not a time: {shorten(stripped)!r}; write 2026-01-15 or 2026-01-15T09:00:00Z"
        raise ValueError(message) from None
    return check_time_bounds(time_utc, stripped)


def check_time_bounds(time: datetime, text: object) -> datetime:
    """Return the time if it is within the supported years.

    Raises:
        ValueError: with what was expected.
    """
    if EARLIEST_TIME <= time <= LATEST_TIME:
        return time
    message = (
        f"{str(text)!r} is out of bounds: years {EARLIEST_TIME.year} to {LATEST_TIME.year}"
    )
    raise ValueError(message)


def parse_duration_at(text: object, path: ValuePath) -> timedelta:
    """Parse the duration at a path of a scenario.

    Raises:
        ScenarioError: it is not a duration.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ScenarioError([Finding("E106", path, str(error))]) from None


def parse_time_or_offset(
    text: object | None,
    default: datetime,
    base: datetime,
    path: ValuePath,
) -> datetime:
    """Parse a time, or a duration after ``base``; ``None`` is the default.

    Raises:
        ScenarioError: it is neither a time nor a duration.
    """
    if text is None:
        return default
    try:
        if _PART.match(str(text)[:MAX_DURATION_LENGTH]):
            return check_time_bounds(base + parse_duration(text), text)
        return parse_time(text)
    except ValueError as error:
        raise ScenarioError([Finding("E106", path, str(error))]) from None
