"""Control API: list, create and inspect orders, and force outcomes."""

from itertools import count

from mockserver.domain.forced_outcomes import FORCED_OUTCOMES
from mockserver.domain.wording import did_you_mean
from mockserver.http.control import serializers
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_order,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.control.parsing import json_response, parse_json_object, validate
from mockserver.http.control.problems import Problem
from mockserver.http.messages import Request, Response
from mockserver.sandbox.deliveries.webhooks import EventType
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import add_order

MAX_ORDERS = 200_000


def list_orders(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """List the orders of a sandbox."""
    sandbox = find_sandbox(context, params)
    orders = sandbox.orders.values()
    return json_response({"orders": serializers.serialize_order_summaries(sandbox, orders)})


def create_order(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Create an order from scenario syntax."""
    spec = validate(parse_json_object(request), "scenario.schema.json#/$defs/order")
    sandbox = open_sandbox(context, params)
    if len(sandbox.order_names) >= MAX_ORDERS:
        raise Problem(
            409, f"the sandbox has the maximum of {MAX_ORDERS} orders; reset it first"
        )
    name = spec.get("name") or _free_name(sandbox)
    order = add_order(sandbox, name, spec)
    sandbox.emit(EventType.ORDER_CREATED, order.order_id)
    context.deliveries.arm(sandbox)
    return json_response(serializers.serialize_current_order(sandbox, order), status=201)


def _free_name(sandbox: Sandbox) -> str:
    numbers = count(len(sandbox.order_names) + 1)
    return next(
        name for name in map("order-{}".format, numbers) if name not in sandbox.order_names
    )


def get_order(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return the inner view of an order."""
    sandbox = find_sandbox(context, params)
    order = find_order(sandbox, params["order_id"])
    return json_response(serializers.serialize_inner_view(sandbox, order))


def force_outcome(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Force an outcome that normally time or the provider causes."""
    outcome = parse_json_object(request).get("outcome")
    if not isinstance(outcome, str):
        raise Problem(422, f"expected one of these for 'outcome': {', '.join(FORCED_OUTCOMES)}")
    if outcome not in FORCED_OUTCOMES:
        hint = did_you_mean(outcome, list(FORCED_OUTCOMES))
        raise Problem(422, f"unknown outcome '{outcome}', {hint}")
    sandbox = open_sandbox(context, params)
    order = find_order(sandbox, params["order_id"])
    changed = sandbox.force_outcome(order.order_id, outcome)
    return json_response(serializers.serialize_inner_view(sandbox, changed or order))
