"""What faults do to an answer; how it then reaches the socket is delivery's business.

Faults stand outside idempotency on purpose: one before the write leaves no receipt,
one after it does.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from string import Formatter

import orjson

from mockserver.api.answers import json_answer, refused
from mockserver.api.exchange import BODILESS, Answer
from mockserver.domain.errors import CATALOGUE, UNKNOWN_FACT, Reason, Rejection, refusal_for
from mockserver.sandbox.actions import (
    Action,
    Cut,
    Delay,
    Delivery,
    Drop,
    FailAllocation,
    Garbage,
    LoseAnswer,
    RateLimit,
    Refuse,
    Respond,
    SlowBody,
    Truncate,
    acts_before,
    answers_at_once,
)
from mockserver.sandbox.faults import Rule
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox

Struck = Iterable[tuple[Rule, Action]]

OK = 200
FIRST_ERROR = 400
FRAMING = ("content-length", "transfer-encoding")  # what truncate is there for
GARBAGE = b'{"order_id": "7ce4ee13-973c-6f49-a30e-85'
DEFAULT_CODES = {
    **{row.status: row.code for row in reversed(CATALOGUE) if row.code},
    400: "BAD_REQUEST",
    403: "NOT_ALLOWED",
    404: "NO_SUCH_ORDER",
    422: "UNPROCESSABLE_ENTITY",
    502: "TEMPORARILY_UNAVAILABLE",
    504: "TEMPORARILY_UNAVAILABLE",
}


async def before(struck: Struck, sandbox: Sandbox, entry: Entry) -> Answer | None:
    """Carry out what comes before the write; an answer ends the call there."""
    for rule, action in struck:
        if not acts_before(action):
            continue
        entry.faults.append(f"{rule.name}: {action}")
        match action:
            case Delay():
                await _wait(sandbox, action.seconds(sandbox.faults.source(rule)))
            case FailAllocation():
                entry.allocation_fails = True
            case Drop(how):
                return Answer(0, delivery=_delivery(entry, cut=how))
            case Refuse(reason):
                rejection = Rejection(reason, entry.operation, **_facts(reason, entry))
                entry.result = rejection
                return refused(rejection, entry.correlation_id, sandbox.assumptions)
            case RateLimit(retry_after):
                entry.result = Rejection(Reason.TOO_MANY_REQUESTS, entry.operation)
                answer = refused(entry.result, entry.correlation_id, sandbox.assumptions)
                answer.headers["Retry-After"] = str(retry_after)
                return answer
            case Respond():
                return _response(action, entry)
    return None


def after(struck: Struck, answer: Answer, sandbox: Sandbox, entry: Entry) -> Answer:
    """Change the answer to a call whose effect is committed."""
    for rule, action in struck:
        if acts_before(action):
            continue
        entry.faults.append(f"{rule.name}: {action}")
        match action:
            case LoseAnswer(how):
                answer.delivery = _delivery(entry, cut=how)
            case Truncate(length):
                answer.delivery = _delivery(entry, length=length)
            case Garbage():
                answer.status = OK if answer.status in BODILESS else answer.status
                answer.body = GARBAGE
                answer.headers["Content-Type"] = "application/json"
            case SlowBody(rate):
                _slow_down(answer, rate, sandbox, entry)
            case Respond():
                damaged = answer.delivery
                answer = _response(action, entry)
                answer.delivery = damaged
    return answer


def carried_out(struck: Struck) -> list[tuple[Rule, Action]]:
    """Leave out what comes too late, as a call ends with the first action that answers."""
    ordered = sorted(struck, key=lambda each: not acts_before(each[1]))
    ends = (number for number, each in enumerate(ordered, 1) if answers_at_once(each[1]))
    return ordered[: next(ends, None)]


def _facts(reason: Reason, entry: Entry) -> dict[str, object]:
    """Fill the catalogue's template as well as a made-up refusal can."""
    template = refusal_for(reason, entry.operation).message
    known = {
        "order_id": entry.order_id,
        "path": entry.path,
        "method": entry.method,
        "allowed": entry.method,
        "cause": "",
        "violations": ["'body' is not valid"],
    }
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return {name: known.get(name, UNKNOWN_FACT) for name in [*names, "order_id", "capture_id"]}


def _response(action: Respond, entry: Entry) -> Answer:
    answer = json_answer(action.status, _page(action, entry), entry.correlation_id)
    for name, value in action.headers.items():
        if name.lower() not in FRAMING:
            _set_header(answer, name, value)
    return answer


def _set_header(answer: Answer, name: str, value: str) -> None:
    for known in [each for each in answer.headers if each.lower() == name.lower()]:
        del answer.headers[known]
    answer.headers[name] = value


def _page(action: Respond, entry: Entry) -> bytes:
    if isinstance(action.body, str):
        return action.body.encode()
    if action.body is not None:
        return orjson.dumps(action.body)
    if action.status < FIRST_ERROR:
        return b""
    code = action.error_code or DEFAULT_CODES.get(action.status, "INTERNAL_ERROR")
    messages = action.error_messages or [code.replace("_", " ").capitalize()]
    page = {
        "correlation_id": entry.correlation_id,
        "error_code": code,
        "error_messages": messages,
    }
    return orjson.dumps(page)


def _delivery(entry: Entry, *, cut: Cut | None = None, length: int | None = None) -> Delivery:
    entry.delivery = Delivery(cut=cut, length=length)
    return entry.delivery


def _slow_down(answer: Answer, rate: int, sandbox: Sandbox, entry: Entry) -> None:
    if sandbox.clock.frozen:
        sandbox.clock.advance(timedelta(seconds=len(answer.body) / rate))
    else:
        answer.delivery = entry.delivery = Delivery(rate=rate)


async def _wait(sandbox: Sandbox, seconds: float) -> None:
    """Wait; under a frozen clock move it on instead."""
    if sandbox.clock.frozen:
        sandbox.clock.advance(timedelta(seconds=seconds))
    else:
        await asyncio.sleep(seconds)
