"""Messages of refusals of malformed HTTP and of bodies that cannot be decoded."""

import json
from collections.abc import Callable

import pytest
from aiohttp import http_parser
from aiohttp.http_exceptions import BadHttpMessage

from mockserver.http.http_errors import malformed
from tests.support.merchant import Merchant
from tests.support.raw_http import BODY, EXACT, IN_CHUNKS, RawResponse, capture, exchange_bytes

GET = b"GET /livez HTTP/1.1\r\nHost: kustom\r\n"
REQUEST_LINE = "expected a request line such as 'GET /path HTTP/1.1'"
PATH = "expected a path such as /livez, with other characters as in %20"
HEADERS = "expected headers such as 'Name: value', ended by CR LF"
FRAMING = "expected Content-Length or Transfer-Encoding, not both"
CHUNKS = "expected chunks that start with their size in hexadecimal and end with CR LF"

HEADS: dict[str, tuple[bytes, str]] = {
    "no request": (b"HELLO\r\n\r\n", f"{REQUEST_LINE}, near 'HELLO'"),
    "a long line": (b"x" * 99 + b"\r\n\r\n", f"{REQUEST_LINE}, near '{'x' * 60}…'"),
    "a protocol to come": (
        b"GET / HTTP/3.7\r\n\r\n", f"{REQUEST_LINE}, near 'GET / HTTP/3.7'",
    ),
    "a blank in a path": (
        b"GET /a b HTTP/1.1\r\n\r\n", f"{REQUEST_LINE}, near 'GET /a b HTTP/1.1'",
    ),
    "TLS": (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 50,
        "this is TLS; expected plain HTTP, send to http:// or serve with --tls",
    ),
    "HTTP/2": (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "this is HTTP/2; expected HTTP/1.1",
    ),
    "a path without a slash": (b"GET x HTTP/1.1\r\n\r\n", f"{PATH}, near 'GET x HTTP/1.1'"),
    "an address that is none": (
        b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", f"{PATH}, near 'GET http://[ HTTP/1.1'",
    ),
    "a path too long": (
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        "expected at most 8190 bytes in the path and in each header",
    ),
    "a header too long": (
        GET + b"X: " + b"y" * 9000 + b"\r\n\r\n",
        "expected at most 8190 bytes in the path and in each header",
    ),
    "too many headers": (GET + b"X: y\r\n" * 129 + b"\r\n", "expected at most 128 headers"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", "expected a Host header"),
    "two hosts": (GET + b"Host: b\r\n\r\n", "expected Host only once, near 'Host: b'"),
    "a header without a colon": (GET + b"X\r\n\r\n", f"{HEADERS}, near 'X'"),
    "a header that speaks of chunks": (GET + b"chunk\r\n\r\n", f"{HEADERS}, near 'chunk'"),
    "a header that ends in LF": (GET + b"X: y\nZ: a\r\n\r\n", rf"{HEADERS}, near 'X: y\nZ: a'"),
}  # fmt: skip
"""Sent bytes, and the message of the refusal."""

BODIES: dict[str, tuple[bytes, bytes, str]] = {
    "a length that is no number": (
        b"Content-Length: many", BODY,
        "expected an integer as Content-Length, near 'Content-Length: many'",
    ),
    "an empty length": (
        b"Content-Length: ", BODY,
        "expected an integer as Content-Length, near 'Content-Length: '",
    ),
    "two lengths": (
        EXACT + b"\r\n" + EXACT, BODY,
        "expected Content-Length only once, near 'Content-Length: 21'",
    ),
    "a length and chunks": (
        EXACT + b"\r\n" + IN_CHUNKS, BODY,
        f"{FRAMING}, near 'Transfer-Encoding: chunked'",
    ),
    "an unknown coding of the transfer": (
        b"Transfer-Encoding: chunked, xyz", BODY,
        "expected 'chunked' as Transfer-Encoding, near 'Transfer-Encoding: chunked, xyz'",
    ),
    "no size of a chunk": (IN_CHUNKS, b"many\r\n", f"{CHUNKS}, near 'many'"),
    "a size too large": (IN_CHUNKS, b"f" * 17 + b"\r\n", f"{CHUNKS}, near '{'f' * 17}'"),
    "a chunk longer than its size": (
        IN_CHUNKS, b"1\r\nxyz\r\n", f"{CHUNKS}, near 'xyz'",
    ),
    "not gzip": (
        b"Content-Encoding: gzip\r\n" + EXACT, BODY,
        "expected a body in gzip, as its Content-Encoding says",
    ),
    "not deflate": (
        b"Content-Encoding: deflate\r\n" + EXACT, BODY,
        "expected a body in deflate, as its Content-Encoding says",
    ),
}  # fmt: skip
"""Headers and body of a capture, and the message of the refusal."""


def messages(response: RawResponse) -> list[str]:
    """Return the messages of an error response."""
    return list(json.loads(response.body)["error_messages"])


def assert_malformed(response: RawResponse, problem: str) -> None:
    assert (response.status, response.code) == (400, "BAD_REQUEST")
    assert messages(response) == [f"Malformed HTTP: {problem}"]
    assert response.headers[b"mock-reason"].startswith(b"malformed_http; detail=")


@pytest.mark.parametrize("case", HEADS)
async def test_malformed_request_line_error_has_the_expected_form(
    server_url: str,
    case: str,
) -> None:
    sent, problem = HEADS[case]
    assert_malformed(exchange_bytes(server_url, [sent])[-1], problem)


@pytest.mark.parametrize("at_once", [True, False], ids=["with the head", "after the head"])
@pytest.mark.parametrize("case", BODIES)
async def test_malformed_framing_error_has_the_expected_form(
    merchant: Merchant,
    case: str,
    *,
    at_once: bool,
) -> None:
    headers, body, problem = BODIES[case]
    head = capture(merchant, headers, b"")
    pieces = [head + body] if at_once else [head, body]
    async with merchant.nothing_changes():
        assert_malformed(exchange_bytes(merchant.url, pieces)[0], problem)


def test_unknown_parser_error_gets_a_message_of_our_own() -> None:
    refusal = malformed(BadHttpMessage("Span callback error in on_frob"), GET + b"\r\n")
    assert refusal.message == "Malformed HTTP: expected HTTP/1.1"


@pytest.mark.parametrize("coding", ["br", "zstd", "BR"])
async def test_unsupported_content_coding_is_refused_by_name(
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    coding: str,
) -> None:
    monkeypatch.setattr(http_parser, "HAS_BROTLI", False)
    monkeypatch.setattr(http_parser, "HAS_ZSTD", False, raising=False)
    sent = capture(merchant, f"Content-Encoding: {coding}\r\n".encode() + EXACT, BODY)
    async with merchant.nothing_changes():
        response, *_ = exchange_bytes(merchant.url, [sent])
    assert (response.status, response.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    name = coding.lower()
    assert messages(response) == [
        f"Content-Encoding '{name}' is not supported, send gzip, deflate or identity"
    ]
    reason = f"unsupported_encoding; content_encoding={name}"
    assert response.headers[b"mock-reason"] == reason.encode()


@pytest.mark.parametrize("coding", ["gzip, br", "gzip, gzip", "identity,X-GZIP"])
async def test_list_with_an_unsupported_content_coding_is_refused(
    merchant: Merchant,
    coding: str,
) -> None:
    sent = capture(merchant, f"Content-Encoding: {coding}\r\n".encode() + EXACT, BODY)
    async with merchant.nothing_changes():
        response, _ = exchange_bytes(merchant.url, [sent])
    assert messages(response) == [
        f"Content-Encoding '{coding}' is not supported, send gzip, deflate or identity"
    ]


@pytest.mark.parametrize("coding", ["identity", "Identity", "", "UTF-8", "x-own"])
async def test_unknown_content_coding_means_an_uncompressed_body(
    merchant: Merchant,
    coding: str,
) -> None:
    sent = capture(merchant, f"Content-Encoding: {coding}\r\n".encode() + EXACT, BODY)
    assert exchange_bytes(merchant.url, [sent])[0].status == 201


async def test_mock_reason_is_left_out_without_mock_headers(
    serve: Callable[..., str],
) -> None:
    (response,) = exchange_bytes(serve(mock_headers=False), [HEADS["no request"][0]])
    assert b"mock-reason" not in response.headers
