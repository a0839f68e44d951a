"""What was asked of a sandbox, what was decided, and what was delivered.

Bounded: the oldest entries go first, the count goes on. An entry keeps references to
values that exist anyway; it is put into words only when somebody reads it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from msgspec import Struct, field

from mockserver.domain.allocation import explained
from mockserver.domain.decision import Outcome
from mockserver.domain.errors import Rejection
from mockserver.domain.explanation import Explanation
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.sandbox.actions import Delivery

ENTRIES_KEPT = 1000
COUNTS_KEPT = 100_000  # beyond it, requests are no longer counted by order
LONGEST_ID = 255  # characters of an order id (documented)
NOT_FOUND = 404  # an order that does not exist is not counted by its id


class Entry(Struct, dict=True):
    """One exchange. ``status`` is what was decided, ``before`` and ``after`` the order.

    ``crash`` is the traceback where the server itself failed.
    """

    at: datetime
    correlation_id: str
    method: str
    path: str
    operation: Operation | None = None
    order_id: str | None = None
    status: int = 0
    result: Outcome | Rejection | None = None
    replayed: bool = False
    body_changed: bool = False
    before: Order | None = None
    after: Order | None = None
    faults: list[str] = field(default_factory=list)
    delivery: Delivery | None = None
    crash: str | None = None

    @cached_property
    def explanation(self) -> Explanation | None:
        """Why a refund was allocated as it was, where the exchange was an accepted one."""
        if self.after is None or not isinstance(self.result, Outcome):
            return None
        refund = self.after.refund(self.result.created_id or "")
        return explained(self.after, refund) if refund else None

    @property
    def sent(self) -> str:
        """What really reached the client, in words."""
        return self.delivery.result if self.delivery else "the whole answer"


class Journal:
    """The latest exchanges of a sandbox, oldest first."""

    def __init__(self, size: int = ENTRIES_KEPT) -> None:
        """Keep at most so many entries."""
        self.size = size
        self._entries: deque[Entry] = deque(maxlen=size)
        self._waiters: list[asyncio.Event] = []
        self.counts: Counter[tuple[Operation | None, str | None, int]] = Counter()

    def record(self, entry: Entry) -> None:
        """Write an exchange down."""
        self._entries.append(entry)
        known = len(entry.order_id or "") <= LONGEST_ID and entry.status != NOT_FOUND
        whose = entry.order_id if known and len(self.counts) < COUNTS_KEPT else None
        self.counts[entry.operation, whose, entry.status] += 1
        self.wake()

    @property
    def count(self) -> int:
        """How many exchanges there were, the forgotten ones included."""
        return self.counts.total()

    def count_of(
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

    def wake(self) -> None:
        """Let all who wait look again, be it that another journal takes over."""
        for waiter in self._waiters:
            waiter.set()

    async def wait_for_more(self, seconds: float) -> bool:
        """Wait until something is written down; say no if nothing is in that time."""
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
        twin = Journal(self.size)
        twin._entries.extend(self._entries)
        twin.counts.update(self.counts)
        return twin

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
