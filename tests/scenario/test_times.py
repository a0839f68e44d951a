"""Times and durations: what people write, in seconds and in UTC, or why it is none."""

from datetime import UTC, datetime, timedelta

import pytest

from mockserver.sandbox.clock import LATEST_TIME
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.times import (
    parse_duration,
    parse_duration_at,
    parse_time,
    parse_time_or_offset,
)
from tests.support.case_tables import Case, every_row, load_table

TABLE = load_table("scenario", "times")
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)


def every_row_with(kind: str, key: str) -> pytest.MarkDecorator:
    return every_row(row for row in TABLE[kind] if key in row)


def written(case: Case) -> str:
    return "9" * case["digits"] + "d" if "digits" in case else str(case["written"])


@every_row_with("durations", "is")
def test_duration_is_parsed(case: Case) -> None:
    assert parse_duration(written(case)) == timedelta(milliseconds=case["is"])


@every_row_with("durations", "says")
def test_invalid_duration_is_refused(case: Case) -> None:
    with pytest.raises(ValueError, match="duration") as refused:
        parse_duration(written(case))
    assert case["says"] in str(refused.value)
    assert len(str(refused.value)) < 200


@every_row_with("moments", "is")
def test_time_is_parsed_as_utc(case: Case) -> None:
    assert parse_time(written(case)).isoformat() == case["is"]


@every_row_with("moments", "says")
def test_invalid_time_is_refused(case: Case) -> None:
    with pytest.raises(ValueError, match=r"time|bounds") as refused:
        parse_time(written(case))
    assert case["says"] in str(refused.value)


def test_time_or_offset_accepts_time_duration_or_default() -> None:
    assert parse_time_or_offset("28d", NOW, NOW, ()) == NOW + timedelta(days=28)
    assert parse_time_or_offset("2026-01-20", NOW, NOW, ()) == datetime(2026, 1, 20, tzinfo=UTC)
    assert parse_time_or_offset(None, NOW, LATEST_TIME, ()) == NOW


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("28 days", "not a time"),
        ("28dx", "not a duration"),
        ("soon", "not a time"),
        ("1d", "out of bounds: years 1970 to 9000"),
        ("36501d", "too long"),
    ],
)
def test_invalid_time_or_offset_is_a_finding_at_its_path(text: str, says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_time_or_offset(text, NOW, LATEST_TIME, ("clock", "start"))
    (finding,) = refused.value.findings
    assert (finding.code, finding.location) == ("E106", "clock.start")
    assert says in finding.message


def test_invalid_duration_is_a_finding_at_its_path() -> None:
    assert parse_duration_at("2s", ()) == timedelta(seconds=2)
    with pytest.raises(ScenarioError, match=r"E106 faults\.slow: not a duration: '2 s'"):
        parse_duration_at("2 s", ("faults", "slow"))
