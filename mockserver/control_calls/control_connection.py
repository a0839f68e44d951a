"""The connection to the control API of a server, for one sandbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any, cast
from urllib.parse import quote, urlencode

from mockserver.control_types import ProblemDetails
from mockserver.http_client import (
    HttpClient,
    HttpClientError,
    HttpResponse,
    RequestBody,
    basic_auth,
)

REQUEST_TIMEOUT = 70.0  # seconds; longer than the longest await of requests


class ControlError(Exception):
    """Raised when the control API refuses a request; ``status`` is 0 without a response.

    Attributes:
        status: the HTTP status; 0 if no server answered.
        problem: the problem document; ``None`` if no server answered, or not with one.
    """

    def __init__(self, status: int, detail: str, problem: ProblemDetails | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ControlConnection:
    """How requests about a sandbox are sent; its fields are those of the client."""

    url: str
    sandbox: str
    token: str | None = None
    ca_file: str | PathLike[str] | None = None
    verify: bool = True
    secret: str | None = None

    def call(
        self,
        method: str,
        path: str,
        body: RequestBody = None,
    ) -> object:
        """Call a path below the sandbox's own.

        Args:
            method: the HTTP method.
            path: relative to ``/__admin/sandboxes/{sandbox}/``, with its query.
            body: a mapping or a JSON text is sent as JSON, any other text as YAML.

        Returns:
            The parsed JSON, or the text of any other response.

        Raises:
            ControlError: the server refused, or did not answer.
        """
        headers = self._authorization()
        if isinstance(body, str | bytes):
            headers["Content-Type"] = _media_type(body)
        full_path = f"/__admin/sandboxes/{path_segment(self.sandbox)}/{path}".rstrip("/")
        try:
            response = self.send(method, full_path, body, headers)
        except HttpClientError as error:
            raise ControlError(0, f"no response from {self.url}: {error}") from error
        content = response.json()
        if response.status >= 400:  # noqa: PLR2004  # where errors begin
            problem = cast("ProblemDetails", content) if isinstance(content, dict) else None
            detail = problem.get("detail") if problem else None
            raise ControlError(response.status, detail or f"status {response.status}", problem)
        return response.body.decode() if content is None else content

    def send(
        self,
        method: str,
        path: str,
        body: RequestBody,
        headers: Mapping[str, str],
    ) -> HttpResponse:
        """Send a request to the server; ``path`` is the whole path.

        Raises:
            HttpClientError: no server answered.
        """
        client = HttpClient(self.url, REQUEST_TIMEOUT, ca_file=self.ca_file, verify=self.verify)
        return client.send(method, path, body, headers)

    def _authorization(self) -> dict[str, str]:
        """Return the header with the admin token, else with the secret of the sandbox."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {} if self.secret is None else basic_auth(self.sandbox, self.secret)

    def _list(self, key: str, filters: Mapping[str, object] | None = None) -> object:
        """Return the list that a path answers under its own name."""
        query = f"?{urlencode(filters)}" if filters else ""
        return cast("dict[str, object]", self.call("GET", key + query))[key]


def _media_type(text: str | bytes) -> str:
    """Return the media type of a scenario's text; JSON has escapes that YAML does not know."""
    try:
        json.loads(text)
    except ValueError:
        return "application/yaml"
    return "application/json"


def path_segment(name: str) -> str:
    """Quote a name for use in a path."""
    return quote(name, safe="")


def without_none(**values: Any) -> dict[str, Any]:  # noqa: ANN401  # several types
    """Return the values that are not ``None``."""
    return {key: value for key, value in values.items() if value is not None}
