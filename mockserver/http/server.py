"""Listening server that connects aiohttp to both APIs.

aiohttp's low-level server is used without its application layer: routing, errors and
tolerance of malformed requests are our own, and requests take a quarter less time.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from msgspec import Struct

from mockserver.homes.home import Home
from mockserver.homes.memory import MemoryHome
from mockserver.http.checkout_page.page_address import PAGE_SEGMENT, PageAddresses
from mockserver.http.checkout_page.page_routes import CheckoutPage
from mockserver.http.connection import SERVER_HEADER, Connection, ConnectionServer
from mockserver.http.control.app import ADMIN_SEGMENT, UNAUTHENTICATED_PATHS, ControlApi
from mockserver.http.control.context import ControlContext
from mockserver.http.damaged_response import send_damaged_response
from mockserver.http.dashboard.static_files import respond_with_dashboard
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.deliveries.sender import Sender
from mockserver.http.deliveries.targets import TargetPolicy
from mockserver.http.descriptors import handle_loop_error
from mockserver.http.listening import format_host, open_sockets
from mockserver.http.merchant.authentication import Authentication
from mockserver.http.merchant.handler import MerchantApi
from mockserver.http.messages import STATUSES_WITHOUT_BODY, Request, Response
from mockserver.http.metrics import Metrics
from mockserver.http.request_reader import read_request
from mockserver.http.response import PlainResponse
from mockserver.http.streaming import send_stream
from mockserver.http.tls import KUSTOM_HOSTS, TlsConfig
from mockserver.http.workers import Workers
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import Scenario

SHUTDOWN_TIMEOUT = 0.3  # seconds for pending requests, granted twice

log = logging.getLogger("kustom_mock")


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Create an event loop: uvloop's if it is installed, otherwise the standard one."""
    try:
        import uvloop  # noqa: PLC0415  # not on every platform
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    loop.set_exception_handler(handle_loop_error)
    return loop


class Apis(Struct, frozen=True):
    """Chooses among merchant API, control API and checkout page by the first segment."""

    merchant: MerchantApi
    control: ControlApi
    checkout_page: CheckoutPage

    def select(self, request: Request) -> MerchantApi | ControlApi | CheckoutPage:
        """Return the API that handles this request."""
        first = request.segments[0] if request.segments else ""
        if first == ADMIN_SEGMENT or (
            first in UNAUTHENTICATED_PATHS and len(request.segments) == 1
        ):
            return self.control
        if first == PAGE_SEGMENT:
            return self.checkout_page
        return self.merchant


class Server:
    """Listening server; ``await start()``, then ``await stop()``."""

    def __init__(  # noqa: PLR0913  # one for each group of settings
        self,
        sandboxes: SandboxRegistry[Scenario],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        mock_headers: bool = True,
        allowed_hosts: frozenset[str] = frozenset(),
        admin_token: str | None = None,
        tls: TlsConfig | None = None,
        target_policy: TargetPolicy | None = None,
        home: Home | None = None,
        public_url: str | None = None,
    ) -> None:
        """Serve these sandboxes; port 0 picks a free port.

        Under TLS the control API accepts the provider's host names as well. Sandboxes
        live in memory unless there is a home for those of the registry. Checkout pages
        are at ``public_url``, or where the merchant reached the server.
        """
        self.registry = sandboxes
        self._home = home or MemoryHome(sandboxes)
        self._host = host
        self._port = port
        self._tls = tls
        self._mock_headers = mock_headers
        self._deliveries = DeliveryRunner(self._home, Sender(target_policy or TargetPolicy()))
        self._runner: web.ServerRunner | None = None
        all_hosts = allowed_hosts | KUSTOM_HOSTS if tls else allowed_hosts
        self._apis = self._create_apis(all_hosts, admin_token, public_url)

    def _create_apis(
        self, allowed_hosts: frozenset[str], admin_token: str | None, public_url: str | None
    ) -> Apis:
        """Create the three APIs over the same sandboxes, deliveries and metrics."""
        metrics = Metrics(self.registry.__len__, self._home.counts)
        pages = PageAddresses(self.registry, public_url)
        workers = Workers()
        merchant = MerchantApi(
            Authentication(self._home, self._mock_headers, allowed_hosts),
            metrics,
            self._deliveries,
            pages,
            reveal_sandboxes=admin_token is None,
            workers=workers,
        )
        context = ControlContext(
            self._home,
            metrics,
            self._deliveries,
            merchant.handle,
            pages,
            self._tls.ca_certificate if self._tls else None,
            workers=workers,
        )
        return Apis(
            merchant,
            ControlApi(context, allowed_hosts, admin_token),
            CheckoutPage(self._home, self._deliveries, pages),
        )

    async def start(self) -> str:
        """Listen, and return the base URL, such as ``http://127.0.0.1:8566``.

        Raises:
            OSError: the address or port cannot be used.
            StoreError: the store of the sandboxes cannot be used.
        """
        await self._home.open()
        self._runner = web.ServerRunner(
            ConnectionServer(self._handle, mock_headers=self._mock_headers),
            shutdown_timeout=SHUTDOWN_TIMEOUT,
        )
        await self._runner.setup()
        context = self._tls.context if self._tls else None
        for sandbox in self.registry:  # a stored one may have deliveries that are due
            self._deliveries.arm(sandbox)
        for listening in open_sockets(self._host, self._port):
            await web.SockSite(self._runner, listening, ssl_context=context).start()
        address, port = self._runner.addresses[0][:2]
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{format_host(address)}:{port}"

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        if self._runner is not None:
            transports = _tls_transports(self._runner)
            await self._runner.cleanup()
            for transport in transports:  # they wait for their peer, a closed loop does not
                transport.abort()
        await self._deliveries.close()
        await self._home.close()

    async def respond(self, request: Request) -> Response:
        """Respond to a request without a connection: nothing is sent or damaged."""
        return await self._apis.select(request).handle(request)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)  # noqa: S101  # by ConnectionServer
        call = await read_request(request, connection)
        response = respond_with_dashboard(call) or await self.respond(call)
        response.headers["Server"] = SERVER_HEADER
        if response.status in STATUSES_WITHOUT_BODY:
            response.body = b""
        sent: web.StreamResponse
        if response.stream is not None:
            sent = await send_stream(request, response, response.stream)
        elif response.damage is None:
            framer = connection.framer
            sent = PlainResponse(response, last=framer.lost, lingers=framer.discarding)
        else:
            sent = await send_damaged_response(request, response, response.damage, connection)
        connection.answered()
        return sent


def _tls_transports(runner: web.ServerRunner) -> list[asyncio.Transport]:
    """Return the transports of the open TLS connections."""
    connections = runner.server.connections if runner.server else []
    transports = [connection.transport for connection in connections]
    return [one for one in transports if one and one.get_extra_info("ssl_object")]


@contextmanager
def running_in_thread(server: Server) -> Iterator[str]:
    """Run a server in a thread with its own event loop; yield its base URL.

    Raises:
        OSError: the address or port cannot be used.
    """
    loop = new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="kustom-mock", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
