import asyncio
from typing import Any

import pytest

from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.faults.actions import ResponseDamage
from mockserver.sandbox.journal import (
    BYTES_PER_ENTRY,
    DEFAULT_JOURNAL_SIZE,
    MAX_COUNTERS,
    Entry,
    Journal,
)
from tests.support.builders import NOW, make_order


def entry(
    correlation_id: str,
    operation: Operation | None = None,
    order_id: str | None = None,
    status: int = 200,
) -> Entry:
    return Entry(NOW, correlation_id, "GET", "/", operation, order_id, status)


def filled(size: int, entries: int) -> Journal:
    journal = Journal(size)
    for number in range(entries):
        journal.record(entry(str(number)))
    return journal


def correlation_ids(journal: Journal) -> list[str]:
    return [entry.correlation_id for entry in journal]


def test_entries_are_kept_oldest_first() -> None:
    assert correlation_ids(filled(size=5, entries=3)) == ["0", "1", "2"]


def test_oldest_entries_are_dropped_but_counted() -> None:
    journal = filled(size=3, entries=5)
    assert correlation_ids(journal) == ["2", "3", "4"]
    assert journal.count == 5


def test_journal_is_bounded_by_default() -> None:
    journal = Journal()
    for number in range(DEFAULT_JOURNAL_SIZE + 1):
        journal.record(entry(str(number)))
    assert len(correlation_ids(journal)) == DEFAULT_JOURNAL_SIZE


def test_journal_of_size_0_still_counts() -> None:
    journal = filled(size=0, entries=2)
    assert correlation_ids(journal) == []
    assert journal.count == 2


def test_oldest_entries_are_dropped_beyond_the_bytes_of_the_journal() -> None:
    journal = Journal(size=10)
    for number in range(10):
        large = entry(str(number))
        large.path = "/" * BYTES_PER_ENTRY
        journal.record(large)
    assert correlation_ids(journal) == [str(number) for number in range(1, 10)]
    assert journal.count == 10
    assert journal.total_bytes < 10 * BYTES_PER_ENTRY


@pytest.mark.parametrize(
    "heavier",
    [
        {"path": "/" * 1000},
        {"result": Refusal(Reason.INVALID_FIELDS, violations=["'body' is not valid"])},
        {"crash": "Traceback"},
        {"faults": ["lost: lose_answer reset"]},
        {"after": make_order()},
    ],
    ids=lambda heavier: str(*heavier),
)
def test_entry_counts_the_bytes_that_only_it_refers_to(heavier: dict[str, Any]) -> None:
    plain, other = entry("1"), entry("1")
    for name, value in heavier.items():
        setattr(other, name, value)
    assert other.total_bytes > plain.total_bytes


def test_copy_and_cleared_journal_count_their_bytes() -> None:
    journal = filled(size=3, entries=3)
    copy = journal.copy()
    assert copy.total_bytes == journal.total_bytes > 0
    journal.clear()
    assert journal.total_bytes == 0


def test_entry_is_found_by_its_correlation_id() -> None:
    journal = filled(size=3, entries=3)
    entry = journal.find("1")
    assert entry is not None
    assert entry.correlation_id == "1"


def test_dropped_and_unknown_entries_are_not_found() -> None:
    journal = filled(size=3, entries=4)
    assert journal.find("0") is None
    assert journal.find("nothing") is None


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        pytest.param({}, 5, id="all"),
        pytest.param({"operation": Operation.REFUND}, 3, id="by operation"),
        pytest.param({"order_id": "a"}, 3, id="by order"),
        pytest.param({"status": 201}, 2, id="by status"),
        pytest.param({"operation": Operation.REFUND, "order_id": "a"}, 2, id="by two"),
        pytest.param(
            {"operation": Operation.REFUND, "order_id": "a", "status": 403},
            1,
            id="by all three",
        ),
        pytest.param({"operation": Operation.CANCEL}, 0, id="of what never happened"),
    ],
)
def test_counts_include_dropped_entries(
    filters: dict[str, object],
    count: int,
) -> None:
    journal = Journal(1)
    journal.record(entry("1", Operation.REFUND, "a", 201))
    journal.record(entry("2", Operation.REFUND, "a", 403))
    journal.record(entry("3", Operation.REFUND, "b", 201))
    journal.record(entry("4", Operation.GET_ORDER, "a", 200))
    journal.record(entry("5", status=404))
    assert journal.count_matching(**filters) == count  # type: ignore[arg-type]


def test_cleared_journal_is_empty() -> None:
    journal = filled(size=3, entries=3)
    journal.clear()
    assert correlation_ids(journal) == []
    assert journal.count == journal.count_matching() == 0


def test_entry_records_the_sent_response() -> None:
    undisturbed, damaged = entry("1"), entry("2")
    damaged.damage = ResponseDamage(body_bytes=5)
    damaged.damage.sent = "5 bytes of 20"
    assert undisturbed.sent == "the whole response"
    assert damaged.sent == "5 bytes of 20"


def test_requests_for_unknown_orders_are_not_counted_by_order() -> None:
    """Else somebody who tries out names would fill the memory."""
    journal = Journal()
    for number in range(5):
        journal.record(entry("1", Operation.GET_ORDER, f"guess-{number}", 404))
    assert journal.count_matching(Operation.GET_ORDER, status=404) == 5
    assert journal.count_matching(order_id="guess-1") == 0
    assert len(journal.counts) == 1


def test_beyond_the_limit_requests_are_counted_without_order() -> None:
    journal = Journal(1)
    for number in range(MAX_COUNTERS + 10):
        journal.record(entry("1", Operation.REFUND, f"order-{number}", 201))
    assert journal.count_matching(Operation.REFUND, status=201) == MAX_COUNTERS + 10
    assert len(journal.counts) == MAX_COUNTERS + 1


def test_copy_of_a_journal_is_independent() -> None:
    journal = filled(size=3, entries=5)
    twin = journal.copy()
    assert (correlation_ids(twin), twin.count) == (correlation_ids(journal), journal.count)
    twin.record(entry("new"))
    assert (correlation_ids(twin), twin.count) == (["3", "4", "new"], 6)
    assert (correlation_ids(journal), journal.count) == (["2", "3", "4"], 5)


async def test_all_waiters_are_notified_of_the_next_entry() -> None:
    journal = filled(size=3, entries=1)
    waiting = [asyncio.create_task(journal.wait_for_entry(60)) for _ in range(3)]
    await asyncio.sleep(0)
    journal.record(entry("new"))
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_waiting_times_out() -> None:
    journal = filled(size=3, entries=1)
    assert not await journal.wait_for_entry(0)


async def test_timed_out_waiter_is_not_notified() -> None:
    journal = Journal()
    waiting = asyncio.create_task(journal.wait_for_entry(60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    journal.record(entry("new"))
    assert not await journal.wait_for_entry(0)


def test_cleared_entries_are_not_loaded_again() -> None:
    journal = filled(size=5, entries=3)
    stored = list(journal)
    journal.clear()
    journal.record(entry("3"))
    journal.load([*stored, *journal])
    assert correlation_ids(journal) == ["3"]
