"""Random order histories over HTTP, with faults: a shop repeats requests without response.

The model of ``tests/support/model`` predicts the results: responses may be lost, late or
damaged, but under a key money moves once. ``KUSTOM_FUZZ`` multiplies the number of histories.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

import pytest
from aiohttp import ClientError, ClientSession, DummyCookieJar
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

from mockserver.domain.assumptions import ASSUMPTIONS, Assumptions
from mockserver.domain.commands import Command
from mockserver.domain.operation import Operation
from tests.support.builders import NOW, make_line
from tests.support.effort import effort
from tests.support.merchant import Merchant, Reply, with_key
from tests.support.model import commands_strategy
from tests.support.model.commands_strategy import CommandFor, Moment, keys
from tests.support.model.http_merchant import body_of, numbers_in, numbers_of, parse_reply
from tests.support.model.merchant_model import MerchantModel
from tests.support.model.order_model import Call, OrderModel, Response, midnight
from tests.support.strategies import assumptions, mostly

MAX_ORDERS = 3
EXAMPLES_BY_HOME = {"memory": 15, "file": 5, "valkey-replicas": 6}
ORDER = "order-{}"

BEFORE_WRITE: dict[str, Any] = {
    "refuse": "temporarily_unavailable",
    "rate_limit": True,
    "respond": {"status": 502, "body": "Bad Gateway"},
    "drop": "reset",
}
AFTER_WRITE: dict[str, Any] = {
    "lose_answer": "close",
    "respond_after": {"status": 500},
    "garbage": True,
}
FAIL_ALLOCATION = "fail_allocation"  # of refunds only
WITHOUT_RESPONSE = {**BEFORE_WRITE, **AFTER_WRITE}
FAULTS = {**WITHOUT_RESPONSE, "delay": "1d", FAIL_ALLOCATION: True}
FAULTY_OPERATIONS = (Operation.REFUND, Operation.CAPTURE, Operation.UPDATE_AUTHORIZATION)
DELAY = timedelta(days=1)

T = TypeVar("T")
orders: Bundle[str] = Bundle("orders")
snapshots: Bundle[str] = Bundle("snapshots")
calls = st.builds(Call, orders, commands_strategy.rivals, keys)
calls_with_key = st.builds(Call, orders, commands_strategy.rivals, st.sampled_from("abc"))
faults = st.sampled_from((*WITHOUT_RESPONSE, "delay"))
no_faults = st.just("")
totals = st.integers(80, 300)
users = count(1)
NO_ORDER = {"order_id": "?", "captures": [], "refunds": []}


class OrderHistories(RuleBasedStateMachine):
    """A shop on an unreliable network, compared with the model after every step."""

    urls: Sequence[str]

    def __init__(self) -> None:
        """Create a merchant with a new user name."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        user = f"histories-{next(users)}"
        session = self.run(self.session())
        self.merchant = Merchant(session, self.urls[0], user, dict(NO_ORDER), self.urls)
        self.faults: dict[Operation, str] = {}  # those of the next call
        self.saved_models: dict[str, tuple[MerchantModel, dict[Operation, str]]] = {}
        self.placed = 0

    def teardown(self) -> None:
        """Delete the sandbox and close the connections."""
        self.run(self.merchant.send("DELETE", f"/__admin/sandboxes/{self.merchant.user}"))
        self.run(self.merchant.session.close())
        self.loop.close()

    @initialize(target=orders, assumed=assumptions, total=totals)
    def begin(self, assumed: Assumptions, total: int) -> str:
        """Create a sandbox on a frozen clock, with an order of which a part is captured."""
        scenario = {
            "clock": {"start": NOW.isoformat(), "frozen": True},
            "assume": {name: getattr(assumed, name) for name in ASSUMPTIONS},
        }
        self.control("PUT", "scenario", scenario)
        self.model = MerchantModel(assumed, NOW)
        self.place(total, by_invoice=True)
        self.ship(
            ORDER.format(1),
            commands_strategy.ship(commands_strategy.Share(1), (make_line(),)),
            None,
            "",
        )
        return ORDER.format(1)

    # Actions of the merchant

    @rule(target=orders, total=totals, by_invoice=commands_strategy.usually)
    @precondition(lambda self: self.placed < MAX_ORDERS)
    def place(self, total: int, *, by_invoice: bool) -> str:
        """Place an order."""
        self.placed += 1
        name = ORDER.format(self.placed)
        now = self.model.now
        model_order = OrderModel(total, now, midnight(now) + timedelta(days=28), by_invoice)
        spec = {
            "order_id": name,
            "name": name,
            "lines": [{"name": "Everything", "unit_price": total}],
            "created": model_order.created.isoformat(),
            "expires": model_order.expires.isoformat(),
            "payment_method": "INVOICE" if by_invoice else "CARD",
        }
        self.control("POST", "orders", spec)
        self.model.orders_by_id[name] = model_order
        return name

    @rule(order=orders, build=commands_strategy.shippings, key=keys, fault=no_faults | faults)
    def ship(self, order: str, build: CommandFor, key: str | None, fault: str) -> None:
        """Capture a part."""
        self.perform(Call(order, build(self.model, order), key), fault)

    @rule(
        order=orders,
        build=commands_strategy.returns,
        key=keys,
        fault=mostly(no_faults | faults, st.just(FAIL_ALLOCATION)),
    )
    def refund_shipment(
        self, order: str, build: CommandFor, key: str | None, fault: str
    ) -> None:
        """Refund a part of a shipment."""
        self.perform(Call(order, build(self.model, order), key), fault)

    @rule(order=orders, build=commands_strategy.repayments, key=keys, fault=no_faults | faults)
    def refund_amount(self, order: str, build: CommandFor, key: str | None, fault: str) -> None:
        """Refund an amount."""
        self.perform(Call(order, build(self.model, order), key), fault)

    @rule(
        order=orders, build=commands_strategy.authorizations, key=keys, fault=no_faults | faults
    )
    def authorize(self, order: str, build: CommandFor, key: str | None, fault: str) -> None:
        """Update the authorized amount."""
        self.perform(Call(order, build(self.model, order), key), fault)

    @rule(order=orders, command=commands_strategy.changes, key=keys, fault=no_faults | faults)
    def change(self, order: str, command: Command, key: str | None, fault: str) -> None:
        """Send any other command."""
        self.perform(Call(order, command, key), fault)

    @rule(first=calls, times=st.integers(1, 4), others=st.lists(calls, max_size=1))
    @precondition(lambda self: self.placed and not self.faults)
    def send_concurrently(self, first: Call, times: int, others: list[Call]) -> None:
        """Send calls concurrently; some order of them must explain all responses."""
        sent = [first] * times + others
        responses = [item for item in self.send(*sent) if item]
        candidates = list(self.model.outcomes([*zip(sent, responses, strict=True)]))
        assert candidates, f"no order of {sent} explains {responses}"
        actual = self.numbers()
        equal = [model for model in candidates if expected(model) == actual]
        self.model = [*equal, *candidates][0]

    @rule(call=calls_with_key, times=st.integers(2, 4))
    @precondition(lambda self: self.placed and not self.faults)
    def repeat_until_a_response_arrives(self, call: Call, times: int) -> None:
        """Lose the responses of concurrent calls with one key, and repeat the call."""
        rule = {"on": call.command.operation, "calls": {"first": times}}
        self.control("POST", "faults", {"id": "lost", **rule, "do": {"lose_answer": "reset"}})
        assert self.send(*[call] * times) == [None] * times
        (response,) = self.send(call)
        assert response
        for _ in range(times):
            self.model.apply(call, response.result)
        assert response == self.model.apply(call, response.result)

    # Actions of the network, the clock and the provider

    @rule(operation=st.sampled_from(FAULTY_OPERATIONS), fault=faults)
    def prepare(self, operation: Operation, fault: str) -> None:
        """Add a fault for the next call of an operation."""
        rule = {"id": operation, "on": operation, "calls": 1, "do": {fault: FAULTS[fault]}}
        self.control("POST", "faults", rule)
        self.faults[operation] = fault

    @rule(moment=commands_strategy.moments)
    def advance(self, moment: Moment) -> None:
        """Advance to the next such time, if there is one."""
        coming = [item for item in moment(self.model) if item > self.model.now]
        if coming:
            self.model.now = min(coming)
            self.control("POST", "clock", {"set": self.model.now.isoformat()})

    @rule(order=orders, outcome=st.sampled_from(("fail_next_allocation", "reject_fraud")))
    def force(self, order: str, outcome: str) -> None:
        """Force an outcome."""
        if order in self.model.orders_by_id:
            self.control("POST", f"orders/{order}/force", {"outcome": outcome})
            self.model.orders_by_id[order].force(outcome, self.model.now)

    @rule(target=snapshots)
    def take_snapshot(self) -> str:
        """Take a snapshot."""
        self.control("POST", "snapshots", {"name": "here"})
        self.saved_models["here"] = self.model.copy(), dict(self.faults)
        return "here"

    @rule(name=snapshots)
    def restore_snapshot(self, name: str) -> None:
        """Restore a snapshot, with the faults pending then."""
        self.control("POST", f"snapshots/{name}/restore")
        model, faults = self.saved_models[name]
        self.model, self.faults = model.copy(), dict(faults)

    # Invariants

    @invariant()
    def all_orders_are_as_the_model_says(self) -> None:
        """Every number agrees."""
        assert self.numbers() == expected(self.model)

    @invariant()
    def the_money_adds_up(self) -> None:
        """The product's own invariants hold."""
        assert self.control("GET", "invariants").json["passed"]

    # Helpers

    def perform(self, call: Call, fault: str) -> None:
        """Send a call, repeat it if need be, and compare the response with the model."""
        operation = call.command.operation
        if fault:
            self.prepare(operation, fault)
        fault = self.faults.pop(operation, "")
        (response,) = self.send(call)
        assert (response is None) is (fault in WITHOUT_RESPONSE)
        if fault in BEFORE_WRITE or (fault in AFTER_WRITE and call.key):
            (response,) = self.send(call)
        result = response.result if response else self.new_id()
        if fault == "delay":
            self.model.now += DELAY
        if fault == FAIL_ALLOCATION:
            call = replace(call, inject_failure=True)
        if fault in AFTER_WRITE and call.key:
            self.model.apply(call, result)  # its response was lost
        predicted = self.model.apply(call, result)
        assert response in {predicted, None}

    def new_id(self) -> str | None:
        """Return the id that the model does not know, as a shop without a key must find it."""
        new = ids_in(self.numbers()) - ids_in(expected(self.model))
        return new.pop() if new else None

    def send(self, *sent: Call) -> list[Response | None]:
        """Send calls concurrently; return the responses, ``None`` where there is none."""

        async def send_all() -> list[Response | None]:
            return await asyncio.gather(*map(self.exchange, sent))

        return self.run(send_all())

    async def exchange(self, call: Call) -> Response | None:
        """Send one call."""
        operation, body = call.command.operation, body_of(call.command)
        key, order_id = with_key(call.key), call.order_id
        try:
            reply = await self.merchant.do(operation, body, headers=key, order_id=order_id)
        except ClientError:
            return None
        return parse_reply(reply)

    def control(self, method: str, path: str, body: Any = None) -> Reply:  # noqa: ANN401  # JSON
        """Send a request to the control API."""
        reply = self.run(self.merchant.control(method, path, body))
        assert reply.status < 300, reply
        return reply

    def numbers(self) -> dict[str, Any]:
        """Return the numbers of all orders, which both APIs must show equally."""
        numbers = {}
        for order in self.control("GET", "orders").json["orders"]:
            name = order["order_id"]
            inner = self.control("GET", f"orders/{name}").json
            merchant_view = self.run(self.merchant.do(Operation.GET_ORDER, order_id=name))
            assert merchant_view.json == inner["order"]
            numbers[name] = numbers_in(inner)
        return numbers

    async def session(self) -> ClientSession:
        """Open connections, from inside the loop."""
        return ClientSession(cookie_jar=DummyCookieJar())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.loop.run_until_complete(work)


def expected(model: MerchantModel) -> dict[str, Any]:
    orders = model.orders_by_id.items()
    return {name: numbers_of(order, model.now, model.assumed) for name, order in orders}


def ids_in(numbers: dict[str, Any]) -> set[str]:
    orders = numbers.values()
    return {new_id[0] for order in orders for new_id in (*order["captures"], *order["refunds"])}


@pytest.mark.parametrize(("home", "examples"), EXAMPLES_BY_HOME.items(), ids=EXAMPLES_BY_HOME)
def test_money_moves_once_despite_faults_and_retries(
    serve_home: Callable[[str], Sequence[str]], home: str, examples: int
) -> None:
    class LivesThere(OrderHistories):
        urls = serve_home(home)

    run_state_machine_as_test(LivesThere, settings=effort(examples, stateful_step_count=30))
