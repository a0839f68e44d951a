"""Parse HTTP Basic credentials; the user name selects the sandbox.

Forms: ``Basic base64(user:secret)`` (documented by both), ``Basic <API key>`` with the
key as it is (documented by Kustom), and base64 of ``key:`` or ``:key`` (read off
clients). Scheme and credentials may be parted by several spaces.
"""

import re
from base64 import b64decode
from functools import lru_cache

from msgspec import Struct

CREDENTIALS_CACHE_SIZE = 1024

_API_KEY = re.compile(r"kco_[!-~]+")


class Credentials(Struct, frozen=True):
    """A user and a secret; for a bare API key both are the key."""

    user: str
    secret: str


@lru_cache(CREDENTIALS_CACHE_SIZE)
def parse_authorization(authorization: str | None) -> Credentials | None:
    """Read an ``Authorization`` header; ``None`` if missing or unreadable.

    A client sends the same one again and again, so the latest are remembered.
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    encoded = encoded.strip()
    if scheme.lower() != "basic" or not encoded:
        return None
    if _API_KEY.fullmatch(encoded):
        return Credentials(encoded, encoded)
    try:
        user, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII, or no UTF-8 within
        return None
    name = user or secret
    if not colon or not name or not name.isprintable():
        return None
    return Credentials(name, secret or user)
