"""What counts as covered, and what does not."""

import pytest

from mockserver.coverage.cells import Tier, coverage_cells
from mockserver.coverage.counting import count_cells
from mockserver.coverage.run_coverage import (
    CoverageFileError,
    RunCoverage,
    merge_runs,
    parse_coverage,
    read_coverage,
)
from mockserver.coverage.text import render_coverage
from mockserver.coverage.tiers import UnknownCellError, summarize
from mockserver.domain.lifecycle import LIFECYCLE
from mockserver.sandbox.deliveries.delivery import Attempt, Delivery, DeliveryKind
from mockserver.sandbox.tally import Tally
from tests.support.builders import NOW

USED = RunCoverage()
USED.cells.update({"use/capture": 2, "status/capture/AUTHORIZED": 2})
USED.sandboxes = 1


def delivered(*attempts: tuple[int | None, float]) -> Delivery:
    return Delivery(
        delivery_id="delivery-1",
        kind=DeliveryKind.PUSH,
        order_id="o",
        url="http://localhost/push",
        created_at=NOW,
        attempts=tuple(Attempt(NOW, status, seconds) for status, seconds in attempts),
    )


def test_cells_of_states_are_those_of_the_lifecycle_table() -> None:
    cells = [cell for cell in coverage_cells().values() if cell.dimension == "status"]
    parts_that_no_order_has = 6
    assert len(cells) == sum(map(len, LIFECYCLE.values())) - parts_that_no_order_has


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([(200, 0.1)], {"2xx"}),
        ([(301, 0.1)], {"3xx"}),
        ([(None, 0.1)], {"unanswered"}),
        ([(200, 6.0)], {"2xx", "late"}),
        ([(503, 0.1), (200, 0.1)], {"5xx", "2xx", "repeated"}),
    ],
)
def test_attempts_of_a_push_are_counted(
    attempts: list[tuple[int | None, float]], expected: set[str]
) -> None:
    tally = Tally()
    tally.count_delivery(delivered(*attempts))
    covered = {
        cell_id for cell_id in count_cells(tally).counts if cell_id.startswith("delivery/")
    }
    assert covered == {f"delivery/push/{outcome}" for outcome in expected}


def test_only_operations_in_use_count() -> None:
    summary = summarize(USED)
    counted = {
        c.used_by for tier in summary.tiers.values() for c in (*tier.covered, *tier.missing)
    }
    assert counted == {"capture", ""}
    assert "refund" in summary.not_used


def test_chosen_operation_counts_although_unused() -> None:
    assert "refund" in summarize(USED, operations=["refund"]).used


def test_skipped_cells_are_left_out_of_the_percentage() -> None:
    summary = summarize(USED, skip=["lost/*", "replay/*", "answer/503"])
    skipped = {cell.dimension for cell in summary.skipped}
    assert skipped == {"lost", "replay", "answer"}
    assert summary.tiers[Tier.MUST].total < summarize(USED).tiers[Tier.MUST].total


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"operations": ["captur"]}, "unknown operation 'captur', did you mean 'capture'?"),
        ({"skip": ["lost/captur"]}, "unknown cell 'lost/captur', did you mean 'lost/capture'?"),
    ],
)
def test_unknown_name_is_refused(wanted: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UnknownCellError, match=message.replace("?", r"\?")):
        summarize(USED, **wanted)


def test_merging_adds_counts_and_keeps_the_first_test() -> None:
    one, two = RunCoverage(), RunCoverage()
    one.cells.update({"use/capture": 1})
    two.cells.update({"use/capture": 2})
    one.first, two.first = {"use/capture": "test_a"}, {"use/capture": "test_b"}
    merged = merge_runs([one, two])
    assert (merged.cells["use/capture"], merged.runs) == (3, 2)
    assert merged.first == {"use/capture": "test_a"}


def test_cells_of_another_version_are_kept_and_listed() -> None:
    newer = RunCoverage(versions=("9.0.0",))
    newer.cells.update({"status/capture/PAUSED": 1})
    text = render_coverage(summarize(merge_runs([USED, newer])))
    assert "not judged, from another version: status/capture/PAUSED" in text
    assert "counted by versions" in text


def test_file_is_read_as_it_was_written() -> None:
    assert parse_coverage(dict(USED.content()), "a") == USED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "expected JSON"),
        (b"[]", "expected the coverage of a run, as --coverage FILE writes it, got a list"),
        (b'{"a": 1}', "got an object with a"),
        (b'{"format": 2, "cells": {}, "versions": ["9.0.0"]}', "written by 9.0.0"),
        (b'{"format": 1, "cells": {"a": -1}}', "counts that are not integers from 0"),
        (b'{"format": 1, "cells": {"a": true}}', "counts that are not integers from 0"),
    ],
)
def test_file_that_is_no_coverage_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(CoverageFileError, match=message):
        read_coverage(text, "run.json")
