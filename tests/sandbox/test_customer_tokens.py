"""Turns on the customer tokens of a sandbox."""

from datetime import timedelta

import pytest

from mockserver.domain.checkout.token_orders import TOKEN_LIFECYCLE
from mockserver.domain.errors import Reason
from mockserver.domain.operation import TOKEN_OPERATIONS, Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox import checkouts, customer_tokens
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.sandbox import Sandbox
from tests.support.builders import NOW
from tests.support.checkouts import CART, make_completion

READ = Operation.READ_CUSTOMER_TOKEN


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox("shop", clock=Clock(NOW, frozen=True))


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    order_id = checkouts.create_checkout(sandbox, {**CART, "recurring": True}).order_id
    completed, _ = checkouts.complete_checkout(sandbox, order_id, make_completion())
    assert completed.token is not None
    return completed.token.token_id


def test_table_has_every_operation_on_a_token() -> None:
    assert set(TOKEN_LIFECYCLE) == {info.operation for info in TOKEN_OPERATIONS}


def test_token_belongs_to_the_checkout_that_created_it(sandbox: Sandbox, token: str) -> None:
    checkouts.create_checkout(sandbox, CART)
    holder = customer_tokens.find_token(sandbox, token, READ)
    assert (holder.token.token_id, holder.order.order_id) == (token, holder.checkout.order_id)


def test_token_without_its_order_is_unknown(sandbox: Sandbox, token: str) -> None:
    sandbox.orders.clear()
    with pytest.raises(Refusal) as refused:
        customer_tokens.find_token(sandbox, token, READ)
    assert refused.value.reason is Reason.TOKEN_NOT_FOUND


def test_key_makes_another_order_after_a_day(sandbox: Sandbox, token: str) -> None:
    def order() -> object:
        return customer_tokens.create_token_order(sandbox, token, CART, "k").result

    first = order()
    assert order() == first
    sandbox.clock.advance(timedelta(days=1))
    assert order() != first
    assert len(sandbox.orders) == 3


def test_refused_order_changes_nothing(sandbox: Sandbox, token: str) -> None:
    with pytest.raises(Refusal):
        customer_tokens.create_token_order(sandbox, token, {**CART, "order_amount": 1}, "k")
    assert (len(sandbox.orders), sandbox.receipts) == (1, {})


def test_token_order_with_captures_is_captured_in_full(sandbox: Sandbox, token: str) -> None:
    execution = customer_tokens.create_token_order(sandbox, token, CART, None, captures=True)
    assert execution.after is not None
    assert execution.after.captured_amount == CART["order_amount"]
