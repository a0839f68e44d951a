"""Detect requests that a web page of another site sends; both APIs refuse them.

Browsers add ``Origin`` and ``Sec-Fetch-Site`` (Fetch Metadata) by themselves; the servers and
tools that the mock is made for send neither.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from mockserver.http.messages import Request

FOREIGN_FETCH_SITES = ("cross-site", "same-site")
CONTAINER_HOSTS = ("host.docker.internal", "host.containers.internal")
"""Names that Docker and Podman give to the host of a container."""


def foreign_page(request: Request, allowed_hosts: frozenset[str]) -> str | None:
    """Return what shows that a page of another site sent the request, if anything does.

    A page may give this server a name of its own site (DNS rebinding). That name passes as
    the page's own origin, so of pages only expected hosts are accepted; servers, which send
    neither header, may use any name.
    """
    origin = request.headers.get("Origin")
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if origin is None and fetch_site is None:
        return None
    foreign = foreign_site(request)
    is_of_page = origin is not None or _site(request) == "same-origin"
    if not foreign and is_of_page and not is_expected_host(request.host, allowed_hosts):
        return f"Host: {request.host}"
    return foreign


def foreign_site(request: Request, *public_hosts: str) -> str | None:
    """Return the header that says that a page of another site sent the request, if one does.

    Args:
        request: the request.
        public_hosts: hosts with ports as browsers know this server, besides ``Host``.
    """
    site = _site(request)
    if site in FOREIGN_FETCH_SITES:
        return f"Sec-Fetch-Site: {site}"
    origin = request.headers.get("Origin")
    if origin is not None and _origin_host(origin) not in (request.host, *public_hosts):
        return f"Origin: {origin}"
    return None


def _site(request: Request) -> str:
    return request.headers.get("Sec-Fetch-Site", "").strip().lower()


def is_expected_host(host: str, allowed_hosts: frozenset[str]) -> bool:
    """Return whether a host is local, an address, or allowed by name."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return False
    is_local = "." not in name or name.endswith(".localhost") or name in CONTAINER_HOSTS
    return is_local or name in allowed_hosts or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _origin_host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
