"""Handler of the control API: access checks, routing, error responses.

Faults never apply here. A web page must not drive it, so foreign origins and unexpected host
names are refused; a token is optional.
"""

import hmac
import logging
import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from mockserver.http.control.context import ControlContext
from mockserver.http.control.problems import (
    Problem,
    method_not_allowed,
    problem_response,
    scenario_problem,
)
from mockserver.http.control.routes import CONTROL_ROUTER, CONTROL_ROUTES
from mockserver.http.messages import Request, Response
from mockserver.scenario.diagnostics import ScenarioError

ADMIN_SEGMENT = "__admin"
UNAUTHENTICATED_PATHS = frozenset(
    route.path.strip("/") for route in CONTROL_ROUTES if route.unauthenticated
)
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".svc", ".test")

log = logging.getLogger("kustom_mock")


class ControlApi(Struct, frozen=True):
    """Handler of all requests below ``/__admin`` and on the health paths."""

    context: ControlContext
    allowed_hosts: frozenset[str] = frozenset()
    token: str | None = None

    async def handle(self, request: Request) -> Response:
        """Respond to a request below ``/__admin`` or on a health path."""
        try:
            self._authorize(request)
            route_match = CONTROL_ROUTER.match(request.method, request.segments)
            if route_match is None:
                raise Problem(404, f"no such path: {request.path}")
            if route_match.target is None:
                raise method_not_allowed(request.method, route_match.allowed_methods)
            response = route_match.target.handler(
                self.context, route_match.path_params, request
            )
            return response if isinstance(response, Response) else await response
        except Problem as problem:
            return problem_response(problem)
        except ScenarioError as error:
            return problem_response(scenario_problem(error))
        except Exception:
            log.exception("crash in %s", request.path)
            return problem_response(Problem(500, "unexpected server error"))

    def _authorize(self, request: Request) -> None:
        if "/".join(request.segments) in UNAUTHENTICATED_PATHS:
            return
        host = request.headers.get("Host", "")
        if not self._is_expected_host(host):
            raise Problem(403, f"unexpected host '{host}'; allow it with --allowed-host")
        origin = request.headers.get("Origin")
        if origin is not None and _origin_host(origin) != host:
            raise Problem(403, f"requests from the web page {origin} are refused")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if self.token and not hmac.compare_digest(os.fsencode(token), self.token.encode()):
            raise Problem(401, "expected 'Authorization: Bearer …' with the admin token")

    def _is_expected_host(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        local = "." not in name or name.endswith(LOCAL_SUFFIXES)
        return local or name in self.allowed_hosts or _is_address(name)


def _origin_host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
