"""How the verbs reach a running server: addresses to try, and credentials."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mockserver.client import ControlClient
from mockserver.control_calls.control_connection import REQUEST_TIMEOUT, ControlError
from mockserver.http_client import HttpClient, HttpClientError

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccess:
    """A running server.

    Attributes:
        urls: addresses to try, in this order.
        token: that of ``--admin-token``.
        password: that of a sandbox on a server with ``--owned``.
        ca_file: PEM file of the authority that signed the server's certificate.
    """

    urls: Sequence[str]
    token: str | None = None
    password: str | None = None
    ca_file: str | None = None

    def call_sandbox(self, name: str, call: Callable[[ControlClient], ResultT]) -> ResultT:
        """Call the control API of a sandbox at the first address that responds.

        Raises:
            ControlError: the server refused the call, or none responded.
        """
        return self._first_response(
            lambda url: call(
                ControlClient(url, name, self.token, ca_file=self.ca_file, secret=self.password)
            )
        )

    def get(self, path: str) -> Mapping[str, Any]:
        """Return the JSON object at a path of the first address that responds.

        Raises:
            ControlError: the server refused the call, or none responded.
        """
        return self._first_response(lambda url: self._get(url, path))

    def _get(self, url: str, path: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        client = HttpClient(url, REQUEST_TIMEOUT, headers, self.ca_file)
        try:
            response = client.send("GET", path)
        except HttpClientError as error:
            raise ControlError(0, f"no response from {url}: {error}") from error
        content = response.json()
        if response.status >= 400 or not isinstance(content, dict):  # noqa: PLR2004  # errors
            detail = content.get("detail") if isinstance(content, dict) else None
            problem = detail or f"status {response.status}, which is not a kustom-mock server"
            raise ControlError(response.status, f"{url}: {problem}")
        return content

    def _first_response(self, call: Callable[[str], ResultT]) -> ResultT:
        problems = []
        for url in self.urls:
            try:
                return call(url)
            except ControlError as error:
                if error.status:
                    raise
                problems.append(str(error))
        raise ControlError(0, f"{problems[0]}; start a server, or pass --url")
