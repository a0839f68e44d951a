"""Handler of the control API: access checks, routing, error responses.

Faults never apply here. A web page must not drive it, so foreign origins and unexpected host
names are refused; a token is optional.
"""

import hmac
import logging
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.refusal import Refusal
from mockserver.homes.memory import MemoryHome
from mockserver.homes.store import StoreError
from mockserver.http.browser import foreign_page, is_expected_host
from mockserver.http.control.context import (
    ControlContext,
    PathParams,
    Route,
    UnbuiltSandboxError,
    parse_sandbox_name,
)
from mockserver.http.control.ownership import authenticate_owner, is_about_sandbox
from mockserver.http.control.parsing import check_query
from mockserver.http.control.routes import CONTROL_ROUTER, CONTROL_ROUTES
from mockserver.http.first_use import build_if_large
from mockserver.http.merchant.credentials import Credentials
from mockserver.http.messages import Request, Response
from mockserver.http.problems import (
    Problem,
    method_not_allowed,
    problem_response,
    refusal_problem,
    scenario_problem,
    store_problem,
    unauthorized,
)
from mockserver.http.workers import SMALL_SANDBOX, Work
from mockserver.sandbox.names import is_digest
from mockserver.scenario.diagnostics import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mockserver.http.control.context import Commit

ADMIN_SEGMENT = "__admin"
UNAUTHENTICATED_PATHS = frozenset(
    route.path.strip("/") for route in CONTROL_ROUTES if route.unauthenticated
)

log = logging.getLogger("kustom_mock")


class ControlApi(Struct, frozen=True):
    """Handler of all requests below ``/__admin`` and on the health paths."""

    context: ControlContext
    allowed_hosts: frozenset[str] = frozenset()
    token: str | None = None

    async def handle(self, request: Request) -> Response:
        """Respond to a request below ``/__admin`` or on a health path."""
        response = await self._respond(request)
        if not _is_unauthenticated(request):
            self.context.activity.record(request, response.status)
        return response

    async def _respond(self, request: Request) -> Response:
        try:
            needs_owner = self._check_access(request)
            while True:
                try:
                    return await self._dispatch(request, needs_owner=needs_owner)
                except UnbuiltSandboxError as error:
                    context = self.context
                    await build_if_large(context.home, context.workers, error.name)
        except Problem as problem:
            return problem_response(problem)
        except Refusal as refusal:
            return problem_response(refusal_problem(refusal))
        except ScenarioError as error:
            return problem_response(scenario_problem(error))
        except StoreError as error:
            return problem_response(store_problem(error))
        except Exception:
            log.exception("crash in %r", request.path)
            return problem_response(Problem(500, "unexpected server error"))

    async def _dispatch(self, request: Request, *, needs_owner: bool) -> Response:
        """Call the handler of a request: within one turn, unless it takes turns itself."""
        route_match = CONTROL_ROUTER.match(request.method, request.segments)
        if route_match is None:
            raise Problem(404, f"no such path: {request.path}")
        if route_match.target is None:
            raise method_not_allowed(request.method, route_match.allowed_methods)
        route, params = route_match.target, route_match.path_params
        check_query(route, request)
        name = await self._load_sandbox(route, params)

        def authenticate() -> Credentials | None:
            return authenticate_owner(self.context, request) if needs_owner else None

        def respond(step: Callable[[], Response]) -> Response:
            credentials = authenticate()
            response = step()
            self._finish(route, name, credentials)
            return response

        handle = partial(route.handler, self.context, params, request)
        take_turn = self.context.home.take_turn
        if not route.takes_turns:
            if await take_turn(name, self._is_long_read, route, name):
                return await self._read_in_worker(route, params, request, authenticate)
            return await take_turn(name, respond, cast("Callable[[], Response]", handle))
        credentials = await take_turn(name, authenticate)
        result = await cast("Awaitable[Response | Commit]", handle())
        if not isinstance(result, Response):
            return await take_turn(name, respond, result)
        await take_turn(name, self._finish, route, name, credentials)
        return result

    def _is_long_read(self, route: Route, name: str) -> bool:
        sandbox = self.context.registry.get(name) if route.only_reads else None
        return sandbox is not None and sandbox.total_bytes > SMALL_SANDBOX

    async def _read_in_worker(
        self,
        route: Route,
        params: PathParams,
        request: Request,
        authenticate: Callable[[], object],
    ) -> Response:
        """Read a sandbox in a worker, from a copy."""
        home, name = self.context.home, parse_sandbox_name(self.context, params)

        def copy() -> Work[Response]:
            authenticate()
            context = replace(self.context, home=MemoryHome(home.registry.copy_of(name)))
            handler = cast("Callable[..., Response]", route.handler)
            return partial(handler, context, params, request)

        return await self.context.workers.run(lambda: home.take_turn(name, copy))

    async def _load_sandbox(self, route: Route, params: PathParams) -> str:
        """Return the name of the sandbox of a path; a reader of several gets all of them."""
        if route.reads_all or is_digest(params.get("sandbox", "")):
            await self.context.home.load_all()
        return parse_sandbox_name(self.context, params) if "sandbox" in params else ""

    def _finish(self, route: Route, name: str, credentials: Credentials | None) -> None:
        """Protect a sandbox that was changed, and tie it to the caller."""
        if route.changes_sandbox:
            self.context.registry.mark_changed(name)
        if credentials is not None:
            self.context.registry.claim(credentials.user, credentials.secret)

    def _check_access(self, request: Request) -> bool:
        """Check host, origin and admin token.

        Returns:
            Whether the caller must have the credentials of an owned sandbox instead.

        Raises:
            Problem: The request is not allowed.
        """
        if _is_unauthenticated(request):
            return False
        if not is_expected_host(request.host, self.allowed_hosts):
            message = f"unexpected host '{request.host}'; allow it with --allowed-host"
            raise Problem(403, message)
        page = foreign_page(request, self.allowed_hosts)
        if page:
            raise Problem(
                403, f"requests from web pages of another origin are refused ({page})"
            )
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_valid = scheme.lower() == "bearer" and self._is_token(token.strip())
        if self.token is not None and is_valid:
            return False
        if self.context.registry.owned and is_about_sandbox(request):
            return True
        if self.token is not None:
            raise unauthorized()
        return False

    def _is_token(self, token: str) -> bool:
        expected = (self.token or "").encode()
        return hmac.compare_digest(os.fsencode(token), expected)


def _is_unauthenticated(request: Request) -> bool:
    return "/".join(request.segments) in UNAUTHENTICATED_PATHS
