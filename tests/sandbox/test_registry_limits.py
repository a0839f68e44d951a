"""Sandboxes are limited in number: which ones are evicted, and how that is reported."""

import pytest

from mockserver.sandbox.registry import SandboxRegistry
from tests.support.templates import EmptyTemplate, names


def test_no_sandbox_is_evicted_up_to_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    for name in ("a", "b", "a", "b"):
        registry.get_or_create(name)
    assert (len(registry), list(registry.evicted), caplog.messages) == (2, [], [])


def test_reading_a_sandbox_does_not_refresh_its_last_use() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    first = registry.get_or_create("a")
    registry.get_or_create("b")
    assert registry.get("a") is first
    registry.get_or_create("c")
    assert registry.get("a") is None


def test_evicted_sandbox_is_created_again_on_next_use() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=1)
    first = registry.get_or_create("a")
    registry.get_or_create("b")
    assert registry.get_or_create("a") is not first
    assert list(registry.evicted) == ["a", "b"]


def test_failed_build_evicts_no_sandbox() -> None:
    template = EmptyTemplate()
    registry = SandboxRegistry(template, max_sandboxes=1)
    existing = registry.get_or_create("a")
    template.failures = 3
    for name, attempt in (
        ("b", registry.get_or_create),
        ("a", lambda name: registry.fill(name, template)),
        ("a", registry.reset),
    ):
        with pytest.raises(LookupError):
            attempt(name)
    assert registry.get("a") is existing
    assert list(registry.evicted) == []


def test_number_of_sandboxes_stays_within_the_limit() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=5)
    for number in range(50):
        registry.get_or_create(str(number))
    assert len(registry) == 5
    assert len(registry.evicted) == 45


def test_dropped_sandbox_frees_a_place() -> None:
    registry = SandboxRegistry(EmptyTemplate(), max_sandboxes=2)
    registry.get_or_create("a")
    registry.get_or_create("b")
    assert registry.drop("a")
    assert not registry.drop("a")
    registry.get_or_create("c")
    assert (names(registry), list(registry.evicted)) == (["b", "c"], [])
