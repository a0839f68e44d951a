"""The clock of a sandbox: wall clock plus an offset, or frozen.

This is the one place that reads the wall clock. All times are aware and in UTC.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time, time_ns

from msgspec import Struct

LATEST_TIME = datetime(9000, 1, 1, tzinfo=UTC)
"""The latest time of any sandbox; periods can still be added to it."""


def wall_clock() -> datetime:
    """Read the machine's time."""
    return datetime.now(UTC)


def wall_nanoseconds() -> int:
    """Return the machine's time in nanoseconds since 1970."""
    return time_ns()


def wall_seconds() -> int:
    """Return the machine's time in whole seconds since 1970."""
    return int(time())


class ClockMove(Struct, frozen=True):
    """How a clock is to move forward: to a time, or by a duration from wherever it is.

    A move by a duration counts in full although others move the clock meanwhile.
    """

    to: datetime | None = None
    by: timedelta = timedelta()

    def goal(self, now: datetime) -> datetime:
        """Return where it leads from a time, at most to ``LATEST_TIME``."""
        return self.to or now + min(self.by, LATEST_TIME - now)

    def after(self, step: timedelta) -> "ClockMove":
        """Return what is left of it after a step."""
        return self if self.to else ClockMove(by=self.by - step)


class Clock:
    """A clock that can be set, advanced and frozen.

    Attributes:
        offset: of a running clock to the wall clock.
        frozen_at: the time of a frozen clock.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        frozen: bool = False,
        source: Callable[[], datetime] = wall_clock,
    ) -> None:
        """Start at a time (default: now), running or frozen."""
        self._source = source
        self.offset = timedelta()
        self.frozen_at: datetime | None = None
        if frozen:
            self.freeze()  # first, so that it is frozen exactly at the start
        if start is not None:
            self.set(start)

    @property
    def frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self.frozen_at is not None

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return self.frozen_at or self._source() + self.offset

    def set(self, moment: datetime) -> None:
        """Jump to a time; a running clock continues from there."""
        if self.frozen_at is not None:
            self.frozen_at = moment
        self.offset = moment - self._source()

    def advance(self, by: timedelta) -> None:
        """Jump forward, at most to ``LATEST_TIME``."""
        now = self.now()
        self.set(now + min(by, LATEST_TIME - now))

    def freeze(self) -> None:
        """Freeze the clock at its present time."""
        self.frozen_at = self.now()

    def unfreeze(self) -> None:
        """Unfreeze the clock; time continues from where it stopped."""
        if self.frozen_at is not None:
            self.offset = self.frozen_at - self._source()
            self.frozen_at = None

    def restore(self, offset: timedelta, frozen_at: datetime | None) -> None:
        """Continue as another clock, which had this offset or was frozen at this time."""
        self.offset, self.frozen_at = offset, frozen_at
