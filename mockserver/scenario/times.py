"""Times and durations as people write them: ``2026-01-15T09:00:00Z``, ``28d``, ``90s``."""

import re
from datetime import UTC, datetime, timedelta

from mockserver.sandbox.clock import LATEST
from mockserver.scenario.findings import Finding, Path, ScenarioError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=36_500)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def duration(text: object) -> timedelta:
    """Read a duration such as ``28d``, ``1h30m`` or ``250ms``.

    Raises:
        ValueError: with a sentence that says what would be right.
    """
    written = str(text).strip()
    parts = _DURATION.findall(written)
    if not parts or "".join(number + unit for number, unit in parts) != written:
        message = f"not a duration: {written!r}; write 90s, 15m, 2h, 28d or 1h30m"
        raise ValueError(message)
    try:
        total = sum((float(n) * _UNITS[unit] for n, unit in parts), timedelta())
    except OverflowError:
        total = LONGEST * 2
    if total > LONGEST:
        message = f"too long a duration: {written!r}; at most {LONGEST.days}d"
        raise ValueError(message)
    return total


def moment(text: object) -> datetime:
    """Read a time such as ``2026-01-15T09:00:00Z``, or a date (its midnight), in UTC.

    Raises:
        ValueError: with a sentence that says what would be right.
    """
    written = str(text).strip()
    try:
        found = datetime.fromisoformat(written)
        known = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"not a time: {written!r}; write 2026-01-15 or 2026-01-15T09:00:00Z"
        raise ValueError(message) from None
    return within_bounds(known, written)


def within_bounds(found: datetime, written: object) -> datetime:
    """Pass a time on if it is one that everything can be reckoned with.

    Raises:
        ValueError: with a sentence that says what would be right.
    """
    if EARLIEST <= found <= LATEST:
        return found
    message = f"{str(written)!r} is out of bounds: years {EARLIEST.year} to {LATEST.year}"
    raise ValueError(message)


def duration_at(text: object, path: Path) -> timedelta:
    """Read a duration that stands at a path of a scenario.

    Raises:
        ScenarioError: it is none.
    """
    try:
        return duration(text)
    except ValueError as error:
        raise ScenarioError([Finding("E106", path, str(error))]) from None


def moment_of(
    given: object | None,
    default: datetime,
    base: datetime,
    path: Path,
) -> datetime:
    """Read a time, or a duration after ``base``; the default where none is given.

    Raises:
        ScenarioError: it is neither.
    """
    if given is None:
        return default
    try:
        if _DURATION.match(str(given)):
            return within_bounds(base + duration(given), given)
        return moment(given)
    except ValueError as error:
        raise ScenarioError([Finding("E106", path, str(error))]) from None
