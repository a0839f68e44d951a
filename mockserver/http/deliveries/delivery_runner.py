"""Send what is due as the clock of a sandbox moves, by hand or by itself.

No state is held while the merchant is called: a delivery is taken, sent, and settled
only if the sandbox still has it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from msgspec import Struct

from mockserver.homes.home import ArgumentsT, Home, ResultT
from mockserver.http.deliveries import delivery_faults
from mockserver.http.deliveries import delivery_turns as turns
from mockserver.http.deliveries.delivery_turns import PreparedDelivery
from mockserver.http.deliveries.outgoing import build_request
from mockserver.http.deliveries.sender import Sender, Sent, no_response, timeout_of
from mockserver.sandbox.clock import ClockMove
from mockserver.sandbox.deliveries.delivery import (
    Attempt,
    Delivery,
    FiredActions,
)
from mockserver.sandbox.faults.actions import Respond
from mockserver.sandbox.sandbox import Sandbox

MAX_PARALLEL = 64  # calls of one sandbox at a time
MAX_TIMER_SECONDS = 86_400.0  # timers are armed again after this


class SentDelivery(Struct, frozen=True):
    """A delivery after an attempt, and the response; ``attempt`` is ``None`` if it is held."""

    delivery: Delivery
    at: datetime
    attempt: Attempt | None
    result: Sent


class DeliveryRunner:
    """Sends deliveries of all sandboxes of a registry."""

    def __init__(self, home: Home, sender: Sender) -> None:
        self._home = home
        self._sender = sender
        self._locks: WeakKeyDictionary[Sandbox, asyncio.Lock] = WeakKeyDictionary()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._under_way: dict[str, asyncio.Future[Any]] = {}  # calls of an advance, by sandbox

    async def advance(self, sandbox: Sandbox, move: ClockMove) -> list[SentDelivery]:
        """Move the clock, from due time to due time, sending what is due.

        The clock stops at each due time until the merchant has answered, so that an
        acknowledge made in response to a push stops the later ones.
        """
        async with self._locks.setdefault(sandbox, asyncio.Lock()):
            return await self._advance(sandbox, move)

    async def _advance(self, sandbox: Sandbox, move: ClockMove) -> list[SentDelivery]:
        sent: list[SentDelivery] = []
        while (step := await self.take_turn(sandbox, turns.take_step, move)) and step.due:
            sent += await self._send_batch(sandbox, step.due)
            move = step.rest
        if self.is_in_use(sandbox):
            self.arm(sandbox)
        return sent

    async def take_turn(
        self,
        sandbox: Sandbox,
        turn: Callable[[Sandbox, *ArgumentsT], ResultT],
        *args: *ArgumentsT,
    ) -> ResultT | None:
        """Take a turn, unless the sandbox was restored, reset or dropped meanwhile."""

        def apply() -> ResultT | None:
            current = self._home.registry.get(sandbox.name)
            if current is None or current.birth != sandbox.birth:
                return None
            return turn(current, *args)

        return await self._home.take_turn(sandbox.name, apply)

    async def _send_batch(
        self, sandbox: Sandbox, batch: Sequence[Delivery]
    ) -> list[SentDelivery]:
        """Send deliveries side by side, but those of one order to one URL in their order.

        Fault rules are applied to all of them first, so that which calls a rule fires on
        does not depend on how fast the merchant answers.
        """
        by_order: dict[tuple[str, str], list[PreparedDelivery]] = {}
        for delivery in batch:
            prepared = await self._prepare(sandbox, delivery)
            if prepared is not None:
                by_order.setdefault((delivery.url, delivery.order_id), []).append(prepared)
        rows, sent = iter(by_order.values()), dict[str, list[SentDelivery]]()

        async def work() -> None:
            for row in rows:  # shared by all workers
                for prepared in row:
                    if self.is_in_use(sandbox):
                        delivery_id = prepared.delivery.delivery_id
                        sent[delivery_id] = await self._send_prepared(sandbox, prepared)

        number = min(len(by_order), MAX_PARALLEL)
        await self._run_until_cancelled(sandbox.name, [work() for _ in range(number)])
        return [call for delivery in batch for call in sent.get(delivery.delivery_id, ())]

    async def _run_until_cancelled(
        self, name: str, calls: Sequence[Coroutine[Any, Any, None]]
    ) -> None:
        """Run calls side by side, until they are done or :meth:`cancel` ends them."""
        group = self._under_way[name] = asyncio.gather(*calls)
        try:
            await asyncio.wait([group])
        except asyncio.CancelledError:
            group.cancel()
            await asyncio.wait([group])
            raise
        finally:
            if self._under_way.get(name) is group:
                del self._under_way[name]
        with suppress(asyncio.CancelledError):  # by cancel()
            group.result()

    def cancel(self, name: str) -> None:
        """End the calls of an advance of a sandbox that was reset or dropped."""
        if name in self._under_way:
            self._under_way[name].cancel()

    async def deliver(self, sandbox: Sandbox, delivery: Delivery) -> list[SentDelivery]:
        """Make a call that is due, after applying fault rules.

        Returns:
            The attempts; none if the call is put off, or the sandbox was replaced.
        """
        prepared = await self._prepare(sandbox, delivery)
        return await self._send_prepared(sandbox, prepared) if prepared else []

    async def _prepare(self, sandbox: Sandbox, delivery: Delivery) -> PreparedDelivery | None:
        """Apply fault rules, unless they fired before or the delivery is held."""
        is_matched = delivery.fired or not await self._is_answered(sandbox, delivery)
        turn = turns.skip_rules if is_matched else turns.match_rules
        return await self.take_turn(sandbox, turn, delivery)

    async def _send_prepared(
        self, sandbox: Sandbox, prepared: PreparedDelivery
    ) -> list[SentDelivery]:
        delivery, fired, overtakes = prepared
        number = delivery_faults.number_of_calls(fired)
        sent = [await self.send(sandbox, delivery, fired) for _ in range(number)]
        if overtakes:
            await self.take_turn(sandbox, turns.release_reordered, overtakes)
        return sent

    async def send(
        self, sandbox: Sandbox, delivery: Delivery, fired: FiredActions = ()
    ) -> SentDelivery:
        """Send a delivery now, whether it is due or not, and settle it."""
        at = sandbox.clock.now()
        try:
            result = await self._call(sandbox, delivery, fired)
        except asyncio.CancelledError:
            interrupted = Attempt(at, None, 0.0, "interrupted")
            await self.take_turn(sandbox, turns.settle, delivery, interrupted, "")
            raise
        attempt = Attempt(
            at,
            result.status,
            result.seconds,
            result.error,
            delivery_faults.name_fired_actions(fired),
            bool(result.location),
        )
        changed = await self.take_turn(sandbox, turns.settle, delivery, attempt, result.held)
        attempted = None if result.held else attempt
        return SentDelivery(changed or delivery, at, attempted, result)

    async def ask(self, sandbox: Sandbox, delivery: Delivery) -> Sent:
        """Make a call whose response is waited for, as the fault rules have it.

        A delay beyond the timeout is no response; it takes no real time. A frozen clock
        moves instead of waiting.
        """
        fired: FiredActions = ()
        if await self._is_answered(sandbox, delivery):
            fired = await self.take_turn(sandbox, turns.match_question, delivery) or ()
        delay, timeout = delivery_faults.delay_of(fired), timeout_of(delivery)
        if delay >= timeout:
            return Sent(timeout, error=no_response(delivery))
        if delay and not sandbox.clock.frozen:
            await asyncio.sleep(delay)
        calls = range(delivery_faults.number_of_calls(fired))
        responses = [await self.send(sandbox, delivery, fired) for _ in calls]
        return responses[-1].result

    async def _is_answered(self, sandbox: Sandbox, delivery: Delivery) -> bool:
        """Return whether the merchant is called, or a fault rule responds in its place.

        A delivery that is held instead is not sent, so it counts for no fault rule.
        """
        timeout = timeout_of(delivery)
        if not sandbox.faults or delivery_faults.is_answered_by_rule(
            sandbox, delivery, timeout
        ):
            return True
        if build_request(sandbox, delivery).held:
            return False
        return not await self._sender.is_held(delivery.url)

    async def _call(self, sandbox: Sandbox, delivery: Delivery, fired: FiredActions) -> Sent:
        """Call the merchant, unless a fault rule or a removed endpoint prevents it."""
        if delivery_faults.is_lost(fired):
            return Sent(0.0, error="lost on the way, by a fault rule")
        response = delivery_faults.replaced_response(fired)
        if response is not None:
            return _replaced_response(delivery, response)
        request = build_request(
            sandbox, delivery, forged=delivery_faults.has_bad_signature(fired)
        )
        if request.held:
            return Sent(0.0, held=request.held)
        return await self._sender.send(delivery, request)

    def start_sending(self, sandbox: Sandbox, delivery: Delivery) -> None:
        """Send a delivery now without waiting for the response."""
        self._start_task(self.deliver(sandbox, delivery))

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
        if self.is_in_use(sandbox):
            self._start_task(self.advance(sandbox, ClockMove()))

    def _start_task(self, sending: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def is_in_use(self, sandbox: Sandbox) -> bool:
        """Return whether a sandbox was neither reset nor dropped."""
        current = self._home.registry.get(sandbox.name)
        return current is not None and current.birth == sandbox.birth

    def current(self, sandbox: Sandbox) -> Sandbox:
        """Return a sandbox as it is loaded now, which may be another object."""
        return self._home.registry.get(sandbox.name) or sandbox


def _replaced_response(delivery: Delivery, response: Respond) -> Sent:
    """Return the response that a fault rule has instead of the merchant's."""
    timeout = timeout_of(delivery)
    if response.seconds >= timeout:
        return Sent(timeout, error=no_response(delivery))
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = response.body if isinstance(response.body, str) else None
    body = orjson.dumps(response.body) if text is None else text.encode()
    return Sent(
        response.seconds, response.status, location=headers.get("location", ""), body=body
    )
