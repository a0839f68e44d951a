"""The journal: a bounded record of the requests of a sandbox.

Bounded: the oldest entries go first, the count goes on. An entry keeps references to
values that exist anyway; it is put into words only when somebody reads it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from msgspec import Struct, field

from mockserver.domain.allocation.allocate import explain_allocation
from mockserver.domain.allocation.explanation import Explanation
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Refusal
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.sandbox.faults.actions import ResponseDamage

DEFAULT_JOURNAL_SIZE = 1000
MAX_COUNTERS = 100_000  # beyond it, requests are no longer counted by order
MAX_ORDER_ID_LENGTH = 255  # characters of an order id (documented)
NOT_FOUND = 404  # an order that does not exist is not counted by its id


class Entry(Struct, dict=True):
    """One request. ``status`` is the decided status, ``before`` and ``after`` the order.

    ``crash`` is the traceback where the server itself failed.
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
    before: Order | None = None
    after: Order | None = None
    faults: list[str] = field(default_factory=list)
    damage: ResponseDamage | None = None
    crash: str | None = None

    @cached_property
    def explanation(self) -> Explanation | None:
        """Why a refund was allocated as it was, where the exchange was an accepted one."""
        if self.after is None or not isinstance(self.result, Acceptance):
            return None
        refund = self.after.get_refund(self.result.created_id or "")
        return explain_allocation(self.after, refund) if refund else None

    @property
    def sent(self) -> str:
        """What really reached the client, in words."""
        return self.damage.sent if self.damage else "the whole response"


class Journal:
    """The latest requests of a sandbox, oldest first."""

    def __init__(self, size: int = DEFAULT_JOURNAL_SIZE) -> None:
        """Keep at most so many entries."""
        self.size = size
        self._entries: deque[Entry] = deque(maxlen=size)
        self._waiters: list[asyncio.Event] = []
        self.counts: Counter[tuple[Operation | None, str | None, int]] = Counter()

    def record(self, entry: Entry) -> None:
        """Write an exchange down."""
        self._entries.append(entry)
        is_countable = (
            len(entry.order_id or "") <= MAX_ORDER_ID_LENGTH and entry.status != NOT_FOUND
        )
        order_id = entry.order_id if is_countable and len(self.counts) < MAX_COUNTERS else None
        self.counts[entry.operation, order_id, entry.status] += 1
        self.notify_waiters()

    @property
    def count(self) -> int:
        """How many exchanges there were, the forgotten ones included."""
        return self.counts.total()

    def count_matching(
        self,
        operation: Operation | None = None,
        order_id: str | None = None,
        status: int | None = None,
    ) -> int:
        """How many exchanges asked for an operation, on an order, with a status."""
        return sum(
            count
            for (its_operation, its_order, its_status), count in self.counts.items()
            if operation in (None, its_operation)
            and order_id in (None, its_order)
            and status in (None, its_status)
        )

    def notify_waiters(self) -> None:
        """Notify all waiters, also when another journal replaces this one."""
        for waiter in self._waiters:
            waiter.set()

    async def wait_for_entry(self, seconds: float) -> bool:
        """Wait for the next entry; return False on timeout."""
        waiter = asyncio.Event()
        self._waiters.append(waiter)
        try:
            await asyncio.wait_for(waiter.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._waiters.remove(waiter)
        return True

    def copy(self) -> "Journal":
        """A journal of its own with the same entries and counts."""
        copy = Journal(self.size)
        copy._entries.extend(self._entries)
        copy.counts.update(self.counts)
        return copy

    def clear(self) -> None:
        """Forget everything, the counts included."""
        self._entries.clear()
        self.counts.clear()

    def find(self, correlation_id: str) -> Entry | None:
        """Find the exchange that carried a correlation id."""
        return next((e for e in self if e.correlation_id == correlation_id), None)

    def __iter__(self) -> Iterator[Entry]:
        """Go through the kept entries, oldest first."""
        return iter(self._entries)
