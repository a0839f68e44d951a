import asyncio

import pytest

from mockserver.domain.operation import Operation
from mockserver.sandbox.faults.actions import ResponseDamage
from mockserver.sandbox.journal import DEFAULT_JOURNAL_SIZE, MAX_COUNTERS, Entry, Journal
from tests.support.builders import NOW


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


def kept(journal: Journal) -> list[str]:
    return [item.correlation_id for item in journal]


def test_exchanges_are_kept_oldest_first() -> None:
    assert kept(filled(size=5, entries=3)) == ["0", "1", "2"]


def test_beyond_its_size_the_oldest_exchanges_go_and_the_count_goes_on() -> None:
    journal = filled(size=3, entries=5)
    assert kept(journal) == ["2", "3", "4"]
    assert journal.count == 5


def test_a_journal_is_bounded_unless_told_otherwise() -> None:
    journal = Journal()
    for number in range(DEFAULT_JOURNAL_SIZE + 1):
        journal.record(entry(str(number)))
    assert len(kept(journal)) == DEFAULT_JOURNAL_SIZE


def test_a_journal_of_no_size_counts_all_the_same() -> None:
    journal = filled(size=0, entries=2)
    assert kept(journal) == []
    assert journal.count == 2


def test_an_exchange_is_found_by_its_correlation_id() -> None:
    journal = filled(size=3, entries=3)
    found = journal.find("1")
    assert found is not None
    assert found.correlation_id == "1"


def test_an_exchange_that_was_forgotten_or_never_was_is_not_found() -> None:
    journal = filled(size=3, entries=4)
    assert journal.find("0") is None
    assert journal.find("nothing") is None


@pytest.mark.parametrize(
    ("wanted", "count"),
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
def test_exchanges_are_counted_beyond_those_that_are_kept(
    wanted: dict[str, object],
    count: int,
) -> None:
    journal = Journal(1)
    journal.record(entry("1", Operation.REFUND, "a", 201))
    journal.record(entry("2", Operation.REFUND, "a", 403))
    journal.record(entry("3", Operation.REFUND, "b", 201))
    journal.record(entry("4", Operation.GET_ORDER, "a", 200))
    journal.record(entry("5", status=404))
    assert journal.count_matching(**wanted) == count  # type: ignore[arg-type]


def test_a_cleared_journal_begins_anew() -> None:
    journal = filled(size=3, entries=3)
    journal.clear()
    assert kept(journal) == []
    assert journal.count == journal.count_matching() == 0


def test_an_entry_says_what_reached_the_client() -> None:
    undisturbed, damaged = entry("1"), entry("2")
    damaged.damage = ResponseDamage(body_bytes=5)
    damaged.damage.sent = "5 bytes of 20"
    assert undisturbed.sent == "the whole response"
    assert damaged.sent == "5 bytes of 20"


def test_what_names_an_order_that_is_not_there_is_not_counted_by_its_name() -> None:
    """Else somebody who tries out names would fill the memory."""
    journal = Journal()
    for number in range(5):
        journal.record(entry("1", Operation.GET_ORDER, f"guess-{number}", 404))
    assert journal.count_matching(Operation.GET_ORDER, status=404) == 5
    assert journal.count_matching(order_id="guess-1") == 0
    assert len(journal.counts) == 1


def test_beyond_a_bound_exchanges_are_counted_without_their_order() -> None:
    journal = Journal(1)
    for number in range(MAX_COUNTERS + 10):
        journal.record(entry("1", Operation.REFUND, f"order-{number}", 201))
    assert journal.count_matching(Operation.REFUND, status=201) == MAX_COUNTERS + 10
    assert len(journal.counts) == MAX_COUNTERS + 1


def test_a_copy_and_its_original_go_their_own_ways() -> None:
    journal = filled(size=3, entries=5)
    twin = journal.copy()
    assert (kept(twin), twin.count) == (kept(journal), journal.count)
    twin.record(entry("new"))
    assert (kept(twin), twin.count) == (["3", "4", "new"], 6)
    assert (kept(journal), journal.count) == (["2", "3", "4"], 5)


async def test_all_who_wait_hear_of_the_next_exchange() -> None:
    journal = filled(size=3, entries=1)
    waiting = [asyncio.create_task(journal.wait_for_entry(60)) for _ in range(3)]
    await asyncio.sleep(0)
    journal.record(entry("new"))
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_who_waits_in_vain_is_told_so() -> None:
    journal = filled(size=3, entries=1)
    assert not await journal.wait_for_entry(0)


async def test_who_gave_up_waiting_does_not_hear_of_what_comes_later() -> None:
    journal = Journal()
    waiting = asyncio.create_task(journal.wait_for_entry(60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    journal.record(entry("new"))
    assert not await journal.wait_for_entry(0)
