"""Apply fault actions to a request and its response.

Faults are outside idempotency on purpose: one before the commit leaves no receipt, one after
it does.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from string import Formatter

import orjson

from mockserver.domain.errors import Reason, find_error_definition
from mockserver.domain.refusal import UNKNOWN_FACT, Refusal
from mockserver.http.merchant.endpoints import Endpoint
from mockserver.http.merchant.exchange import Exchange, FiredRules
from mockserver.http.merchant.request_parsing import MalformedJsonError, parse_json
from mockserver.http.merchant.responses import (
    encode_error,
    provider_json_response,
    unauthorized_response,
)
from mockserver.http.messages import STATUSES_WITHOUT_BODY, Request, Response
from mockserver.sandbox.faults.actions import (
    Action,
    Delay,
    Drop,
    FailAllocation,
    Garbage,
    LoseAnswer,
    RateLimit,
    Refuse,
    Respond,
    ResponseDamage,
    SlowBody,
    Truncate,
    ends_request,
    is_before_commit,
)
from mockserver.sandbox.faults.rules import FaultRule, RequestFacts
from mockserver.sandbox.sandbox import Sandbox

STATUS_OK = 200
FRAMING_HEADERS = ("content-length", "transfer-encoding")  # use ``truncate`` to damage these
TRUNCATED_JSON = b'{"order_id": "7ce4ee13-973c-6f49-a30e-85'
UNAUTHORIZED_STATUS = 401
REASON_BY_STATUS: Mapping[int, Reason] = {
    409: Reason.CONFLICT,
    413: Reason.BODY_TOO_LARGE,
    429: Reason.TOO_MANY_REQUESTS,
    500: Reason.INTERNAL_ERROR,
    502: Reason.TEMPORARILY_UNAVAILABLE,
    503: Reason.TEMPORARILY_UNAVAILABLE,
    504: Reason.TEMPORARILY_UNAVAILABLE,
}
"""Catalogue rows for the default body of ``respond``; their messages need no facts."""

CODE_BY_STATUS: Mapping[int, str] = {
    400: "BAD_REQUEST",
    403: "NOT_ALLOWED",
    404: "NO_SUCH_ORDER",
    405: "HTTP_ERROR",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
}
"""Provider codes of the statuses whose catalogue messages need facts."""


def match_rules(
    sandbox: Sandbox, exchange: Exchange, endpoint: Endpoint, ids: Mapping[str, str]
) -> float:
    """Count the request for the fault rules; return the seconds that they delay it."""
    body = cache(lambda: _body_for_matching(exchange.request))  # parsed once for all rules
    order_id = ids.get("order_id", "")
    facts = RequestFacts(endpoint.operation, order_id, exchange.entry.at, body)
    exchange.fired = effective_actions(sandbox.faults.apply(facts))
    return draw_delay(exchange.fired, sandbox)


def _body_for_matching(request: Request) -> object:
    """Parse the body for ``where`` rules; an invalid body counts as empty."""
    try:
        return parse_json(request.body or b"{}")
    except MalformedJsonError:
        return {}


def draw_delay(fired: FiredRules, sandbox: Sandbox) -> float:
    """Return the seconds to wait before processing the request.

    A frozen clock is advanced instead, and the result is 0.
    """
    seconds = sum(
        action.seconds(sandbox.faults.draw(rule))
        for rule, action in fired
        if isinstance(action, Delay)
    )
    if not sandbox.clock.frozen:
        return seconds
    sandbox.clock.advance(timedelta(seconds=seconds))
    return 0.0


def fails_allocation(fired: FiredRules) -> bool:
    """Return whether a fault makes the allocation of a refund fail."""
    return any(isinstance(action, FailAllocation) for _, action in fired)


def apply_before(exchange: Exchange) -> Response | None:
    """Return the response of a fault that ends the request before the commit, if any.

    Raises:
        Refusal: the fault refuses the request.
    """
    match exchange.fired[-1][1] if exchange.fired else None:
        case Drop():
            return Response(0)
        case Refuse(reason):
            raise Refusal(reason, exchange.entry.operation, **_known_facts(reason, exchange))
        case RateLimit():
            raise Refusal(Reason.TOO_MANY_REQUESTS, exchange.entry.operation)
        case Respond(after_commit=False) as action:
            return _custom_response(action, exchange)
    return None


def apply_after(exchange: Exchange, response: Response, sandbox: Sandbox) -> Response:
    """Apply the actions after the commit to the response."""
    for _, action in exchange.fired:
        match action:
            case Drop(how) | LoseAnswer(how):
                response.damage = ResponseDamage(end=how)
            case RateLimit(retry_after):
                response.headers["Retry-After"] = str(retry_after)
            case Truncate(length):
                response.damage = ResponseDamage(body_bytes=length)
            case Garbage():
                response.status = (
                    STATUS_OK if response.status in STATUSES_WITHOUT_BODY else response.status
                )
                response.body = TRUNCATED_JSON
                response.headers["Content-Type"] = "application/json"
            case SlowBody(rate):
                _slow_down(response, rate, sandbox)
            case Respond(after_commit=True):
                damage = response.damage
                response = _custom_response(action, exchange)
                response.damage = damage
    return response


def effective_actions(
    fired_actions: Iterable[tuple[FaultRule, Action]],
) -> list[tuple[FaultRule, Action]]:
    """Return the actions up to the first one that ends the request, in order of application."""
    actions = sorted(fired_actions, key=lambda fired: not is_before_commit(fired[1]))
    ends = (number for number, (_, action) in enumerate(actions, 1) if ends_request(action))
    return actions[: next(ends, None)]


INJECTED_VIOLATIONS = {Reason.BAD_VALUE: "Bad value: body"}
"""What an injected refusal finds wrong with a body, where it is worded in another way."""


def _known_facts(reason: Reason, exchange: Exchange) -> dict[str, object]:
    """Collect the facts that the message of an injected refusal needs."""
    template = find_error_definition(reason, exchange.entry.operation).message
    facts = {
        "order_id": exchange.entry.order_id,
        "path": exchange.request.path,
        "method": exchange.request.method,
        "allowed": exchange.request.method,
        "cause": "",
        "violations": [INJECTED_VIOLATIONS.get(reason, "'body' is not valid")],
    }
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return {name: facts.get(name, UNKNOWN_FACT) for name in [*names, "order_id", "capture_id"]}


def _custom_response(action: Respond, exchange: Exchange) -> Response:
    has_own_content = action.body is not None or action.error_code or action.error_messages
    if action.status == UNAUTHORIZED_STATUS and not has_own_content:
        response = unauthorized_response()
    else:
        body = _custom_body(action, exchange)
        response = provider_json_response(action.status, body, exchange.entry.correlation_id)
    for name, value in action.headers.items():
        if name.lower() not in FRAMING_HEADERS:
            _set_header(response, name, value)
    return response


def _set_header(response: Response, name: str, value: str) -> None:
    name = "Date" if name.lower() == "date" else name  # the server adds one unless it is there
    for header in [header for header in response.headers if header.lower() == name.lower()]:
        del response.headers[header]
    response.headers[name] = value


def _custom_body(action: Respond, exchange: Exchange) -> bytes:
    if isinstance(action.body, str):
        return action.body.encode()
    if action.body is not None:
        return orjson.dumps(action.body)
    if action.status < HTTPStatus.BAD_REQUEST:
        return b""
    code, message = _default_error(action.status)
    if action.error_code:
        code, message = action.error_code, _sentence(action.error_code)
    return encode_error(code, action.error_messages or [message], exchange.entry.correlation_id)


def _default_error(status: int) -> tuple[str, str]:
    """Return the error code and message that fit a status.

    A status without a provider code is named after its HTTP phrase (assumed), and an
    unregistered one like the first of its class (RFC 9110 15).
    """
    reason = REASON_BY_STATUS.get(status)
    if reason:
        definition = find_error_definition(reason, None)
        return definition.code, definition.message
    if status not in list(HTTPStatus):
        return _default_error(400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500)
    code = CODE_BY_STATUS.get(status, HTTPStatus(status).name)
    return code, _sentence(code)


def _sentence(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _slow_down(response: Response, rate: int, sandbox: Sandbox) -> None:
    if sandbox.clock.frozen:
        sandbox.clock.advance(timedelta(seconds=len(response.body) / rate))
    else:
        response.damage = ResponseDamage(bytes_per_second=rate)
