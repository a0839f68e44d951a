"""Control API: list, inspect and complete checkout orders."""

from mockserver.domain.checkout.checkout import Checkout, derive_checkout_status
from mockserver.domain.checkout.completion import UnknownShippingOptionError
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.order import Order
from mockserver.http.control import serializers
from mockserver.http.control.context import ControlContext, PathParams, find_sandbox
from mockserver.http.control.deliveries import serialize_delivery
from mockserver.http.control.parsing import json_response, parse_json_object, validate
from mockserver.http.control.problems import Problem
from mockserver.http.merchant.checkout_serializer import serialize_checkout
from mockserver.http.merchant.serializers import JsonObject, format_time
from mockserver.http.messages import Request, Response
from mockserver.sandbox.checkouts import complete_checkout
from mockserver.sandbox.deliveries.delivery import Delivery
from mockserver.sandbox.deliveries.schedules import PushMode
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_completion import build_completion


def list_checkouts(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """List the checkout orders of a sandbox, oldest first."""
    sandbox = find_sandbox(context, params)
    checkouts = [_summary(sandbox, checkout) for checkout in sandbox.checkouts.values()]
    return json_response({"checkouts": checkouts})


def get_checkout(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return a checkout order, whatever its status, and its order if there is one."""
    sandbox = find_sandbox(context, params)
    checkout = _find_checkout(sandbox, params["checkout_id"])
    order = sandbox.orders.get(checkout.order_id)
    return json_response(_details(sandbox, checkout, order))


async def complete(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Complete a checkout order in place of the shopper."""
    body = parse_json_object(request)
    spec = validate(body, "control.schema.json#/$defs/completion_request")
    sandbox = find_sandbox(context, params)
    checkout = _find_checkout(sandbox, params["checkout_id"])
    completion = build_completion(checkout, spec, sandbox.ids.seed)
    try:
        checkout, order = complete_checkout(sandbox, checkout.order_id, completion)
    except UnknownShippingOptionError as error:
        raise Problem(422, str(error)) from None
    except Refusal as refusal:
        raise _problem(refusal) from None
    delivery = None
    if order is not None:
        mode = PushMode(spec.get("push", PushMode.SCHEDULE))
        delivery = await _push(context, sandbox, checkout, mode)
    details = _details(sandbox, checkout, order)
    pushes = [serialize_delivery(sandbox, delivery)] if delivery else []
    return json_response({"outcome": completion.outcome, **details, "deliveries": pushes})


async def _push(
    context: ControlContext, sandbox: Sandbox, checkout: Checkout, mode: PushMode
) -> Delivery | None:
    """Plan the pushes of a completed checkout order, and send the first if it is due."""
    now = sandbox.clock.now()
    delivery = sandbox.deliveries.add_push(checkout, now, mode, sandbox.assumptions)
    if delivery is not None and mode is PushMode.NOW:
        delivery = (await context.deliveries.send(sandbox, delivery)).delivery
    context.deliveries.arm(sandbox)
    return delivery


def _find_checkout(sandbox: Sandbox, name_or_id: str) -> Checkout:
    order_id = sandbox.order_names.get(name_or_id, name_or_id)
    checkout = sandbox.checkouts.get(order_id)
    if checkout is None:
        raise Problem(404, f"no checkout '{name_or_id}' in sandbox '{sandbox.display_name}'")
    return checkout


def _problem(refusal: Refusal) -> Problem:
    status = 404 if refusal.reason is Reason.CHECKOUT_NOT_FOUND else 409
    return Problem(status, f"the checkout cannot be completed: {refusal}")


def _summary(sandbox: Sandbox, checkout: Checkout) -> JsonObject:
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    return {
        "order_id": checkout.order_id,
        "status": derive_checkout_status(checkout, now, assumptions),
        "order_amount": checkout.fields["order_amount"],
        "started_at": format_time(checkout.started_at),
        "expires_at": format_time(checkout.expires_at),
    }


def _details(sandbox: Sandbox, checkout: Checkout, order: Order | None) -> JsonObject:
    return {
        **_summary(sandbox, checkout),
        "confirmation_url": checkout.merchant_url("confirmation"),
        "checkout": serialize_checkout(checkout, sandbox.assumptions),
        "order": order and serializers.serialize_current_order(sandbox, order),
    }
