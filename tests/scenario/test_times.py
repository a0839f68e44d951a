"""Times and durations: what people write, in seconds and in UTC, or why it is none."""

from datetime import UTC, datetime, timedelta

import pytest
from _pytest.mark import ParameterSet

from mockserver.sandbox.clock import LATEST
from mockserver.scenario.findings import ScenarioError
from mockserver.scenario.times import duration, duration_at, moment, moment_of
from tests.scenario.tables import Case, tables

TABLE = tables("times")
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)


def of(kind: str, key: str) -> list[ParameterSet]:
    return [pytest.param(row, id=row["case"]) for row in TABLE[kind] if key in row]


def written(case: Case) -> str:
    return "9" * case["digits"] + "d" if "digits" in case else str(case["written"])


@pytest.mark.parametrize("case", of("durations", "is"))
def test_a_duration_is_read(case: Case) -> None:
    assert duration(written(case)) == timedelta(milliseconds=case["is"])


@pytest.mark.parametrize("case", of("durations", "says"))
def test_what_is_no_duration_is_told_so(case: Case) -> None:
    with pytest.raises(ValueError, match="a duration") as refused:
        duration(written(case))
    assert case["says"] in str(refused.value)


@pytest.mark.parametrize("case", of("moments", "is"))
def test_a_time_is_read_in_utc(case: Case) -> None:
    assert moment(written(case)).isoformat() == case["is"]


@pytest.mark.parametrize("case", of("moments", "says"))
def test_what_is_no_time_is_told_so(case: Case) -> None:
    with pytest.raises(ValueError, match=r"time|bounds") as refused:
        moment(written(case))
    assert case["says"] in str(refused.value)


def test_a_place_takes_a_time_a_duration_or_its_default() -> None:
    assert moment_of("28d", NOW, NOW, ()) == NOW + timedelta(days=28)
    assert moment_of("2026-01-20", NOW, NOW, ()) == datetime(2026, 1, 20, tzinfo=UTC)
    assert moment_of(None, NOW, LATEST, ()) == NOW


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
def test_what_is_neither_is_a_finding_at_its_path(text: str, says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        moment_of(text, NOW, LATEST, ("clock", "start"))
    (finding,) = refused.value.findings
    assert (finding.code, finding.place) == ("E106", "clock.start")
    assert says in finding.message


def test_a_duration_that_is_none_is_a_finding_at_its_path() -> None:
    assert duration_at("2s", ()) == timedelta(seconds=2)
    with pytest.raises(ScenarioError, match=r"E106 faults\.slow: not a duration: '2 s'"):
        duration_at("2 s", ("faults", "slow"))
