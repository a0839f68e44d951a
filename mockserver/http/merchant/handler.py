"""Handle one merchant request: authenticate, apply faults, execute, record in the journal."""

import logging
from asyncio import CancelledError, sleep
from datetime import datetime
from functools import cache, partial
from traceback import format_exc

from msgspec import Struct, field

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.errors import Reason
from mockserver.domain.operation import CHECKOUTS_PATH, SESSIONS_PATH, TOKENS_PATH
from mockserver.domain.refusal import Refusal
from mockserver.homes.home import Home
from mockserver.homes.store import StoreError
from mockserver.http.browser import foreign_page
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.control.workers import Workers
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.first_use import build_if_large, is_large
from mockserver.http.log_lines import format_fields
from mockserver.http.merchant import fault_injection
from mockserver.http.merchant.auth import Credentials, parse_authorization
from mockserver.http.merchant.checkout_api import answer_checkout
from mockserver.http.merchant.checkout_cache import CheckoutCache
from mockserver.http.merchant.endpoints import MERCHANT_ROUTER, Endpoint
from mockserver.http.merchant.exchange import Exchange
from mockserver.http.merchant.hosted_page_api import answer_session
from mockserver.http.merchant.order_api import answer_order
from mockserver.http.merchant.order_cache import OrderCache
from mockserver.http.merchant.request_parsing import (
    MalformedJsonError,
    parse_json,
)
from mockserver.http.merchant.responses import (
    add_mock_headers,
    escape_header_value,
    refusal_response,
    unauthorized_response,
)
from mockserver.http.merchant.suggestions import add_suggestion
from mockserver.http.merchant.token_api import answer_token
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.faults.actions import ResponseDamage
from mockserver.sandbox.faults.rules import RequestFacts
from mockserver.sandbox.ids import IdGenerator
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.names import display_name
from mockserver.sandbox.sandbox import Sandbox

ABANDONED = ResponseDamage(sent="nothing: the client disconnected before the response")
RETRY_AFTER = "1"  # seconds, while the store of the sandboxes is away
CREDENTIALS_HINT = "send Authorization: Basic with base64 of user:secret, or an API key"

log = logging.getLogger("kustom_mock")
requests_log = logging.getLogger("kustom_mock.requests")


class HandledRequest(Struct, frozen=True):
    """The response to a request, with its journal entry and its sandbox, if it has one."""

    response: Response
    entry: Entry
    sandbox: Sandbox | None = None


class Delayed(Struct, frozen=True):
    """A request whose first turn drew a delay, in seconds."""

    exchange: Exchange
    seconds: float


class MerchantApi(Struct, frozen=True):
    """Handler of all requests outside the control API.

    Attributes:
        home: where the sandboxes live.
        pages: addresses of checkout pages.
        mock_headers: add the ``Mock-`` headers.
        deliveries: sends the webhooks of accepted changes.
        reveal_sandboxes: a merchant may learn the name of the sandbox that has an order.
        workers: threads for long work.
        allowed_hosts: names of the server that web pages may use.
        ids: correlation ids of requests that belong to no sandbox.
    """

    home: Home
    order_cache: OrderCache
    metrics: Metrics
    deliveries: DeliveryRunner
    pages: PageAddresses
    mock_headers: bool = True
    reveal_sandboxes: bool = True
    checkout_cache: CheckoutCache = field(default_factory=CheckoutCache)
    workers: Workers = field(default_factory=Workers)
    allowed_hosts: frozenset[str] = frozenset()
    ids: IdGenerator = field(default_factory=lambda: IdGenerator(f"server {wall_clock()}"))

    async def handle(self, request: Request) -> Response:
        """Respond to a request outside the control API.

        A request is a *turn* on its sandbox: it runs to its end without awaiting, so no
        other request sees or changes a partial state. A delay fault ends one turn and
        starts another.
        """
        credentials = self._parse_credentials(request)
        if isinstance(credentials, HandledRequest):
            return self._count(credentials)
        user = credentials.user
        try:
            if is_large(self.home.registry.template):
                await self._build_if_large(credentials)
            handled = await self.home.take_turn(user, self._answer, request, credentials)
            while isinstance(handled, Delayed):
                handled = await self._answer_after_delay(request, credentials, handled)
        except StoreError as error:
            return self._count(self._refuse_for_store(request, error))
        except Refusal as refusal:
            return self._count(self._refuse_without_sandbox(request, refusal))
        if handled.sandbox is not None and handled.sandbox.webhooks:
            self.deliveries.arm(handled.sandbox)
        return self._count(handled)

    async def _build_if_large(self, credentials: Credentials) -> None:
        user, secret = credentials.user, credentials.secret
        accepts = partial(self.home.registry.accepts, user, secret)
        await build_if_large(self.home, self.workers, user, accepts)

    async def _answer_after_delay(
        self, request: Request, credentials: Credentials, delayed: Delayed
    ) -> HandledRequest | Delayed:
        """Wait, then take the second turn: other requests may have been answered meanwhile."""
        take_turn, exchange, user = self.home.take_turn, delayed.exchange, credentials.user
        try:
            await sleep(delayed.seconds)
        except CancelledError:  # the client disconnected
            self._count(await take_turn(user, self._abandon, user, exchange))
            raise
        return await take_turn(user, self._answer, request, credentials, exchange)

    def _answer(
        self, request: Request, credentials: Credentials, delayed: Exchange | None = None
    ) -> HandledRequest | Delayed:
        """Take the turn of a request on its sandbox, up to a delay if a fault demands one.

        Args:
            request: the request.
            credentials: those of the caller.
            delayed: what the first turn of the request left, after its delay.
        """
        sandbox = self._authenticate(request, credentials)
        if isinstance(sandbox, HandledRequest):
            return sandbox
        if delayed is None:
            now, request_id = sandbox.clock.now(), sandbox.ids.new_request_id()
            entry = Entry(now, request_id, request.method, request.path)
            entry.has_secret_in_url = credentials.is_in_url(request)
            exchange = Exchange(request, entry)
        else:
            exchange = delayed.copy()  # the turn may be taken again
            entry = exchange.entry
        try:
            endpoint, ids = _find_endpoint(request)
            entry.operation, entry.order_id = endpoint.operation, ids.get("order_id")
            if sandbox.faults and delayed is None:
                delay = _match_faults(sandbox, exchange, endpoint, ids)
                if delay:
                    return Delayed(exchange, delay)
            response = fault_injection.apply_before(exchange) if exchange.fired else None
            response = response or self._execute(sandbox, exchange, endpoint, ids)
        except Refusal as refusal:
            entry.result = refusal.with_traceback(None)
            response = refusal_response(refusal, entry.correlation_id, sandbox.assumptions)
        except Exception:
            log.exception("crash in %r (%s)", request.path, entry.correlation_id)
            crash = exchange.record_crash(format_exc())
            response = refusal_response(crash, entry.correlation_id, sandbox.assumptions)
        if exchange.fired:
            response = fault_injection.apply_after(exchange, response, sandbox)
        return self._record_exchange(sandbox, exchange, response)

    def _abandon(self, user: str, exchange: Exchange) -> HandledRequest:
        """Record a request whose client left during its delay."""
        response = Response(0, damage=ABANDONED)
        sandbox = self.home.registry.get(user)
        if sandbox is None:  # dropped meanwhile
            return HandledRequest(response, exchange.finish(response))
        return self._record_exchange(sandbox, exchange, response)

    def _parse_credentials(self, request: Request) -> Credentials | HandledRequest:
        """Return the credentials of the caller, or the response to a caller without any."""
        page = foreign_page(request, self.allowed_hosts)
        if page is not None:
            refusal = Refusal(Reason.FOREIGN_ORIGIN, detail=page)
            return self._refuse_without_sandbox(request, refusal)
        authorization = request.headers.get("Authorization")
        credentials = parse_authorization(authorization)
        if credentials is None:
            reason = "unreadable_credentials" if authorization else "no_credentials"
            return self._refuse_credentials(request, f"{reason}; {CREDENTIALS_HINT}")
        return credentials

    def _authenticate(
        self, request: Request, credentials: Credentials
    ) -> Sandbox | HandledRequest:
        """Return the sandbox of the caller, or the response to wrong credentials."""
        user, secret = credentials.user, credentials.secret
        try:
            sandbox = self.home.registry.authenticate(user, secret)
        except Refusal as refusal:
            return self._refuse_without_sandbox(request, refusal)
        if sandbox is not None:
            return sandbox
        is_owner = self.home.registry.is_owner(user, secret)
        reason = "wrong_credentials" if is_owner else "owned_by_another_secret"
        return self._refuse_credentials(request, reason, user)

    def _refuse_without_sandbox(self, request: Request, refusal: Refusal) -> HandledRequest:
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
        return HandledRequest(response, entry)

    def _refuse_for_store(self, request: Request, error: StoreError) -> HandledRequest:
        """Build the response to a request whose turn could not be settled."""
        handled = self._refuse_without_sandbox(
            request, Refusal(Reason.TEMPORARILY_UNAVAILABLE, detail=error.detail)
        )
        handled.response.headers["Retry-After"] = RETRY_AFTER
        if self.mock_headers:
            text = f"{error.reason} {error.detail}"
            handled.response.headers["Mock-Reason"] = escape_header_value(text)
        return handled

    def _refuse_credentials(
        self, request: Request, reason: str, user: str = ""
    ) -> HandledRequest:
        """Build the 401 response; a sandbox that exists records it in its journal."""
        response = unauthorized_response()
        if self.mock_headers:
            text = f"{reason} {display_name(user)}".strip()
            response.headers["Mock-Reason"] = escape_header_value(text)
        sandbox = self.home.registry.get(user)
        entry = Entry(
            at=sandbox.clock.now() if sandbox else wall_clock(),
            correlation_id="",
            method=request.method,
            path=request.path,
            status=response.status,
        )
        if sandbox is None:
            return HandledRequest(response, entry)
        sandbox.journal.record(entry)
        return HandledRequest(response, entry, sandbox)

    def _execute(
        self,
        sandbox: Sandbox,
        exchange: Exchange,
        endpoint: Endpoint,
        ids: dict[str, str],
    ) -> Response:
        """Carry out an operation, and render the response."""
        if endpoint.base_path == CHECKOUTS_PATH:
            return answer_checkout(
                sandbox, exchange, endpoint, ids, self.pages, self.checkout_cache
            )
        if endpoint.base_path == TOKENS_PATH:
            return answer_token(sandbox, exchange, endpoint, ids)
        if endpoint.base_path == SESSIONS_PATH:
            return answer_session(sandbox, exchange, endpoint, ids, self.pages)
        return answer_order(sandbox, exchange, endpoint, ids, self.order_cache)

    def _record_exchange(
        self, sandbox: Sandbox, exchange: Exchange, response: Response
    ) -> HandledRequest:
        """Add the ``Mock-`` headers, and record the request in the journal."""
        entry = exchange.finish(response)
        if isinstance(entry.result, Refusal):
            add_suggestion(
                entry.result,
                exchange.request,
                sandbox,
                self.home.registry,
                reveal_sandboxes=self.reveal_sandboxes,
            )
        if self.mock_headers:
            eviction = self.home.registry.eviction_before(sandbox.name)
            add_mock_headers(response, entry, eviction)
        exchange.record_messages(response)
        sandbox.record(entry)
        return HandledRequest(response, entry, sandbox)

    def _count(self, handled: HandledRequest) -> Response:
        """Record a request in metrics and log, once its turn is settled."""
        self.metrics.count(handled.entry)
        if requests_log.isEnabledFor(logging.INFO):
            sandbox = handled.sandbox
            fields = log_fields(sandbox.display_name if sandbox else "", handled.entry)
            requests_log.info("%s", format_fields(fields), extra={"fields": fields})
        return handled.response


def _match_faults(
    sandbox: Sandbox, exchange: Exchange, endpoint: Endpoint, ids: dict[str, str]
) -> float:
    """Count the request for the fault rules; return the seconds that they delay it."""
    facts = _request_facts(exchange.request, endpoint, ids, exchange.entry.at)
    exchange.fired = fault_injection.effective_actions(sandbox.faults.apply(facts))
    return fault_injection.draw_delay(exchange.fired, sandbox)


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
