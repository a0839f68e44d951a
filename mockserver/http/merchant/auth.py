"""Parse HTTP Basic credentials; the user name selects the sandbox.

Accepted forms: ``Basic base64(user:secret)`` (documented by both), ``Basic <API key>`` with
the plain key (documented by Kustom), and base64 of ``key:`` or ``:key`` (read off clients).
Several spaces may separate scheme and credentials.
"""

import re
from base64 import b64decode
from functools import lru_cache

from msgspec import Struct

CREDENTIALS_CACHE_SIZE = 1024

_API_KEY = re.compile(r"kco_[!-~]+")


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
    if _API_KEY.fullmatch(encoded):
        return Credentials(encoded, encoded)
    try:
        user, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, not ASCII, or not UTF-8 once decoded
        return None
    name = user or secret
    if not colon or not name or not name.isprintable():
        return None
    return Credentials(name, secret or user)
