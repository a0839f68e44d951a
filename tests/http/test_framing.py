"""Framing: byte streams and the pieces that are passed on to aiohttp."""

from collections.abc import Sequence

import pytest

from mockserver.http.framing import LARGEST_BODY, Piece, RequestFramer
from tests.support.work import count_calls

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)
TWO_LENGTHS = b"POST / HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n"
UNKNOWN_CODING = b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"
LONG_LENGTH = b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"


def whole(data: bytes) -> Piece:
    return Piece(data, starts=True)


STREAMS: dict[str, tuple[Sequence[bytes], Sequence[Piece]]] = {
    "a head without a body": ([GET], [whole(GET)]),
    "a head and its body": ([POST + b"{}"], [whole(POST + b"{}")]),
    "a body that ends like a head": (
        [POST.replace(b"2", b"4") + b"\r\n\r\n"],
        [whole(POST.replace(b"2", b"4") + b"\r\n\r\n")],
    ),
    "two requests in one packet": (
        [GET + POST + b"{}"], [whole(GET), whole(POST + b"{}")],
    ),
    "a request and the start of the next": (
        [GET + b"GE", b"T"], [whole(GET), Piece(b"GE"), Piece(b"T")],
    ),
    "a request before bytes that are not HTTP": (
        [GET + b"\x00\x00"], [whole(GET), Piece(b"\x00\x00")],
    ),
    "half a head, then the rest": ([GET[:10], GET[10:]], [Piece(GET[:10]), whole(GET[10:])]),
    "line breaks before a head": ([b"\r\n" + GET], [whole(b"\r\n" + GET)]),
    "a head, then its body": (
        [POST, b"{", b"}"], [Piece(POST[:-2]), whole(b"\r\n{}")],
    ),
    "a GET whose body follows": (
        [b"GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n", b"{}"],
        [whole(b"GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n"), Piece(b"{}")],
    ),
    "two stray bytes after a GET": ([GET + b"{}", GET], [whole(GET), whole(GET)]),
    "two stray bytes after a POST": (
        [POST + b"{}" + b"{}"], [whole(POST + b"{}"), Piece(b"{}")],
    ),
    "a body whose second packet looks like a GET": (
        [POST.replace(b"2", b"16") + b"x", b"get it\r\n\r\n{}", b"xxx"],
        [Piece(POST.replace(b"2", b"16")[:-2]), whole(b"\r\nxget it\r\n\r\n{}xxx")],
    ),
    "chunks in one packet": (
        [CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"], [whole(CHUNKED + b"2\r\n{}\r\n0\r\n\r\n")],
    ),
    "chunks in several packets": (
        [CHUNKED, b"2\r\n{}\r\n", b"0\r\n", b"\r\n"],
        [Piece(CHUNKED[:-2]), whole(b"\r\n2\r\n{}\r\n0\r\n\r\n")],
    ),
    "chunks with a trailer, then a GET": (
        [CHUNKED + b"0\r\nX: y\r\n\r\n" + GET],
        [whole(CHUNKED + b"0\r\nX: y\r\n\r\n"), whole(GET)],
    ),
    "a large body, then a GET": (
        [LARGE + b"x", b"x" * LARGEST_BODY + GET],
        [whole(LARGE + b"x"), Piece(b"x" * LARGEST_BODY), whole(GET)],
    ),
}  # fmt: skip
"""Received packets, and the pieces that are passed on."""

MALFORMED: dict[str, bytes] = {
    "two lengths": TWO_LENGTHS + b"{}",
    "an unknown transfer coding": UNKNOWN_CODING + b"{}",
    "a chunk size that is not a number": CHUNKED + b"many\r\n",
    "a chunk longer than its size": CHUNKED + b"1\r\n{}\r\n",
    "an endless chunk line": CHUNKED + b"1" * 20_000,
    "an endless trailer": CHUNKED + b"0\r\n" + b"X: y\r\n" * 5000,
    "endless blank lines": b"\r\n" * 10_000,
}


def pieces_of(framer: RequestFramer, packets: Sequence[bytes]) -> list[Piece]:
    """Return what a connection passes on, without empty pieces."""
    pieces: list[Piece] = []
    for packet in packets:
        if framer.accept_single_request(packet):
            pieces.append(Piece(packet, starts=True))
        else:
            pieces += [piece for piece in framer.feed(packet) if piece.data]
    return pieces


@pytest.mark.parametrize("case", STREAMS)
def test_requests_are_passed_on_when_they_are_complete(case: str) -> None:
    packets, pieces = STREAMS[case]
    framer = RequestFramer()
    assert pieces_of(framer, packets) == list(pieces)
    assert not framer.lost


@pytest.mark.parametrize("case", [case for case in STREAMS if not case.startswith("a large")])
def test_single_bytes_start_the_same_requests(case: str) -> None:
    packets, pieces = STREAMS[case]
    singles = [bytes([byte]) for byte in b"".join(packets)]
    started = [piece for piece in pieces_of(RequestFramer(), singles) if piece.starts]
    assert len(started) == sum(piece.starts for piece in pieces)


@pytest.mark.parametrize("case", MALFORMED)
def test_contradictory_framing_is_passed_on_as_it_is(case: str) -> None:
    framer = RequestFramer()
    stream = MALFORMED[case]
    passed_on = b"".join(piece.data for piece in pieces_of(framer, [stream, b"more"]))
    assert (passed_on, framer.malformed) == (stream + b"more", True)


def test_length_of_5000_digits_is_too_large_a_body() -> None:
    framer = RequestFramer()
    assert pieces_of(framer, [LONG_LENGTH + b"{}"]) == [whole(LONG_LENGTH + b"{}")]
    assert not framer.incomplete


def test_100_continue_is_due_once_while_a_body_is_missing() -> None:
    framer = RequestFramer()
    head = POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    pieces_of(framer, [head])
    assert [framer.take_expectation(), framer.take_expectation()] == [True, False]


def test_release_passes_on_the_received_part_of_a_body() -> None:
    framer = RequestFramer()
    pieces_of(framer, [POST + b"{"])
    assert (framer.incomplete, framer.withholds) == (True, True)
    assert framer.release() == whole(b"\r\n{")
    assert not framer.incomplete


def test_body_of_small_chunks_takes_linear_work() -> None:
    def receive(chunks: int) -> None:
        packets = [CHUNKED, *[b"1\r\nx\r\n"] * chunks]
        pieces_of(RequestFramer(), packets)

    assert count_calls(lambda: receive(200)) <= 2.1 * count_calls(lambda: receive(100))


def test_head_has_the_bytes_received_so_far() -> None:
    framer = RequestFramer()
    heads = []
    for packet in (GET[:5], GET[5:10], GET[10:] + b"PO", b"ST"):
        pieces_of(framer, [packet])
        heads.append(framer.head)
    assert heads == [GET[:5], GET[:10], b"PO", b"POST"]
