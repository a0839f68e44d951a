"""A shop with pages on an origin of its own, for tests in a browser.

Its checkout page shows ``html_snippet`` as a shop does, and records every event of the JS API
in ``window.events``.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mockserver.client import ControlClient
from mockserver.domain.operation import CHECKOUTS_PATH
from mockserver.http_client import HttpClient, basic_auth
from tests.support.checkouts import CART

EVENTS = (
    "load", "customer", "change", "billing_address_change", "shipping_address_change",
    "shipping_option_change", "shipping_address_update_error", "order_total_change",
    "checkbox_change",
    "can_not_complete_order", "network_error", "load_confirmation", "redirect_initiated",
)  # fmt: skip
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shop</title><link rel="icon" href="data:,"><body style="margin: 0"><h1>{title}</h1>
<div id="holder">{snippet}</div>
<script>
window.events = [];
window._klarnaCheckout((api) => {{
  window.kco = api;
  for (const name of {events}) {{
    api.on({{ [name]: (payload) => window.events.push([name, payload]) }});
  }}
}});
</script></body></html>"""


class ShopSite:
    """A shop of one user name; its pages are at ``url``.

    Attributes:
        orders: the order ids that the confirmation page was opened with.
        answers: status, headers and body of the response to a POST, by path.
    """

    def __init__(self, server_url: str, user: str, ca_file: str | None = None) -> None:
        self.url = ""
        self.orders: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.client = HttpClient(server_url, headers=basic_auth(user, "x"), ca_file=ca_file)
        self.control = ControlClient(server_url, user, ca_file=ca_file)

    def create(self, *more_urls: str, **fields: Any) -> Any:  # noqa: ANN401  # JSON
        """Create a checkout order whose merchant URLs, required and more, are this shop's."""
        names = ("terms", "checkout", "confirmation", "push", *more_urls)
        urls = {name: f"{self.url}/{name}?order={{checkout.order.id}}" for name in names}
        return self.send("", {**CART, "locale": "en-GB", "merchant_urls": urls, **fields})

    def send(self, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401  # JSON
        """Read a checkout order, or send a body; return the checkout order."""
        method = "POST" if body is not None else "GET"
        response = self.client.send(method, f"{CHECKOUTS_PATH}{path}", body)
        assert response.status in (200, 201), response
        return response.json()

    def render(self, path: str) -> str:
        """Render the checkout or the confirmation page of an order."""
        parts = urlsplit(path)
        (order_id,) = parse_qs(parts.query)["order"]
        if parts.path == "/confirmation":
            self.orders.append(order_id)
        title = "Thank you" if parts.path == "/confirmation" else "Checkout"
        snippet = self.send(f"/{order_id}")["html_snippet"]
        return PAGE.format(title=title, snippet=snippet, events=list(EVENTS))


@contextmanager
def running_shop(shop: ShopSite, context: ssl.SSLContext | None = None) -> Iterator[ShopSite]:
    """Serve the pages of a shop on a free port of ``localhost``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shop.render(self.path).encode()
            self.answer(200, {"Content-Type": "text/html; charset=utf-8"}, body)

        def do_POST(self) -> None:
            self.answer(*shop.answers.get(urlsplit(self.path).path, (200, {}, b"")))

        def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Keep the test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    scheme = "https" if context else "http"
    shop.url = f"{scheme}://localhost:{server.server_port}"
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
