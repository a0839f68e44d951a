"""Complete a checkout order as the shopper: control call and checkout page act through this.

Also plans the push of the order, and sends it where it is due at once.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.completion import (
    Completion,
    ShopperOutcome,
    UnknownChoiceError,
)
from mockserver.domain.checkout.validation import SKIPPED, Validation
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.order import Order
from mockserver.http.control.problems import Problem
from mockserver.http.deliveries.callbacks import (
    ask_for_update,
    changed_by_shopper,
    validate_checkout,
)
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.merchant.order_serializer import JsonObject
from mockserver.sandbox import checkouts
from mockserver.sandbox.deliveries.delivery import CALLBACKS, Delivery
from mockserver.sandbox.deliveries.schedules import PushMode
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_completion import build_completion

URLS_ASKED = frozenset(CALLBACKS)
"""Merchant URLs that are asked before the payment."""

NOT_VALIDATED = "not_validated"
"""ShopperOutcome of an attempt that the answer to the validation callback stopped."""


class Completed(Struct, frozen=True):
    """The result of an attempt; ``order`` and ``push`` are ``None`` if it made none.

    ``outcome`` is ``None`` if the merchant's answer to the validation callback stopped it.
    """

    outcome: ShopperOutcome | None
    checkout: Checkout
    order: Order | None
    push: Delivery | None = None
    validation: Validation = SKIPPED


async def play_completion(
    deliveries: DeliveryRunner, sandbox: Sandbox, checkout: Checkout, spec: Mapping[str, Any]
) -> Completed:
    """Complete a checkout order in place of the shopper.

    Args:
        deliveries: sends the push.
        sandbox: where.
        checkout: the checkout order.
        spec: as ``completion_request`` in ``control.schema.json``.

    Raises:
        Problem: it cannot be completed; nothing is changed.
    """
    completion = build_completion(checkout, spec, sandbox.ids.seed)
    validation = SKIPPED
    if completion.outcome is not ShopperOutcome.ABANDONED and URLS_ASKED & _merchant_urls(
        checkout
    ):
        entered = replace(completion, outcome=ShopperOutcome.ABANDONED)
        before = checkout
        checkout = (await _take_turn(deliveries, sandbox, checkout, entered, spec)).checkout
        validation = await _ask_merchant(deliveries, sandbox, before, checkout, spec)
        checkout = _current_checkout(deliveries, sandbox, checkout)
        if not validation.lets_pass:
            return Completed(None, checkout, None, validation=validation)
    completed = await _take_turn(deliveries, sandbox, checkout, completion, spec)
    if completed.push is not None:
        push = await _send_push(deliveries, sandbox, completed.push, _push_mode(spec))
        completed = replace(completed, push=push)
    return replace(completed, validation=validation)


async def _take_turn(
    deliveries: DeliveryRunner,
    sandbox: Sandbox,
    checkout: Checkout,
    completion: Completion,
    spec: Mapping[str, Any],
) -> Completed:
    """Take the turn of a completion.

    Raises:
        Problem: it is refused, or the sandbox was replaced; nothing is changed.
    """
    order_id, mode = checkout.order_id, _push_mode(spec)
    completed = await deliveries.take_turn(sandbox, _complete, order_id, completion, mode)
    if completed is None:
        raise Problem(409, "the sandbox was reset or dropped meanwhile")
    return completed


def _merchant_urls(checkout: Checkout) -> AbstractSet[str]:
    urls: Mapping[str, str] = checkout.fields.get("merchant_urls", {})
    return urls.keys()


async def _ask_merchant(
    deliveries: DeliveryRunner,
    sandbox: Sandbox,
    before: Checkout,
    after: Checkout,
    spec: Mapping[str, Any],
) -> Validation:
    """Make the callbacks that come before the payment, until one stops the purchase.

    Raises:
        Problem: the sandbox was reset or dropped meanwhile.
    """
    for kind in changed_by_shopper(before, after):
        current = _current_checkout(deliveries, sandbox, after)
        answer = await ask_for_update(deliveries, sandbox, current, kind)
        _check_in_use(deliveries, sandbox)
        if not answer.lets_pass:
            return answer
    if spec.get("validation") == "skip":
        return SKIPPED
    current = _current_checkout(deliveries, sandbox, after)
    validation = await validate_checkout(deliveries, sandbox, current)
    _check_in_use(deliveries, sandbox)
    return validation


def _current_checkout(
    deliveries: DeliveryRunner, sandbox: Sandbox, checkout: Checkout
) -> Checkout:
    """Return a checkout order as it is now."""
    return deliveries.current(sandbox).checkouts.get(checkout.order_id, checkout)


def _check_in_use(deliveries: DeliveryRunner, sandbox: Sandbox) -> None:
    if not deliveries.is_in_use(sandbox):
        raise Problem(409, "the sandbox was reset or dropped while the merchant was asked")


def _complete(
    sandbox: Sandbox, order_id: str, completion: Completion, mode: PushMode
) -> Completed:
    """Complete a checkout order, and plan the pushes of its order.

    Raises:
        Problem: it is refused; nothing is changed.
    """
    try:
        checkout, order = checkouts.complete_checkout(sandbox, order_id, completion)
    except UnknownChoiceError as error:
        raise Problem(422, str(error)) from None
    except Refusal as refusal:
        raise checkout_problem(refusal) from None
    push = None
    if order is not None:
        now = sandbox.clock.now()
        push = sandbox.deliveries.add_push(checkout, now, mode, sandbox.assumptions)
    return Completed(completion.outcome, checkout, order, push)


def _push_mode(spec: Mapping[str, Any]) -> PushMode:
    return PushMode(spec.get("push", PushMode.SCHEDULE))


def serialize_validation(validation: Validation) -> JsonObject:
    """Show the answer to the validation callback."""
    return {
        "result": validation.result,
        "error_type": validation.error_type or None,
        "error_text": validation.error_text or None,
        "redirect_url": validation.redirect_url or None,
    }


def checkout_problem(refusal: Refusal) -> Problem:
    """Build the problem for a checkout order that cannot be completed."""
    status = 404 if refusal.reason is Reason.CHECKOUT_NOT_FOUND else 409
    return Problem(status, f"the checkout cannot be completed: {refusal}")


async def _send_push(
    deliveries: DeliveryRunner, sandbox: Sandbox, push: Delivery, mode: PushMode
) -> Delivery | None:
    """Send the first push if it is due at once; return it as it is then."""
    if mode is PushMode.NOW:
        await deliveries.deliver(sandbox, push)
    elif mode is PushMode.WITH_CONFIRMATION:
        deliveries.start_sending(sandbox, push)
    current = deliveries.current(sandbox)
    deliveries.arm(current)
    return current.deliveries.get(push.delivery_id)
