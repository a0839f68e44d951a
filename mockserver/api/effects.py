"""What faults do to an answer; how it then reaches the socket is delivery's business.

Faults stand outside idempotency on purpose: one before the write leaves no receipt,
one after it does.
"""

from collections.abc import Iterable
from datetime import timedelta
from string import Formatter

import orjson

from mockserver.api.answers import json_answer
from mockserver.api.exchange import BODILESS, Answer
from mockserver.api.merchant_exchange import Exchange, FiredActions
from mockserver.domain.errors import CATALOGUE, UNKNOWN_FACT, Reason, Rejection, refusal_for
from mockserver.sandbox.actions import (
    Action,
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
from mockserver.sandbox.sandbox import Sandbox

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


def draw_delay(fired: FiredActions, sandbox: Sandbox) -> float:
    """Return the seconds to wait before a request goes on.

    A frozen clock is moved on instead, so that there is nothing to wait for.
    """
    seconds = sum(
        action.seconds(sandbox.faults.source(rule))
        for rule, action in fired
        if isinstance(action, Delay)
    )
    if not sandbox.clock.frozen:
        return seconds
    sandbox.clock.advance(timedelta(seconds=seconds))
    return 0.0


def fails_allocation(fired: FiredActions) -> bool:
    """Return whether a refund is accepted without being allocated."""
    return any(isinstance(action, FailAllocation) for _, action in fired)


def apply_before(exchange: Exchange) -> Answer | None:
    """Return the answer of a fault that keeps a request from being executed, if any.

    Raises:
        Rejection: the fault refuses the request.
    """
    match exchange.fired[-1][1] if exchange.fired else None:
        case Drop():
            return Answer(0)
        case Refuse(reason):
            raise Rejection(reason, exchange.operation, **_facts(reason, exchange))
        case RateLimit():
            raise Rejection(Reason.TOO_MANY_REQUESTS, exchange.operation)
        case Respond(after=False) as action:
            return _response(action, exchange)
    return None


def after(exchange: Exchange, answer: Answer, sandbox: Sandbox) -> Answer:
    """Change the answer to a request whose effect, if any, is committed."""
    for _, action in exchange.fired:
        match action:
            case Drop(how) | LoseAnswer(how):
                answer.delivery = Delivery(cut=how)
            case RateLimit(retry_after):
                answer.headers["Retry-After"] = str(retry_after)
            case Truncate(length):
                answer.delivery = Delivery(length=length)
            case Garbage():
                answer.status = OK if answer.status in BODILESS else answer.status
                answer.body = GARBAGE
                answer.headers["Content-Type"] = "application/json"
            case SlowBody(rate):
                _slow_down(answer, rate, sandbox)
            case Respond(after=True):
                delivery = answer.delivery
                answer = _response(action, exchange)
                answer.delivery = delivery
    return answer


def carried_out(struck: Iterable[tuple[Rule, Action]]) -> list[tuple[Rule, Action]]:
    """Leave out what comes too late, as a call ends with the first action that answers."""
    ordered = sorted(struck, key=lambda each: not acts_before(each[1]))
    ends = (number for number, each in enumerate(ordered, 1) if answers_at_once(each[1]))
    return ordered[: next(ends, None)]


def _facts(reason: Reason, exchange: Exchange) -> dict[str, object]:
    """Fill the catalogue's template as well as a made-up refusal can."""
    template = refusal_for(reason, exchange.operation).message
    known = {
        "order_id": exchange.order_id,
        "path": exchange.call.path,
        "method": exchange.call.method,
        "allowed": exchange.call.method,
        "cause": "",
        "violations": ["'body' is not valid"],
    }
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return {name: known.get(name, UNKNOWN_FACT) for name in [*names, "order_id", "capture_id"]}


def _response(action: Respond, exchange: Exchange) -> Answer:
    answer = json_answer(action.status, _page(action, exchange), exchange.correlation_id)
    for name, value in action.headers.items():
        if name.lower() not in FRAMING:
            _set_header(answer, name, value)
    return answer


def _set_header(answer: Answer, name: str, value: str) -> None:
    for known in [each for each in answer.headers if each.lower() == name.lower()]:
        del answer.headers[known]
    answer.headers[name] = value


def _page(action: Respond, exchange: Exchange) -> bytes:
    if isinstance(action.body, str):
        return action.body.encode()
    if action.body is not None:
        return orjson.dumps(action.body)
    if action.status < FIRST_ERROR:
        return b""
    code = action.error_code or DEFAULT_CODES.get(action.status, "INTERNAL_ERROR")
    messages = action.error_messages or [code.replace("_", " ").capitalize()]
    page = {
        "correlation_id": exchange.correlation_id,
        "error_code": code,
        "error_messages": messages,
    }
    return orjson.dumps(page)


def _slow_down(answer: Answer, rate: int, sandbox: Sandbox) -> None:
    if sandbox.clock.frozen:
        sandbox.clock.advance(timedelta(seconds=len(answer.body) / rate))
    else:
        answer.delivery = Delivery(rate=rate)
