"""The journal: a bounded record of the requests of a sandbox.

Beyond the bound the oldest entries are dropped, but still counted. An entry references
values that exist anyway; it is rendered only when somebody reads it.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from copy import copy
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from typing import TypeAlias

from msgspec import Struct, field

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.domain.request_hints import request_hints
from mockserver.sandbox.faults.actions import ResponseDamage
from mockserver.sandbox.memory_sizes import (
    COUNTER_BYTES,
    ENTRY_BYTES,
    measure_order_version,
    measure_value,
)
from mockserver.sandbox.recordings import Message, measure_messages
from mockserver.sandbox.waiters import Waiters, wait_for_change

CountKey: TypeAlias = tuple[Operation | None, str | None, int]
"""Operation, order id and status of counted requests."""

DEFAULT_JOURNAL_SIZE = 1000
MAX_COUNTERS = 100_000  # beyond it, requests are no longer counted by order
MAX_ORDER_ID_LENGTH = 255  # characters of an order id (documented)
BYTES_PER_ENTRY = 4096
"""Average bytes of the entries; beyond this times their maximum number, old ones go."""

MAX_RECORDED_BYTES = 4 * 1024**2
"""Maximum bytes of all messages; beyond it the oldest entries lose theirs."""

NOT_FOUND = 404  # an order that does not exist is not counted by its id


class Entry(Struct, dict=True):
    """One request.

    Attributes:
        status: the decided status.
        before: the order before the request.
        after: the order after the request.
        has_secret_in_url: whether the path or query contained the secret of the caller.
        fault_names: the fault actions that were applied, without their numbers.
        crash: the traceback if the server itself failed.
        messages: the request and the response, as long as they are kept.
        seconds: real time from its arrival to the decision, delays included.
        entry_id: number of the entry in its journal, from 1; set by the journal.
        counted_bytes: the bytes that it counts for in its journal, set by it.
    """

    at: datetime
    correlation_id: str
    method: str
    path: str
    operation: Operation | None = None
    order_id: str | None = None
    status: int = 0
    result: Acceptance | Refusal | None = None
    replayed: bool = False
    body_changed: bool = False
    idempotency_key: str | None = None
    retry_after: str | None = None
    has_secret_in_url: bool = False
    before: Order | None = None
    after: Order | None = None
    faults: list[str] = field(default_factory=list)
    fault_names: tuple[str, ...] = ()
    damage: ResponseDamage | None = None
    crash: str | None = None
    messages: tuple[Message, Message] | None = None
    seconds: float = 0.0
    entry_id: int = 0
    counted_bytes: int = 0

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """Hints on an accepted request that will cause trouble later."""
        return request_hints(self.before, self.after, self.operation)

    @property
    def created_id(self) -> str | None:
        """Id of the capture or refund that the request created; also of a replay."""
        return self.result.created_id if isinstance(self.result, Acceptance) else None

    @property
    def is_change(self) -> bool:
        """Whether the request changed its order."""
        return self.after is not None and self.after is not self.before

    @cached_property
    def explanation(self) -> Explanation | None:
        """The explanation of the allocation, if the request was an accepted refund."""
        if self.after is None or not isinstance(self.result, Acceptance):
            return None
        refund = self.after.get_refund(self.result.created_id or "")
        return explain_allocation(self.after, refund) if refund else None

    @property
    def total_bytes(self) -> int:
        """The bytes that it takes, without its messages and what the sandbox holds anyway."""
        total = ENTRY_BYTES + len(self.path) + len(self.crash or "")
        total += sum(map(len, self.faults))
        if isinstance(self.result, Refusal):
            total += measure_value(self.result.facts)
        if self.after is not None and self.after is not self.before:
            total += measure_order_version(self.after)
        return total

    @property
    def sent(self) -> str:
        """Description of what was really sent to the client."""
        return self.damage.sent if self.damage else "the whole response"


class IncompleteJournalError(LookupError):
    """Raised by a reader of a journal whose entries are stored elsewhere; load them."""


class Journal:
    """The latest requests of a sandbox, oldest first.

    Attributes:
        size: maximum number of entries.
        last_id: id of the last entry.
        cleared_id: id of the last entry before the journal was cleared.
        counts: number of requests by operation, order and status.
        is_complete: whether all entries are loaded.
    """

    def __init__(self, size: int = DEFAULT_JOURNAL_SIZE) -> None:
        """Keep at most ``size`` entries."""
        self.size = size
        self._entries: deque[Entry] = deque()
        self.waiters = Waiters()
        self._entry_bytes = self._recorded_bytes = 0
        self._unrecorded_count = 0  # of the oldest entries, which lost their messages
        self.last_id = self.cleared_id = 0
        self.counts: dict[CountKey, int] = {}
        self.is_complete = True

    @property
    def total_bytes(self) -> int:
        """The bytes of all entries, messages and counts."""
        counter_bytes = len(self.counts) * COUNTER_BYTES
        return self._entry_bytes + self._recorded_bytes + counter_bytes

    def record(self, entry: Entry) -> None:
        """Add an entry, and notify the waiters."""
        self.last_id += 1
        entry.entry_id = self.last_id
        self._append(entry)
        is_countable = (
            len(entry.order_id or "") <= MAX_ORDER_ID_LENGTH and entry.status != NOT_FOUND
        )
        order_id = entry.order_id if is_countable and len(self.counts) < MAX_COUNTERS else None
        key = entry.operation, order_id, entry.status
        self.counts[key] = self.counts.get(key, 0) + 1
        self.notify_waiters()

    def _append(self, entry: Entry) -> None:
        """Append an entry, and drop the oldest ones beyond the limits."""
        self._entries.append(entry)
        entry.counted_bytes = entry.total_bytes
        self._entry_bytes += entry.counted_bytes
        self._recorded_bytes += measure_messages(entry.messages)
        limit = self.size * BYTES_PER_ENTRY
        while len(self._entries) > self.size or self._entry_bytes > limit:
            self._drop_oldest()
        while self._recorded_bytes > MAX_RECORDED_BYTES:
            self._drop_oldest_messages()

    def _drop_oldest(self) -> None:
        self._forget(self._entries.popleft())
        if self._unrecorded_count:
            self._unrecorded_count -= 1

    def _drop_oldest_messages(self) -> None:
        """Replace the oldest entry with messages; copies of the journal keep the original."""
        entry = copy(self._entries[self._unrecorded_count])
        self._recorded_bytes -= measure_messages(entry.messages)
        entry.messages = None
        self._entries[self._unrecorded_count] = entry
        self._unrecorded_count += 1

    def _forget(self, entry: Entry) -> None:
        self._entry_bytes -= entry.counted_bytes
        self._recorded_bytes -= measure_messages(entry.messages)

    @property
    def first_id(self) -> int:
        """Id of the oldest entry, or of the next one if there is none."""
        return self._entries[0].entry_id if self._entries else self.last_id + 1

    @property
    def count(self) -> int:
        """The number of requests, including those whose entries were dropped."""
        return sum(self.counts.values())

    def count_matching(
        self,
        operation: Operation | None = None,
        order_id: str | None = None,
        status: int | None = None,
    ) -> int:
        """Count the requests with an operation, an order and a status."""
        return sum(
            count
            for (entry_operation, entry_order, entry_status), count in self.counts.items()
            if operation in (None, entry_operation)
            and order_id in (None, entry_order)
            and status in (None, entry_status)
        )

    def notify_waiters(self) -> None:
        """Notify all waiters, also when another journal replaces this one."""
        self.waiters.notify()

    async def wait_for_entry(self, seconds: float) -> bool:
        """Wait for the next entry; return False on timeout."""
        return await wait_for_change(seconds, self.waiters)

    def copy(self) -> "Journal":
        """Return an independent copy with the same entries and counts."""
        other = Journal(self.size)
        other._entries.extend(self._entries)
        other.is_complete = self.is_complete
        other.last_id, other.cleared_id = self.last_id, self.cleared_id
        other._entry_bytes, other._recorded_bytes = self._entry_bytes, self._recorded_bytes
        other._unrecorded_count = self._unrecorded_count
        other.counts.update(self.counts)
        return other

    def clear(self) -> None:
        """Remove all entries and counts."""
        self.counts.clear()
        self.drop_until(self.last_id)
        self.is_complete = True

    def drop_until(self, entry_id: int) -> None:
        """Drop the entries up to an id, because the journal was cleared."""
        self.cleared_id = entry_id
        while self._entries and self._entries[0].entry_id <= entry_id:
            self._drop_oldest()

    def drop_after(self, entry_id: int) -> None:
        """Drop the entries after an id, because their turns are undone."""
        while self._entries and self._entries[-1].entry_id > entry_id:
            self._forget(self._entries.pop())
        self._unrecorded_count = min(self._unrecorded_count, len(self._entries))
        self.last_id = entry_id

    def load(self, entries: Iterable[Entry]) -> None:
        """Replace the entries by those that are stored."""
        self._entries.clear()
        self._entry_bytes = self._recorded_bytes = self._unrecorded_count = 0
        self.is_complete = True
        for entry in entries:
            if entry.entry_id > self.cleared_id:
                self._append(entry)

    def entries_at_hand(self, after: int) -> list[Entry]:
        """Return the entries after an id, oldest first, also of an incomplete journal."""
        newest = takewhile(lambda entry: entry.entry_id > after, reversed(self._entries))
        return list(newest)[::-1]

    def find(self, correlation_id: str) -> Entry | None:
        """Find the entry with a correlation id."""
        return next((entry for entry in self if entry.correlation_id == correlation_id), None)

    def require_entries(self) -> None:
        """Check that all entries are loaded.

        Raises:
            IncompleteJournalError: they are stored elsewhere.
        """
        if not self.is_complete:
            raise IncompleteJournalError

    def entries_after(self, entry_id: int) -> list[Entry]:
        """Return the entries after an id, oldest first; takes time only for these.

        Raises:
            IncompleteJournalError: they are stored elsewhere.
        """
        self.require_entries()
        return self.entries_at_hand(entry_id)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries, oldest first.

        Raises:
            IncompleteJournalError: they are stored elsewhere.
        """
        self.require_entries()
        return iter(self._entries)
