"""Recorded messages of a journal are bounded in bytes and follow its entries."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from mockserver.sandbox import journal as journal_module
from mockserver.sandbox.journal import Entry, Journal
from mockserver.sandbox.recordings import (
    MAX_BODY_BYTES,
    MESSAGE_OVERHEAD_BYTES,
    Message,
    record_message,
)

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def record(journal: Journal, body: bytes = b"") -> int:
    messages = record_message({}, body), record_message({}, b"")
    entry = Entry(NOW, "", "GET", "/", messages=messages)
    journal.record(entry)
    return entry.entry_id


def kept(journal: Journal) -> list[int]:
    return [entry.entry_id for entry in journal if entry.messages]


def recorded_bytes(journal: Journal) -> int:
    """Return what the messages add to the bytes of a journal."""
    plain = Journal(journal.size)
    plain.load([replace(entry, messages=None) for entry in journal])
    plain.counts = journal.counts
    return journal.total_bytes - plain.total_bytes


def test_oldest_messages_are_dropped_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDED_BYTES", 4 * MESSAGE_OVERHEAD_BYTES + 10)
    journal = Journal()
    record(journal, b"x" * 6)
    record(journal, b"x" * 4)
    assert kept(journal) == [1, 2]
    record(journal, b"x")
    assert kept(journal) == [2, 3]
    assert len(list(journal)) == 3
    record(journal, b"x")
    assert kept(journal) == [3, 4]
    assert recorded_bytes(journal) == 4 * MESSAGE_OVERHEAD_BYTES + 2


def test_entry_that_lost_its_messages_keeps_them_in_a_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDED_BYTES", 2 * MESSAGE_OVERHEAD_BYTES)
    journal = Journal()
    record(journal)
    copy = journal.copy()
    record(journal)
    assert (kept(journal), kept(copy)) == ([2], [1])


def test_undone_entry_without_messages_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDED_BYTES", 2 * MESSAGE_OVERHEAD_BYTES)
    journal = Journal()
    record(journal)
    record(journal)
    journal.drop_after(0)
    record(journal)
    record(journal)
    assert kept(journal) == [2]


@pytest.mark.parametrize(("size", "expected"), [(2, [2, 3]), (0, [])])
def test_messages_are_dropped_with_their_entries(size: int, expected: list[int]) -> None:
    journal = Journal(size)
    for _ in range(3):
        record(journal)
    assert kept(journal) == expected
    assert recorded_bytes(journal) == len(expected) * 2 * MESSAGE_OVERHEAD_BYTES


def test_entries_without_messages_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDED_BYTES", 2 * MESSAGE_OVERHEAD_BYTES)
    journal = Journal(2)
    for _ in range(4):
        record(journal)
    assert [entry.entry_id for entry in journal] == [3, 4]
    assert kept(journal) == [4]


def test_entry_without_messages_has_none() -> None:
    journal = Journal()
    journal.record(Entry(NOW, "", "GET", "/"))
    assert kept(journal) == []


def test_undone_entries_take_their_messages_along() -> None:
    journal = Journal()
    kept_id = record(journal)
    record(journal)
    journal.record(Entry(NOW, "", "GET", "/"))
    journal.drop_after(kept_id)
    assert kept(journal) == [kept_id]
    assert recorded_bytes(journal) == 2 * MESSAGE_OVERHEAD_BYTES


def test_copy_is_independent() -> None:
    journal = Journal()
    record(journal)
    copy = journal.copy()
    record(copy)
    journal.clear()
    assert (kept(journal), kept(copy)) == ([], [1, 2])


@pytest.mark.parametrize(
    ("body", "size", "is_cut"),
    [
        (b"x", 1, False),
        (b"x" * MAX_BODY_BYTES, MAX_BODY_BYTES, False),
        (b"x" * (MAX_BODY_BYTES + 1), MAX_BODY_BYTES + 1, True),
        (None, MAX_BODY_BYTES + 1, True),
    ],
)
def test_body_is_cut_at_the_limit(body: bytes | None, size: int, *, is_cut: bool) -> None:
    message = record_message({}, body)
    assert (message.body_bytes, message.is_cut) == (size, is_cut)
    assert len(message.body) <= MAX_BODY_BYTES


def test_masking_keeps_other_text() -> None:
    text = b'{"name": "email", "email": "a@b.se", "emails": "kept", "phone": ""}'
    message = Message({}, text, len(text))
    assert message.shown_body() == (
        '{"name": "email", "email": "masked", "emails": "kept", "phone": ""}'
    )
