"""Who may use the control API, and how its calls find their handler.

Never subject to faults. A web page must not drive it, so foreign origins and
unexpected host names are refused, and a token can be asked for.
"""

import hmac
import logging
import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from mockserver.api.control.handler import Control
from mockserver.api.control.problems import (
    Problem,
    not_supported,
    problem_answer,
    scenario_problem,
)
from mockserver.api.control.routes import CONTROL, ROUTES
from mockserver.api.exchange import Answer, Call
from mockserver.scenario.findings import ScenarioError

PREFIX = "__admin"
OPEN_PATHS = frozenset(each.path.strip("/") for each in CONTROL if each.open)
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".svc", ".test")

log = logging.getLogger("kustom_mock")


class ControlApi(Struct, frozen=True):
    """Answers what tests and people ask of the server itself."""

    control: Control
    allowed_hosts: frozenset[str] = frozenset()
    token: str | None = None

    async def answer(self, call: Call) -> Answer:
        """Answer a call below ``/__admin`` or on a health path."""
        try:
            self._check_caller(call)
            found = ROUTES.find(call.method, call.segments)
            if found is None:
                raise Problem(404, f"no such path: {call.path}")
            if found.row is None:
                raise not_supported(call.method, found.methods)
            answer = found.row.handler(self.control, found.values, call)
            return answer if isinstance(answer, Answer) else await answer
        except Problem as problem:
            return problem_answer(problem)
        except ScenarioError as error:
            return problem_answer(scenario_problem(error))
        except Exception:
            log.exception("crash in %s", call.path)
            return problem_answer(Problem(500, "unexpected server error"))

    def _check_caller(self, call: Call) -> None:
        if "/".join(call.segments) in OPEN_PATHS:
            return
        host = call.headers.get("Host", "")
        if not self._expects(host):
            raise Problem(403, f"unexpected host '{host}'; allow it by --allowed-host")
        origin = call.headers.get("Origin")
        if origin is not None and _host_of(origin) != host:
            raise Problem(403, f"requests from the web page {origin} are refused")
        given = call.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if self.token and not hmac.compare_digest(os.fsencode(given), self.token.encode()):
            raise Problem(401, "expected 'Authorization: Bearer …' with the admin token")

    def _expects(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        local = "." not in name or name.endswith(LOCAL_SUFFIXES)
        return local or name in self.allowed_hosts or _is_address(name)


def _host_of(origin: str) -> str | None:
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
