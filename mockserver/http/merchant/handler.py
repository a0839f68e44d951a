"""Handle one merchant request: authenticate, apply faults, execute, record in the journal."""

import logging
from asyncio import CancelledError, sleep
from functools import partial
from traceback import format_exc

from msgspec import Struct, field

from mockserver.domain.errors import Reason
from mockserver.domain.operation import CHECKOUTS_PATH, SESSIONS_PATH, TOKENS_PATH
from mockserver.domain.refusal import Refusal
from mockserver.homes.home import Home
from mockserver.homes.store import StoreError
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.first_use import build_if_large, is_large
from mockserver.http.log_lines import format_fields
from mockserver.http.merchant import fault_injection
from mockserver.http.merchant.authentication import Authentication
from mockserver.http.merchant.checkout_api import respond_to_checkout
from mockserver.http.merchant.checkout_cache import CheckoutCache
from mockserver.http.merchant.credentials import Credentials
from mockserver.http.merchant.endpoints import MERCHANT_ROUTER, Endpoint
from mockserver.http.merchant.exchange import Exchange, HandledRequest
from mockserver.http.merchant.hosted_page_api import respond_to_session
from mockserver.http.merchant.order_api import respond_to_order
from mockserver.http.merchant.order_cache import OrderCache
from mockserver.http.merchant.responses import (
    add_mock_headers,
    refusal_response,
)
from mockserver.http.merchant.suggestions import add_suggestion
from mockserver.http.merchant.token_api import respond_to_token
from mockserver.http.messages import Request, Response
from mockserver.http.metrics import Metrics
from mockserver.http.workers import Workers
from mockserver.sandbox.faults.actions import ResponseDamage
from mockserver.sandbox.journal import Entry
from mockserver.sandbox.sandbox import Sandbox

ABANDONED = ResponseDamage(sent="nothing: the client disconnected before the response")

log = logging.getLogger("kustom_mock")
requests_log = logging.getLogger("kustom_mock.requests")


class Delayed(Struct, frozen=True):
    """A request whose first turn drew a delay, in seconds."""

    exchange: Exchange
    seconds: float


class MerchantApi(Struct, frozen=True):
    """Handler of all requests outside the control API.

    Attributes:
        authentication: finds the sandbox of a request; it knows where they live.
        metrics: counts all requests.
        deliveries: sends the webhooks of accepted changes.
        pages: addresses of checkout pages.
        reveal_sandboxes: a merchant may learn the name of the sandbox that has an order.
        workers: threads for long work.
    """

    authentication: Authentication
    metrics: Metrics
    deliveries: DeliveryRunner
    pages: PageAddresses
    reveal_sandboxes: bool = True
    workers: Workers = field(default_factory=Workers)
    order_cache: OrderCache = field(default_factory=OrderCache)
    checkout_cache: CheckoutCache = field(default_factory=CheckoutCache)

    @property
    def home(self) -> Home:
        """Where the sandboxes live."""
        return self.authentication.home

    async def handle(self, request: Request) -> Response:
        """Respond to a request outside the control API.

        A request is a *turn* on its sandbox: it runs to its end without awaiting, so no
        other request sees or changes a partial state. A delay fault ends one turn and
        starts another.
        """
        credentials = self.authentication.credentials_of(request)
        if isinstance(credentials, HandledRequest):
            return self._count(credentials)
        user = credentials.user
        try:
            if is_large(self.home.registry.template):
                await self._build_if_large(credentials)
            handled = await self.home.take_turn(user, self._respond, request, credentials)
            while isinstance(handled, Delayed):
                handled = await self._respond_after_delay(request, credentials, handled)
        except StoreError as error:
            return self._count(self.authentication.refuse_for_store(request, error))
        except Refusal as refusal:
            return self._count(self.authentication.refuse(request, refusal))
        if handled.sandbox is not None and handled.sandbox.webhooks:
            self.deliveries.arm(handled.sandbox)
        return self._count(handled)

    async def _build_if_large(self, credentials: Credentials) -> None:
        user, secret = credentials.user, credentials.secret
        accepts = partial(self.home.registry.accepts, user, secret)
        await build_if_large(self.home, self.workers, user, accepts)

    async def _respond_after_delay(
        self, request: Request, credentials: Credentials, delayed: Delayed
    ) -> HandledRequest | Delayed:
        """Wait, then take the second turn: other requests may have been answered meanwhile."""
        take_turn, exchange, user = self.home.take_turn, delayed.exchange, credentials.user
        try:
            await sleep(delayed.seconds)
        except CancelledError:  # the client disconnected
            self._count(await take_turn(user, self._abandon, user, exchange))
            raise
        return await take_turn(user, self._respond, request, credentials, exchange)

    def _respond(
        self, request: Request, credentials: Credentials, delayed: Exchange | None = None
    ) -> HandledRequest | Delayed:
        """Take the turn of a request on its sandbox, up to a delay if a fault demands one.

        Args:
            request: the request.
            credentials: those of the caller.
            delayed: what the first turn of the request left, after its delay.
        """
        sandbox = self.authentication.sandbox_of(request, credentials)
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
                delay = fault_injection.match_rules(sandbox, exchange, endpoint, ids)
                if delay:
                    return Delayed(exchange, delay)
            response = fault_injection.apply_before(exchange) if exchange.fired else None
            response = response or self._dispatch(sandbox, exchange, endpoint, ids)
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

    def _dispatch(
        self,
        sandbox: Sandbox,
        exchange: Exchange,
        endpoint: Endpoint,
        ids: dict[str, str],
    ) -> Response:
        """Choose the API of an operation, and let it respond."""
        if endpoint.base_path == CHECKOUTS_PATH:
            return respond_to_checkout(
                sandbox, exchange, endpoint, ids, self.pages, self.checkout_cache
            )
        if endpoint.base_path == TOKENS_PATH:
            return respond_to_token(sandbox, exchange, endpoint, ids)
        if endpoint.base_path == SESSIONS_PATH:
            return respond_to_session(sandbox, exchange, endpoint, ids, self.pages)
        return respond_to_order(sandbox, exchange, endpoint, ids, self.order_cache)

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
        if self.authentication.mock_headers:
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
