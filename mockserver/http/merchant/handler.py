"""Handle one merchant request: authenticate, apply faults, execute, record in the journal."""

import logging
from asyncio import CancelledError, sleep
from datetime import datetime
from functools import cache
from time import monotonic
from traceback import format_exc
from typing import Any

import orjson
from msgspec import Struct

from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.operation import CHECKOUTS_PATH, ORDERS_PATH
from mockserver.http.merchant import fault_injection
from mockserver.http.merchant.auth import parse_authorization
from mockserver.http.merchant.checkout_api import answer_checkout
from mockserver.http.merchant.endpoints import MERCHANT_ROUTER, Endpoint
from mockserver.http.merchant.exchange import Exchange
from mockserver.http.merchant.order_cache import OrderCache
from mockserver.http.merchant.request_parsing import (
    MalformedJsonError,
    parse_command,
    parse_json,
)
from mockserver.http.merchant.responses import (
    accepted_response,
    add_mock_headers,
    escape_header_value,
    provider_json_response,
    refusal_response,
    unauthorized_response,
)
from mockserver.http.merchant.suggestions import add_suggestion
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.faults.actions import ResponseDamage
from mockserver.sandbox.faults.rules import RequestFacts
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Execution, Sandbox

IDEMPOTENCY_KEY_HEADER = "Klarna-Idempotency-Key"
ABANDONED = ResponseDamage(sent="nothing: the client left before the answer")
CREDENTIALS_HINT = "send Authorization: Basic with base64 of user:secret, or an API key"

log = logging.getLogger("kustom_mock")
requests_log = logging.getLogger("kustom_mock.requests")


class MerchantApi(Struct, frozen=True):
    """Handler of all requests outside the control API."""

    registry: SandboxRegistry[Any]
    order_cache: OrderCache
    metrics: Metrics
    mock_headers: bool = True

    async def handle(self, request: Request) -> Response:
        """Answer any call outside the control API; every line is a station on its way.

        A request is a *turn* on its sandbox: it runs to its end without awaiting, so no
        other request sees or changes what is half done.
        """
        sandbox = self._authenticate(request)
        if isinstance(sandbox, Response):
            return sandbox
        now = sandbox.clock.now()
        exchange = Exchange(request, now, sandbox.ids.new_request_id())
        try:
            row, ids = _find_endpoint(request)
            exchange.operation, exchange.order_id = row.operation, ids.get("order_id")
            response = None
            if sandbox.faults:
                fired_actions = sandbox.faults.apply(_request_facts(request, row, ids, now))
                exchange.fired = fault_injection.effective_actions(fired_actions)
                delay = fault_injection.draw_delay(exchange.fired, sandbox)
                if delay:
                    # One turn ends here and another begins: others change the sandbox
                    # meanwhile, so what follows reads its orders and its time anew.
                    await sleep(delay)
                now = sandbox.clock.now()
                response = fault_injection.apply_before(exchange)
            response = response or self._carry_out(sandbox, exchange, row, ids, now)
        except Refusal as rejection:
            exchange.refusal = rejection.with_traceback(None)
            response = refusal_response(rejection, exchange.correlation_id, sandbox.assumptions)
        except CancelledError:  # the client disconnected during the delay
            self._record_exchange(sandbox, exchange, Response(0, damage=ABANDONED))
            raise
        except Exception:
            log.exception("crash in %s (%s)", request.path, exchange.correlation_id)
            exchange.refusal = crash = exchange.record_crash(format_exc())
            response = refusal_response(crash, exchange.correlation_id, sandbox.assumptions)
        if exchange.fired:
            response = fault_injection.apply_after(exchange, response, sandbox)
        return self._record_exchange(sandbox, exchange, response)

    def _authenticate(self, request: Request) -> Sandbox | Response:
        """Find the sandbox of a caller, or answer 401."""
        authorization = request.headers.get("Authorization")
        credentials = parse_authorization(authorization)
        if credentials is None:
            problem = "unreadable_credentials" if authorization else "no_credentials"
            return self._refuse_caller(request, f"{problem}; {CREDENTIALS_HINT}")
        user = credentials.user
        sandbox = self.registry.authenticate(user, credentials.secret)
        return sandbox or self._refuse_caller(request, "wrong_credentials", user)

    def _refuse_caller(self, request: Request, reason: str, user: str = "") -> Response:
        """Answer a caller who may not come in; known sandboxes remember the attempt."""
        response = unauthorized_response()
        if self.mock_headers:
            response.headers["Mock-Reason"] = escape_header_value(f"{reason} {user}".strip())
        sandbox = self.registry.get(user)
        entry = Entry(
            at=sandbox.clock.now() if sandbox else wall_clock(),
            correlation_id="",
            method=request.method,
            path=request.path,
            status=response.status,
        )
        self._record(sandbox, entry, 0.0)
        return response

    def _carry_out(
        self,
        sandbox: Sandbox,
        exchange: Exchange,
        endpoint: Endpoint,
        ids: dict[str, str],
        now: datetime,
    ) -> Response:
        """Read or change an order or a checkout order, and render the response."""
        if endpoint.base_path == CHECKOUTS_PATH:
            return answer_checkout(sandbox, exchange, endpoint, ids)
        if endpoint.parse_command is None:
            return self._read_order(sandbox, exchange, endpoint, ids, now)
        exchange.executed = _execute(sandbox, exchange, endpoint, ids)
        return _render(sandbox, exchange, endpoint, exchange.executed)

    def _read_order(
        self,
        sandbox: Sandbox,
        exchange: Exchange,
        endpoint: Endpoint,
        ids: dict[str, str],
        now: datetime,
    ) -> Response:
        """Render an order, or the part of it that the path names."""
        order = sandbox.get_order(ids["order_id"], endpoint.operation)
        if endpoint.serialize is not None:
            page = orjson.dumps(endpoint.serialize(order, ids, sandbox.assumptions))
        else:
            status = derive_status(order, now, sandbox.assumptions)
            page = self.order_cache.encode(order, status, sandbox.assumptions)
        return provider_json_response(endpoint.success, page, exchange.correlation_id)

    def _record_exchange(
        self, sandbox: Sandbox, exchange: Exchange, response: Response
    ) -> Response:
        """Write an exchange into journal, metrics, log and ``Mock-`` headers."""
        entry = exchange.build_entry(response)
        if isinstance(entry.result, Refusal):
            add_suggestion(entry.result, exchange.call, sandbox, self.registry)
        if self.mock_headers:
            add_mock_headers(response, entry)
        self._record(sandbox, entry, monotonic() - exchange.started)
        return response

    def _record(self, sandbox: Sandbox | None, entry: Entry, seconds: float) -> None:
        if sandbox is not None:
            sandbox.journal.record(entry)
        self.metrics.count(entry, seconds)
        if requests_log.isEnabledFor(logging.INFO):
            fields = log_fields(sandbox.name if sandbox else "", entry, seconds)
            message = " ".join(f"{key}={value}" for key, value in fields.items())
            requests_log.info(message, extra={"fields": fields})


def log_fields(sandbox: str, entry: Entry, seconds: float) -> dict[str, object]:
    """What a log line says of a request."""
    fields: dict[str, object] = {
        "sandbox": sandbox,
        "operation": entry.operation or "unknown",
        "status": entry.status,
        "correlation_id": entry.correlation_id,
        "milliseconds": round(seconds * 1000, 3),
    }
    if isinstance(entry.result, Refusal):
        fields["reason"] = str(entry.result.reason)
    if entry.faults:
        fields["faults"] = "; ".join(entry.faults)
    return fields


def _find_endpoint(request: Request) -> tuple[Endpoint, dict[str, str]]:
    route_match = MERCHANT_ROUTER.match(request.method, request.segments)
    if route_match is None:
        raise Refusal(Reason.UNKNOWN_PATH, path=request.path)
    if route_match.target is None:
        raise Refusal(
            Reason.METHOD_NOT_ALLOWED,
            method=request.method,
            allowed=", ".join(route_match.allowed_methods),
        )
    return route_match.target, route_match.path_params


def _request_facts(
    request: Request, endpoint: Endpoint, ids: dict[str, str], now: datetime
) -> RequestFacts:
    body = cache(lambda: _body_for_matching(request))  # however many rules look into it
    return RequestFacts(endpoint.operation, ids.get("order_id", ""), now, body)


def _body_for_matching(request: Request) -> object:
    """Read a body for the rules that look into it; anything unreadable is nothing."""
    try:
        return parse_json(request.body or b"{}")
    except MalformedJsonError:
        return {}


def _execute(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: Endpoint,
    ids: dict[str, str],
) -> Execution:
    """Parse the command of a request and execute it."""
    call, order_id = exchange.call, ids["order_id"]
    key = call.headers.get(IDEMPOTENCY_KEY_HEADER)
    try:
        command = parse_command(call, endpoint, ids)
    except Refusal as rejection:
        known = sandbox.replay_key(order_id, endpoint.operation, key) if key else None
        return known or Execution(rejection.with_traceback(None), None, None)
    return sandbox.execute(
        order_id,
        command,
        key,
        request_bytes=len(call.body or b"") if endpoint.schema else 0,
        fail_allocation=bool(exchange.fired)
        and fault_injection.fails_allocation(exchange.fired),
    )


def _render(
    sandbox: Sandbox, exchange: Exchange, endpoint: Endpoint, executed: Execution
) -> Response:
    """Answer an executed command, accepted or refused."""
    result, correlation_id = executed.result, exchange.correlation_id
    transaction_id = sandbox.ids.new_request_id()
    if isinstance(result, Refusal):
        return refusal_response(result, correlation_id, sandbox.assumptions, transaction_id)
    return accepted_response(
        endpoint.success,
        result,
        correlation_id=correlation_id,
        transaction_id=transaction_id,
        order_url=f"{exchange.call.base_url}{ORDERS_PATH}/{exchange.order_id}",
    )
