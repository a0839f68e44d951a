"""Parse HTTP Basic credentials; the user name selects the sandbox.

Accepted forms: ``Basic base64(user:secret)`` (documented by both), ``Basic <API key>`` with
the plain key (documented by Kustom), and base64 of ``key:`` or ``:key`` (read off clients).
Several spaces may separate scheme and credentials.
"""

from base64 import b64decode, b64encode
from functools import lru_cache

from msgspec import Struct

from mockserver.http.messages import Request
from mockserver.sandbox.names import is_api_key, is_valid_name

CREDENTIALS_CACHE_SIZE = 1024


class Credentials(Struct, frozen=True):
    """User name and secret; for a bare API key both are the key."""

    user: str
    secret: str

    def is_in_url(self, request: Request) -> bool:
        """Return whether the path or a value of the query contains the secret."""
        if self.secret in request.segments:
            return True
        if not request.query:
            return False
        pair = b64encode(f"{self.user}:{self.secret}".encode()).decode()
        return any(value in (self.secret, pair) for value in request.query.values())


@lru_cache(CREDENTIALS_CACHE_SIZE)
def parse_authorization(authorization: str | None) -> Credentials | None:
    """Parse an ``Authorization`` header; return ``None`` if it is missing or unreadable.

    A client repeats one header in all its requests, so recent results are cached.
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    encoded = encoded.strip()
    if scheme.lower() != "basic" or not encoded:
        return None
    if is_api_key(encoded):
        return Credentials(encoded, encoded)
    try:
        user, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, not ASCII, or not UTF-8 once decoded
        return None
    name = user or secret
    if not colon or not is_valid_name(name):
        return None
    return Credentials(name, secret or user)
