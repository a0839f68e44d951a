"""Handler of the control API: access checks, routing, error responses.

Faults never apply here. A web page must not drive it, so foreign origins and unexpected host
names are refused; a token is optional.
"""

import hmac
import logging
import os
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.errors import Refusal
from mockserver.http.browser import foreign_page
from mockserver.http.control.context import (
    Answer,
    ControlContext,
    PathParams,
    Route,
    sandbox_name,
)
from mockserver.http.control.ownership import authenticate_owner, is_about_sandbox
from mockserver.http.control.parsing import check_query
from mockserver.http.control.problems import (
    Problem,
    method_not_allowed,
    problem_response,
    refusal_problem,
    scenario_problem,
    unauthorized,
)
from mockserver.http.control.routes import CONTROL_ROUTER, CONTROL_ROUTES
from mockserver.http.control.workers import SMALL_SANDBOX
from mockserver.http.merchant.auth import Credentials
from mockserver.http.messages import Request, Response
from mockserver.scenario.diagnostics import ScenarioError

ADMIN_SEGMENT = "__admin"
UNAUTHENTICATED_PATHS = frozenset(
    route.path.strip("/") for route in CONTROL_ROUTES if route.unauthenticated
)
CONTAINER_HOSTS = ("host.docker.internal", "host.containers.internal")
"""Names that Docker and Podman give to the host of a container."""

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
            credentials = self._authorize(request)
            return await self._dispatch(request, credentials)
        except Problem as problem:
            return problem_response(problem)
        except Refusal as refusal:
            return problem_response(refusal_problem(refusal))
        except ScenarioError as error:
            return problem_response(scenario_problem(error))
        except Exception:
            log.exception("crash in %r", request.path)
            return problem_response(Problem(500, "unexpected server error"))

    async def _dispatch(self, request: Request, credentials: Credentials | None) -> Response:
        route_match = CONTROL_ROUTER.match(request.method, request.segments)
        if route_match is None:
            raise Problem(404, f"no such path: {request.path}")
        if route_match.target is None:
            raise method_not_allowed(request.method, route_match.allowed_methods)
        route, params = route_match.target, route_match.path_params
        check_query(route, request)
        response = await self._call(route, params, request)
        if route.changes_sandbox:
            self.context.registry.mark_changed(sandbox_name(self.context, params))
        if credentials is not None:
            self.context.registry.claim(credentials.user, credentials.secret)
        return response

    async def _call(self, route: Route, params: PathParams, request: Request) -> Response:
        """Call the handler of a route; a large sandbox is read in a worker, from a copy."""
        answer: Answer
        if self._is_long_read(route, params):
            answer = await self.context.workers.run(
                lambda: partial(route.handler, self._copied(params, request), params, request)
            )
        else:
            answer = route.handler(self.context, params, request)
        result = answer if isinstance(answer, Response) else await answer
        if isinstance(result, Response):
            return result
        self._authorize(request)  # somebody else may own the sandbox by now
        return result()

    def _is_long_read(self, route: Route, params: PathParams) -> bool:
        if not route.only_reads:
            return False
        sandbox = self.context.registry.get(sandbox_name(self.context, params))
        return sandbox is not None and sandbox.total_bytes > SMALL_SANDBOX

    def _copied(self, params: PathParams, request: Request) -> ControlContext:
        """Return a context with a copy of the sandbox of a path."""
        self._authorize(request)  # again, after the wait for a worker
        name = sandbox_name(self.context, params)
        return replace(self.context, registry=self.context.registry.copy_of(name))

    def _authorize(self, request: Request) -> Credentials | None:
        """Check host, origin and admin token, or the secret of an owned sandbox.

        Returns:
            The credentials of the sandbox's user, if they were needed.

        Raises:
            Problem: The request is not allowed.
        """
        if _is_unauthenticated(request):
            return None
        if not self._is_expected_host(request.host):
            message = f"unexpected host '{request.host}'; allow it with --allowed-host"
            raise Problem(403, message)
        page = foreign_page(request)
        if page:
            raise Problem(
                403, f"requests from web pages of another origin are refused ({page})"
            )
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_valid = scheme.lower() == "bearer" and self._is_token(token.strip())
        if self.token is not None and is_valid:
            return None
        if self.context.registry.owned and is_about_sandbox(request):
            return authenticate_owner(self.context, request)
        if self.token is not None:
            raise unauthorized()
        return None

    def _is_token(self, token: str) -> bool:
        expected = (self.token or "").encode()
        return hmac.compare_digest(os.fsencode(token), expected)

    def _is_expected_host(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        is_local = "." not in name or name.endswith(".localhost") or name in CONTAINER_HOSTS
        return is_local or name in self.allowed_hosts or _is_address(name)


def _is_unauthenticated(request: Request) -> bool:
    return "/".join(request.segments) in UNAUTHENTICATED_PATHS


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
