"""Sandboxes are bounded: who makes room for whom, and how that is told."""

import pytest

from mockserver.sandbox.registry import Sandboxes
from tests.sandbox.templates import EmptyTemplate, names


def test_up_to_the_limit_nobody_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    sandboxes = Sandboxes(EmptyTemplate(), limit=2)
    for name in ("a", "b", "a", "b"):
        sandboxes.open(name)
    assert (len(sandboxes), list(sandboxes.evicted), caplog.messages) == (2, [], [])


def test_looking_at_a_sandbox_is_no_use_of_it() -> None:
    sandboxes = Sandboxes(EmptyTemplate(), limit=2)
    first = sandboxes.open("a")
    sandboxes.open("b")
    assert sandboxes.find("a") is first
    sandboxes.open("c")
    assert sandboxes.find("a") is None


def test_who_comes_back_begins_anew() -> None:
    sandboxes = Sandboxes(EmptyTemplate(), limit=1)
    first = sandboxes.open("a")
    sandboxes.open("b")
    assert sandboxes.open("a") is not first
    assert list(sandboxes.evicted) == ["a", "b"]


def test_a_world_that_cannot_be_built_makes_nobody_leave() -> None:
    world = EmptyTemplate()
    sandboxes = Sandboxes(world, limit=1)
    kept = sandboxes.open("a")
    world.failures = 3
    for name, attempt in (
        ("b", sandboxes.open),
        ("a", lambda name: sandboxes.put(name, world)),
        ("a", sandboxes.reset),
    ):
        with pytest.raises(LookupError):
            attempt(name)
    assert sandboxes.find("a") is kept
    assert list(sandboxes.evicted) == []


def test_many_names_keep_to_the_limit() -> None:
    sandboxes = Sandboxes(EmptyTemplate(), limit=5)
    for number in range(50):
        sandboxes.open(str(number))
    assert len(sandboxes) == 5
    assert len(sandboxes.evicted) == 45


def test_a_dropped_sandbox_makes_room() -> None:
    sandboxes = Sandboxes(EmptyTemplate(), limit=2)
    sandboxes.open("a")
    sandboxes.open("b")
    assert sandboxes.drop("a")
    assert not sandboxes.drop("a")
    sandboxes.open("c")
    assert (names(sandboxes), list(sandboxes.evicted)) == (["b", "c"], [])
