"""Targets of deliveries: which hosts may be called, and URLs that are rewritten.

Only loopback and private addresses are called unless a host is allowed by name:
otherwise the server would call whatever address a request names.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from msgspec import Struct, field

RESERVED_NAMES = ("example", "invalid", "example.com", "example.net", "example.org")
"""Domains that belong to nobody (RFC 2606), so nothing is looked up."""

PRIVATE_DOMAINS = ("local", "localhost", "internal", "test", "lan", "home.arpa")
"""Domains that are never public, as in Kubernetes."""

HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?")
HOST_GATEWAY = "host.docker.internal"

METADATA_ADDRESSES = frozenset(
    map(ip_address, ("fd00:ec2::254", "fd20:ce::254", "192.0.0.192"))
)
"""Private addresses of the metadata services of clouds: AWS, Google and Oracle."""


class HostNotAllowedError(OSError):
    """Raised when a host has an address that is not called."""


class Target(Struct, frozen=True):
    """Where a call goes, and the ``Host`` header that the merchant expects."""

    url: str
    host_header: str


class TargetPolicy(Struct, frozen=True):
    """Rules for targets.

    Attributes:
        allowed_hosts: host names that are called whatever their address.
        rewrites: origins by the origin that they stand in for, in lower case.
    """

    allowed_hosts: frozenset[str] = frozenset()
    rewrites: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, url: str) -> Target:
        """Return the target of a URL, rewritten if its origin is.

        Raises:
            HostNotAllowedError: its host is not called.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        target_origin = self.rewrites.get(origin.lower(), origin)
        host = _host_of(target_origin)
        if not self.is_allowed_name(host):
            _check_host(host)
        target = target_origin + url[len(origin) :]
        return Target(target, parts.netloc.rpartition("@")[2])

    def is_allowed_name(self, host: str) -> bool:
        """Return whether a host is called whatever its address."""
        return host == HOST_GATEWAY or host in self.allowed_hosts


@lru_cache(maxsize=1000)  # a shop is called again and again
def _host_of(origin: str) -> str:
    return urlsplit(origin).hostname or ""


@lru_cache(maxsize=1000)
def _check_host(host: str) -> None:
    """Check a host; a name is checked again once it is resolved.

    Raises:
        HostNotAllowedError: it is not called.
    """
    _check_not_reserved(host)
    check_address(host)


def _check_not_reserved(host: str) -> None:
    if _is_in(host, RESERVED_NAMES):
        message = (
            f"{host} is a name for examples; send it elsewhere with --deliver, which needs"
            " the scheme and port of the URL as well"
        )
        raise HostNotAllowedError(message)


def _is_in(host: str, domains: Iterable[str]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in domains)


def is_public_name(host: str) -> bool:
    """Return whether a host is a name that may be public; others are of a local network."""
    return "." in host and not _is_in(host, PRIVATE_DOMAINS)


def check_address(text: str) -> None:
    """Check an address; a text that is a name is checked once it is resolved.

    Raises:
        HostNotAllowedError: the address is neither loopback nor private.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return
    if not _is_near(address):
        message = f"{text} is neither loopback nor private; allow it with --deliver-to"
        raise HostNotAllowedError(message)


def _is_near(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    # Link-local addresses hold the other metadata services.
    usable = not (address.is_link_local or address.is_unspecified or address.is_multicast)
    is_private = address.is_private and address not in METADATA_ADDRESSES
    return address.is_loopback or (is_private and usable)


def parse_rewrites(texts: tuple[str, ...]) -> dict[str, str]:
    """Parse rewrites such as ``https://shop.example=http://localhost:8080``.

    Raises:
        ValueError: one is not a pair of origins.
    """
    rewrites = {}
    for text in texts:
        source, _, target = text.partition("=")
        for origin in (source, target):
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
                message = f"expected https://shop.example=http://localhost:8080, got '{text}'"
                raise ValueError(message)
        rewrites[source.lower()] = target
    return rewrites


def parse_hosts(texts: Iterable[str]) -> frozenset[str]:
    """Parse the hosts that may be called, such as ``shop.example`` or ``203.0.113.5``.

    Raises:
        ValueError: one is neither a host name nor an address.
    """
    return frozenset(map(_parse_host, texts))


def _parse_host(text: str) -> str:
    host = text.removeprefix("[").removesuffix("]").lower()
    if HOST_NAME.fullmatch(host):
        return host
    try:
        ip_address(host)
    except ValueError:
        message = f"expected a host name or an address, such as shop.example, got '{text}'"
        raise ValueError(message) from None
    return host
