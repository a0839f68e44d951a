"""Calls that are due at one instant, to a shop without a socket."""

import asyncio
from collections import Counter
from datetime import timedelta

from mockserver.homes.memory import MemoryHome
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.outgoing import OutgoingRequest
from mockserver.http.deliveries.sender import Sender, Sent
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.sandbox.clock import ClockMove
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import add_fault_rule
from mockserver.scenario.scenario import parse_scenario, wrap_value
from tests.support.shop import FROZEN

URL = "http://localhost/webhooks"
REGISTRY = SandboxRegistry(parse_scenario("empty", wrap_value(FROZEN)))


class SlowShop(Sender):
    """Answers a call once so many are under way, or no other call can come."""

    def __init__(self, expected: int) -> None:
        """Expect so many calls at a time."""
        super().__init__(TargetPolicy())
        self.under_way: Counter[str] = Counter()
        self.most_of_one_order = 0
        self.calls: list[str] = []
        self.expected = expected
        self.reached = asyncio.Event()

    async def is_held(self, url: str) -> bool:
        """Take a while to resolve a host, as a name server does."""
        await asyncio.sleep(0)
        return not url

    async def send(self, delivery: Delivery, _request: OutgoingRequest) -> Sent:
        """Record a call, and answer it when the others have come."""
        self.calls.append(delivery.delivery_id)
        self.under_way[delivery.order_id] += 1
        self.most_of_one_order = max(self.most_of_one_order, *self.under_way.values())
        if self.under_way.total() == self.expected:
            self.reached.set()
        await asyncio.wait_for(self.reached.wait(), timeout=5)
        self.under_way[delivery.order_id] -= 1
        return Sent(0.0, 200)


def due_calls(*orders: str) -> Sandbox:
    """Return a sandbox with a call for each of these orders, due now and to one URL."""
    sandbox = REGISTRY.reset("shop")
    for order_id in orders:
        sandbox.deliveries.add(
            DeliveryKind.NOTIFICATION, order_id, URL, sandbox.clock.now(), [timedelta()]
        )
    return sandbox


async def advance(sandbox: Sandbox, shop: SlowShop) -> list[str]:
    """Send what is due; return the ids of the calls in the order in which they are listed."""
    runner = DeliveryRunner(MemoryHome(REGISTRY), shop)
    sent = await runner.advance(sandbox, ClockMove())
    await runner.close()
    return [call.delivery.delivery_id for call in sent]


async def test_calls_for_several_orders_to_one_url_go_side_by_side() -> None:
    sandbox, shop = due_calls("one", "two", "three"), SlowShop(expected=3)
    assert await advance(sandbox, shop) == ["delivery-1", "delivery-2", "delivery-3"]


async def test_calls_for_one_order_to_one_url_keep_their_order() -> None:
    sandbox, shop = due_calls("one", "two", "one", "one"), SlowShop(expected=2)
    assert len(await advance(sandbox, shop)) == 4
    assert shop.most_of_one_order == 1
    assert [call for call in shop.calls if call != "delivery-2"] == [
        "delivery-1",
        "delivery-3",
        "delivery-4",
    ]


async def test_faults_count_calls_in_the_order_in_which_they_are_due() -> None:
    sandbox, shop = due_calls("one", "one", "two"), SlowShop(expected=2)
    rule = {"on": "notification", "calls": 2, "do": {"delay": "1m"}}
    add_fault_rule(sandbox, "late", rule)
    assert await advance(sandbox, shop) == ["delivery-1", "delivery-3"]
