"""Send what is due as the clock of a sandbox moves, by hand or by itself.

No state is held while the merchant is called: a delivery is taken, sent, and settled
only if the sandbox still has it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct

from mockserver.http.deliveries.outgoing import build_request
from mockserver.http.deliveries.sender import Sender, Sent
from mockserver.sandbox.deliveries.delivery import Attempt, Delivery, is_stopped
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox

MAX_PARALLEL = 64  # calls of one sandbox at a time
MAX_TIMER_SECONDS = 86_400.0  # timers are armed again after this


class SentDelivery(Struct, frozen=True):
    """A delivery after an attempt; ``attempt`` is ``None`` if it is held."""

    delivery: Delivery
    at: datetime
    attempt: Attempt | None


class DeliveryRunner:
    """Sends deliveries of all sandboxes of a registry."""

    def __init__(self, registry: SandboxRegistry[Any], sender: Sender) -> None:
        self._registry = registry
        self._sender = sender
        self._locks: WeakKeyDictionary[Sandbox, asyncio.Lock] = WeakKeyDictionary()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def advance(self, sandbox: Sandbox, target: datetime) -> list[SentDelivery]:
        """Move the clock to a time, from due time to due time, sending what is due.

        The clock stops at each due time until the merchant has answered, so that an
        acknowledge made in answer to a push stops the later ones.
        """
        async with self._locks.setdefault(sandbox, asyncio.Lock()):
            return await self._advance(sandbox, target)

    async def _advance(self, sandbox: Sandbox, target: datetime) -> list[SentDelivery]:
        sent: list[SentDelivery] = []
        deliveries = sandbox.deliveries
        while batch := deliveries.take_due(target, lambda d: self._is_wanted(sandbox, d)):
            _move_clock(sandbox, batch[0].due[0])
            sent += await self._send_batch(sandbox, batch)
            if sandbox.deliveries is not deliveries or not self._is_current(sandbox):
                return sent  # restored, reset or dropped meanwhile
        _move_clock(sandbox, target)
        self.arm(sandbox)
        return sent

    async def _send_batch(
        self, sandbox: Sandbox, batch: Sequence[Delivery]
    ) -> list[SentDelivery]:
        """Send deliveries side by side, but those to one URL one after the other."""
        by_url: dict[str, list[Delivery]] = {}
        for delivery in batch:
            by_url.setdefault(delivery.url, []).append(delivery)
        rows, sent = iter(by_url.values()), list[SentDelivery]()

        async def work() -> None:
            for row in rows:  # shared by all workers
                for delivery in row:
                    sent.append(await self.send(sandbox, delivery))

        await asyncio.gather(*(work() for _ in range(min(len(by_url), MAX_PARALLEL))))
        return sent

    async def send(self, sandbox: Sandbox, delivery: Delivery) -> SentDelivery:
        """Send a delivery now, whether it is due or not, and settle it."""
        at, deliveries = sandbox.clock.now(), sandbox.deliveries
        request = build_request(sandbox, delivery)
        try:
            if request.held:
                result = Sent(0.0, held=request.held)
            else:
                result = await self._sender.send(delivery, request)
        except asyncio.CancelledError:
            deliveries.settle(delivery.delivery_id, Attempt(at, None, 0.0, "interrupted"))
            raise
        attempt = Attempt(at, result.status, result.seconds, result.error)
        changed = deliveries.settle(delivery.delivery_id, attempt, result.held)
        return SentDelivery(changed or delivery, at, None if result.held else attempt)

    def start_sending(self, sandbox: Sandbox, delivery: Delivery) -> None:
        """Send a delivery now without waiting for the answer."""
        self._start_task(self.send(sandbox, delivery))

    def arm(self, sandbox: Sandbox) -> None:
        """Set a timer for the next due time; a frozen clock reaches only what is due now."""
        timer = self._timers.pop(sandbox.name, None)
        if timer is not None:
            timer.cancel()
        due_at = sandbox.deliveries.next_due_at()
        if due_at is None:
            return
        seconds = max(0.0, (due_at - sandbox.clock.now()).total_seconds())
        if seconds and sandbox.clock.frozen:
            return
        self._timers[sandbox.name] = asyncio.get_running_loop().call_later(
            min(seconds, MAX_TIMER_SECONDS), self._start, sandbox
        )

    async def close(self) -> None:
        """Cancel timers and calls under way, and close all connections."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.close()

    def _start(self, sandbox: Sandbox) -> None:
        self._timers.pop(sandbox.name, None)
        if self._is_current(sandbox):
            self._start_task(self.advance(sandbox, sandbox.clock.now()))

    def _start_task(self, sending: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_current(self, sandbox: Sandbox) -> bool:
        return self._registry.get(sandbox.name) is sandbox

    @staticmethod
    def _is_wanted(sandbox: Sandbox, delivery: Delivery) -> bool:
        order = sandbox.orders.get(delivery.order_id)
        return not is_stopped(delivery, order, sandbox.assumptions)


def _move_clock(sandbox: Sandbox, moment: datetime) -> None:
    """Move the clock forward; it never goes back, also if another request moves it."""
    if moment > sandbox.clock.now():
        sandbox.clock.set(moment)
