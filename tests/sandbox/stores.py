"""Stores that behave as a slow or a busy one would."""

import asyncio
from collections.abc import Callable, Sequence

from mockserver.domain.order import Order
from mockserver.sandbox.memory import MemoryStore
from mockserver.sandbox.store import Opened, Receipt


def one_pause() -> int:
    return 1


class YieldingStore:
    """Lets other tasks run before and after it looks something up or commits.

    What was opened may so be out of date by the time it is used, as with a store that
    is reached over a network.
    """

    def __init__(self, pauses: Callable[[], int] = one_pause) -> None:
        """Pause as often as ``pauses`` says each time."""
        self._inner = MemoryStore()
        self._pauses = pauses

    async def add(self, order: Order) -> bool:
        """Add after a pause."""
        await self._pause()
        return await self._inner.add(order)

    async def open(self, order_id: str, receipt_name: str | None = None) -> Opened:
        """Look up between two pauses."""
        await self._pause()
        opened = await self._inner.open(order_id, receipt_name)
        await self._pause()
        return opened

    async def commit(
        self,
        opened: Opened,
        order: Order,
        receipt_name: str | None = None,
        receipt: Receipt | None = None,
    ) -> bool:
        """Commit between two pauses."""
        await self._pause()
        written = await self._inner.commit(opened, order, receipt_name, receipt)
        await self._pause()
        return written

    async def copy(self) -> "YieldingStore":
        """Copy after a pause."""
        await self._pause()
        twin = YieldingStore(self._pauses)
        twin._inner = await self._inner.copy()
        return twin

    async def orders(self) -> Sequence[Order]:
        """List after a pause."""
        await self._pause()
        return await self._inner.orders()

    async def _pause(self) -> None:
        for _ in range(self._pauses()):
            await asyncio.sleep(0)


class BusyStore(MemoryStore):
    """Somebody else is always faster, as often as it is told."""

    def __init__(self, lost_races: int, meanwhile: Callable[[Order], Order]) -> None:
        """Lose so many races; each time the other changes the order."""
        super().__init__()
        self.lost_races = lost_races
        self.commits = 0
        self._meanwhile = meanwhile

    async def commit(
        self,
        opened: Opened,
        order: Order,
        receipt_name: str | None = None,
        receipt: Receipt | None = None,
    ) -> bool:
        """Let the other one commit first, while there are races to lose."""
        self.commits += 1
        if self.commits <= self.lost_races:
            fresh = await self.open(order.order_id)
            assert fresh.order is not None
            await super().commit(fresh, self._meanwhile(fresh.order))
        return await super().commit(opened, order, receipt_name, receipt)
