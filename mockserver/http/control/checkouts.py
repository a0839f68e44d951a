"""Control API: create, list, inspect and complete checkout orders."""

from mockserver.domain.checkout.checkout import Checkout, derive_checkout_status
from mockserver.domain.order import Order
from mockserver.http.complete_checkout import NOT_VALIDATED, play_completion
from mockserver.http.control import serializers
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.control.deliveries import serialize_delivery
from mockserver.http.control.orders import MAX_ORDERS, free_order_name
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.json_values import JsonObject, format_time
from mockserver.http.merchant.checkout_serializer import serialize_checkout
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.http.shopper_changes import serialize_validation
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_builder import add_checkout
from mockserver.scenario.sandbox_builder import order_defaults


def list_checkouts(context: ControlContext, params: PathParams, request: Request) -> Response:
    """List the checkout orders of a sandbox, oldest first."""
    sandbox = find_sandbox(context, params)
    checkouts = [
        _summary(sandbox, checkout, _page_url(context, sandbox, checkout, request))
        for checkout in sandbox.checkouts.values()
    ]
    return json_response({"checkouts": checkouts})


def create_from_spec(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Create a checkout order from scenario syntax."""
    spec = validate(parse_json_object(request), "scenario.schema.json#/$defs/checkout")
    sandbox = open_sandbox(context, params)
    if len(sandbox.order_names) >= MAX_ORDERS:
        message = f"the sandbox has the maximum of {MAX_ORDERS} orders; reset it first"
        raise Problem(409, message)
    name = spec.get("name") or free_order_name(sandbox)
    checkout = add_checkout(sandbox, name, spec, order_defaults(sandbox))
    order = sandbox.find_order(checkout.order_id)
    return json_response(
        _details(sandbox, checkout, order, _page_url(context, sandbox, checkout, request)),
        status=201,
    )


def get_checkout(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Return a checkout order, whatever its status, and its order if there is one."""
    sandbox = find_sandbox(context, params)
    checkout = _find_checkout(sandbox, params["checkout_id"])
    order = sandbox.find_order(checkout.order_id)
    page_url = _page_url(context, sandbox, checkout, request)
    return json_response(_details(sandbox, checkout, order, page_url))


async def complete_as_shopper(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Complete a checkout order in place of the shopper."""
    body = parse_json_object(request)
    spec = validate(body, "control.schema.json#/$defs/completion_request")
    sandbox = find_sandbox(context, params)
    checkout = _find_checkout(sandbox, params["checkout_id"])
    earlier_count = sandbox.deliveries.added_count
    completed = await play_completion(context.deliveries, sandbox, checkout, spec)
    current = context.deliveries.current(sandbox)
    made = current.deliveries.added_since(earlier_count, checkout.order_id)
    page_url = _page_url(context, sandbox, checkout, request)
    details = _details(sandbox, completed.checkout, completed.order, page_url)
    made.sort(key=lambda delivery: delivery.kind is not DeliveryKind.PUSH)  # it comes first
    response_body = {
        "outcome": completed.outcome or NOT_VALIDATED,
        "validation": serialize_validation(completed.validation),
        **details,
        "deliveries": [serialize_delivery(current, delivery) for delivery in made],
    }
    return json_response(response_body)


def _find_checkout(sandbox: Sandbox, name_or_id: str) -> Checkout:
    order_id = sandbox.order_names.get(name_or_id, name_or_id)
    checkout = sandbox.checkouts.get(order_id)
    if checkout is None:
        raise Problem(404, f"no checkout '{name_or_id}' in sandbox '{sandbox.display_name}'")
    return checkout


def _page_url(
    context: ControlContext, sandbox: Sandbox, checkout: Checkout, request: Request
) -> str:
    return context.pages.build(sandbox, checkout.order_id, request.base_url)


def _summary(sandbox: Sandbox, checkout: Checkout, page_url: str) -> JsonObject:
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    return {
        "order_id": checkout.order_id,
        "status": derive_checkout_status(checkout, now, assumptions),
        "order_amount": checkout.fields["order_amount"],
        "started_at": format_time(checkout.started_at),
        "expires_at": format_time(checkout.expires_at),
        "page_url": page_url,
    }


def _details(
    sandbox: Sandbox, checkout: Checkout, order: Order | None, page_url: str
) -> JsonObject:
    return {
        **_summary(sandbox, checkout, page_url),
        "confirmation_url": checkout.return_url,
        "checkout": serialize_checkout(checkout, sandbox.assumptions, page_url),
        "order": order and serializers.serialize_current_order(sandbox, order),
    }
