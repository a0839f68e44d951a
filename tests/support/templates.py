"""Sandbox template for the tests of the registry."""

from collections.abc import Iterable, Mapping
from typing import Self

from mockserver.sandbox.sandbox import Sandbox


class EmptyTemplate:
    """Creates empty sandboxes and records their names.

    Attributes:
        name: what it is called.
        source: what it was made from.
        defaults: what the server adds to the source.
        built: the names of the sandboxes created, in order.
        failures: how many of the next sandboxes cannot be created.
        credentials: the users it lists.
        seeded_bytes: bytes of the orders that a sandbox is filled with.
        total_bytes: bytes of the template itself.
    """

    def __init__(self, **credentials: str) -> None:
        """Create a template with these credentials."""
        self.name = "empty"
        self.source: object = None
        self.defaults: object = None
        self.built: list[str] = []
        self.failures = 0
        self.seeded_bytes = 0
        self.total_bytes = 0
        self.credentials: Mapping[str, str] = credentials

    def build(self, name: str) -> Sandbox:
        """Create a sandbox, or raise as often as ``failures`` says."""
        if self.failures:
            self.failures -= 1
            raise LookupError(name)
        self.built.append(name)
        sandbox = Sandbox(name)
        sandbox.held_bytes = self.seeded_bytes
        return sandbox

    def compact(self) -> Self:
        """Return itself, because nothing can be left out."""
        return self


def names(sandboxes: Iterable[Sandbox]) -> list[str]:
    """Return the names of sandboxes, least recently used first."""
    return [sandbox.name for sandbox in sandboxes]
