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
    attempt_checkout,
)
from mockserver.domain.checkout.validation import SKIPPED, Validation
from mockserver.domain.order import Order
from mockserver.http.deliveries.callbacks import validate_checkout
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.shopper_changes import check_in_use, enter_changes, take_checkout_turn
from mockserver.sandbox import checkouts
from mockserver.sandbox.deliveries.delivery import CALLBACKS, Delivery
from mockserver.sandbox.deliveries.schedules import PushMode
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_completion import build_completion

URLS_ASKED = frozenset(CALLBACKS)
"""Merchant URLs that are asked before the payment."""

NOT_VALIDATED = "not_validated"
"""Outcome of an attempt that the response to a callback stopped."""


class Completed(Struct, frozen=True):
    """The result of an attempt; ``order`` and ``push`` are ``None`` if it made none.

    ``outcome`` is ``None`` if the merchant's response to a callback stopped it.
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
    if URLS_ASKED & _merchant_urls(checkout):
        validation, completion = await _ask_merchant(
            deliveries, sandbox, checkout.order_id, completion, spec
        )
        if not validation.lets_pass:
            current = deliveries.current(sandbox).checkouts[checkout.order_id]
            return Completed(None, current, None, validation=validation)
    mode = _push_mode(spec)
    completed = await take_checkout_turn(
        deliveries, sandbox, _complete, checkout.order_id, completion, mode
    )
    if completed.push is not None:
        push = await _send_push(deliveries, sandbox, completed.push, mode)
        completed = replace(completed, push=push)
    return replace(completed, validation=validation)


def _merchant_urls(checkout: Checkout) -> AbstractSet[str]:
    urls: Mapping[str, str] = checkout.fields.get("merchant_urls", {})
    return urls.keys()


async def _ask_merchant(
    deliveries: DeliveryRunner,
    sandbox: Sandbox,
    order_id: str,
    completion: Completion,
    spec: Mapping[str, Any],
) -> tuple[Validation, Completion]:
    """Make the callbacks that come before the payment, until one stops the purchase.

    Returns:
        The last response, and the completion with the shipping option that was asked about.

    Raises:
        Problem: the completion is refused; or the sandbox was reset or dropped meanwhile.
    """
    without_option = replace(completion, shipping_option=None)  # it is chosen afterwards

    def enter(current: Sandbox, checkout: Checkout) -> Checkout:
        # What would be refused after the callbacks is refused before them.
        now, assumptions = current.clock.now(), current.assumptions
        attempt_checkout(checkout, without_option, now, assumptions)
        entered = replace(without_option, outcome=ShopperOutcome.ABANDONED)
        return checkouts.complete_checkout(current, checkout.order_id, entered)[0]

    validation = await enter_changes(
        deliveries, sandbox, order_id, enter, completion.shipping_option
    )
    checkout = deliveries.current(sandbox).checkouts[order_id]
    option = checkout.shopper.get("selected_shipping_option", {}).get("id")
    completion = replace(completion, shipping_option=option)
    if not validation.lets_pass:
        return validation, completion
    if completion.outcome is ShopperOutcome.ABANDONED or spec.get("validation") == "skip":
        return SKIPPED, completion
    validation = await validate_checkout(deliveries, sandbox, checkout)
    check_in_use(deliveries, sandbox)
    return validation, completion


def _complete(
    sandbox: Sandbox, order_id: str, completion: Completion, mode: PushMode
) -> Completed:
    """Complete a checkout order, and plan the pushes of its order."""
    checkout, order = checkouts.complete_checkout(sandbox, order_id, completion)
    push = None
    if order is not None:
        now = sandbox.clock.now()
        push = sandbox.deliveries.add_push(checkout, now, mode, sandbox.assumptions)
    return Completed(completion.outcome, checkout, order, push)


def _push_mode(spec: Mapping[str, Any]) -> PushMode:
    return PushMode(spec.get("push", PushMode.SCHEDULE))


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
