"""Handle one merchant request: authenticate, apply faults, execute, record in the journal."""

import logging
from asyncio import CancelledError, sleep
from datetime import datetime
from functools import cache
from time import monotonic
from traceback import format_exc
from typing import Any

import orjson
from msgspec import Struct, field

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason, Refusal
from mockserver.domain.lifecycle import derive_status
from mockserver.domain.operation import CHECKOUTS_PATH, ORDERS_PATH
from mockserver.http.browser import foreign_page
from mockserver.http.deliveries.runner import DeliveryRunner
from mockserver.http.log_lines import format_fields
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
    IDEMPOTENCY_KEY_HEADER,
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
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.names import display_name
from mockserver.sandbox.recordings import Message, record_message
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Execution, Sandbox

ABANDONED = ResponseDamage(sent="nothing: the client disconnected before the response")
CREDENTIALS_HINT = "send Authorization: Basic with base64 of user:secret, or an API key"

log = logging.getLogger("kustom_mock")
requests_log = logging.getLogger("kustom_mock.requests")


class MerchantApi(Struct, frozen=True):
    """Handler of all requests outside the control API.

    Attributes:
        mock_headers: add the ``Mock-`` headers.
        deliveries: sends the webhooks of accepted changes.
        reveal_sandboxes: a merchant may learn the name of the sandbox that has an order.
        ids: correlation ids of requests that belong to no sandbox.
    """

    registry: SandboxRegistry[Any]
    order_cache: OrderCache
    metrics: Metrics
    deliveries: DeliveryRunner
    mock_headers: bool = True
    reveal_sandboxes: bool = True
    ids: IdGenerator = field(default_factory=lambda: IdGenerator(f"server {wall_clock()}"))

    async def handle(self, request: Request) -> Response:
        """Respond to a request outside the control API.

        A request is a *turn* on its sandbox: it runs to its end without awaiting, so no
        other request sees or changes a partial state. A delay fault ends one turn and
        starts another.
        """
        sandbox = self._authenticate(request)
        if isinstance(sandbox, Response):
            return sandbox
        now = sandbox.clock.now()
        exchange = Exchange(request, now, sandbox.ids.new_request_id())
        try:
            endpoint, ids = _find_endpoint(request)
            exchange.operation, exchange.order_id = endpoint.operation, ids.get("order_id")
            response = None
            if sandbox.faults:
                facts = _request_facts(request, endpoint, ids, now)
                exchange.fired = fault_injection.effective_actions(sandbox.faults.apply(facts))
                delay = fault_injection.draw_delay(exchange.fired, sandbox)
                if delay:
                    await sleep(delay)
                now = sandbox.clock.now()  # other requests may have run during the delay
                response = fault_injection.apply_before(exchange)
            response = response or self._carry_out(sandbox, exchange, endpoint, ids, now)
        except Refusal as refusal:
            exchange.refusal = refusal.with_traceback(None)
            response = refusal_response(refusal, exchange.correlation_id, sandbox.assumptions)
        except CancelledError:  # the client disconnected during the delay
            self._record_exchange(sandbox, exchange, Response(0, damage=ABANDONED))
            raise
        except Exception:
            log.exception("crash in %r (%s)", request.path, exchange.correlation_id)
            exchange.refusal = crash = exchange.record_crash(format_exc())
            response = refusal_response(crash, exchange.correlation_id, sandbox.assumptions)
        if sandbox.webhooks:
            self.deliveries.arm(sandbox)
        if exchange.fired:
            response = fault_injection.apply_after(exchange, response, sandbox)
        return self._record_exchange(sandbox, exchange, response)

    def _authenticate(self, request: Request) -> Sandbox | Response:
        """Return the sandbox of the caller, or the response to a caller without one."""
        page = foreign_page(request)
        if page is not None:
            return self._refuse_without_sandbox(
                request, Refusal(Reason.FOREIGN_ORIGIN, detail=page)
            )
        authorization = request.headers.get("Authorization")
        credentials = parse_authorization(authorization)
        if credentials is None:
            reason = "unreadable_credentials" if authorization else "no_credentials"
            return self._refuse_credentials(request, f"{reason}; {CREDENTIALS_HINT}")
        user = credentials.user
        try:
            sandbox = self.registry.authenticate(user, credentials.secret)
        except Refusal as refusal:
            return self._refuse_without_sandbox(request, refusal)
        if sandbox is not None:
            return sandbox
        is_owner = self.registry.is_owner(user, credentials.secret)
        reason = "wrong_credentials" if is_owner else "owned_by_another_secret"
        return self._refuse_credentials(request, reason, user)

    def _refuse_without_sandbox(self, request: Request, refusal: Refusal) -> Response:
        """Build the response to a request that belongs to no sandbox."""
        entry = Entry(
            at=wall_clock(),
            correlation_id=self.ids.new_request_id(),
            method=request.method,
            path=request.path,
            status=refusal.status,
            result=refusal,
        )
        response = refusal_response(refusal, entry.correlation_id, Assumptions())
        if self.mock_headers:
            add_mock_headers(response, entry)
        self._record(None, entry)
        return response

    def _refuse_credentials(self, request: Request, reason: str, user: str = "") -> Response:
        """Build the 401 response; a sandbox that exists records it in its journal."""
        response = unauthorized_response()
        if self.mock_headers:
            text = f"{reason} {display_name(user)}".strip()
            response.headers["Mock-Reason"] = escape_header_value(text)
        sandbox = self.registry.get(user)
        entry = Entry(
            at=sandbox.clock.now() if sandbox else wall_clock(),
            correlation_id="",
            method=request.method,
            path=request.path,
            status=response.status,
        )
        self._record(sandbox, entry)
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
        return _execute(sandbox, exchange, endpoint, ids)

    def _read_order(
        self,
        sandbox: Sandbox,
        exchange: Exchange,
        endpoint: Endpoint,
        ids: dict[str, str],
        now: datetime,
    ) -> Response:
        """Build the response to a read of an order or a part of it."""
        order = sandbox.get_order(ids["order_id"], endpoint.operation)
        if endpoint.serialize is not None:
            body = orjson.dumps(endpoint.serialize(order, ids, sandbox.assumptions))
        else:
            status = derive_status(order, now, sandbox.assumptions)
            body = self.order_cache.encode(order, status, sandbox.assumptions)
        return provider_json_response(endpoint.success, body, exchange.correlation_id)

    def _record_exchange(
        self, sandbox: Sandbox, exchange: Exchange, response: Response
    ) -> Response:
        """Add the ``Mock-`` headers; record the request in journal, metrics and log."""
        entry = exchange.build_entry(response)
        if isinstance(entry.result, Refusal):
            add_suggestion(
                entry.result,
                exchange.request,
                sandbox,
                self.registry,
                reveal_sandboxes=self.reveal_sandboxes,
            )
        if self.mock_headers:
            add_mock_headers(response, entry, self.registry.eviction_before(sandbox.name))
        entry.seconds = monotonic() - exchange.started
        body = b"" if exchange.request.method == "HEAD" else response.body
        messages = (
            record_message(exchange.request.headers, exchange.request.body),
            record_message(response.headers, body),
        )
        self._record(sandbox, entry, messages)
        return response

    def _record(
        self,
        sandbox: Sandbox | None,
        entry: Entry,
        messages: tuple[Message, Message] | None = None,
    ) -> None:
        if sandbox is not None:
            sandbox.journal.record(entry, messages)
        self.metrics.count(entry)
        if requests_log.isEnabledFor(logging.INFO):
            fields = log_fields(sandbox.display_name if sandbox else "", entry)
            requests_log.info("%s", format_fields(fields), extra={"fields": fields})


def log_fields(sandbox: str, entry: Entry) -> dict[str, object]:
    """Return the fields of the log line of a request."""
    fields: dict[str, object] = {
        "sandbox": sandbox,
        "operation": entry.operation or "unknown",
        "status": entry.status,
        "correlation_id": entry.correlation_id,
        "milliseconds": round(entry.seconds * 1000, 3),
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
    body = cache(lambda: _body_for_matching(request))  # parsed once for all rules
    return RequestFacts(endpoint.operation, ids.get("order_id", ""), now, body)


def _body_for_matching(request: Request) -> object:
    """Parse the body for ``where`` rules; an invalid body counts as empty."""
    try:
        return parse_json(request.body or b"{}")
    except MalformedJsonError:
        return {}


def _execute(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: Endpoint,
    ids: dict[str, str],
) -> Response:
    """Parse and execute the command of a request, and build its response."""
    exchange.execution = _execute_command(sandbox, exchange, endpoint, ids)
    result, correlation_id = exchange.execution.result, exchange.correlation_id
    if isinstance(result, Refusal):
        return refusal_response(result, correlation_id, sandbox.assumptions)
    return accepted_response(
        endpoint.success,
        result,
        correlation_id=correlation_id,
        transaction_id=sandbox.ids.new_request_id(),
        order_url=f"{exchange.request.base_url}{ORDERS_PATH}/{exchange.order_id}",
    )


def _execute_command(
    sandbox: Sandbox, exchange: Exchange, endpoint: Endpoint, ids: dict[str, str]
) -> Execution:
    """Execute the command of a request; a known key is replayed even for an invalid body."""
    request, order_id = exchange.request, ids["order_id"]
    key = exchange.idempotency_key = request.headers.get(IDEMPOTENCY_KEY_HEADER)
    try:
        command = parse_command(request, endpoint, ids)
    except Refusal as refusal:
        replay = sandbox.replay_key(order_id, endpoint.operation, key) if key else None
        return replay or Execution(refusal.with_traceback(None), None, None)
    return sandbox.execute(
        order_id,
        command,
        key,
        fail_allocation=fault_injection.fails_allocation(exchange.fired),
    )
