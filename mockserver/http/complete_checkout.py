"""Complete a checkout order as the shopper: control call and checkout page act through this.

Also plans the push of the order, and sends it where it is due at once.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.completion import Outcome, UnknownShippingOptionError
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.order import Order
from mockserver.http.control.problems import Problem
from mockserver.http.deliveries.runner import DeliveryRunner
from mockserver.sandbox import checkouts
from mockserver.sandbox.deliveries.delivery import Delivery
from mockserver.sandbox.deliveries.schedules import PushMode
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_completion import build_completion


class Completed(Struct, frozen=True):
    """The result of an attempt; ``order`` and ``push`` are ``None`` if it made none."""

    outcome: Outcome
    checkout: Checkout
    order: Order | None
    push: Delivery | None = None


async def complete_checkout(
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
    completed = await deliveries.take_turn(sandbox, _complete, checkout, spec)
    if completed is None:
        raise Problem(404, f"sandbox '{sandbox.display_name}' was replaced meanwhile")
    if completed.push is None:
        return completed
    mode, push = _push_mode(spec), completed.push
    if mode is PushMode.NOW:
        await deliveries.deliver(sandbox, push)
        push = sandbox.deliveries.get(push.delivery_id) or push
    if mode is PushMode.WITH_CONFIRMATION:
        deliveries.start_sending(sandbox, push)
    deliveries.arm(sandbox)
    return replace(completed, push=push)


def _complete(sandbox: Sandbox, checkout: Checkout, spec: Mapping[str, Any]) -> Completed:
    """Complete a checkout order, and plan the pushes of its order."""
    completion = build_completion(checkout, spec, sandbox.ids.seed)
    try:
        checkout, order = checkouts.complete_checkout(sandbox, checkout.order_id, completion)
    except UnknownShippingOptionError as error:
        raise Problem(422, str(error)) from None
    except Refusal as refusal:
        raise checkout_problem(refusal) from None
    push = None
    if order is not None:
        now, mode = sandbox.clock.now(), _push_mode(spec)
        push = sandbox.deliveries.add_push(checkout, now, mode, sandbox.assumptions)
    return Completed(completion.outcome, checkout, order, push)


def _push_mode(spec: Mapping[str, Any]) -> PushMode:
    return PushMode(spec.get("push", PushMode.SCHEDULE))


def checkout_problem(refusal: Refusal) -> Problem:
    """Build the problem for a checkout order that cannot be completed."""
    status = 404 if refusal.reason is Reason.CHECKOUT_NOT_FOUND else 409
    return Problem(status, f"the checkout cannot be completed: {refusal}")
