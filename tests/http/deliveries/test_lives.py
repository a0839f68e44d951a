"""Random lives of whole integrations, from the cart to the refund, without a socket."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.domain.commands import Acknowledge, CaptureOrder, RefundOrder
from mockserver.domain.ledger import broken_invariants
from mockserver.homes.memory import MemoryHome
from mockserver.http.complete_checkout import play_completion
from mockserver.http.control.problems import Problem
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.outgoing import OutgoingRequest
from mockserver.http.deliveries.sender import Sender, Sent
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import add_fault_rule
from mockserver.scenario.scenario import Scenario, parse_scenario, wrap_value

SCENARIO = {
    "version": 1,
    "clock": {"start": "2026-01-15T09:00:00Z", "frozen": True},
    "checkouts": {
        name: {"order_id": name, "lines": [{"reference": "A", "unit_price": 1000}]}
        for name in ("one", "two")
    },
    "webhooks": {"endpoints": [{"url": "http://localhost/webhooks"}]},
}
FAULTS = (
    {"on": "push", "do": {"lose": True}},
    {"on": "push", "do": {"duplicate": 3}},
    {"on": "push", "do": {"delay": "3m"}},
    {"on": "webhook", "do": {"reorder": True}},
    {"on": "webhook", "do": [{"duplicate": 2}, {"respond": {"status": 500}}]},
)
names = st.sampled_from(["one", "two"])
outcomes = st.sampled_from(["approved", "pending", "declined", "abandoned"])
steps = st.one_of(
    st.tuples(st.just("complete"), names, outcomes),
    st.tuples(st.just("capture"), names, st.integers(1, 700)),
    st.tuples(st.just("refund"), names, st.integers(1, 700)),
    st.tuples(st.just("acknowledge"), names, st.none()),
    st.tuples(st.just("advance"), names, st.integers(0, 3000)),
)
lives = st.lists(steps, max_size=12)


class Shop(Sender):
    """A shop without a socket: it acknowledges at some of its pushes."""

    def __init__(self, answers: list[int]) -> None:
        """Answer in turn; a 201 acknowledges as well."""
        super().__init__(TargetPolicy())
        self.sandbox: Sandbox | None = None
        self.answers = answers

    async def send(self, delivery: Delivery, _request: OutgoingRequest) -> Sent:
        """Answer a call."""
        await asyncio.sleep(0)
        status = self.answers.pop() if self.answers else 200
        if status == 201 and self.sandbox and delivery.kind is DeliveryKind.PUSH:
            self.sandbox.execute(delivery.order_id, Acknowledge())
        return Sent(0.0, status)


async def live(
    life: list[tuple[str, str, Any]], faults: list[int], answers: list[int]
) -> Sandbox:
    registry: SandboxRegistry[Scenario] = SandboxRegistry(
        parse_scenario("life", wrap_value(SCENARIO))
    )
    shop = Shop(answers)
    shop.sandbox = sandbox = registry.get_or_create("shop")
    runner = DeliveryRunner(MemoryHome(registry), shop)
    for number in faults:
        add_fault_rule(sandbox, f"fault-{number}", FAULTS[number])
    for step, name, value in life:
        match step:
            case "complete" if not sandbox.checkouts[name].completed_at:
                checkout = sandbox.checkouts[name]
                with suppress(Problem):  # it is expired
                    await play_completion(runner, sandbox, checkout, {"outcome": value})
            case "capture":
                for _ in range(2):  # a retry with the same key
                    sandbox.execute(name, CaptureOrder(value), f"capture {name} {value}")
            case "refund":
                sandbox.execute(name, RefundOrder(value))
            case "acknowledge":
                sandbox.execute(name, Acknowledge())
            case "advance":
                await runner.advance(sandbox, sandbox.clock.now() + timedelta(minutes=value))
    await runner.advance(sandbox, sandbox.clock.now() + timedelta(days=3))
    await runner.close()
    return sandbox


@settings(max_examples=40, deadline=None)
@given(
    lives,
    st.lists(st.integers(0, len(FAULTS) - 1), max_size=3, unique=True),
    st.lists(st.sampled_from([200, 201, 500]), max_size=8),
)
def test_no_life_breaks_a_rule(
    life: list[tuple[str, str, Any]], faults: list[int], answers: list[int]
) -> None:
    sandbox = asyncio.run(live(life, faults, answers))
    for order_id, order in sandbox.orders.items():
        assert sandbox.checkouts[order_id].completed_at is not None
        assert list(broken_invariants(order)) == []
        handled = order.acknowledged_at
        pushes = [d for d in sandbox.deliveries if d.kind is DeliveryKind.PUSH]
        (push,) = [push for push in pushes if push.order_id == order_id]
        assert handled is None or all(attempt.at <= handled for attempt in push.attempts)
    made = sum(
        1 + len(order.captures) + len(order.refunds) for order in sandbox.orders.values()
    )
    events = [d for d in sandbox.deliveries if d.kind is DeliveryKind.WEBHOOK]
    assert len({event.event_id for event in events}) == len(events) == made
