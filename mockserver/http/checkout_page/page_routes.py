"""Handler of the checkout page: its files, what it shows, and what the shopper does.

The key in the address is the only credential, and no cookie exists. So every shop may
frame the page. Only the page itself may send what the shopper does: without an owner of the
sandbox, another site could guess the key.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from msgspec import Struct

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.refusal import Refusal
from mockserver.homes.home import Home, ResultT
from mockserver.http.browser import foreign_site
from mockserver.http.checkout_page.page_address import PAGE_SEGMENT, PageAddresses
from mockserver.http.checkout_page.page_state import describe_page
from mockserver.http.complete_checkout import NOT_VALIDATED, play_completion
from mockserver.http.deliveries.delivery_runner import DeliveryRunner
from mockserver.http.json_bodies import json_response, parse_json_object, validate
from mockserver.http.messages import Request, Response
from mockserver.http.problems import (
    Problem,
    method_not_allowed,
    problem_response,
    refusal_problem,
    scenario_problem,
)
from mockserver.http.router import Router
from mockserver.http.shopper_changes import enter_changes, serialize_validation
from mockserver.sandbox import checkouts
from mockserver.sandbox.names import is_digest
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.checkout_completion import entered_addresses
from mockserver.scenario.diagnostics import ScenarioError

COMPLETION_SCHEMA = "control.schema.json#/$defs/completion_request"
PAGE_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-cache",
}
"""No ``frame-ancestors`` and no ``X-Frame-Options``: any shop may frame the page."""

Params: TypeAlias = Mapping[str, str]

log = logging.getLogger("kustom_mock")


class CheckoutPage(Struct, frozen=True):
    """Handler of all requests below ``/checkout-page``."""

    home: Home
    deliveries: DeliveryRunner
    addresses: PageAddresses

    async def handle(self, request: Request) -> Response:
        """Respond to a request of the page."""
        try:
            response = await self._dispatch(request)
        except Problem as problem:
            response = problem_response(problem)
        except Refusal as refusal:
            response = problem_response(refusal_problem(refusal))
        except ScenarioError as error:
            response = problem_response(scenario_problem(error))
        except Exception:
            log.exception("crash in %r", request.path)
            response = problem_response(Problem(500, "unexpected server error"))
        response.headers.update(SECURITY_HEADERS)
        return response

    async def _dispatch(self, request: Request) -> Response:
        route_match = _ROUTER.match(request.method, request.segments)
        if route_match is None:
            raise Problem(404, f"no such path: {request.path}")
        if route_match.target is None:
            raise method_not_allowed(request.method, route_match.allowed_methods)
        params = route_match.path_params
        site = foreign_site(request, *self.addresses.public_hosts)
        if request.method == "POST" and site:
            raise Problem(403, f"requests from pages of other sites are refused ({site})")
        if is_digest(params.get("sandbox", "")):
            await self.home.load_all()
        return await route_match.target(self, params, request)

    async def take_turn(
        self, params: Params, turn: Callable[[Sandbox, Checkout], ResultT]
    ) -> ResultT:
        """Apply a turn to the checkout order of an address.

        Raises:
            Problem: with status 404.
        """
        return await self.home.take_turn(
            self._sandbox_name(params), lambda: turn(*self.find(params))
        )

    def find(self, params: Params) -> tuple[Sandbox, Checkout]:
        """Find the checkout order of an address.

        Raises:
            Problem: with status 404; it does not tell a wrong key from a missing order.
        """
        order_id = params["order_id"]
        sandbox = self.home.registry.get(self._sandbox_name(params))
        if sandbox is not None and self.addresses.is_key(sandbox, order_id, params["key"]):
            checkout = sandbox.checkouts.get(order_id)
            if checkout is not None:
                return sandbox, checkout
        raise Problem(404, "no checkout order has this address")

    def _sandbox_name(self, params: Params) -> str:
        """Return the name of the sandbox, which may be shown as a digest."""
        name = params["sandbox"]
        if not is_digest(name):
            return name
        sandboxes = self.home.registry
        return next((s.name for s in sandboxes if s.display_name == name), name)


async def _get_page(page: CheckoutPage, params: Params, _request: Request) -> Response:
    try:
        return await page.take_turn(params, lambda *_: _file_response("page.html"))
    except Problem as problem:  # the page says so, too
        response = _file_response("page.html")
        response.status = problem.status
        return response


async def _get_file(_page: CheckoutPage, params: Params, _request: Request) -> Response:
    if params["name"] not in _files():
        raise Problem(404, f"no such file: {params['name']}")
    return _file_response(params["name"])


async def _get_order(page: CheckoutPage, params: Params, _request: Request) -> Response:
    return json_response(await page.take_turn(params, describe_page))


async def _identify(page: CheckoutPage, params: Params, request: Request) -> Response:
    """Record the addresses and the shipping option that the shopper entered."""
    spec = validate(parse_json_object(request), COMPLETION_SCHEMA)
    sandbox, checkout = await page.take_turn(params, lambda *found: found)
    order_id = checkout.order_id

    def enter(current: Sandbox, checkout: Checkout) -> Checkout:
        addresses = entered_addresses(checkout, spec)
        return checkouts.identify_shopper(current, order_id, addresses, None)

    option = spec.get("shipping_option")
    validation = await enter_changes(page.deliveries, sandbox, order_id, enter, option)
    page.home.registry.mark_changed(sandbox.name)
    state = await page.take_turn(params, describe_page)
    return json_response({"validation": serialize_validation(validation), "order": state})


async def _complete(page: CheckoutPage, params: Params, request: Request) -> Response:
    spec = validate(parse_json_object(request), COMPLETION_SCHEMA)
    sandbox, checkout = await page.take_turn(params, lambda *found: found)
    completed = await play_completion(page.deliveries, sandbox, checkout, spec)
    page.home.registry.mark_changed(sandbox.name)
    state = describe_page(sandbox, completed.checkout)
    response_body = {
        "outcome": completed.outcome or NOT_VALIDATED,
        "validation": serialize_validation(completed.validation),
        "order": state,
    }
    return json_response(response_body)


@cache
def _files() -> Mapping[str, bytes]:
    folder = files(__package__) / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _file_response(name: str) -> Response:
    media_type = PAGE_MEDIA_TYPES[name.rpartition(".")[2]]
    return Response(200, _files()[name], {"Content-Type": media_type})


_Handler: TypeAlias = Callable[[CheckoutPage, Params, Request], Awaitable[Response]]
_ORDER = f"/{PAGE_SEGMENT}/orders/{{sandbox}}/{{order_id}}/{{key}}"
_ROUTES: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", f"/{PAGE_SEGMENT}/files/{{name}}", _get_file),
    ("GET", _ORDER, _get_page),
    ("GET", f"{_ORDER}/order", _get_order),
    ("POST", f"{_ORDER}/shopper", _identify),
    ("POST", f"{_ORDER}/complete", _complete),
)
_ROUTER = Router(_ROUTES)
