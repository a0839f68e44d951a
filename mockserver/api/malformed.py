"""What is wrong with bytes that are no HTTP: a parser's complaint, in our own words."""

import re

from mockserver.domain.errors import Reason, Rejection
from mockserver.domain.wording import shorten

WORDS = {
    r"HTTPS traffic": "this is TLS; expected plain HTTP, send to http:// or serve with --tls",
    r"PRI/Upgrade": "this is HTTP/2; expected HTTP/1.1",
    r"^InvalidURLError": "expected a path such as /livez, with other characters as in %20",
    r"^LineTooLong: \D*(\d+)": r"expected at most \1 bytes in the path and in each header",
    r"^Bad(HttpMethod|StatusLine)": "expected a request line such as 'GET /path HTTP/1.1'",
    r"^InvalidHeader": "expected headers such as 'Name: value'",
    r"Missing 'Host'": "expected a Host header",
    r"Duplicate '(.+)' header|Duplicate (.+)": r"expected \1\2 only once",
    r"Too many": "expected at most 128 headers",
    r"present with": "expected Content-Length or Transfer-Encoding, not both",
    r"Content-Length": "expected a whole number as Content-Length",
    r"Transfer-Encoding": "expected 'chunked' as Transfer-Encoding",
    r"[Cc]hunk": "expected chunks of the size that each names in hexadecimal, ended by CR LF",
    r"header": "expected headers such as 'Name: value', ended by CR LF",
    r"(?:content-encoding|ContentEncodingError): (\w+)$": (
        r"expected a body in \1, as its Content-Encoding says"
    ),
}
"""What to look for in a complaint, in this order, and what to say then."""

OTHERWISE = "expected HTTP/1.1"

_UNDECODABLE = re.compile(r"content-encoding: \w+ \((\w+)\)")
_LINE = re.compile(r": b(['\"])(?P<line>.*)\1 \^$|(?<=^InvalidURLError): (?P<path>\S+)$")


def refusal_of(kind: str, complaint: str) -> Rejection:
    """Word what an HTTP parser complains of.

    Args:
        kind: the name of the exception that it raised.
        complaint: its message; it may end in the line in question, as Python's bytes.

    Returns:
        A refusal that says what was expected, and near which line if that is known.
    """
    told = f"{kind}: {' '.join(complaint.split())}"
    undecodable = _UNDECODABLE.search(told)
    if undecodable:
        return Rejection(Reason.UNSUPPORTED_ENCODING, content_encoding=undecodable[1])
    found = _LINE.search(told)
    line = found["line"] or found["path"] if found else ""
    problem = _expected(told[: found.start()] if found else told)
    near = f", near '{shorten(line)}'" if line else ""
    return Rejection(Reason.MALFORMED_HTTP, detail=problem + near)


def _expected(told: str) -> str:
    for pattern, words in WORDS.items():
        match = re.search(pattern, told)
        if match:
            return match.expand(words)
    return OTHERWISE
