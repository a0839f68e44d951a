"""Parse HTTP Basic credentials; the user name selects the sandbox.

Accepted forms: ``Basic base64(user:secret)`` (documented by both), ``Basic <API key>`` with
the plain key (documented by Kustom), and base64 of ``key:`` or ``:key`` (read off clients).
Several spaces may separate scheme and credentials.
"""

from base64 import b64decode
from functools import lru_cache

from msgspec import Struct

from mockserver.sandbox.names import is_api_key, is_valid_name

CREDENTIALS_CACHE_SIZE = 1024


class Credentials(Struct, frozen=True):
    """User name and secret; for a bare API key both are the key."""

    user: str
    secret: str


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
