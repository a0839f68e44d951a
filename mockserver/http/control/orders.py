"""Control API: list, create and inspect orders, and force outcomes."""

from datetime import datetime
from functools import partial
from itertools import count

from mockserver.domain.forced_outcomes import FORCED_OUTCOMES
from mockserver.domain.order import Order
from mockserver.domain.wording import did_you_mean
from mockserver.http.control import serializers
from mockserver.http.control.context import (
    Commit,
    ControlContext,
    PathParams,
    find_order,
    find_sandbox,
    open_sandbox,
    parse_sandbox_name,
)
from mockserver.http.control.order_filters import filter_orders
from mockserver.http.control.parsing import parse_flag
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.http.workers import SMALL_BODY
from mockserver.sandbox.checkouts import notify_of_review
from mockserver.sandbox.deliveries.emission import emit_event
from mockserver.sandbox.deliveries.webhooks import EventType
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.provider_order import (
    convert_order,
    findings_of_provider_order,
    is_provider_order,
)
from mockserver.scenario.sandbox_builder import (
    BuiltOrder,
    add_order,
    build_order,
    draft_of,
    order_defaults,
    store_order,
)
from mockserver.scenario.spec import Spec

MAX_ORDERS = 200_000
ORDER_SCHEMA = "scenario.schema.json#/$defs/order"


def list_orders(context: ControlContext, params: PathParams, request: Request) -> Response:
    """List the orders of a sandbox that match the query, oldest first."""
    sandbox = find_sandbox(context, params)
    orders, total = filter_orders(sandbox, request)
    rows = serializers.serialize_order_summaries(sandbox, orders)
    return json_response({"orders": rows, "total": total})


async def create_order(context: ControlContext, params: PathParams, request: Request) -> Commit:
    """Create an order from scenario syntax, or from an order as the provider shows it."""
    value = parse_json_object(request)
    if not is_provider_order(value):
        return await _plan_order(context, params, request, validate(value, ORDER_SCHEMA))
    with findings_of_provider_order():
        spec = await _convert_order(context, params, request, value)
        commit = await _plan_order(context, params, request, spec)
    return partial(_commit_provider_order, commit)


async def _convert_order(
    context: ControlContext, params: PathParams, request: Request, value: Spec
) -> Spec:
    mask = parse_flag(request, "mask")
    validate(convert_order(value, mask=mask), ORDER_SCHEMA)
    name = parse_sandbox_name(context, params)
    now = await context.home.take_turn(name, _sandbox_time, context, params)
    return convert_order(value, now, mask=mask)


def _sandbox_time(context: ControlContext, params: PathParams) -> datetime:
    return open_sandbox(context, params).clock.now()


def _commit_provider_order(commit: Commit) -> Response:
    with findings_of_provider_order():
        return commit()


async def _plan_order(
    context: ControlContext, params: PathParams, request: Request, spec: Spec
) -> Commit:
    """Return what adds an order; a large one is built by a worker before."""
    if len(request.body or b"") <= SMALL_BODY:
        return partial(_add_order, context, params, spec)
    name = parse_sandbox_name(context, params)
    order_name, draft = await context.home.take_turn(name, _draft, context, params, spec)
    built = await context.workers.run_if(
        partial(build_order, draft, order_name, spec, order_defaults(draft), ()), is_long=True
    )
    return partial(_store_draft, context, params, spec, order_name, built)


def _add_order(context: ControlContext, params: PathParams, spec: Spec) -> Response:
    sandbox = open_sandbox(context, params)
    order = add_order(sandbox, _choose_name(sandbox, spec), spec)
    return _created(context, sandbox, order)


def _draft(context: ControlContext, params: PathParams, spec: Spec) -> tuple[str, Sandbox]:
    """Return the name of a new order, and the draft to build it in."""
    sandbox = open_sandbox(context, params)
    name = _choose_name(sandbox, spec)
    return name, draft_of(sandbox, name)


def _store_draft(
    context: ControlContext, params: PathParams, spec: Spec, name: str, built: BuiltOrder
) -> Response:
    """Store a built order; build it again if its name or ids were taken meanwhile."""
    sandbox = open_sandbox(context, params)
    ids = (built[0].order_id, *built[1])
    are_taken = any(id_ in sandbox.orders or id_ in sandbox.movement_names for id_ in ids)
    if are_taken or name in sandbox.order_names:
        return _add_order(context, params, spec)
    order = store_order(sandbox, name, built)
    for drawn_id in (order.order_id, *built[1]):  # by the draft: nobody draws it again
        sandbox.ids.reserve(drawn_id)
    return _created(context, sandbox, order)


def _created(context: ControlContext, sandbox: Sandbox, order: Order) -> Response:
    _emit_history(sandbox, order)
    context.deliveries.arm(sandbox)
    return json_response(serializers.serialize_current_order(sandbox, order), status=201)


def _emit_history(sandbox: Sandbox, order: Order) -> None:
    """Send the events of an order that may have captures and refunds already."""
    emit_event(sandbox, EventType.ORDER_CREATED, order.order_id)
    for capture in order.captures:
        emit_event(
            sandbox, EventType.CAPTURE_CREATED, order.order_id, capture_id=capture.capture_id
        )
    for refund in order.refunds:
        emit_event(
            sandbox, EventType.REFUND_CREATED, order.order_id, refund_id=refund.refund_id
        )


def _choose_name(sandbox: Sandbox, spec: Spec) -> str:
    """Return the name of a new order.

    Raises:
        Problem: with status 409 if the sandbox has the maximum of orders.
    """
    if len(sandbox.order_names) >= MAX_ORDERS:
        raise Problem(
            409, f"the sandbox has the maximum of {MAX_ORDERS} orders; reset it first"
        )
    return str(spec.get("name") or free_order_name(sandbox))


def free_order_name(sandbox: Sandbox) -> str:
    """Return a name for an order that has none."""
    numbers = count(len(sandbox.order_names) + 1)
    return next(
        name for name in map("order-{}".format, numbers) if name not in sandbox.order_names
    )


def get_order(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return the details of an order."""
    sandbox = find_sandbox(context, params)
    order = find_order(sandbox, params["order_id"])
    return json_response(serializers.serialize_order_details(sandbox, order))


def force_order_outcome(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
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
    if notify_of_review(sandbox, order.order_id, outcome):
        context.deliveries.arm(sandbox)
    return json_response(serializers.serialize_order_details(sandbox, changed or order))
