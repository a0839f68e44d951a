"""Asking a running server, by the standard library alone: quick to start."""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from mockserver.settings import Settings

PATIENCE = 2.0  # seconds for one answer


class AskError(Exception):
    """A server that does not answer, or not well."""


def addresses_here(settings: Settings) -> list[str]:
    """Where a server of this machine is: HTTPS may be on by a flag that is not known here."""
    schemes = ["https", "http"] if settings.tls or settings.tls_cert else ["http", "https"]
    return [f"{scheme}://127.0.0.1:{settings.port}" for scheme in schemes]


def ask(url: str, path: str) -> bytes:
    """Ask for a path of the server and give the body back.

    Raises:
        AskError: it does not answer, or not with 200.
    """
    try:
        connection = _connection(url)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
    except (OSError, HTTPException, ValueError) as error:
        raise AskError(str(error) or type(error).__name__) from None
    if response.status != 200:  # noqa: PLR2004  # HTTP's ok
        raise AskError(f"status {response.status}")
    return body


def _connection(url: str) -> HTTPConnection:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise AskError("expected an address such as http://127.0.0.1:8566")
    if address.scheme != "https":
        return HTTPConnection(address.netloc, timeout=PATIENCE)
    # The question is whether it is up, or whom to trust: nobody is trusted yet.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(address.netloc, timeout=PATIENCE, context=context)
