"""Turn errors of the HTTP parser into refusals with a helpful message.

The type of aiohttp's exception says what is malformed where it can. The rest, and the line,
is found in the head of the request: the wording of aiohttp's messages is not documented.
"""

import re
from collections.abc import Sequence

from aiohttp.http_exceptions import (
    BadStatusLine,
    ContentEncodingError,
    InvalidHeader,
    InvalidURLError,
    LineTooLong,
)

from mockserver.domain.errors import Reason
from mockserver.domain.refusal import Refusal
from mockserver.domain.wording import shorten

MAX_HEADERS = 128
MAX_LINE = 8190  # bytes of a path or a header; aiohttp's default

TLS = "this is TLS; expected plain HTTP, send to http:// or serve with --tls"
HTTP_2 = "this is HTTP/2; expected HTTP/1.1"
HTTP = "expected HTTP/1.1"
REQUEST_LINE = "expected a request line such as 'GET /path HTTP/1.1'"
EXPECTED_HEADERS = "expected headers such as 'Name: value', ended by CR LF"
CHUNKS = "expected chunks that start with their size in hexadecimal and end with CR LF"
TOO_MANY_HEADERS = f"expected at most {MAX_HEADERS} headers"
NO_HOST = "expected a Host header"
PATH = "expected a path such as /livez, with other characters as in %20"
TOO_LONG = f"expected at most {MAX_LINE} bytes in the path and in each header"

DECODED = ("gzip", "deflate")
"""Content codings that aiohttp decodes without extra packages."""

BY_PREFIX = {b"\x16\x03": TLS, b"PRI * HTTP/2": HTTP_2}
"""First bytes of other protocols."""

_REQUEST_LINE = re.compile(rb"[A-Z-]+ \S+ HTTP/1\.[01]")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00\r\n]*?)[ \t]*")
_CODING = re.compile(rb"\r\ncontent-encoding:[ \t]*([\w-]+)", re.IGNORECASE)


class UnreadableRequestError(Exception):
    """Raised to refuse a request that cannot be read; the connection is closed.

    Attributes:
        refusal: the response to send.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def malformed(error: BaseException, head: bytes, chunk: bytes = b"") -> Refusal:
    """Describe an error of the HTTP parser.

    Args:
        error: exception raised by aiohttp.
        head: the received part of the request head.
        chunk: the malformed line of a body in chunks, if one was found.

    Returns:
        A refusal that says what was expected, and near which line if known.
    """
    cause = error.__cause__ or error
    if isinstance(cause, ContentEncodingError):
        return _bad_encoding(head)
    problem, line = _other_protocol(head), b""
    if not problem:
        problem, line = _find_problem(cause, head, chunk)
    location = f", near '{_printable(line)}'" if line else ""
    return Refusal(Reason.MALFORMED_HTTP, detail=problem + location)


def _bad_encoding(head: bytes) -> Refusal:
    match = _CODING.search(head)
    coding = match[1].decode().lower() if match else "its coding"
    if coding not in DECODED:
        return Refusal(Reason.UNSUPPORTED_ENCODING, content_encoding=coding)
    problem = f"expected a body in {coding}, as its Content-Encoding says"
    return Refusal(Reason.MALFORMED_HTTP, detail=problem)


def _other_protocol(head: bytes) -> str:
    return next((text for prefix, text in BY_PREFIX.items() if head.startswith(prefix)), "")


def _printable(line: bytes) -> str:
    return shorten(line.decode("latin-1").encode("unicode_escape").decode())


def _find_problem(error: BaseException, head: bytes, chunk: bytes) -> tuple[str, bytes]:
    """Find what is malformed, and the line; if nothing is in the head, its body is."""
    first, *lines = head.strip(b"\r\n").split(b"\r\n")
    if isinstance(error, LineTooLong):
        return TOO_LONG, b""
    if isinstance(error, InvalidURLError):
        return PATH, first
    if isinstance(error, BadStatusLine) or not _REQUEST_LINE.fullmatch(first):
        return REQUEST_LINE, first
    if len(lines) > MAX_HEADERS:
        return TOO_MANY_HEADERS, b""
    malformed_header = next((line for line in lines if not _HEADER.fullmatch(line)), None)
    if malformed_header is not None:
        return EXPECTED_HEADERS, malformed_header
    problem, line = _find_framing_problem(lines, chunk)
    is_header = problem == HTTP and isinstance(error, InvalidHeader)
    return EXPECTED_HEADERS if is_header else problem, line


def _find_framing_problem(lines: Sequence[bytes], chunk: bytes) -> tuple[str, bytes]:
    by_name: dict[bytes, list[bytes]] = {}
    for line in lines:
        by_name.setdefault(line.partition(b":")[0].lower(), []).append(line)
    lengths, codings = by_name.get(b"content-length", []), by_name.get(b"transfer-encoding", [])
    if lengths and codings:
        return "expected Content-Length or Transfer-Encoding, not both", codings[0]
    for name in ("Host", "Content-Length"):
        if len(by_name.get(name.lower().encode(), [])) > 1:
            return f"expected {name} only once", by_name[name.lower().encode()][1]
    if lengths and not _value(lengths[0]).isdigit():
        return "expected an integer as Content-Length", lengths[0]
    if codings and _value(codings[0]).lower() != b"chunked":
        return "expected 'chunked' as Transfer-Encoding", codings[0]
    if codings:
        return CHUNKS, chunk
    return HTTP if b"host" in by_name else NO_HOST, b""


def _value(line: bytes) -> bytes:
    return line.partition(b":")[2].strip()
