"""All sandboxes of a server, found or made by the name of a user."""

import asyncio
from collections.abc import Iterator
from typing import Protocol

from mockserver.sandbox.sandbox import Sandbox


class World(Protocol):
    """What a new sandbox starts with."""

    async def build(self, name: str) -> Sandbox:
        """Make a sandbox of this name and fill it."""


class Sandboxes:
    """The worlds in use; each user has one of its own."""

    def __init__(self, world: World) -> None:
        """Fill every new sandbox from this world."""
        self.world = world
        self._by_name: dict[str, Sandbox] = {}
        self._making = asyncio.Lock()

    async def open(self, name: str) -> Sandbox:
        """Find a sandbox, or make it on its first use."""
        found = self._by_name.get(name)
        return found if found is not None else await self._make(name)

    def find(self, name: str) -> Sandbox | None:
        """Find a sandbox that was used before."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Sandbox]:
        """Go through all sandboxes, oldest first."""
        return iter(tuple(self._by_name.values()))

    async def _make(self, name: str) -> Sandbox:
        async with self._making:
            if name not in self._by_name:
                self._by_name[name] = await self.world.build(name)
            return self._by_name[name]
