"""Sandboxes are bounded: who makes room for whom, and how that is told."""

import asyncio

import pytest

from mockserver.sandbox.registry import Sandboxes
from mockserver.sandbox.sandbox import Sandbox


class Counting:
    """A world that counts how often it was built; each build can be made to fail."""

    credentials: dict[str, str] = {}  # noqa: RUF012  # the protocol's plain mapping

    def __init__(self) -> None:
        """Begin with nothing built."""
        self.built: list[str] = []
        self.fails = False

    async def build(self, name: str) -> Sandbox:
        """Make an empty sandbox, after everybody else had a turn."""
        await asyncio.sleep(0)
        if self.fails:
            raise LookupError(name)
        self.built.append(name)
        return Sandbox(name)


def names(sandboxes: Sandboxes[Counting]) -> list[str]:
    return [each.name for each in sandboxes]


async def test_up_to_the_limit_nobody_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    sandboxes = Sandboxes(Counting(), limit=2)
    for name in ("a", "b", "a", "b"):
        await sandboxes.open(name)
    assert (len(sandboxes), list(sandboxes.evicted), caplog.messages) == (2, [], [])


async def test_looking_at_a_sandbox_is_no_use_of_it() -> None:
    sandboxes = Sandboxes(Counting(), limit=2)
    first = await sandboxes.open("a")
    await sandboxes.open("b")
    assert sandboxes.find("a") is first
    await sandboxes.open("c")
    assert sandboxes.find("a") is None


async def test_who_comes_back_begins_anew() -> None:
    sandboxes = Sandboxes(Counting(), limit=1)
    first = await sandboxes.open("a")
    await sandboxes.open("b")
    assert await sandboxes.open("a") is not first
    assert list(sandboxes.evicted) == ["a", "b"]


async def test_a_world_that_cannot_be_built_makes_nobody_leave() -> None:
    world = Counting()
    sandboxes = Sandboxes(world, limit=1)
    kept = await sandboxes.open("a")
    world.fails = True
    for attempt in (sandboxes.open("b"), sandboxes.put("a", world), sandboxes.reset("a")):
        with pytest.raises(LookupError):
            await attempt
    assert sandboxes.find("a") is kept
    assert list(sandboxes.evicted) == []


async def test_many_names_at_once_keep_to_the_limit() -> None:
    sandboxes = Sandboxes(Counting(), limit=5)
    await asyncio.gather(*(sandboxes.open(str(n)) for n in range(50)))
    assert len(sandboxes) == 5
    assert len(sandboxes.evicted) == 45


async def test_a_dropped_sandbox_makes_room() -> None:
    sandboxes = Sandboxes(Counting(), limit=2)
    await sandboxes.open("a")
    await sandboxes.open("b")
    assert sandboxes.drop("a")
    assert not sandboxes.drop("a")
    await sandboxes.open("c")
    assert (names(sandboxes), list(sandboxes.evicted)) == (["b", "c"], [])
