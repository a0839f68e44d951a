"""Turns on the checkout orders of a sandbox."""

from datetime import timedelta

import pytest

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.choices import ChoiceError
from mockserver.domain.checkout.completion import ShopperOutcome
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox import checkouts
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.sandbox import MAX_SANDBOX_BYTES, Sandbox
from tests.support.builders import NOW, SWEDEN, make_order
from tests.support.checkouts import CART, make_completion

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox("shop", clock=Clock(NOW, frozen=True))


def test_creating_twice_makes_two_checkouts(sandbox: Sandbox) -> None:
    first, second = (checkouts.create_checkout(sandbox, CART) for _ in range(2))
    assert first.order_id != second.order_id
    assert list(sandbox.checkouts) == [first.order_id, second.order_id]
    assert checkouts.read_checkout(sandbox, first.order_id) is first


def test_refused_creation_changes_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(Refusal):
        checkouts.create_checkout(sandbox, {**CART, "order_amount": 1})
    assert sandbox.checkouts == {}


def test_checkout_is_updated_and_aborted(sandbox: Sandbox) -> None:
    order_id = checkouts.create_checkout(sandbox, CART).order_id
    updated = checkouts.update_checkout(sandbox, order_id, {"locale": "en-SE"}, size=7)
    assert checkouts.read_checkout(sandbox, order_id) is updated
    assert sandbox.checkout_bytes == 7
    assert checkouts.abort_checkout(sandbox, order_id).aborted_at == NOW
    with pytest.raises(Refusal) as refused:
        checkouts.check_updatable(sandbox, order_id)
    assert refused.value.reason is Reason.CHECKOUT_READ_ONLY


@pytest.mark.parametrize(
    "operation", [Operation.READ_CHECKOUT, Operation.UPDATE_CHECKOUT, Operation.ABORT_CHECKOUT]
)
def test_unknown_checkout_is_not_found(sandbox: Sandbox, operation: Operation) -> None:
    with pytest.raises(Refusal) as refused:
        checkouts.find_checkout(sandbox, UNKNOWN, operation)
    assert refused.value.reason is Reason.CHECKOUT_NOT_FOUND
    assert refused.value.facts == {"order_id": UNKNOWN}


def test_expired_checkout_cannot_be_read(sandbox: Sandbox) -> None:
    order_id = checkouts.create_checkout(sandbox, CART).order_id
    sandbox.clock.advance(timedelta(hours=48))
    with pytest.raises(Refusal) as refused:
        checkouts.read_checkout(sandbox, order_id)
    assert refused.value.reason is Reason.CHECKOUT_NOT_FOUND


def test_full_sandbox_takes_no_more_checkouts(sandbox: Sandbox) -> None:
    with pytest.raises(Refusal) as refused:
        checkouts.create_checkout(sandbox, CART, size=MAX_SANDBOX_BYTES + 1)
    assert refused.value.reason is Reason.SANDBOX_IS_FULL


def test_completion_makes_the_order_of_the_same_id(sandbox: Sandbox) -> None:
    order_id = checkouts.create_checkout(sandbox, CART).order_id
    checkout, order = checkouts.complete_checkout(sandbox, order_id, make_completion())
    assert sandbox.orders == {order_id: order}
    assert sandbox.checkouts == {order_id: checkout}


def test_order_management_knows_the_order_when_assumed(sandbox: Sandbox) -> None:
    sandbox.assumptions = Assumptions(order_visible_after=30)
    order_id = checkouts.create_checkout(sandbox, CART).order_id
    checkouts.check_order_visible(sandbox, order_id, Operation.GET_ORDER)  # not completed
    checkouts.complete_checkout(sandbox, order_id, make_completion())
    with pytest.raises(Refusal) as refused:
        checkouts.check_order_visible(sandbox, order_id, Operation.GET_ORDER)
    assert refused.value.reason is Reason.ORDER_NOT_FOUND
    sandbox.clock.advance(timedelta(seconds=30))
    checkouts.check_order_visible(sandbox, order_id, Operation.GET_ORDER)
    checkouts.check_order_visible(sandbox, UNKNOWN, Operation.GET_ORDER)


def test_restore_undoes_what_was_entered_and_the_named_fields(sandbox: Sandbox) -> None:
    before = checkouts.create_checkout(sandbox, CART)
    order_id = before.order_id
    checkouts.identify_shopper(sandbox, order_id, {"billing_address": SWEDEN}, None)
    update = {"locale": "en-SE", "merchant_data": "7", "merchant_reference1": "1001"}
    checkouts.update_checkout(sandbox, order_id, update)
    restored = checkouts.restore_checkout(sandbox, before, ("locale", "merchant_data"))
    assert restored.shopper == {}
    assert restored.fields == {**before.fields, "merchant_reference1": "1001"}
    assert sandbox.checkouts[order_id] is restored


def test_restore_leaves_a_completed_checkout_unchanged(sandbox: Sandbox) -> None:
    before = checkouts.create_checkout(sandbox, CART)
    completed, _ = checkouts.complete_checkout(sandbox, before.order_id, make_completion())
    assert checkouts.restore_checkout(sandbox, before) is completed


@pytest.mark.parametrize(
    ("outcome", "captured"), [(ShopperOutcome.APPROVED, 20000), (ShopperOutcome.PENDING, 0)]
)
def test_auto_capture_captures_orders_that_are_not_under_review(
    sandbox: Sandbox, outcome: ShopperOutcome, captured: int
) -> None:
    fields = {**CART, "options": {"auto_capture": True}}
    order_id = checkouts.create_checkout(sandbox, fields).order_id
    _, order = checkouts.complete_checkout(sandbox, order_id, make_completion(outcome))
    assert order is sandbox.orders[order_id]
    assert order.captured_amount == captured


def test_declined_completion_makes_no_order(sandbox: Sandbox) -> None:
    order_id = checkouts.create_checkout(sandbox, CART).order_id
    declined = make_completion(ShopperOutcome.DECLINED)
    checkout, order = checkouts.complete_checkout(sandbox, order_id, declined)
    assert (order, sandbox.orders) == (None, {})
    assert checkouts.read_checkout(sandbox, order_id) is checkout


def test_completion_that_fails_changes_nothing(sandbox: Sandbox) -> None:
    checkout = checkouts.create_checkout(sandbox, CART)
    completion = make_completion(shipping_option="pigeon")
    with pytest.raises(ChoiceError):
        checkouts.complete_checkout(sandbox, checkout.order_id, completion)
    assert (sandbox.checkouts, sandbox.orders) == ({checkout.order_id: checkout}, {})


def test_completion_without_room_changes_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = checkouts.create_checkout(sandbox, CART)
    monkeypatch.setattr("mockserver.sandbox.sandbox.MAX_SANDBOX_BYTES", 0)
    with pytest.raises(Refusal) as refused:
        checkouts.complete_checkout(sandbox, checkout.order_id, make_completion())
    assert refused.value.reason is Reason.SANDBOX_IS_FULL
    assert (sandbox.checkouts, sandbox.orders) == ({checkout.order_id: checkout}, {})


def test_id_of_an_open_checkout_is_taken(sandbox: Sandbox) -> None:
    order_id = checkouts.create_checkout(sandbox, CART).order_id
    assert not sandbox.add(make_order(order_id=order_id))


def test_snapshot_holds_the_checkouts(sandbox: Sandbox) -> None:
    checkout = checkouts.create_checkout(sandbox, CART)
    sandbox.take_snapshot("here")
    checkouts.complete_checkout(sandbox, checkout.order_id, make_completion())
    sandbox.restore_snapshot("here")
    assert (sandbox.checkouts, sandbox.orders) == ({checkout.order_id: checkout}, {})
