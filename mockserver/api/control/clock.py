"""The clock of a sandbox: look, set, advance, freeze."""

from datetime import datetime
from typing import Any

from mockserver.api.control.bodies import json_answer, json_body
from mockserver.api.control.handler import Control, Values, sandbox_of
from mockserver.api.control.problems import Problem
from mockserver.api.exchange import Answer, Call
from mockserver.api.views import time_text
from mockserver.domain.lifecycle import Status, status_of
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.times import duration, moment, within_bounds

WISHES = ("advance", "set", "freeze")


def get_clock(control: Control, values: Values, _call: Call) -> Answer:
    """Tell the sandbox's time."""
    return json_answer(_view(sandbox_of(control, values)))


def set_clock(control: Control, values: Values, call: Call) -> Answer:
    """Move or stop the time, and tell what happened meanwhile."""
    body = json_body(call)
    unknown = [each for each in body if each not in WISHES]
    if unknown or not body:
        raise Problem(
            422, f"expected one or more of {', '.join(WISHES)}, got {unknown or '{}'}"
        )
    sandbox = sandbox_of(control, values)
    before = sandbox.clock.now()
    target = _target(body, before)
    if target < before:
        wanted, now = time_text(target), time_text(before)
        raise Problem(422, f"a clock cannot go back: {wanted} is before {now}")
    if "freeze" in body and not isinstance(body["freeze"], bool):
        raise Problem(422, "expected true or false for 'freeze'")
    if body.get("freeze"):
        sandbox.clock.freeze()
    elif "freeze" in body:
        sandbox.clock.run()
    if target != before:
        sandbox.clock.set(target)
    return json_answer({**_view(sandbox), "fired": _fired(sandbox, before)})


def _target(body: dict[str, Any], now: datetime) -> datetime:
    try:
        target = moment(body["set"]) if "set" in body else now
        by = duration(body.get("advance", "0s"))
        return within_bounds(target + by, body.get("advance"))
    except ValueError as error:
        raise Problem(422, str(error)) from None


def _fired(sandbox: Sandbox, before: datetime) -> list[dict[str, Any]]:
    """What the passing of time did: orders that expired, oldest first."""
    now = sandbox.clock.now()
    expired = [
        each
        for each in sandbox.orders.values()
        if before < each.expires_at <= now
        and status_of(each, before, sandbox.assumptions) is not Status.EXPIRED
        and status_of(each, now, sandbox.assumptions) is Status.EXPIRED
    ]
    return [
        {"at": time_text(each.expires_at), "event": "order expired", "order_id": each.order_id}
        for each in sorted(expired, key=lambda each: each.expires_at)
    ]


def _view(sandbox: Sandbox) -> dict[str, Any]:
    return {"now": time_text(sandbox.clock.now()), "frozen": sandbox.clock.frozen}
