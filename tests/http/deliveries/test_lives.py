"""Random lives of whole integrations, from the cart to the refund, without a socket.

Faults are in both directions: calls to the shop are lost, late, doubled or out of order,
and answers to the shop's requests are lost, so that it sends them again.
"""

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.domain.ledger import broken_invariants
from mockserver.domain.operation import ORDERS_PATH
from mockserver.domain.order import FraudStatus
from mockserver.homes.memory import MemoryHome
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.complete_checkout import play_completion
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.outgoing import OutgoingRequest
from mockserver.http.deliveries.sender import Sender, Sent
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.http.merchant.authentication import Authentication
from mockserver.http.merchant.handler import MerchantApi
from mockserver.http.messages import Request
from mockserver.http.metrics import Metrics
from mockserver.http.problems import Problem
from mockserver.sandbox.clock import ClockMove
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import add_fault_rule
from mockserver.scenario.scenario import Scenario, parse_scenario, wrap_value
from tests.support.merchant import basic

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
    {"on": "any", "calls": {"every": 2}, "do": {"lose_answer": "reset"}},
    {"on": "any", "calls": {"every": 3}, "do": {"drop": "close"}},
    {"on": ["capture", "refund"], "calls": {"first": 2}, "do": {"respond": {"status": 503}}},
)
REVIEWS = {"accept": FraudStatus.ACCEPTED, "reject": FraudStatus.REJECTED}
TRIES = 4  # of a request whose answer is lost
names = st.sampled_from(["one", "two"])
outcomes = st.sampled_from(
    [
        *({"outcome": outcome} for outcome in ("approved", "pending", "declined", "abandoned")),
        *({"billing_address": {"email": f"a+pend-{end}-30@b.example"}} for end in REVIEWS),
    ]
)
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

    def __init__(self, registry: SandboxRegistry[Scenario], answers: list[int]) -> None:
        """Answer in turn; a 201 acknowledges as well."""
        super().__init__(TargetPolicy())
        home = MemoryHome(registry)
        self.answers = answers
        self.runner = DeliveryRunner(home, self)
        metrics = Metrics(registry.__len__, home.counts)
        pages = PageAddresses(registry)
        self.api = MerchantApi(Authentication(home), metrics, self.runner, pages)

    async def request(self, order_id: str, action: str, **body: object) -> None:
        """Send a request until it is answered, with the same key."""
        path = f"{ORDERS_PATH}/{order_id}/{action}"
        headers = {"Authorization": basic("shop"), "Klarna-Idempotency-Key": f"{action} {body}"}
        request = Request(
            method="POST", path=path, segments=tuple(path.split("/")[1:]), headers=headers,
            body=json.dumps(body).encode(), scheme="http", host="localhost",
        )  # fmt: skip
        for _ in range(TRIES):
            response = await self.api.handle(request)
            if response.damage is None and 0 < response.status < 500:
                break

    async def is_held(self, _url: str) -> bool:
        """Be reachable under every address."""
        return False

    async def send(self, delivery: Delivery, _request: OutgoingRequest) -> Sent:
        """Answer a call."""
        await asyncio.sleep(0)
        status = self.answers.pop() if self.answers else 200
        if status == 201 and delivery.kind is DeliveryKind.PUSH:
            await self.request(delivery.order_id, "acknowledge")
        return Sent(0.0, status)


async def live(
    life: list[tuple[str, str, Any]], faults: list[int], answers: list[int]
) -> Sandbox:
    registry: SandboxRegistry[Scenario] = SandboxRegistry(
        parse_scenario("life", wrap_value(SCENARIO))
    )
    sandbox, shop = registry.get_or_create("shop"), Shop(registry, answers)
    runner = shop.runner
    for number in faults:
        add_fault_rule(sandbox, f"fault-{number}", FAULTS[number])
    for step, name, value in life:
        match step:
            case "complete" if not sandbox.checkouts[name].completed_at:
                checkout = sandbox.checkouts[name]
                with suppress(Problem):  # it is expired
                    await play_completion(runner, sandbox, checkout, value)
            case "capture":
                await shop.request(name, "captures", captured_amount=value)
            case "refund":
                await shop.request(name, "refunds", refunded_amount=value)
            case "acknowledge":
                await shop.request(name, "acknowledge")
            case "advance":
                await runner.advance(sandbox, ClockMove(by=timedelta(minutes=value)))
    await runner.advance(sandbox, ClockMove(by=timedelta(days=3)))
    await runner.close()
    return sandbox


def assert_review_holds(sandbox: Sandbox, order_id: str) -> None:
    """Assert that a planned review has ended, and that nothing was captured before."""
    email = sandbox.checkouts[order_id].shopper["billing_address"]["email"]
    outcome = next((REVIEWS[end] for end in REVIEWS if f"pend-{end}" in email), None)
    order = sandbox.find_order(order_id)
    assert order is not None
    if outcome is not None:
        assert order.fraud_status is outcome
        reviewed_at = order.created_at + timedelta(minutes=30)
        assert all(capture.captured_at >= reviewed_at for capture in order.captures)
    assert not order.captures or order.fraud_status is FraudStatus.ACCEPTED


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
        assert_review_holds(sandbox, order_id)
        handled = order.acknowledged_at
        pushes = [d for d in sandbox.deliveries if d.kind is DeliveryKind.PUSH]
        (push,) = [push for push in pushes if push.order_id == order_id]
        assert handled is None or all(attempt.at <= handled for attempt in push.attempts)
        for amounts in (
            [capture.captured_amount for capture in order.captures],
            [refund.refunded_amount for refund in order.refunds],
        ):
            assert len(set(amounts)) == len(amounts)  # each key has its amount
    made = sum(
        1 + len(order.captures) + len(order.refunds) for order in sandbox.orders.values()
    )
    events = [d for d in sandbox.deliveries if d.kind is DeliveryKind.WEBHOOK]
    assert len({event.event_id for event in events}) == len(events) == made
