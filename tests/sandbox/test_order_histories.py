"""Random lives of orders in a sandbox, held to a model after every step.

Clocks run, stand and jump, keys are sent again, snapshots are restored in the middle of it
all. ``KUSTOM_FUZZ`` multiplies how many lives are led.
"""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import Command, ExtendAuthorizationTime
from mockserver.domain.forced_outcomes import FORCED_OUTCOMES
from mockserver.domain.ledger import broken_invariants
from mockserver.domain.order import FraudStatus
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, make_line, make_order, paid_by
from tests.support.model.commands_strategy import (
    Moment,
    Share,
    Wish,
    authorizations,
    cares,
    changes,
    keys,
    moments,
    now_and_then,
    repayments,
    returns,
    rivals,
    seldom,
    ship,
    shippings,
    stays,
    totals,
    usually,
)
from tests.support.model.merchant_model import World
from tests.support.model.observations import answer_of, numbers_of
from tests.support.model.order_model import Call, Life, midnight
from tests.support.strategies import assumptions, mostly

EFFORT = int(os.environ.get("KUSTOM_FUZZ", "1"))
MOST_ORDERS = 6
ORDER = "order-{}"

orders: Bundle[str] = Bundle("orders")
snapshots: Bundle[str] = Bundle("snapshots")
calls = st.builds(Call, orders, rivals, keys, seldom)
outcomes = mostly(
    st.sampled_from(sorted(FORCED_OUTCOMES.keys() - {"expire"})), st.just("expire")
)


class Lives(RuleBasedStateMachine):
    """A merchant does whatever comes to mind; the model knows what must come of it."""

    def __init__(self) -> None:
        """Own the time."""
        super().__init__()
        self.wall = NOW
        self.kept: dict[str, World] = {}
        self.placed = self.races = 0

    @initialize(
        target=orders,
        assumed=assumptions,
        frozen=st.booleans(),
        total=totals,
        by_card=now_and_then,
    )
    def begin(self, assumed: Assumptions, total: int, *, frozen: bool, by_card: bool) -> str:
        """Make the sandbox and its model, with an order."""
        self.sandbox = Sandbox(
            "tester",
            clock=Clock(NOW, frozen=frozen, source=lambda: self.wall),
            assumptions=assumed,
        )
        self.world = World(assumed, NOW, frozen=frozen)
        self.place(total, by_invoice=not by_card, shipped=ship(Share(1), (make_line(),)))
        return ORDER.format(1)

    # What a merchant does

    @rule(
        target=orders,
        total=totals,
        shipped=st.none() | shippings,
        by_invoice=now_and_then.map(lambda by_card: not by_card),
        country=mostly(st.just("SE"), st.just("FR")),
        trusted=usually,
        days_ago=st.sampled_from((0, 0, 100, 130)),
        lasts=st.sampled_from((28, 60, 150)),
    )
    @precondition(lambda self: self.placed < MOST_ORDERS)
    def place(
        self,
        total: int,
        *,
        by_invoice: bool = True,
        country: str = "SE",
        trusted: bool = True,
        days_ago: int = 0,
        lasts: int = 60,
        shipped: Wish | None = None,
    ) -> str:
        """Place an order, by some other way than this API; perhaps ship a part."""
        created = self.world.now - timedelta(days=days_ago)
        expires = midnight(created) + timedelta(days=lasts)
        self.placed += 1
        order = make_order(
            total,
            order_id=ORDER.format(self.placed),
            created_at=created,
            expires_at=expires,
            payment_method=paid_by("INVOICE" if by_invoice else "CARD"),
            purchase_country=country,
            fraud_status=FraudStatus.ACCEPTED if trusted else FraudStatus.PENDING,
        )
        assert self.sandbox.add(order)
        life = Life(total, created, expires, by_invoice, country, trusted)
        self.world.lives[order.order_id] = life
        if shipped:
            self.ship(order.order_id, shipped, None)
        return order.order_id

    @rule(order=orders, wish=shippings, key=keys)
    def ship(self, order: str, wish: Wish, key: str | None) -> None:
        """Capture something."""
        self.ask(Call(order, wish(self.world, order), key))

    @rule(order=orders, wish=returns, key=keys, sabotaged=now_and_then)
    def take_back(self, order: str, wish: Wish, key: str | None, *, sabotaged: bool) -> None:
        """Refund what came back of a shipment."""
        self.ask(Call(order, wish(self.world, order), key, sabotaged))

    @rule(order=orders, wish=repayments, key=keys)
    def give_back(self, order: str, wish: Wish, key: str | None) -> None:
        """Refund an amount."""
        self.ask(Call(order, wish(self.world, order), key))

    @rule(order=orders, wish=authorizations, key=keys)
    def authorize(self, order: str, wish: Wish, key: str | None) -> None:
        """Set another total."""
        self.ask(Call(order, wish(self.world, order), key))

    @rule(order=orders)
    def extend(self, order: str) -> None:
        """Ask for more time."""
        self.ask(Call(order, ExtendAuthorizationTime()))

    @rule(order=orders, command=changes, key=keys)
    def change(self, order: str, command: Command, key: str | None) -> None:
        """Ask for anything else about an order."""
        self.ask(Call(order, command, key))

    @rule(order=orders, other=orders, wish=cares, key=keys)
    def care(self, order: str, other: str, wish: Wish, key: str | None) -> None:
        """Ask for something about a shipment, perhaps of another order."""
        self.ask(Call(order, wish(self.world, other), key))

    @rule(
        first=calls,
        times=st.integers(1, 3),
        others=st.lists(calls, max_size=2),
        one_key=st.booleans(),
    )
    def do_again(self, first: Call, times: int, others: list[Call], *, one_key: bool) -> None:
        """Send one call several times and others after it, perhaps all under one key."""
        if one_key:  # that was never used
            self.races += 1
            first, *others = [replace(e, key=f"race-{self.races}") for e in (first, *others)]
        for call in [first] * times + others:
            self.ask(call)

    # What time and fate do

    @rule(order=orders, outcome=outcomes)
    def force(self, order: str, outcome: str) -> None:
        """Let the provider decide something."""
        found = self.sandbox.force_outcome(order, outcome)
        life = self.world.lives.get(order)
        assert (found is None) is (life is None)
        if life:
            life.force(outcome, self.world.now)

    @rule(moment=moments)
    def advance(self, moment: Moment) -> None:
        """Go on to the next such moment, if there is one."""
        coming = [item for item in moment(self.world) if item > self.world.now]
        if coming:
            self.world.now = min(coming)
            self.sandbox.clock.set(self.world.now)

    @rule(by=stays, frozen=st.booleans())
    def wait(self, by: timedelta, *, frozen: bool) -> None:
        """Let real time go by, and stop the sandbox's afterwards or let it run."""
        self.wall += by
        self.world.now += timedelta() if self.world.frozen else by
        self.world.frozen = frozen
        (self.sandbox.clock.freeze if frozen else self.sandbox.clock.unfreeze)()

    @rule(target=snapshots, name=st.sampled_from(("here", "there")))
    def keep(self, name: str) -> str:
        """Take a snapshot."""
        self.sandbox.take_snapshot(name)
        self.kept[name] = self.world.twin()
        return name

    @rule(name=snapshots)
    def go_back(self, name: str) -> None:
        """Restore a snapshot."""
        self.sandbox.restore_snapshot(name)
        self.arrive_in(self.kept[name])

    # What must come of it

    @invariant()
    def all_orders_are_as_the_model_says(self) -> None:
        """Every number agrees, and the time."""
        assert self.sandbox.clock.now() == self.world.now
        assert self.numbers() == self.world.numbers()

    @invariant()
    def the_money_adds_up(self) -> None:
        """The product's own invariants hold."""
        for order in self.sandbox.orders.values():
            assert list(broken_invariants(order)) == []

    # How it is found out

    def ask(self, call: Call) -> None:
        """Execute a call; the model must give the same answer."""
        executed = self.sandbox.execute(
            call.order_id, call.command, call.key, fail_allocation=call.sabotaged
        )
        response = answer_of(executed)
        assert response == self.world.hear(call, response.said)

    def arrive_in(self, world: World) -> None:
        """Find oneself in a world that was kept; from here its time is the test's again."""
        clock = self.sandbox.clock
        assert clock.frozen is world.frozen
        assert clock.now() == world.now if world.frozen else clock.now() >= world.now
        self.sandbox.clock = Clock(world.now, frozen=world.frozen, source=lambda: self.wall)
        self.world = world.twin()

    def numbers(self) -> dict[str, Any]:
        """All orders of the sandbox, in numbers."""
        now, assumed = self.world.now, self.world.assumed
        every = self.sandbox.orders.values()
        return {reference.order_id: numbers_of(reference, now, assumed) for reference in every}


def test_whatever_happens_to_orders_their_money_is_where_the_model_says() -> None:
    lives = settings(max_examples=200 * EFFORT, stateful_step_count=50, deadline=None)
    run_state_machine_as_test(Lives, settings=lives)
