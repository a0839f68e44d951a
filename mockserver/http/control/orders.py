"""Control API: list, create and inspect orders, and force outcomes."""

from functools import partial
from itertools import count

from mockserver.domain.forced_outcomes import FORCED_OUTCOMES
from mockserver.domain.wording import did_you_mean
from mockserver.http.control import serializers
from mockserver.http.control.context import (
    Commit,
    ControlContext,
    PathParams,
    find_order,
    find_sandbox,
    open_sandbox,
)
from mockserver.http.control.parsing import json_response, parse_json_object, validate
from mockserver.http.control.problems import Problem
from mockserver.http.control.workers import SMALL_BODY
from mockserver.http.messages import Request, Response
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.sandbox_builder import (
    BuiltOrder,
    build_order,
    draft_of,
    order_defaults,
    store_order,
)

MAX_ORDERS = 200_000


def list_orders(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """List the orders of a sandbox."""
    sandbox = find_sandbox(context, params)
    orders = sandbox.orders.values()
    return json_response({"orders": serializers.serialize_order_summaries(sandbox, orders)})


async def create_order(context: ControlContext, params: PathParams, request: Request) -> Commit:
    """Create an order from scenario syntax; a large one is built by a worker."""
    spec = validate(parse_json_object(request), "scenario.schema.json#/$defs/order")
    sandbox = open_sandbox(context, params)
    if len(sandbox.order_names) >= MAX_ORDERS:
        raise Problem(
            409, f"the sandbox has the maximum of {MAX_ORDERS} orders; reset it first"
        )
    name = spec.get("name") or _free_name(sandbox)
    is_long = len(request.body or b"") > SMALL_BODY
    target = draft_of(sandbox, name) if is_long else sandbox
    build = partial(build_order, target, name, spec, order_defaults(sandbox), ())
    built = await context.workers.run_if(build, is_long=is_long)
    return partial(_store_order, context, params, name, built, is_long=is_long)


def _store_order(
    context: ControlContext, params: PathParams, name: str, built: BuiltOrder, *, is_long: bool
) -> Response:
    sandbox = open_sandbox(context, params)
    order = store_order(sandbox, name, built)
    if is_long:
        for drawn_id in (order.order_id, *built[1]):  # by the draft: nobody draws it again
            sandbox.ids.reserve(drawn_id)
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
