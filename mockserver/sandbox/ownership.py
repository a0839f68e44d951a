"""Ownership: the secret that a sandbox is tied to, stored as a digest."""

import hmac
from hashlib import sha256


def digest_secret(secret: str) -> bytes:
    """Return the digest under which a secret is stored."""
    return sha256(secret.encode(errors="surrogatepass")).digest()


def is_owner(owner: bytes | None, secret: str) -> bool:
    """Return whether a secret is the owner's; a sandbox without owner accepts any."""
    return owner is None or hmac.compare_digest(owner, digest_secret(secret))
