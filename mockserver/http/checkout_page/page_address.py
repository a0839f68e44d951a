"""Addresses of checkout pages; each has a key, so that nobody guesses one.

The key is derived, not stored: replicas of a server agree on it, and it outlives a restart.
"""

import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlsplit

from msgspec import Struct

from mockserver.sandbox.registry import SandboxRegistry
from mockserver.sandbox.sandbox import Sandbox

PAGE_SEGMENT = "checkout-page"
KEY_BYTES = 15  # 20 characters, as recorded of the provider's browser credential


def parse_public_url(text: str) -> str:
    """Parse the address that browsers know, with or without a path.

    Raises:
        ValueError: it is not an http or https URL, or it has a query or fragment.
    """
    url = text.rstrip("/")
    if not _is_plain_url(url):
        message = f"expected a URL such as https://kustom.example, got '{text}'"
        raise ValueError(message)
    return url


def _is_plain_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    has_host = parts.scheme in ("http", "https") and bool(parts.hostname)
    return has_host and url.isprintable() and not set(url) & set(" ?#<>")


class PageAddresses(Struct, frozen=True):
    """Builds and checks addresses of checkout pages.

    Attributes:
        registry: knows the owners of sandboxes.
        public_url: the server's address as browsers know it; by default the one that the
            merchant used.
    """

    registry: SandboxRegistry[Any]
    public_url: str | None = None

    @property
    def public_hosts(self) -> tuple[str, ...]:
        """The host of ``public_url`` with its port, if there is one."""
        return (urlsplit(self.public_url).netloc,) if self.public_url else ()

    def build(self, sandbox: Sandbox, order_id: str, base_url: str) -> str:
        """Return the URL of the page of a checkout order."""
        name = quote(sandbox.display_name, safe="")
        key = self._key(sandbox, order_id)
        return f"{self.public_url or base_url}/{PAGE_SEGMENT}/orders/{name}/{order_id}/{key}"

    def is_key(self, sandbox: Sandbox, order_id: str, key: str) -> bool:
        """Return whether this is the key of a checkout order."""
        expected = self._key(sandbox, order_id).encode()
        return hmac.compare_digest(expected, key.encode(errors="replace"))

    def _key(self, sandbox: Sandbox, order_id: str) -> str:
        # Names and ids can be guessed, the secret of a sandbox's owner cannot.
        secret = self.registry.owner_digest(sandbox.name) or b"shared"
        return _derive_key(secret, f"{sandbox.name}/{order_id}")


@lru_cache(maxsize=1000)  # each read of a checkout order shows the address of its page
def _derive_key(secret: bytes, name: str) -> str:
    digest = blake2b(name.encode(), key=secret, digest_size=KEY_BYTES).digest()
    return urlsafe_b64encode(digest).decode()
