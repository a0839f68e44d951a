"""Random histories of orders over HTTP, with faults: a shop asks again until it is answered.

The model of ``tests/model`` says what must come of it: answers may be lost, late or
garbled, but under a key money moves once. ``KUSTOM_FUZZ`` multiplies the number of histories.
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
from tests.support.model.http_merchant import answer_in, body_of, numbers_in, numbers_of
from tests.support.model.merchant_model import MerchantModel
from tests.support.model.order_model import Answer, Call, OrderModel, midnight
from tests.support.strategies import assumptions, mostly

MOST_ORDERS = 3
EXAMPLES_BY_HOME = {"memory": 30, "file": 10, "valkey, two replicas": 15}
ORDER = "order-{}"

NOTHING_DONE: dict[str, Any] = {
    "refuse": "temporarily_unavailable",
    "rate_limit": True,
    "respond": {"status": 502, "body": "Bad Gateway"},
    "drop": "reset",
}
ANSWER_LOST: dict[str, Any] = {
    "lose_answer": "close",
    "respond_after": {"status": 500},
    "garbage": True,
}
FAIL = "fail_allocation"  # of refunds only
LOST = {**NOTHING_DONE, **ANSWER_LOST}
FAULTS = {**LOST, "delay": "1d", FAIL: True}
STRUCK = (Operation.REFUND, Operation.CAPTURE, Operation.UPDATE_AUTHORIZATION)
DELAY = timedelta(days=1)

T = TypeVar("T")
orders: Bundle[str] = Bundle("orders")
snapshots: Bundle[str] = Bundle("snapshots")
calls = st.builds(Call, orders, commands_strategy.rivals, keys)
sure_calls = st.builds(Call, orders, commands_strategy.rivals, st.sampled_from("abc"))
faults = st.sampled_from((*LOST, "delay"))
no_faults = st.just("")
totals = st.integers(80, 300)
users = count(1)
NOWHERE = {"order_id": "?", "captures": [], "refunds": []}


class OrderHistories(RuleBasedStateMachine):
    """A shop, a network that is not to be relied on, and what must come of it."""

    urls: Sequence[str]

    def __init__(self) -> None:
        """Be a merchant that nobody else is."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        user = f"histories-{next(users)}"
        session = self.run(self.session())
        self.merchant = Merchant(session, self.urls[0], user, dict(NOWHERE), self.urls)
        self.faults: dict[Operation, str] = {}  # what waits for the next call
        self.saved_models: dict[str, tuple[MerchantModel, dict[Operation, str]]] = {}
        self.placed = 0

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.run(self.merchant.ask("DELETE", f"/__admin/sandboxes/{self.merchant.user}"))
        self.run(self.merchant.session.close())
        self.loop.close()

    @initialize(target=orders, assumed=assumptions, total=totals)
    def begin(self, assumed: Assumptions, total: int) -> str:
        """Have a sandbox in which time stands, and an order of which a part was shipped."""
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

    # What a merchant does

    @rule(target=orders, total=totals, by_invoice=commands_strategy.usually)
    @precondition(lambda self: self.placed < MOST_ORDERS)
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
        """Capture something."""
        self.ask(Call(order, build(self.model, order), key), fault)

    @rule(
        order=orders,
        build=commands_strategy.returns,
        key=keys,
        fault=mostly(no_faults | faults, st.just(FAIL)),
    )
    def refund_shipment(
        self, order: str, build: CommandFor, key: str | None, fault: str
    ) -> None:
        """Refund what came back of a shipment."""
        self.ask(Call(order, build(self.model, order), key), fault)

    @rule(order=orders, build=commands_strategy.repayments, key=keys, fault=no_faults | faults)
    def refund_amount(self, order: str, build: CommandFor, key: str | None, fault: str) -> None:
        """Refund an amount."""
        self.ask(Call(order, build(self.model, order), key), fault)

    @rule(
        order=orders, build=commands_strategy.authorizations, key=keys, fault=no_faults | faults
    )
    def authorize(self, order: str, build: CommandFor, key: str | None, fault: str) -> None:
        """Set another total."""
        self.ask(Call(order, build(self.model, order), key), fault)

    @rule(order=orders, command=commands_strategy.changes, key=keys, fault=no_faults | faults)
    def change(self, order: str, command: Command, key: str | None, fault: str) -> None:
        """Ask for anything else."""
        self.ask(Call(order, command, key), fault)

    @rule(first=calls, times=st.integers(1, 4), others=st.lists(calls, max_size=1))
    @precondition(lambda self: self.placed and not self.faults)
    def ask_at_once(self, first: Call, times: int, others: list[Call]) -> None:
        """Send calls at once; some order of them must explain all answers."""
        sent = [first] * times + others
        responses = [item for item in self.send(*sent) if item]
        worlds = list(self.model.outcomes([*zip(sent, responses, strict=True)]))
        assert worlds, f"no order of {sent} explains {responses}"
        found = self.numbers()
        likely = [model for model in worlds if expected(model) == found]
        self.model = [*likely, *worlds][0]

    @rule(call=sure_calls, times=st.integers(2, 4))
    @precondition(lambda self: self.placed and not self.faults)
    def ask_until_an_answer_arrives(self, call: Call, times: int) -> None:
        """Lose the answers of calls sent at once with one key, and ask again."""
        rule = {"on": call.command.operation, "calls": {"first": times}}
        self.control("POST", "faults", {"id": "lost", **rule, "do": {"lose_answer": "reset"}})
        assert self.send(*[call] * times) == [None] * times
        (response,) = self.send(call)
        assert response
        for _ in range(times):
            self.model.apply(call, response.result)
        assert response == self.model.apply(call, response.result)

    # What the network, time and fate do

    @rule(operation=st.sampled_from(STRUCK), fault=faults)
    def prepare(self, operation: Operation, fault: str) -> None:
        """Let something happen to the next call of an operation."""
        rule = {"id": operation, "on": operation, "calls": 1, "do": {fault: FAULTS[fault]}}
        self.control("POST", "faults", rule)
        self.faults[operation] = fault

    @rule(moment=commands_strategy.moments)
    def advance(self, moment: Moment) -> None:
        """Go on to the next such moment, if there is one."""
        coming = [item for item in moment(self.model) if item > self.model.now]
        if coming:
            self.model.now = min(coming)
            self.control("POST", "clock", {"set": self.model.now.isoformat()})

    @rule(order=orders, outcome=st.sampled_from(("fail_next_allocation", "reject_fraud")))
    def force(self, order: str, outcome: str) -> None:
        """Let the provider decide something."""
        if order in self.model.orders_by_id:
            self.control("POST", f"orders/{order}/force", {"outcome": outcome})
            self.model.orders_by_id[order].force(outcome, self.model.now)

    @rule(target=snapshots)
    def keep(self) -> str:
        """Take a snapshot."""
        self.control("POST", "snapshots", {"name": "here"})
        self.saved_models["here"] = self.model.copy(), dict(self.faults)
        return "here"

    @rule(name=snapshots)
    def go_back(self, name: str) -> None:
        """Restore a snapshot, with the faults that waited then."""
        self.control("POST", f"snapshots/{name}/restore")
        model, faults = self.saved_models[name]
        self.model, self.faults = model.copy(), dict(faults)

    # What must come of it

    @invariant()
    def all_orders_are_as_the_model_says(self) -> None:
        """Every number agrees."""
        assert self.numbers() == expected(self.model)

    @invariant()
    def the_money_adds_up(self) -> None:
        """The product's own invariants hold."""
        assert self.control("GET", "invariants").json["passed"]

    # How it is found out

    def ask(self, call: Call, fault: str) -> None:
        """Ask, and ask again if need be; hold what was answered to the model."""
        operation = call.command.operation
        if fault:
            self.prepare(operation, fault)
        fault = self.faults.pop(operation, "")
        (response,) = self.send(call)
        assert (response is None) is (fault in LOST)
        if fault in NOTHING_DONE or (fault in ANSWER_LOST and call.key):
            (response,) = self.send(call)
        result = response.result if response else self.newly_made()
        if fault == "delay":
            self.model.now += DELAY
        if fault == FAIL:
            call = replace(call, inject_failure=True)
        if fault in ANSWER_LOST and call.key:
            self.model.apply(call, result)  # the answer that was lost
        foretold = self.model.apply(call, result)
        assert response in {foretold, None}

    def newly_made(self) -> str | None:
        """What a shop without a key has to look for: the id that was not there before."""
        new = ids_in(self.numbers()) - ids_in(expected(self.model))
        return new.pop() if new else None

    def send(self, *sent: Call) -> list[Answer | None]:
        """Send calls at once and read the answers; nothing where there is none."""

        async def sending() -> list[Answer | None]:
            return await asyncio.gather(*map(self.exchange, sent))

        return self.run(sending())

    async def exchange(self, call: Call) -> Answer | None:
        """Send one call."""
        operation, body = call.command.operation, body_of(call.command)
        key, order_id = with_key(call.key), call.order_id
        try:
            reply = await self.merchant.do(operation, body, headers=key, order_id=order_id)
        except ClientError:
            return None
        return answer_in(reply)

    def control(self, method: str, path: str, body: Any = None) -> Reply:  # noqa: ANN401  # JSON
        """Send a request to the control API."""
        reply = self.run(self.merchant.control(method, path, body))
        assert reply.status < 300, reply
        return reply

    def numbers(self) -> dict[str, Any]:
        """All orders of the sandbox, in numbers; as both APIs show them."""
        found = {}
        for order in self.control("GET", "orders").json["orders"]:
            name = order["order_id"]
            inner = self.control("GET", f"orders/{name}").json
            shown = self.run(self.merchant.do(Operation.GET_ORDER, order_id=name))
            assert shown.json == inner["order"]
            found[name] = numbers_in(inner)
        return found

    async def session(self) -> ClientSession:
        """Open connections, from inside the loop."""
        return ClientSession(cookie_jar=DummyCookieJar())

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Wait for something to be done."""
        return self.loop.run_until_complete(doing)


def expected(model: MerchantModel) -> dict[str, Any]:
    orders = model.orders_by_id.items()
    return {name: numbers_of(order, model.now, model.assumed) for name, order in orders}


def ids_in(numbers: dict[str, Any]) -> set[str]:
    orders = numbers.values()
    return {new_id[0] for order in orders for new_id in (*order["captures"], *order["refunds"])}


@pytest.mark.parametrize(("home", "examples"), EXAMPLES_BY_HOME.items(), ids=EXAMPLES_BY_HOME)
def test_whatever_happens_on_the_way_money_moves_once(
    serve_home: Callable[[str], Sequence[str]], home: str, examples: int
) -> None:
    class LivesThere(OrderHistories):
        urls = serve_home(home)

    run_state_machine_as_test(LivesThere, settings=effort(examples, stateful_step_count=30))
