"""Answers leave together at the end of a turn, in the order in which they were written."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from mockserver.api.outbox import DeferredTransport, Outbox
from mockserver.domain.operation import Operation
from tests.api.merchant import Merchant
from tests.api.test_faults import fault, line_to, request_bytes

Op = Operation


class Wire:
    """What a client would get, instead of a socket."""

    def __init__(self) -> None:
        """Begin open, with nothing sent."""
        self.sent: list[bytes | str] = []
        self.gone = False

    def write(self, data: bytes) -> None:
        """Note what is sent."""
        self.sent.append(data)

    def close(self) -> None:
        """Note the end."""
        self.sent.append("closed")

    def abort(self) -> None:
        """Note the end."""
        self.sent.append("aborted")

    def is_closing(self) -> bool:
        """Say whether the client has left."""
        return self.gone

    def get_extra_info(self, name: str) -> str:
        """Tell something."""
        return f"the {name}"

    def pause_reading(self) -> str:
        """Do something else."""
        return "paused"


@pytest.fixture
def wire() -> Wire:
    """A connection."""
    return Wire()


@pytest.fixture
def transport(wire: Wire) -> DeferredTransport:
    """The way to it."""
    return way_to(wire, Outbox())


def way_to(wire: Wire, outbox: Outbox) -> DeferredTransport:
    return DeferredTransport(cast("asyncio.Transport", wire), outbox)


async def test_what_several_connections_are_answered_leaves_at_the_end_of_the_turn() -> None:
    outbox, wires = Outbox(), [Wire(), Wire()]
    first, second = (way_to(each, outbox) for each in wires)
    for turn in (b"1", b"2"):
        first.write(b"a" + turn)
        second.write(b"b" + turn)
        first.writelines([b"c", turn])
        assert turn not in b"".join(cast("list[bytes]", wires[0].sent))
        await asyncio.sleep(0)
    assert [each.sent for each in wires] == [[b"a1c1", b"a2c2"], [b"b1", b"b2"]]


@pytest.mark.parametrize(
    ("end", "noted"),
    [(DeferredTransport.close, "closed"), (DeferredTransport.abort, "aborted")],
)
async def test_an_end_does_not_overtake_what_was_written(
    wire: Wire,
    transport: DeferredTransport,
    end: Callable[[DeferredTransport], None],
    noted: str,
) -> None:
    transport.write(b"before")
    end(transport)
    assert wire.sent == [b"before", noted]
    await asyncio.sleep(0)
    assert wire.sent == [b"before", noted]


async def test_nothing_is_sent_to_who_has_left(
    wire: Wire,
    transport: DeferredTransport,
) -> None:
    transport.write(b"late")
    wire.gone = True
    await asyncio.sleep(0)
    assert wire.sent == []


def test_all_else_is_that_of_the_real_transport(transport: DeferredTransport) -> None:
    assert transport.get_extra_info("peername") == "the peername"
    assert transport.pause_reading() == "paused"


DAMAGES = {
    "nothing but the end": ({"drop": "close"}, b""),
    "a beginning and the end": ({"truncate": 1}, b"["),
}


@pytest.mark.parametrize("case", DAMAGES)
async def test_a_damaged_answer_comes_after_the_sound_one_before_it(
    merchant: Merchant,
    case: str,
) -> None:
    damage, left = DAMAGES[case]
    await fault(merchant, damage, on="list_captures")
    reads = [
        request_bytes(merchant, each, None, {}) for each in (Op.GET_ORDER, Op.LIST_CAPTURES)
    ]
    async with line_to(merchant) as line:
        line.writer.write(b"".join(reads))
        _, _, order = await line.answer()
        rest = await line.rest()
    assert order == (await merchant.do(Op.GET_ORDER)).body
    assert rest.partition(b"\r\n\r\n")[2] == left
