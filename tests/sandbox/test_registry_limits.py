"""Sandboxes are bounded: who makes room for whom, and how that is told."""

import pytest

from mockserver.sandbox.registry import SandboxRegistry
from tests.support.templates import EmptyTemplate, names


def test_up_to_the_limit_nobody_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    for name in ("a", "b", "a", "b"):
        sandboxes.get_or_create(name)
    assert (len(sandboxes), list(sandboxes.evicted), caplog.messages) == (2, [], [])


def test_looking_at_a_sandbox_is_no_use_of_it() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    first = sandboxes.get_or_create("a")
    sandboxes.get_or_create("b")
    assert sandboxes.get("a") is first
    sandboxes.get_or_create("c")
    assert sandboxes.get("a") is None


def test_who_comes_back_begins_anew() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(), max_sandboxes=1)
    first = sandboxes.get_or_create("a")
    sandboxes.get_or_create("b")
    assert sandboxes.get_or_create("a") is not first
    assert list(sandboxes.evicted) == ["a", "b"]


def test_a_world_that_cannot_be_built_makes_nobody_leave() -> None:
    world = EmptyTemplate()
    sandboxes = SandboxRegistry(world, max_sandboxes=1)
    kept = sandboxes.get_or_create("a")
    world.failures = 3
    for name, attempt in (
        ("b", sandboxes.get_or_create),
        ("a", lambda name: sandboxes.fill(name, world)),
        ("a", sandboxes.reset),
    ):
        with pytest.raises(LookupError):
            attempt(name)
    assert sandboxes.get("a") is kept
    assert list(sandboxes.evicted) == []


def test_many_names_keep_to_the_limit() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(), max_sandboxes=5)
    for number in range(50):
        sandboxes.get_or_create(str(number))
    assert len(sandboxes) == 5
    assert len(sandboxes.evicted) == 45


def test_a_dropped_sandbox_makes_room() -> None:
    sandboxes = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    sandboxes.get_or_create("a")
    sandboxes.get_or_create("b")
    assert sandboxes.drop("a")
    assert not sandboxes.drop("a")
    sandboxes.get_or_create("c")
    assert (names(sandboxes), list(sandboxes.evicted)) == (["b", "c"], [])
