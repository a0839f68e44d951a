"""Property: arbitrary bytes get well-formed responses or a closed connection.

Valid requests are split, flipped, cut and mangled, and sent to a real socket.
``KUSTOM_FUZZ`` multiplies how many are tried; the counts are printed by ``-rP``.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mockserver.domain.operation import ORDERS_PATH
from mockserver.http import connection
from tests.support.effort import effort
from tests.support.malformed_bytes import HEADERS, KEYS, SIZES, TEXTS, TOKENS
from tests.support.merchant import basic
from tests.support.raw_http import (
    TIMEOUT,
    RawResponse,
    exchange_bytes,
    is_in_shape,
    send_request,
)
from tests.support.request_examples import BUSY
from tests.support.strategies import damaged

SHORT_TIMEOUT = 0.05  # seconds for the rest of a request that may never arrive
USER = "raw"
AUTHORIZATION = f"Authorization: {basic(USER)}"
TARGET, BYSTANDER = (
    "7ce4ee13-973c-6f49-a30e-85a0bc675997",
    "11111111-973c-6f49-a30e-85a0bc675997",
)
SANDBOX = f"/__admin/sandboxes/{USER}"
CHANGED = {201, 204}
tried: Counter[str] = Counter()


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Write a request for the target order."""
    method, _, path = line.partition(" ")
    lines = [f"{method} {ORDERS_PATH}/{TARGET}{path} HTTP/1.1", "Host: kustom", AUTHORIZATION]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def with_length(line: str, body: bytes, *headers: str) -> bytes:
    return request(line, *headers, f"Content-Length: {len(body)}", body=body)


CAPTURE = b'{"captured_amount": 100, "description": "caf\xc3\xa9"}'
REFUND = (
    b'{"refunded_amount": 70, "order_lines": [{"reference": "A98765", "name": "Jeans",'
    b' "quantity": 1, "unit_price": 70, "total_amount": 70}]}'
)
CHUNKS = b'12\r\n{"captured_amount"\r\n4;a=b\r\n: 5}\r\n0\r\nX-Sum: 1\r\n\r\n'
SEEDS = {
    request("GET "): [200],
    request("GET /captures", "Connection: close"): [200],
    request("POST /acknowledge"): [204],
    with_length("POST /captures", CAPTURE, "Content-Type: application/json"): [201],
    with_length("POST /captures", CAPTURE, "Klarna-Idempotency-Key: a"): [201],
    with_length("POST /captures", CAPTURE, "Expect: 100-continue"): [201],
    with_length("POST /refunds", REFUND): [201],
    with_length("PATCH /merchant-references", b'{"merchant_reference1": "1"}'): [204],
    request("POST /captures", "Transfer-Encoding: chunked", body=CHUNKS): [201],
    with_length("POST /captures", CAPTURE) + request("GET "): [201, 200],
    with_length("GET ", b"[]") + with_length("POST /captures", b'{"captured_amount":'): [
        200,
        400,
    ],
}
"""Requests, and the statuses of their responses."""


@dataclass(slots=True)
class FuzzTarget:
    """Sandbox with two orders; requests change one of them."""

    url: str
    log: list[str] = field(default_factory=list)
    pages: list[bytes] = field(default_factory=list)

    def renew(self) -> None:
        """Reset the sandbox and create both orders."""
        assert send_request(self.url, "POST", f"{SANDBOX}/reset").status == 200
        for order_id in (TARGET, BYSTANDER):
            body = json.dumps({**BUSY, "order_id": order_id}).encode()
            created = send_request(self.url, "POST", f"{SANDBOX}/orders", body=body)
            assert created.status == 201, created
        self.pages = self.read()

    def read(self) -> list[bytes]:
        """Read both orders as merchants do."""
        paths = f"{ORDERS_PATH}/{TARGET}", f"{ORDERS_PATH}/{BYSTANDER}"
        return [send_request(self.url, "GET", path, AUTHORIZATION).body for path in paths]

    def check(self, kind: str, pieces: Iterable[bytes], timeout: float) -> list[RawResponse]:
        """Send bytes; check the responses, the log, both orders and the money."""
        with patch.object(connection, "INCOMPLETE_REQUEST_TIMEOUT", timeout):
            responses = exchange_bytes(self.url, pieces)
        statuses = [response.status for response in responses]
        tried[f"{kind}, {statuses[0] if statuses else 'closed'}"] += 1
        assert [
            answer for answer in responses if answer.status >= 500 or not is_in_shape(answer)
        ] == []
        order, bystander = self.read()
        assert self.log == []
        assert bystander == self.pages[1]
        if CHANGED.isdisjoint(statuses):
            assert order == self.pages[0]
        else:
            checked = json.loads(send_request(self.url, "GET", f"{SANDBOX}/invariants").body)
            assert checked["passed"], checked
            self.renew()
        return responses


@pytest.fixture(scope="module")
def target(serve: Callable[..., str]) -> Iterator[FuzzTarget]:
    """Serve a sandbox with two orders, and collect the log."""
    fuzz_target = FuzzTarget(serve())
    listener = logging.Handler(logging.WARNING)
    listener.emit = lambda record: fuzz_target.log.append(  # type: ignore[method-assign]
        logging.Formatter().format(record)
    )
    fuzz_target.renew()
    logging.getLogger().addHandler(listener)
    yield fuzz_target
    logging.getLogger().removeHandler(listener)


def split(whole: bytes, places: Iterable[int]) -> list[bytes]:
    ends = [0, *sorted({place % len(whole) for place in places}), len(whole)]
    return [whole[start:end] for start, end in pairwise(ends)]


splits = st.lists(st.integers(0, 2000), max_size=6)


@effort(60)
@given(whole=st.sampled_from(list(SEEDS)), places=splits)
def test_packet_boundaries_do_not_change_the_response(
    target: FuzzTarget,
    whole: bytes,
    places: list[int],
) -> None:
    responses = target.check("split", split(whole, places), TIMEOUT)
    last = [] if b"Connection: close" in whole else [200]
    assert [response.status for response in responses] == SEEDS[whole] + last


@st.composite
def bruised(draw: st.DrawFn) -> list[bytes]:
    """Draw a request with some bytes cut, doubled, flipped or inserted; split it."""
    whole = draw(damaged(list(SEEDS), st.sampled_from(TOKENS), longest=30))
    return split(whole, draw(splits)) if whole else [b"\r\n"]


@effort(150)
@given(bruised())
def test_mutated_bytes_never_break_the_server(target: FuzzTarget, pieces: list[bytes]) -> None:
    target.check("bytes", pieces, SHORT_TIMEOUT)


@st.composite
def mangled(draw: st.DrawFn) -> list[bytes]:
    """Draw a request with headers replaced or inserted."""
    head, _, body = draw(st.sampled_from(list(SEEDS))).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    for _ in range(draw(st.integers(1, 2))):
        put = draw(st.sampled_from(HEADERS))
        like = [line for line in lines if line.split(b":")[0] == put.split(b":")[0]]
        mostly = draw(st.integers(0, 3)) > 0
        if like and mostly:
            lines[lines.index(like[0])] = put
        else:
            lines.insert(draw(st.integers(0, len(lines))), put)
    end = draw(st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b"\n\r"]))
    return split(end.join([*lines, b"", body]), draw(splits))


@effort(250)
@given(mangled())
def test_mangled_headers_never_break_the_server(
    target: FuzzTarget, pieces: list[bytes]
) -> None:
    target.check("headers", pieces, SHORT_TIMEOUT)


@st.composite
def chunked(draw: st.DrawFn) -> list[bytes]:
    """Draw a capture in chunks, some of them malformed."""
    body = b'{"captured_amount": 5}'
    parts = split(body, draw(st.lists(st.integers(0, 30), max_size=4)))
    lines = [
        (draw(st.sampled_from(SIZES)) if draw(st.integers(0, 3)) == 0 else b"%x" % len(part))
        + b"\r\n" + part + draw(st.sampled_from([b"\r\n"] * 8 + [b"", b"\n", b"\r", b"xx"]))
        for part in parts
    ]  # fmt: skip
    ends = [b"0\r\n\r\n"] * 3 + [b"0\r\nX: y\r\n\r\n", b"0\r\n", b"", b"0\r\nX\r\n\r\n"]
    ends += [b"0\r\nContent-Length: 3\r\n\r\n", b"0\r\nX: " + b"y" * 20_000 + b"\r\n\r\n"]
    method = draw(st.sampled_from(["POST /captures", "POST /captures", "GET "]))
    head = request(method, "Transfer-Encoding: chunked")
    return split(head + b"".join(lines) + draw(st.sampled_from(ends)), draw(splits))


@effort(60)
@given(chunked())
def test_broken_chunks_never_break_the_server(target: FuzzTarget, pieces: list[bytes]) -> None:
    target.check("chunks", pieces, SHORT_TIMEOUT)


PLACES = ["POST /captures", "POST /refunds", "PATCH /authorization", "POST /shipping-info"]
PLACES += ["PATCH /merchant-references", "PATCH /customer-details", "POST /acknowledge"]

values: SearchStrategy[bytes] = st.recursive(
    st.sampled_from(TEXTS) | st.integers(-5, 300).map(lambda number: b"%d" % number),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda item: b"[" + b",".join(item) + b"]"),
        st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=5).map(
            lambda pairs: b"{" + b",".join(b'"%s":%s' % pair for pair in pairs) + b"}",
        ),
    ),
    max_leaves=8,
)
sound = st.sampled_from([CAPTURE, REFUND, b'{"merchant_reference1":""}'])
doubled = st.tuples(sound, st.sampled_from(KEYS), values).map(
    lambda item: item[0][:-1] + b',"%s":%s}' % item[1:],
)
marks = st.sampled_from([b""] * 6 + [b"\xef\xbb\xbf", b"\x00", b" ", b"\xff\xfe"])


@effort(150)
@given(place=st.sampled_from(PLACES), mark=marks, text=values | doubled, places=splits)
def test_any_json_body_gets_a_response_on_an_open_connection(
    target: FuzzTarget,
    place: str,
    mark: bytes,
    text: bytes,
    places: list[int],
) -> None:
    sent = split(with_length(place, mark + text), places)
    responses = target.check("body", sent, TIMEOUT)
    assert [response.status for response in responses[1:]] == [200]
    assert responses[0].status in {201, 204, 400, 403, 404, 422}


@pytest.mark.parametrize("whole", SEEDS)
def test_unmutated_requests_are_valid(target: FuzzTarget, whole: bytes) -> None:
    statuses = [item.status for item in target.check("seed", [whole], TIMEOUT)]
    assert statuses[: len(SEEDS[whole])] == SEEDS[whole]


def test_mutations_include_accepted_and_refused_requests() -> None:
    """Print the counts; of each kind, some requests are accepted and some refused."""
    outcomes: dict[str, set[bool]] = {}
    for item, count in sorted(tried.items()):
        print(f"{count:>7} {item}")  # noqa: T201  # for the report
        kind, _, outcome = item.partition(", ")
        outcomes.setdefault(kind, set()).add(outcome.startswith("2"))
    assert [outcome for outcome in outcomes if True not in outcomes[outcome]] == []
    broken = outcomes.keys() - {"seed", "split"}
    assert [item for item in broken if False not in outcomes[item]] == []
