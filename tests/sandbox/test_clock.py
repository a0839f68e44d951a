from datetime import UTC, datetime, timedelta

import pytest

from mockserver.sandbox.clock import LATEST_TIME, Clock, wall_clock
from tests.support.builders import CREATED, NOW

HOUR = timedelta(hours=1)


class Wall:
    """A wall clock that moves only when a test turns it."""

    def __init__(self) -> None:
        """Start at a moment of its own."""
        self.time = datetime(2030, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_clock_runs_on_wall_time_by_default(wall: Wall) -> None:
    clock = Clock(source=wall)
    assert clock.now() == wall.time
    assert not clock.frozen
    wall.time += HOUR
    assert clock.now() == wall.time


def test_wall_time_is_aware_and_in_utc() -> None:
    assert wall_clock().tzinfo is UTC
    assert Clock().now().tzinfo is UTC


def test_clock_can_start_at_any_moment_and_runs_on_from_there(wall: Wall) -> None:
    clock = Clock(NOW, source=wall)
    assert clock.now() == NOW
    wall.time += HOUR
    assert clock.now() == NOW + HOUR


@pytest.mark.parametrize("start", [NOW, None], ids=["at a moment", "now"])
def test_frozen_clock_shows_the_same_time(wall: Wall, start: datetime | None) -> None:
    expected = start or wall.time
    clock = Clock(start, frozen=True, source=wall)
    assert clock.frozen
    wall.time += HOUR
    assert clock.now() == expected


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "running"])
def test_clock_can_be_set_back_and_forth(wall: Wall, frozen: bool) -> None:  # noqa: FBT001
    clock = Clock(NOW, frozen=frozen, source=wall)
    clock.set(CREATED)
    assert clock.now() == CREATED
    assert clock.frozen is frozen
    wall.time += HOUR
    assert clock.now() == (CREATED if frozen else CREATED + HOUR)


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "running"])
def test_advances_add_up(wall: Wall, frozen: bool) -> None:  # noqa: FBT001
    clock = Clock(NOW, frozen=frozen, source=wall)
    clock.advance(HOUR)
    clock.advance(timedelta(days=28))
    assert clock.now() == NOW + HOUR + timedelta(days=28)


def test_freezing_a_frozen_clock_changes_nothing(wall: Wall) -> None:
    clock = Clock(NOW, source=wall)
    clock.freeze()
    wall.time += HOUR
    clock.freeze()
    assert clock.now() == NOW


def test_unfrozen_clock_continues_from_the_frozen_time(wall: Wall) -> None:
    clock = Clock(NOW, frozen=True, source=wall)
    wall.time += timedelta(days=7)
    clock.advance(HOUR)
    clock.unfreeze()
    assert not clock.frozen
    assert clock.now() == NOW + HOUR
    wall.time += HOUR
    assert clock.now() == NOW + 2 * HOUR


def test_unfreezing_a_running_clock_changes_nothing(wall: Wall) -> None:
    clock = Clock(NOW, source=wall)
    wall.time += HOUR
    clock.unfreeze()
    assert clock.now() == NOW + HOUR


@pytest.mark.parametrize("by", [timedelta.max, timedelta(days=365 * 8000)])
def test_advance_stops_at_the_latest_time(wall: Wall, by: timedelta) -> None:
    clock = Clock(NOW, frozen=True, source=wall)
    clock.advance(by)
    assert clock.now() == LATEST_TIME
    clock.advance(HOUR)
    assert clock.now() == LATEST_TIME


def test_frozen_clock_starts_exactly_at_its_start() -> None:
    assert Clock(NOW, frozen=True).now() == NOW
