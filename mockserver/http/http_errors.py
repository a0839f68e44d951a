"""Turn errors of the HTTP parser into refusals with a helpful message.

The type of aiohttp's exception says what is malformed. Where the type says too little, the
head of the request is examined, because the wording of aiohttp's messages changes.
"""

import re
from collections import Counter

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

DECODED = ("gzip", "deflate")
"""Content codings that aiohttp decodes without extra packages."""

BY_PREFIX = {b"\x16\x03": TLS, b"PRI * HTTP/2": HTTP_2}
"""First bytes of other protocols."""

BY_TYPE: dict[type[Exception], str] = {
    InvalidURLError: "expected a path such as /livez, with other characters as in %20",
    LineTooLong: f"expected at most {MAX_LINE} bytes in the path and in each header",
    BadStatusLine: REQUEST_LINE,
    InvalidHeader: "expected headers such as 'Name: value'",
}

_LOCATION = re.compile(r":\s+b(['\"])(?P<line>.*)\1\s+\^\s*$", re.DOTALL)
"""The malformed line in aiohttp's messages: a bytes literal above a caret."""

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


def malformed(error: BaseException, head: bytes) -> Refusal:
    """Describe an error of the HTTP parser.

    Args:
        error: exception raised by aiohttp.
        head: the received part of the request head.

    Returns:
        A refusal that says what was expected, and near which line if known.
    """
    cause = error.__cause__ or error
    if isinstance(cause, ContentEncodingError):
        return _bad_encoding(head)
    problem = _other_protocol(head) or _problem(cause, head) + _location(cause)
    return Refusal(Reason.MALFORMED_HTTP, detail=problem)


def _bad_encoding(head: bytes) -> Refusal:
    match = _CODING.search(head)
    coding = match[1].decode().lower() if match else "its coding"
    if coding not in DECODED:
        return Refusal(Reason.UNSUPPORTED_ENCODING, content_encoding=coding)
    problem = f"expected a body in {coding}, as its Content-Encoding says"
    return Refusal(Reason.MALFORMED_HTTP, detail=problem)


def _other_protocol(head: bytes) -> str:
    return next((text for prefix, text in BY_PREFIX.items() if head.startswith(prefix)), "")


def _problem(error: BaseException, head: bytes) -> str:
    for kind, problem in BY_TYPE.items():
        if isinstance(error, kind):
            return problem
    return _head_problem(head)


def _head_problem(head: bytes) -> str:
    """Describe what is malformed in a head; if nothing is, its body is malformed."""
    first, *lines = head.strip(b"\r\n").split(b"\r\n")
    if not _REQUEST_LINE.fullmatch(first):
        return REQUEST_LINE
    if len(lines) > MAX_HEADERS:
        return TOO_MANY_HEADERS
    headers = [match.groups() for line in lines if (match := _HEADER.fullmatch(line))]
    if len(headers) < len(lines):
        return EXPECTED_HEADERS
    return _framing_problem([(name.lower(), value) for name, value in headers])


def _framing_problem(headers: list[tuple[bytes, bytes]]) -> str:
    counts = Counter(name for name, _ in headers)
    length, coding = b"content-length" in counts, b"transfer-encoding" in counts
    if length and coding:
        return "expected Content-Length or Transfer-Encoding, not both"
    for name in ("Host", "Content-Length"):
        if counts[name.lower().encode()] > 1:
            return f"expected {name} only once"
    if length and not dict(headers)[b"content-length"].isdigit():
        return "expected an integer as Content-Length"
    if coding and dict(headers)[b"transfer-encoding"].lower() != b"chunked":
        return "expected 'chunked' as Transfer-Encoding"
    if coding:
        return CHUNKS
    return HTTP if counts[b"host"] else NO_HOST


def _location(error: BaseException) -> str:
    if isinstance(error, LineTooLong):
        return ""
    if isinstance(error, InvalidHeader | InvalidURLError) and error.args:
        (line,) = error.args
        text = line.decode(errors="backslashreplace") if isinstance(line, bytes) else line
        match = _LOCATION.search(text)
        line = match["line"] if match else text
    else:
        match = _LOCATION.search(getattr(error, "message", ""))
        line = match["line"] if match else ""
    return f", near '{shorten(line)}'" if line else ""
