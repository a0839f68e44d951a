"""Random histories of orders in a sandbox, compared with a model after every step.

Clocks run, freeze and jump, keys are repeated, snapshots are restored at any time.
``KUSTOM_FUZZ`` multiplies the number of histories.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

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
from mockserver.sandbox.execution import execute
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW, make_line, make_order, paid_by
from tests.support.effort import effort
from tests.support.model.commands_strategy import (
    CommandFor,
    Moment,
    Share,
    authorizations,
    changes,
    keys,
    moments,
    now_and_then,
    repayments,
    returns,
    rivals,
    seldom,
    ship,
    shipment_changes,
    shippings,
    stays,
    totals,
    usually,
)
from tests.support.model.merchant_model import MerchantModel
from tests.support.model.observations import numbers_of, response_of
from tests.support.model.order_model import Call, OrderModel, midnight
from tests.support.strategies import assumptions, mostly

MAX_ORDERS = 6
ORDER = "order-{}"

orders: Bundle[str] = Bundle("orders")
snapshots: Bundle[str] = Bundle("snapshots")
calls = st.builds(Call, orders, rivals, keys, seldom)
outcomes = mostly(
    st.sampled_from(sorted(FORCED_OUTCOMES.keys() - {"expire"})), st.just("expire")
)


class OrderHistories(RuleBasedStateMachine):
    """A merchant sends random commands; the model predicts the results."""

    def __init__(self) -> None:
        """Start at ``NOW``."""
        super().__init__()
        self.wall = NOW
        self.saved_models: dict[str, MerchantModel] = {}
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
        self.model = MerchantModel(assumed, NOW, frozen=frozen)
        self.place(total, by_invoice=not by_card, shipped=ship(Share(1), (make_line(),)))
        return ORDER.format(1)

    # Actions of the merchant

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
    @precondition(lambda self: self.placed < MAX_ORDERS)
    def place(
        self,
        total: int,
        *,
        by_invoice: bool = True,
        country: str = "SE",
        trusted: bool = True,
        days_ago: int = 0,
        lasts: int = 60,
        shipped: CommandFor | None = None,
    ) -> str:
        """Add an order outside this API, and maybe capture a part."""
        created = self.model.now - timedelta(days=days_ago)
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
        model_order = OrderModel(total, created, expires, by_invoice, country, trusted)
        self.model.orders_by_id[order.order_id] = model_order
        if shipped:
            self.ship(order.order_id, shipped, None)
        return order.order_id

    @rule(order=orders, build=shippings, key=keys)
    def ship(self, order: str, build: CommandFor, key: str | None) -> None:
        """Capture something."""
        self.perform(Call(order, build(self.model, order), key))

    @rule(order=orders, build=returns, key=keys, inject_failure=now_and_then)
    def refund_shipment(
        self, order: str, build: CommandFor, key: str | None, *, inject_failure: bool
    ) -> None:
        """Refund lines of a shipment."""
        self.perform(Call(order, build(self.model, order), key, inject_failure))

    @rule(order=orders, build=repayments, key=keys)
    def refund_amount(self, order: str, build: CommandFor, key: str | None) -> None:
        """Refund an amount."""
        self.perform(Call(order, build(self.model, order), key))

    @rule(order=orders, build=authorizations, key=keys)
    def authorize(self, order: str, build: CommandFor, key: str | None) -> None:
        """Set another total."""
        self.perform(Call(order, build(self.model, order), key))

    @rule(order=orders)
    def extend(self, order: str) -> None:
        """Extend the authorization time."""
        self.perform(Call(order, ExtendAuthorizationTime()))

    @rule(order=orders, command=changes, key=keys)
    def change(self, order: str, command: Command, key: str | None) -> None:
        """Send any other command for an order."""
        self.perform(Call(order, command, key))

    @rule(order=orders, other=orders, build=shipment_changes, key=keys)
    def care(self, order: str, other: str, build: CommandFor, key: str | None) -> None:
        """Send a command for a shipment, maybe of another order."""
        self.perform(Call(order, build(self.model, other), key))

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
            first, *others = [
                replace(call, key=f"race-{self.races}") for call in (first, *others)
            ]
        for call in [first] * times + others:
            self.perform(call)

    # Time and forced outcomes

    @rule(order=orders, outcome=outcomes)
    def force(self, order: str, outcome: str) -> None:
        """Force an outcome."""
        changed = self.sandbox.force_outcome(order, outcome)
        model_order = self.model.orders_by_id.get(order)
        assert (changed is None) is (model_order is None)
        if model_order:
            model_order.force(outcome, self.model.now)

    @rule(moment=moments)
    def advance(self, moment: Moment) -> None:
        """Advance to the next such time, if there is one."""
        coming = [time for time in moment(self.model) if time > self.model.now]
        if coming:
            self.model.now = min(coming)
            self.sandbox.clock.set(self.model.now)

    @rule(by=stays, frozen=st.booleans())
    def wait(self, by: timedelta, *, frozen: bool) -> None:
        """Advance wall time, then freeze or unfreeze the sandbox's clock."""
        self.wall += by
        self.model.now += timedelta() if self.model.frozen else by
        self.model.frozen = frozen
        (self.sandbox.clock.freeze if frozen else self.sandbox.clock.unfreeze)()

    @rule(target=snapshots, name=st.sampled_from(("here", "there")))
    def take_snapshot(self, name: str) -> str:
        """Take a snapshot."""
        self.sandbox.take_snapshot(name)
        self.saved_models[name] = self.model.copy()
        return name

    @rule(name=snapshots)
    def restore_snapshot(self, name: str) -> None:
        """Restore a snapshot."""
        self.sandbox.restore_snapshot(name)
        self.continue_from(self.saved_models[name])

    # Invariants

    @invariant()
    def all_orders_are_as_the_model_says(self) -> None:
        """Every number agrees, and the time."""
        assert self.sandbox.clock.now() == self.model.now
        assert self.numbers() == self.model.numbers()

    @invariant()
    def the_money_adds_up(self) -> None:
        """The product's own invariants hold."""
        for order in self.sandbox.orders.values():
            assert list(broken_invariants(order)) == []

    # Helpers

    def perform(self, call: Call) -> None:
        """Execute a call; the model must return the same response."""
        executed = execute(
            self.sandbox,
            call.order_id,
            call.command,
            call.key,
            fail_allocation=call.inject_failure,
        )
        response = response_of(executed)
        assert response == self.model.apply(call, response.result)

    def continue_from(self, model: MerchantModel) -> None:
        """Continue from a saved model, on the test's own wall clock."""
        clock = self.sandbox.clock
        assert clock.frozen is model.frozen
        assert clock.now() == model.now if model.frozen else clock.now() >= model.now
        self.sandbox.clock = Clock(model.now, frozen=model.frozen, source=lambda: self.wall)
        self.model = model.copy()

    def numbers(self) -> dict[str, Any]:
        """Return the numbers of all orders of the sandbox."""
        now, assumed = self.model.now, self.model.assumed
        orders = self.sandbox.orders.values()
        return {order.order_id: numbers_of(order, now, assumed) for order in orders}


def test_random_order_histories_agree_with_the_model() -> None:
    run_state_machine_as_test(OrderHistories, settings=effort(80, stateful_step_count=50))
