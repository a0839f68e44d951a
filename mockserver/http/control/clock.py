"""Control API: read, set, advance and freeze the clock of a sandbox."""

from datetime import datetime
from functools import partial
from typing import Any

from mockserver.domain.fraud_review import end_due_review
from mockserver.domain.lifecycle import Status, derive_status
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    find_sandbox,
    open_sandbox,
    parse_sandbox_name,
)
from mockserver.http.deliveries.delivery_runner import SentDelivery
from mockserver.http.json_bodies import json_response, parse_json_object
from mockserver.http.json_values import format_time
from mockserver.http.messages import Request, Response
from mockserver.http.problems import Problem
from mockserver.http.workers import SMALL_SANDBOX
from mockserver.sandbox.clock import ClockMove
from mockserver.sandbox.deliveries.delivery import is_stopped
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.times import check_time_bounds, parse_duration, parse_time

CLOCK_FIELDS = ("advance", "set", "freeze", "dry_run")


def get_clock(context: ControlContext, params: PathParams, _request: Request) -> Response:
    """Return the sandbox's time."""
    return json_response(_serialize_clock(find_sandbox(context, params)))


async def set_clock(context: ControlContext, params: PathParams, request: Request) -> Response:
    """Set, advance or freeze the clock; sends what is due meanwhile.

    Returns the orders that expired, the fraud reviews that ended and the deliveries that
    were sent, in ``fired``. With ``dry_run`` nothing changes, and ``fired`` is what is due
    until then.
    """
    body = parse_json_object(request)
    unknown = [field for field in body if field not in CLOCK_FIELDS]
    if unknown or not body:
        raise Problem(
            422, f"expected one or more of {', '.join(CLOCK_FIELDS)}, got {unknown or '{}'}"
        )
    name = parse_sandbox_name(context, params)
    changed = await context.home.take_turn(name, _change_clock, context, params, body)
    if isinstance(changed, Response):
        return changed
    sandbox, old_time, move = changed
    sent = await context.deliveries.advance(sandbox, move)
    sandbox = find_sandbox(context, params)
    changed_by_time = await context.workers.run_if(
        partial(_events_of_time, sandbox.copy(), old_time, sandbox.clock.now()),
        is_long=sandbox.total_bytes > SMALL_SANDBOX,
    )
    fired = [*changed_by_time, *map(_delivery_event, sent)]
    fired.sort(key=lambda event: event["at"])
    return json_response({**_serialize_clock(sandbox), "fired": fired})


def _change_clock(
    context: ControlContext, params: PathParams, body: dict[str, Any]
) -> tuple[Sandbox, datetime, ClockMove] | Response:
    """Freeze or unfreeze the clock.

    Returns:
        The sandbox, the time before, and how it is to move; or what a change would do.
    """
    sandbox = open_sandbox(context, params)
    old_time = sandbox.clock.now()
    target = _target_time(body, old_time)
    if target < old_time:
        requested, now = format_time(target), format_time(old_time)
        raise Problem(422, f"a clock cannot go back: {requested} is before {now}")
    if "freeze" in body and not isinstance(body["freeze"], bool):
        raise Problem(422, "expected a boolean for 'freeze'")
    if not isinstance(body.get("dry_run", False), bool):
        raise Problem(422, "expected a boolean for 'dry_run'")
    if body.get("dry_run"):
        dry_run = _dry_run_change(sandbox, target)
        return json_response({**dry_run, "frozen": body.get("freeze", sandbox.clock.frozen)})
    if body.get("freeze"):
        sandbox.clock.freeze()
    elif "freeze" in body:
        sandbox.clock.unfreeze()
    move = ClockMove(target) if "set" in body else ClockMove(by=target - old_time)
    return sandbox, old_time, move


def _dry_run_change(sandbox: Sandbox, target: datetime) -> dict[str, Any]:
    """Return what is due until a time; how the merchant will answer is not known."""
    due = [
        {
            "at": format_time(delivery.due_at),
            "event": f"{delivery.kind} is due",
            "order_id": delivery.order_id,
        }
        for delivery in sandbox.deliveries
        if delivery.due_at is not None
        and delivery.due_at <= target
        and not delivery.held
        and not is_stopped(delivery, sandbox.orders.get(delivery.order_id), sandbox.assumptions)
    ]
    fired = [*_events_of_time(sandbox, sandbox.clock.now(), target), *due]
    fired.sort(key=lambda event: event["at"])
    return {"now": format_time(target), "fired": fired}


def _target_time(body: dict[str, Any], now: datetime) -> datetime:
    try:
        target = parse_time(body["set"]) if "set" in body else now
        if "advance" not in body:  # a running clock may be past the latest time already
            return target
        advance = parse_duration(body["advance"])
        return check_time_bounds(target + advance, body["advance"])
    except ValueError as error:
        raise Problem(422, str(error)) from None


def _expired_orders(sandbox: Sandbox, before: datetime, now: datetime) -> list[dict[str, Any]]:
    """Return the orders that expire between two times, oldest first."""
    expired = [
        order
        for order in sandbox.orders.values()
        if before < order.expires_at <= now
        and derive_status(order, before, sandbox.assumptions) is not Status.EXPIRED
        and derive_status(order, now, sandbox.assumptions) is Status.EXPIRED
    ]
    return [
        {
            "at": format_time(order.expires_at),
            "event": "order expired",
            "order_id": order.order_id,
        }
        for order in sorted(expired, key=lambda order: order.expires_at)
    ]


def _events_of_time(sandbox: Sandbox, before: datetime, now: datetime) -> list[dict[str, Any]]:
    """Return what time alone does between two times: orders expire, fraud reviews end."""
    return [
        *_expired_orders(sandbox, before, now),
        *_ended_reviews(sandbox, before, now),
    ]


def _ended_reviews(sandbox: Sandbox, before: datetime, now: datetime) -> list[dict[str, Any]]:
    reviewed = (end_due_review(order, now) for order in sandbox.orders.values())
    return [
        {
            "at": format_time(order.fraud_reviewed_at),
            "event": f"fraud review ended: {order.fraud_status}",
            "order_id": order.order_id,
        }
        for order in reviewed
        if order.fraud_reviewed_at is not None and before < order.fraud_reviewed_at <= now
    ]


def _delivery_event(sent: SentDelivery) -> dict[str, Any]:
    """Return the event of a delivery that was sent or held."""
    delivery, attempt = sent.delivery, sent.attempt
    if attempt is None:
        result = f"held: {delivery.held}"
    else:
        result = f"answered {attempt.status}" if attempt.status else f"failed: {attempt.error}"
    return {
        "at": format_time(sent.at),
        "event": f"{delivery.kind} {result}",
        "order_id": delivery.order_id,
    }


def _serialize_clock(sandbox: Sandbox) -> dict[str, Any]:
    return {"now": format_time(sandbox.clock.now()), "frozen": sandbox.clock.frozen}
