"""Split the bytes of a connection into complete requests before aiohttp parses them.

aiohttp starts to handle a request when its head is complete. It does not report that the
rest of a request is missing, a handler that waits for a body does not learn that its chunks
are malformed, and a valid request before garbage in one packet is dropped. The framer
withholds the end of a head until the body is complete, so aiohttp gets complete requests.
Bytes that the framer does not understand are passed on: aiohttp decides what is valid.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

HEAD_END = b"\r\n\r\n"
STRAY = b"{}"  # sent after a GET, without Content-Length, by one client
LARGEST_BODY = 1024**2  # bytes; a larger body is passed on as it arrives
LONGEST_LINE = 16_384  # bytes of a chunk line, of a trailer, and of blank lines before a head
MAX_LENGTH_DIGITS = len(str(LARGEST_BODY))

_FRAMING = re.compile(
    rb"\r\n(content-length|transfer-encoding):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)",
    re.IGNORECASE,
)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,7})[ \t]*\r\n", re.IGNORECASE)
_CHUNK_LINE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\r\n]*)?")
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class FramingError(Exception):
    """Raised if the end of a body cannot be found.

    Attributes:
        chunk: the malformed line of a body in chunks; empty if the head is malformed.
    """

    def __init__(self, chunk: bytes = b"") -> None:
        super().__init__(chunk)
        self.chunk = chunk


class Piece(NamedTuple):
    """Bytes to pass on; ``starts`` if aiohttp will handle a request as soon as it has them."""

    data: bytes
    starts: bool = False


class RequestFramer:
    """Find the ends of requests.

    Attributes:
        lost: whether the end of the current request is unknown; all later bytes are passed on.
        malformed: whether it is unknown because the request contradicts itself.
        malformed_chunk: the line that is no chunk, if that is why.
        discarding: whether all later bytes are dropped.
    """

    def __init__(self) -> None:
        self._head = b""
        self._head_is_partial = False
        self.lost = False
        self.malformed = False
        self.malformed_chunk = b""
        self.discarding = False
        self._buffer = bytearray()  # current request from its first byte
        self._passed = 0  # bytes of it that were already passed on
        self._head_length = 0  # 0 until the head is complete
        self._body_length: int | None = 0  # None if the body comes in chunks
        self._scanned = 0  # bytes of it in which the end was searched for
        self._to_skip = 0  # missing bytes of a large body
        self._expects_continue = False

    @property
    def head(self) -> bytes:
        """First bytes of the current or the latest request, up to its body."""
        return bytes(self._buffer) if self._head_is_partial else self._head

    @property
    def incomplete(self) -> bool:
        """Whether a part of a request is missing."""
        return bool(self._buffer)

    @property
    def withholds(self) -> bool:
        """Whether a complete head is withheld until its body arrives."""
        return self._passed < self._head_length

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for ``100 Continue`` before it sends a body."""
        return self._expects_continue and self.withholds

    def take_expectation(self) -> bool:
        """Return whether to send ``100 Continue``: true at most once per request."""
        expected, self._expects_continue = self.expects_continue, False
        return expected

    def accept_single_request(self, data: bytes) -> bool:
        """Return whether a packet is exactly one request, to be passed on as it is.

        This is the fast path of nearly all packets: it copies nothing.
        """
        if self.incomplete or self.lost or self._to_skip or not _is_single_request(data):
            return False
        self._head = data
        return True

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Add received bytes; yield the pieces to pass on."""
        if self.discarding:
            return
        if self._to_skip:
            skipped, data = data[: self._to_skip], data[self._to_skip :]
            self._to_skip -= len(skipped)
            yield Piece(skipped)
        if self.lost:
            yield Piece(data)
            return
        self._buffer += data
        try:
            while self._buffer and (end := self._end()):
                yield self._take(end)
        except FramingError as error:
            self.lost = self.malformed = True
            self.malformed_chunk = error.chunk
            yield self.release()
        if self._buffer and (part := self._part()).data:
            yield part

    def discard(self) -> None:
        """Drop the current request and all later bytes."""
        self._head = self.head
        self.lost, self.discarding, self._head_is_partial = True, True, False
        self._buffer.clear()

    def release(self) -> Piece:
        """Return the received part of an incomplete request, to pass it on."""
        self._head, self._head_is_partial = self.head, False
        return self._take(len(self._buffer))

    def _end(self) -> int:
        """Return the length of the current request, 0 while it is incomplete."""
        if not self._head_length and not self._read_head():
            return 0
        if self._body_length is None:
            self._scanned, end = _scan_chunks(self._buffer, self._scanned)
            return end
        end = self._head_length + self._body_length
        return end if len(self._buffer) >= end else 0

    def _read_head(self) -> bool:
        blank = _count_blanks(self._buffer)
        end = self._buffer.find(HEAD_END, max(blank, self._scanned))
        self._head_is_partial = end < 0
        if end < 0:
            self._scanned = max(0, len(self._buffer) - len(HEAD_END) + 1)
            return False
        self._scanned = self._head_length = end + len(HEAD_END)
        self._head = bytes(self._buffer[: self._head_length])
        headers = _FRAMING.findall(self._head)
        self._body_length = _body_length(headers)
        self._expects_continue = bool(headers) and bool(_EXPECT.search(self._head))
        if not headers and self._is_get and self._buffer[self._head_length :] == STRAY:
            del self._buffer[self._head_length :]
        return True

    @property
    def _is_get(self) -> bool:
        return self._head.startswith(b"GET ")

    def _part(self) -> Piece:
        """Return the next part of a request, without the end of its head if its body is due.

        A GET does not wait for its body, which is ignored. A body that is too large is
        passed on at once, to be refused.
        """
        body_length = self._body_length or len(self._buffer) - self._head_length
        if self._head_length and body_length > LARGEST_BODY:
            return self._stream()
        if not self._head_length:
            end, starts = len(self._buffer), False
        elif self._is_get:
            end, starts = self._head_length, self.withholds
        else:
            end, starts = self._head_length - len(b"\r\n"), False
        piece = Piece(bytes(self._buffer[self._passed : end]), starts)
        self._passed = max(self._passed, end)
        return piece

    def _stream(self) -> Piece:
        missing = 0
        if self._body_length is None:
            self.lost = True
        else:
            missing = self._head_length + self._body_length - len(self._buffer)
        piece = self.release()
        self._to_skip = missing
        return piece

    def _take(self, end: int) -> Piece:
        piece = Piece(bytes(self._buffer[self._passed : end]), starts=self.withholds)
        del self._buffer[:end]
        self._passed = self._head_length = self._scanned = 0
        self._body_length = 0
        return piece


def _is_single_request(data: bytes) -> bool:
    end = data.find(HEAD_END)
    head_length = end + len(HEAD_END)
    if end < 0 or data.startswith((b"\r", b"\n")):
        return False
    framing = _FRAMING.search(data, 0, head_length)
    if framing is None:
        return head_length == len(data)
    name, value = framing.groups()
    return (
        value.isdigit()
        and len(value) <= MAX_LENGTH_DIGITS
        and head_length + int(value) == len(data)
        and name.lower() == b"content-length"
        and not _FRAMING.search(data, framing.end(), head_length)
    )


def _body_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Return the length of a body by its headers; ``None`` if it comes in chunks.

    Raises:
        FramingError: the headers contradict each other, or are malformed.
    """
    if not headers:
        return 0
    (name, value), *others = headers
    if not others and name.lower() == b"content-length" and value.isdigit():
        return int(value) if len(value) < len(str(2**63)) else LARGEST_BODY + 1
    last_coding = value.lower().rpartition(b",")[2].strip()
    if not others and name.lower() == b"transfer-encoding" and last_coding == b"chunked":
        return None
    raise FramingError


def _count_blanks(buffer: bytearray) -> int:
    """Return the number of bytes of the blank lines before a head.

    Raises:
        FramingError: there are too many.
    """
    if not buffer.startswith((b"\r", b"\n")):
        return 0
    blank = len(buffer) - len(buffer.lstrip(b"\r\n"))
    if blank > LONGEST_LINE:
        raise FramingError
    return blank


def _scan_chunks(buffer: bytearray, start: int) -> tuple[int, int]:
    """Search the end of a chunked body, from the line of a chunk on.

    Returns:
        The start of the line from which to continue, and the end; 0 while it is incomplete.

    Raises:
        FramingError: a chunk is malformed.
    """
    while (line_end := buffer.find(b"\r\n", start)) >= 0:
        line = _CHUNK_LINE.fullmatch(buffer, start, line_end)
        if line is None:
            raise FramingError(bytes(buffer[start:line_end]))
        size = int(line[1], 16)
        if not size:
            return start, _end_of_trailer(buffer, line_end)
        next_start = line_end + 2 + size + 2
        if len(buffer) >= next_start and buffer[next_start - 2 : next_start] != b"\r\n":
            raise FramingError(bytes(buffer[line_end + 2 :]).partition(b"\r\n")[0])
        if len(buffer) < next_start:
            return start, 0
        start = next_start
    if len(buffer) - start > LONGEST_LINE:
        raise FramingError
    return start, 0


def _end_of_trailer(buffer: bytearray, start: int) -> int:
    end = buffer.find(HEAD_END, start)
    if end >= 0:
        return end + len(HEAD_END)
    if len(buffer) - start > LONGEST_LINE:
        raise FramingError
    return 0
