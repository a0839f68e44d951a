"""Detect requests that a web page of another site sends; both APIs refuse them.

Browsers add ``Origin`` and ``Sec-Fetch-Site`` (Fetch Metadata) by themselves; the servers and
tools that the mock is made for send neither.
"""

from urllib.parse import urlsplit

from mockserver.http.messages import Request

FOREIGN_FETCH_SITES = ("cross-site", "same-site")


def foreign_page(request: Request) -> str | None:
    """Return what shows that a page of another origin sent the request, if anything does."""
    fetch_site = request.headers.get("Sec-Fetch-Site", "").strip().lower()
    if fetch_site in FOREIGN_FETCH_SITES:
        return f"Sec-Fetch-Site: {fetch_site}"
    origin = request.headers.get("Origin")
    if origin is not None and _origin_host(origin) != request.host:
        return f"Origin: {origin}"
    return None


def _origin_host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
