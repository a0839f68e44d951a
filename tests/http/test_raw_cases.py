"""Named malformed and unusual requests, each with its expected response."""

import gzip
from itertools import pairwise

import aiohttp
import pytest

from tests.support.merchant import Merchant
from tests.support.raw_http import (
    BODY,
    EXACT,
    IN_CHUNKS,
    RawResponse,
    capture,
    exchange_bytes,
    is_in_shape,
    length,
)

OK, CREATED, BAD = (200, ""), (201, ""), (400, "BAD_REQUEST")
INVALID = 422, "UNPROCESSABLE_ENTITY"

Case = tuple[bytes, bytes, tuple[int, str]]
"""Headers of a capture besides Host and credentials, its body, the response."""


CHUNKS = b"15\r\n" + BODY + b"\r\n0\r\n\r\n"


def json_of(value: bytes) -> tuple[bytes, bytes]:
    body = b'{"captured_amount":' + value + b"}"
    return length(b"%d" % len(body)), body


KEPT_OPEN: dict[str, Case] = {
    "as it should be": (EXACT, BODY, CREATED),
    "a length with zeros before it": (length(b"0021"), BODY, CREATED),
    "a length with blanks around it": (length(b"  21 \t"), BODY, CREATED),
    "no body, where one is needed": (length(b"0"), b"", INVALID),
    "neither length nor body": (b"X: y", b"", INVALID),
    "chunks": (IN_CHUNKS, CHUNKS, CREATED),
    "chunks, said in capitals": (b"TRANSFER-ENCODING: CHUNKED", CHUNKS, CREATED),
    "a chunk of leading zeros": (IN_CHUNKS, b"0000" + CHUNKS, CREATED),
    "a chunk with an extension": (IN_CHUNKS, CHUNKS.replace(b"\r", b';a="b"\r', 1), CREATED),
    "chunks and a trailer": (IN_CHUNKS, CHUNKS[:-2] + b"X-Sum: 1\r\n\r\n", CREATED),
    "a chunk for each byte": (
        IN_CHUNKS,
        b"".join(b"1\r\n%c\r\n" % item for item in BODY) + b"0\r\n\r\n",
        CREATED,
    ),
    "zipped": (
        b"Content-Encoding: gzip\r\n" + length(b"%d" % len(gzip.compress(BODY, mtime=0))),
        gzip.compress(BODY, mtime=0),
        CREATED,
    ),
    "an unknown content coding": (b"Content-Encoding: x-own\r\n" + EXACT, BODY, CREATED),
    "an unknown upgrade": (b"Connection: upgrade\r\nUpgrade: x\r\n" + EXACT, BODY, CREATED),
    "an unknown expectation": (b"Expect: 200-ok\r\n" + EXACT, BODY, CREATED),
    "a header without a value": (b"X:\r\n" + EXACT, BODY, CREATED),
    "a header twice": (b"X: 1\r\nX: 2\r\n" + EXACT, BODY, CREATED),
    "a hundred headers": (b"X: y\r\n" * 100 + EXACT, BODY, CREATED),
    "a header of 8000 bytes": (b"X: " + b"y" * 8000 + b"\r\n" + EXACT, BODY, CREATED),
    "another media type": (
        b"Content-Type: text/plain\r\n" + EXACT, BODY, (415, "UNSUPPORTED_MEDIA_TYPE"),
    ),
    "NaN": (*json_of(b"NaN"), BAD),
    "infinity": (*json_of(b"-Infinity"), BAD),
    "1e400": (*json_of(b"1e400"), BAD),
    "1e300": (*json_of(b"1e300"), INVALID),
    "a fraction": (*json_of(b"1e-1"), INVALID),
    "less than nothing": (*json_of(b"-1"), INVALID),
    "no less than nothing": (*json_of(b"-0"), CREATED),
    "an integer with a point": (*json_of(b"1.0"), CREATED),
    "a number with a zero before it": (*json_of(b"01"), BAD),
    "a number with a plus": (*json_of(b"+1"), BAD),
    "64 bits and one": (*json_of(b"18446744073709551616"), INVALID),
    "5000 digits": (*json_of(b"9" * 5000), BAD),
    "a number as text": (*json_of(b'"1"'), INVALID),
    "a truth for an amount": (*json_of(b"true"), INVALID),
    "nothing for an amount": (*json_of(b"null"), INVALID),
    "half a surrogate pair": (*json_of(rb'1,"description":"\ud800"'), BAD),
    "both halves, swapped": (*json_of(rb'1,"description":"\udc00\ud800"'), BAD),
    "a surrogate in UTF-8": (*json_of(b'1,"description":"\xed\xa0\x80"'), BAD),
    "a surrogate pair": (*json_of(rb'1,"description":"\ud83d\ude00"'), CREATED),
    "a NUL, escaped": (*json_of(rb'1,"description":"\u0000"'), CREATED),
    "a NUL": (*json_of(b'1,"description":"\x00"'), BAD),
    "no UTF-8": (*json_of(b'1,"description":"\xff"'), BAD),
    "more bytes than a sign needs": (*json_of(b'1,"description":"\xc0\xaf"'), BAD),
    "a doubled key": (*json_of(b'1,"captured_amount":2'), CREATED),
    "a doubled key, bad in the end": (*json_of(b'1,"captured_amount":-1'), INVALID),
    "a byte order mark": (length(b"24"), b"\xef\xbb\xbf" + BODY, BAD),
    "100,000 brackets": (length(b"100000"), b"[" * 100_000, BAD),
    "100,000 brackets, closed": (length(b"100000"), b"[" * 50_000 + b"]" * 50_000, BAD),
    "100,000 braces": (length(b"600001"), b'{"a":' * 100_000 + b"1" + b"}" * 100_000, BAD),
    "51 levels": (*json_of(b'"x","x":' + b"[" * 50 + b"]" * 50), BAD),
    "51 unknown levels": (*json_of(b'1,"x":' + b"[" * 50 + b"]" * 50), CREATED),
    "1025 unknown levels": (*json_of(b'1,"x":' + b"[" * 1024 + b"]" * 1024), BAD),
}  # fmt: skip
"""Valid framing: whatever the body contains, the connection stays open."""

CLOSED: dict[str, tuple[bytes, bytes]] = {
    "a length below nothing": (length(b"-1"), BODY),
    "a length with a plus": (length(b"+21"), BODY),
    "a length in hexadecimal": (length(b"0x15"), BODY),
    "a length with an exponent": (length(b"21e0"), BODY),
    "a length that is text": (length(b"many"), BODY),
    "an empty length": (length(b""), BODY),
    "a length of two numbers": (length(b"21, 21"), BODY),
    "a length in digits of another script": (length("٢١".encode()), BODY),
    "a length beyond 64 bits": (length(b"9" * 30), BODY),
    "two lengths that agree": (EXACT + b"\r\n" + EXACT, BODY),
    "two lengths that do not": (EXACT + b"\r\n" + length(b"3"), BODY),
    "a length and chunks": (EXACT + b"\r\n" + IN_CHUNKS, CHUNKS),
    "chunks and a length": (IN_CHUNKS + b"\r\n" + EXACT, CHUNKS),
    "chunks twice": (b"Transfer-Encoding: chunked, chunked", CHUNKS),
    "chunks, but not last": (b"Transfer-Encoding: chunked, identity", CHUNKS),
    "a transfer coding that is none": (b"Transfer-Encoding: xchunked", CHUNKS),
    "a length too short": (length(b"20"), BODY),
    "a chunk of a size below nothing": (IN_CHUNKS, b"-1\r\n" + CHUNKS),
    "a chunk of a size with 0x": (IN_CHUNKS, b"0x15" + CHUNKS[2:]),
    "a chunk of no size": (IN_CHUNKS, CHUNKS[2:]),
    "a chunk beyond 64 bits": (IN_CHUNKS, b"f" * 17 + CHUNKS[2:]),
    "a chunk longer than its size": (IN_CHUNKS, b"14" + CHUNKS[2:]),
    "a chunk that ends in LF": (IN_CHUNKS, CHUNKS.replace(b"}\r\n", b"}\n")),
    "a trailer without a colon": (IN_CHUNKS, CHUNKS[:-2] + b"X\r\n\r\n"),
    "not gzip": (b"Content-Encoding: gzip\r\n" + EXACT, BODY),
    "a line that ends in LF": (b"X: y\n" + EXACT, BODY),
    "a CR within a header": (b"X: a\rb\r\n" + EXACT, BODY),
    "a NUL within a header": (b"X: a\x00b\r\n" + EXACT, BODY),
    "a NUL within a name": (b"X\x00: a\r\n" + EXACT, BODY),
    "a header continued on the next line": (b"X: a\r\n b\r\n" + EXACT, BODY),
    "a blank before a colon": (b"X : a\r\n" + EXACT, BODY),
    "a header without a colon": (b"X\r\n" + EXACT, BODY),
    "a header without a name": (b": a\r\n" + EXACT, BODY),
    "a name that is no ASCII": ("Größe: a\r\n".encode() + EXACT, BODY),
    "two hosts": (b"Host: other\r\n" + EXACT, BODY),
    "129 headers": (b"X: y\r\n" * 129 + EXACT, BODY),
    "a header of 9000 bytes": (b"X: " + b"y" * 9000 + b"\r\n" + EXACT, BODY),
    "a name of 9000 bytes": (b"X" * 9000 + b": y\r\n" + EXACT, BODY),
}  # fmt: skip
"""Framing without a known end: 400 for each."""


ODD: dict[str, tuple[bytes, tuple[int, str]]] = {
    "HTTP/1.2": (b"GET /livez HTTP/1.2", BAD),
    "HTTP/0.9": (b"GET /livez", OK),
    "an upgrade to WebSocket": (b"GET /livez HTTP/1.1\r\nUpgrade: websocket", OK),
    "an upgrade to HTTP/2": (b"GET /livez HTTP/1.1\r\nUpgrade: h2c", OK),
    "CONNECT": (b"CONNECT localhost:80 HTTP/1.1", (401, "")),
    "TRACE": (b"TRACE /livez HTTP/1.1", (405, "")),
    "a method of our own": (b"BREW /livez HTTP/1.1", BAD),
    "two slashes": (b"GET //livez HTTP/1.1", OK),
    "a parent folder": (b"GET /__admin/../livez HTTP/1.1", (404, "")),
    "a parent folder, escaped": (b"GET /__admin/%2e%2e/livez HTTP/1.1", (404, "")),
    "an escaped slash": (b"GET /__admin%2Fhealth HTTP/1.1", (404, "")),
    "an escaped NUL": (b"GET /__admin/%00 HTTP/1.1", (404, "")),
    "an escape that is none": (b"GET /__admin/%zz HTTP/1.1", (404, "")),
    "a NUL": (b"GET /li\x00vez HTTP/1.1", BAD),
}
"""Request lines and headers without ``Host``, and the response."""


def outcomes(responses: list[RawResponse]) -> list[tuple[int, str]]:
    """Check that responses are in shape; return their statuses and codes."""
    assert [answer for answer in responses if not is_in_shape(answer)] == []
    return [(response.status, response.code) for response in responses]


@pytest.mark.parametrize("case", KEPT_OPEN)
async def test_request_with_known_length_keeps_the_connection_open(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    if case == "a length with blanks around it" and aiohttp.__version__ < "3.14":
        pytest.skip("the parser of aiohttp before 3.14 refuses blanks behind a length")
    headers, body, expected = KEPT_OPEN[case]
    assert outcomes(exchange_bytes(merchant.url, [capture(merchant, headers, body)])) == [
        expected,
        OK,
    ]
    captured = (await merchant.read())["captured_amount"]
    assert (captured > 0) == (expected == CREATED) or case == "no less than nothing"
    assert caplog.messages == []


@pytest.mark.parametrize("case", CLOSED)
@pytest.mark.parametrize("pieces", [1, 2, 3], ids=["at once", "in two", "in three"])
async def test_request_with_unknown_length_is_refused_and_closed(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    case: str,
    pieces: int,
) -> None:
    headers, body = CLOSED[case]
    whole = capture(merchant, headers, body)
    places = [len(whole) - len(body), len(whole) - len(body) // 2][: pieces - 1]
    sent = [whole[start:end] for start, end in pairwise([0, *places, len(whole)])]
    async with merchant.nothing_changes():
        responses = outcomes(exchange_bytes(merchant.url, sent))
    assert responses[0] == BAD
    assert caplog.messages == []


@pytest.mark.parametrize("case", ODD)
def test_odd_request_is_answered(server_url: str, case: str) -> None:
    head, expected = ODD[case]
    response = exchange_bytes(server_url, [head + b"\r\nHost: localhost\r\n\r\n"])[0]
    code = response.code if expected[0] == 400 else ""
    assert (response.status, code) == expected


GARBAGE = [
    b"nonsense",
    b"\x16\x03\x01\r\n\r\n",
    b"GET / HTTP/1.1\r\nX\r\n\r\n",
    b"\x00" * 1000,
]
GET = b"GET /livez HTTP/1.1\r\nHost: kustom\r\n"
VALID: dict[str, tuple[tuple[bytes, bytes], int]] = {
    "a length": ((EXACT, BODY), 1),
    "a length, said in small letters": ((EXACT.lower(), BODY), 1),
    "chunks": ((IN_CHUNKS, CHUNKS), 1),
    "two of them": ((EXACT, BODY + GET + b"\r\n"), 2),
    "a body with the end of a head in it": (json_of(b"1\r\n\r\n"), 1),
}
"""Headers and body of a capture, with what may follow, and the number of responses."""


@pytest.mark.parametrize("garbage", GARBAGE, ids=["text", "TLS", "half a request", "zeros"])
@pytest.mark.parametrize("case", VALID)
async def test_valid_request_before_garbage_in_one_packet_is_answered(
    merchant: Merchant,
    case: str,
    garbage: bytes,
) -> None:
    (headers, body), valid = VALID[case]
    responses = outcomes(
        exchange_bytes(merchant.url, [capture(merchant, headers, body) + garbage])
    )
    assert responses == [*[CREATED, OK][:valid], BAD]
    assert (await merchant.read())["captured_amount"] == 1


async def test_get_before_garbage_in_one_packet_is_answered(merchant: Merchant) -> None:
    for garbage in GARBAGE:
        assert outcomes(exchange_bytes(merchant.url, [GET + b"\r\n" + garbage])) == [OK, BAD]


async def test_many_requests_in_one_packet_are_all_answered(merchant: Merchant) -> None:
    responses = outcomes(exchange_bytes(merchant.url, [(GET + b"\r\n") * 250]))
    assert responses == [OK] * 251
