"""Header values that are not UTF-8 are read as Latin-1."""

import json

import pytest

from mockserver.domain.operation import Operation
from tests.support.connection import blocking_connection, read_response, request_head
from tests.support.merchant import Merchant

Op = Operation
BODY = b'{"captured_amount":1}'


def send(merchant: Merchant, *headers: bytes, host: bytes = b"kustom") -> tuple[int, bytes]:
    """Send a capture with raw headers; return status and body of the response."""
    asking = request_head(merchant, f"POST {merchant.path(Op.CAPTURE)}").removesuffix(b"\r\n")
    lines = [*headers, b"Content-Length: %d" % len(BODY), b"", BODY]
    with blocking_connection(merchant) as connection:
        connection.sendall(asking.replace(b"Host: kustom", b"Host: " + host))
        connection.sendall(b"\r\n".join(lines))
        response, body = read_response(connection)
        return response.status, body


async def test_host_outside_utf_8_gets_a_response(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert send(merchant, host=b"caf\xe9.example") == (201, b"")
    assert (await merchant.read())["captured_amount"] == 1
    assert caplog.messages == []


async def test_content_type_outside_utf_8_is_refused_and_named(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, body = send(merchant, b"Content-Type: caf\xe9")
    (message,) = json.loads(body)["error_messages"]
    assert (status, message.split(" is ")[0]) == (415, "Content-Type 'café'")
    (entry,) = (await merchant.control("GET", "requests?operation=capture")).json["requests"]
    assert message in entry["text"]
    assert caplog.messages == []


@pytest.mark.parametrize("key", [b"caf\xe9", "café".encode()], ids=["Latin-1", "UTF-8"])
async def test_idempotency_key_may_be_in_any_encoding(
    merchant: Merchant,
    caplog: pytest.LogCaptureFixture,
    key: bytes,
) -> None:
    for _ in range(2):
        assert send(merchant, b"X: \xff", b"Klarna-Idempotency-Key: " + key) == (201, b"")
    assert (await merchant.read())["captured_amount"] == 1
    assert caplog.messages == []
