"""``serve --owned``: a sandbox is tied to the first secret that it is used with."""

import pytest

from mockserver.sandbox.registry import SandboxRegistry
from tests.support.templates import EmptyTemplate


@pytest.fixture
def registry() -> SandboxRegistry[EmptyTemplate]:
    return SandboxRegistry(EmptyTemplate(), max_sandboxes=1, owned=True)


def test_sandbox_is_tied_to_its_first_secret(registry: SandboxRegistry[EmptyTemplate]) -> None:
    sandbox = registry.authenticate("anna", "first")
    assert registry.authenticate("anna", "second") is None
    assert registry.authenticate("anna", "first") is sandbox
    assert registry.is_owner("anna", "first")
    assert not registry.is_owner("anna", "second")


def test_sandbox_without_owner_accepts_any_secret(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    sandbox = registry.get_or_create("anna")
    assert registry.is_owner("anna", "any")
    assert registry.authenticate("anna", "any") is sandbox
    assert not registry.is_owner("anna", "other")


def test_claim_of_a_sandbox_that_is_not_in_use_has_no_effect(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    registry.claim("anna", "first")
    assert registry.is_owner("anna", "second")


def test_owner_is_kept_by_reset_and_fill(registry: SandboxRegistry[EmptyTemplate]) -> None:
    registry.authenticate("anna", "first")
    registry.reset("anna")
    registry.fill("anna", EmptyTemplate())
    assert registry.authenticate("anna", "second") is None


def test_owner_is_kept_by_eviction(registry: SandboxRegistry[EmptyTemplate]) -> None:
    registry.authenticate("anna", "first")
    registry.get_or_create("bo")
    assert registry.get("anna") is None
    assert registry.authenticate("anna", "second") is None
    assert registry.authenticate("anna", "first") is not None


def test_owner_is_forgotten_when_the_sandbox_is_dropped(
    registry: SandboxRegistry[EmptyTemplate],
) -> None:
    registry.authenticate("anna", "first")
    registry.drop("anna")
    assert registry.authenticate("anna", "second") is not None


def test_secret_is_stored_as_a_digest(registry: SandboxRegistry[EmptyTemplate]) -> None:
    registry.authenticate("anna", "first")
    registry.get_or_create("bo")
    (eviction,) = registry.evicted
    assert eviction.owner is not None
    assert b"first" not in eviction.owner


def test_sandboxes_have_no_owners_by_default() -> None:
    registry = SandboxRegistry(EmptyTemplate())
    sandbox = registry.authenticate("anna", "first")
    assert registry.authenticate("anna", "second") is sandbox
