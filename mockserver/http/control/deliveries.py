"""Control API: the inbox of deliveries: list, inspect, await, send again, remove."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from shlex import quote
from time import monotonic

from mockserver.domain.order import Order
from mockserver.domain.wording import did_you_mean
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    parse_sandbox_name,
)
from mockserver.http.control.requests import parse_await_parameters
from mockserver.http.deliveries.outgoing import OutgoingRequest, build_request
from mockserver.http.json_bodies import json_response
from mockserver.http.json_values import JsonObject, format_time
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.sandbox.deliveries.delivery import (
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    derive_delivery_state,
    is_stopped,
)
from mockserver.sandbox.sandbox import Sandbox

DELIVERY_FILTERS = ("kind", "order_id", "state")
FILTER_VALUES: Mapping[str, Sequence[str]] = {
    "kind": tuple(DeliveryKind),
    "state": tuple(DeliveryState),
}
LOOK_INTERVAL = 0.02  # seconds at least from one look at all deliveries to the next
FEW_DELIVERIES = 1000  # that are serialized in about 50 ms


def list_deliveries(context: ControlContext, params: PathParams, request: Request) -> Response:
    """List the deliveries of a sandbox, oldest first, filtered by the query."""
    sandbox = find_sandbox(context, params)
    deliveries = _find_matching(sandbox, request)
    return json_response({"deliveries": _serialize_deliveries(sandbox, deliveries)})


def get_delivery(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return a delivery with its attempts and a curl line that repeats it."""
    sandbox = find_sandbox(context, params)
    return json_response(serialize_delivery(sandbox, _find(sandbox, params["delivery_id"])))


async def send_delivery(
    context: ControlContext, params: PathParams, _request: Request
) -> Response:
    """Send a delivery now, whatever its state, and return it with the new attempt.

    Raises:
        Problem: with status 409 if its host is not called, or its endpoint was removed.
    """
    sandbox = find_sandbox(context, params)
    delivery = _find(sandbox, params["delivery_id"])
    sent = await context.deliveries.send(sandbox, delivery)
    context.deliveries.arm(sandbox)
    if sent.result.held:
        raise Problem(409, f"'{delivery.delivery_id}' was not sent: {sent.result.held}")
    return json_response(serialize_delivery(sandbox, sent.delivery))


def remove_delivery(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Remove a delivery, so that it is not sent any more."""
    sandbox = find_sandbox(context, params)
    _find(sandbox, params["delivery_id"])
    sandbox.deliveries.remove(params["delivery_id"])
    return Response(204)


async def await_deliveries(
    context: ControlContext, params: PathParams, request: Request
) -> Response:
    """Wait until ``count`` deliveries match, at most ``timeout`` (real time)."""
    count, timeout = parse_await_parameters(request)
    deadline = monotonic() + timeout
    name = parse_sandbox_name(context, params)
    while True:
        sandbox = await context.home.take_turn(name, _look_at_sandbox, context, params)
        is_long = len(sandbox.deliveries.by_id) > FEW_DELIVERIES
        find = partial(_find_matching, sandbox, request)
        deliveries = await context.workers.run_if(find, is_long=is_long)
        seconds_left = deadline - monotonic()
        if len(deliveries) >= count or seconds_left <= 0:
            break
        next_look = monotonic() + LOOK_INTERVAL
        await context.home.wait_for_change(name, seconds_left)
        await asyncio.sleep(next_look - monotonic())
    serialize = partial(_serialize_deliveries, sandbox, deliveries)
    rows = await context.workers.run_if(serialize, is_long=is_long)
    return json_response({"satisfied": len(deliveries) >= count, "deliveries": rows})


def _look_at_sandbox(context: ControlContext, params: PathParams) -> Sandbox:
    """Return the sandbox, which may have been replaced; a copy for a worker if it is large."""
    sandbox = find_sandbox(context, params)
    is_long = len(sandbox.deliveries.by_id) > FEW_DELIVERIES
    return sandbox.copy() if is_long else sandbox


def _serialize_deliveries(sandbox: Sandbox, deliveries: Iterable[Delivery]) -> list[JsonObject]:
    return [serialize_delivery(sandbox, delivery) for delivery in deliveries]


def serialize_delivery(sandbox: Sandbox, delivery: Delivery) -> JsonObject:
    """Show a delivery with its derived state."""
    order, assumptions = sandbox.orders.get(delivery.order_id), sandbox.assumptions
    stopped = is_stopped(delivery, order, assumptions)
    due_at = None if stopped or delivery.held else delivery.due_at
    state = derive_delivery_state(delivery, order, assumptions)
    request = build_request(sandbox, delivery)
    return {
        "id": delivery.delivery_id,
        "kind": delivery.kind,
        "order_id": delivery.order_id,
        "state": state,
        "reason": _reason(delivery, state, order),
        "method": delivery.method,
        "url": delivery.url,
        "headers": request.headers,
        "body": request.body or None,
        "curl": _curl_line(delivery, request),
        "created_at": format_time(delivery.created_at),
        "due_at": due_at and format_time(due_at),
        "attempt_count": delivery.attempt_count,
        "attempts": [_serialize_attempt(attempt) for attempt in delivery.attempts],
    }


def _reason(delivery: Delivery, state: DeliveryState, order: Order | None) -> str | None:
    """Return why a delivery is held or cancelled."""
    if state is DeliveryState.HELD:
        return delivery.held
    if state is not DeliveryState.CANCELLED:
        return None
    if delivery.kind is not DeliveryKind.PUSH:
        return "an earlier attempt was answered"
    if order is None:
        return "the order no longer exists"
    events = {  # a capture acknowledges as well, at the same time
        "captured": order.captures[0].captured_at if order.captures else None,
        "acknowledged": order.acknowledged_at,
        "cancelled": order.cancelled_at,
    }
    event, at = min(((event, at) for event, at in events.items() if at), key=itemgetter(1))
    return f"the order was {event} at {format_time(at)}"


def _curl_line(delivery: Delivery, request: OutgoingRequest) -> str:
    """Write a delivery as a command; the signatures of a webhook are valid for 5 minutes."""
    headers = [
        f"-H {quote(f'{name}: {value}')}"
        for name, value in request.headers.items()
        if name != "User-Agent"
    ]
    data = [f"--data-raw {quote(request.body)}"] if request.body else []
    parts = ["curl -sS -X", delivery.method, *headers, *data, quote(delivery.url)]
    return " ".join(parts)


def _serialize_attempt(attempt: Attempt) -> JsonObject:
    return {
        "at": format_time(attempt.at),
        "status": attempt.status,
        "milliseconds": round(attempt.seconds * 1000, 3),
        "error": attempt.error or None,
        "faults": list(attempt.faults),
    }


def _find(sandbox: Sandbox, delivery_id: str) -> Delivery:
    delivery = sandbox.deliveries.get(delivery_id)
    if delivery is None:
        raise Problem(404, f"no delivery '{delivery_id}' in sandbox '{sandbox.display_name}'")
    return delivery


def _find_matching(sandbox: Sandbox, request: Request) -> list[Delivery]:
    """Return the deliveries that match the filters of the query."""
    filters = {key: request.query[key] for key in DELIVERY_FILTERS if key in request.query}
    for key, values in FILTER_VALUES.items():
        value = filters.get(key)
        if value is not None and value not in values:
            raise Problem(422, f"unknown {key} '{value}', {did_you_mean(value, values)}")
    if "order_id" in filters:
        name_or_id = filters["order_id"]
        filters["order_id"] = sandbox.order_names.get(name_or_id, name_or_id)
    return [
        delivery
        for delivery in sandbox.deliveries
        if all(_field(sandbox, delivery, key) == value for key, value in filters.items())
    ]


def _field(sandbox: Sandbox, delivery: Delivery, name: str) -> str:
    if name == "state":
        order = sandbox.orders.get(delivery.order_id)
        return derive_delivery_state(delivery, order, sandbox.assumptions)
    return str(getattr(delivery, name))
