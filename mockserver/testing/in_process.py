"""Answer requests in the process, without a socket: to predict what a server answers.

A separate module, because it imports aiohttp, which the pytest plugin must not do early.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from mockserver.client import ControlClient
from mockserver.http.messages import Request, Response
from mockserver.http.server import Server
from mockserver.http_client import HttpClientError, HttpResponse, RequestBody, encode_body
from mockserver.sandbox.registry import SandboxRegistry
from mockserver.scenario.scenario import Scenario, parse_scenario
from mockserver.scenario.yaml_reader import parse_yaml
from mockserver.testing.sandbox_handle import KustomSandbox

HOST = "localhost"
IN_PROCESS_USER = "predicted"


class InProcessServer:
    """A server without a socket; as a context manager it closes its event loop."""

    def __init__(self) -> None:
        empty = parse_scenario("empty", parse_yaml("version: 1"))
        self.registry: SandboxRegistry[Scenario] = SandboxRegistry(empty)
        self._server = Server(self.registry)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the event loop."""
        self._runner.close()

    def send(
        self,
        method: str,
        path: str,
        body: RequestBody = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Respond to a request, as :meth:`HttpClient.send` does.

        Raises:
            HttpClientError: a fault ends the connection, or cuts the response.
        """
        response = self._runner.run(self._respond(_build_request(method, path, body, headers)))
        damage = response.damage
        if damage and (damage.end or damage.body_bytes is not None):
            raise HttpClientError(f"a fault ended the response: {damage.end or 'cut'}")
        return HttpResponse(response.status, response.headers, response.body)

    async def _respond(self, request: Request) -> Response:
        return await self._server.respond(request)

    def open_sandbox(self, scenario: str | Mapping[str, object]) -> KustomSandbox:
        """Fill the sandbox of :data:`IN_PROCESS_USER` from a scenario."""
        control = InProcessControl(f"http://{HOST}", IN_PROCESS_USER, server=self)
        return KustomSandbox.open(control, scenario)


@dataclass(frozen=True, slots=True)
class InProcessControl(ControlClient):
    """A client of the control API of a server without a socket."""

    server: InProcessServer | None = None

    def send(
        self,
        method: str,
        path: str,
        body: RequestBody,
        headers: Mapping[str, str],
    ) -> HttpResponse:
        """Send a request to the server in the process."""
        assert self.server is not None  # noqa: S101  # by its only caller
        return self.server.send(method, path, body, headers)


def _build_request(
    method: str,
    path: str,
    body: RequestBody,
    headers: Mapping[str, str] | None,
) -> Request:
    parts = urlsplit(path)
    content, sent = encode_body(body, headers or {})
    return Request(
        method=method,
        path=unquote(parts.path),
        segments=tuple(unquote(part) for part in parts.path.split("/") if part),
        headers=sent,
        body=content or b"",
        scheme="http",
        host=HOST,
        query=dict(parse_qsl(parts.query)),
    )
