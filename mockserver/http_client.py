"""Small HTTP client on the standard library.

The pytest plugin, the health check and the demo use it, because they must start fast and must
not import aiohttp. Every request opens a connection of its own.
"""

import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from os import PathLike
from typing import TypeAlias
from urllib.parse import urlsplit

RequestBody: TypeAlias = Mapping[str, object] | str | bytes | None
"""What is sent: a mapping as JSON, a text as UTF-8."""


class HttpClientError(Exception):
    """Raised when no server responds, or the URL is not an HTTP URL."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Return the parsed body; ``None`` if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Sends requests to one server.

    Attributes:
        base_url: ``http`` or ``https`` address; paths are appended to it.
        timeout: seconds to wait for the connection, and for each read.
        headers: sent with every request.
        ca_file: PEM file of the certificate authorities to trust; the system's by default.
        verify: ``False`` accepts any certificate.
    """

    base_url: str
    timeout: float = 10.0
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: str | PathLike[str] | None = None
    verify: bool = True

    def send(
        self,
        method: str,
        path: str,
        body: RequestBody = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Send a request and read the whole response; a mapping is sent as JSON.

        Raises:
            HttpClientError: no response in time, or an invalid URL.
        """
        content, sent_headers = encode_body(body, {**self.headers, **(headers or {})})
        try:
            path = urlsplit(self.base_url).path.rstrip("/") + path
            with closing(self._connection()) as connection:
                connection.request(method, path, content, sent_headers)
                response = connection.getresponse()
                received = dict(response.getheaders())
                return HttpResponse(response.status, received, response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise HttpClientError(str(error) or type(error).__name__) from error

    def _connection(self) -> HTTPConnection:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("expected a URL such as http://127.0.0.1:8566")
        if address.scheme == "http":
            return HTTPConnection(address.netloc, timeout=self.timeout)
        context = self._tls_context()
        return HTTPSConnection(address.netloc, timeout=self.timeout, context=context)

    def _tls_context(self) -> ssl.SSLContext:
        if self.verify:
            return ssl.create_default_context(cafile=self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def encode_body(
    body: RequestBody, headers: Mapping[str, str]
) -> tuple[bytes | None, dict[str, str]]:
    """Return the bytes of a body, and the headers, with the media type of JSON if it is one."""
    sent_headers = dict(headers)
    if isinstance(body, Mapping):
        sent_headers.setdefault("Content-Type", "application/json")
        body = json.dumps(body)
    return body.encode() if isinstance(body, str) else body, sent_headers


def basic_auth(user: str, secret: str) -> dict[str, str]:
    """Return the header of HTTP Basic authentication."""
    encoded = b64encode(f"{user}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}
