"""Convert aiohttp's request into a :class:`Request`; nothing else reads requests."""

import asyncio
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from aiohttp import HttpVersion11, web

from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.domain.wording import shorten
from mockserver.http import connection
from mockserver.http.framing import LARGEST_BODY
from mockserver.http.http_errors import (
    MAX_HEADERS,
    NO_HOST,
    TOO_MANY_HEADERS,
    UnreadableRequestError,
)
from mockserver.http.messages import Request

_NO_QUERY: Mapping[str, str] = {}


async def read_request(request: web.BaseRequest, client: connection.Connection) -> Request:
    """Read a request. The body of a GET is ignored: some clients send one.

    Raises:
        UnreadableRequestError: the rest of the body has not arrived in time, or the head
            is not valid although aiohttp accepts it.
        RequestPayloadError: the body is malformed.
    """
    headers = request.headers
    hosts = headers.getall("Host", ())
    if len(hosts) != 1 or len(headers) > MAX_HEADERS:
        _check_head(request, len(hosts))
    if not all(map(str.isascii, headers.values())):
        headers = request.clone(headers=dict(_decoded(request))).headers
    url = request.rel_url
    return Request(
        method=request.method,
        path=url.path,
        segments=_segments(url.raw_path),
        headers=headers,
        body=b"" if request.method == "GET" else await _read_body(request, client),
        scheme=request.scheme,
        host=_host(request, headers),
        query=url.query if url.raw_query_string else _NO_QUERY,
        client=request.remote or "",
    )


def _check_head(request: web.BaseRequest, hosts: int) -> None:
    """Refuse heads that older versions of aiohttp accept."""
    if len(request.headers) > MAX_HEADERS:
        problem = TOO_MANY_HEADERS
    elif hosts > 1:
        second = request.headers.getall("Host")[1]
        problem = f"expected Host only once, near 'Host: {shorten(second)}'"
    elif not hosts and request.version >= HttpVersion11:
        problem = NO_HOST
    else:
        return
    raise UnreadableRequestError(Refusal(Reason.MALFORMED_HTTP, detail=problem))


def _decoded(request: web.BaseRequest) -> Iterator[tuple[str, str]]:
    """Decode header values that are not UTF-8 as Latin-1.

    aiohttp decodes invalid bytes to lone surrogates, which neither a header, a log line
    nor JSON can contain.
    """
    for name, value in request.raw_headers:
        try:
            yield name.decode(), value.decode()
        except UnicodeDecodeError:
            yield name.decode(), value.decode("latin-1")


def _host(request: web.BaseRequest, headers: Mapping[str, str]) -> str:
    """Return the authority of an absolute target, which counts (RFC 9112 3.2.2), else Host.

    Without either it is the address that the client reached.
    """
    target = request.raw_path
    host = headers.get("Host") if target.startswith("/") else urlsplit(target).netloc
    host = host or headers.get("Host")
    if not host and request.transport is not None:
        host = request.transport.get_extra_info("sockname")[0]
    return host or ""


def _segments(raw_path: str) -> tuple[str, ...]:
    """Split a path before decoding it, so that ``%2F`` stays within its segment."""
    parts = filter(None, raw_path.split("/"))
    return tuple(map(unquote, parts) if "%" in raw_path else parts)


async def _read_body(
    request: web.BaseRequest,
    client: connection.Connection,
) -> bytes | None:
    """Return the body, ``None`` if it is too large. It has nearly always arrived."""
    content = request.content
    if client.framer.discarding:  # refused by its head
        content.feed_eof()
        return b""
    body = await _read_bounded_body(request, client)
    if body is None:
        client.discard_rest(content)
    return body


async def _read_bounded_body(
    request: web.BaseRequest,
    client: connection.Connection,
) -> bytes | None:
    content = request.content
    if content.is_eof():
        body = content.read_nowait()
        return body if len(body) <= LARGEST_BODY else None
    seconds = connection.INCOMPLETE_REQUEST_TIMEOUT
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    try:
        async with asyncio.timeout(0 if client.timed_out else seconds):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:  # aiohttp has the same limit
        return None
    except TimeoutError:
        problem = f"the rest of the body did not arrive within {seconds:g} s"
        raise UnreadableRequestError(
            Refusal(Reason.MALFORMED_HTTP, detail=problem),
        ) from None
