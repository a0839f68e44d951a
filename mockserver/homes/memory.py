"""Sandboxes that live in this process."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from mockserver.homes.home import ArgumentsT, ResultT
from mockserver.sandbox.registry import SandboxRegistry


class MemoryHome:
    """A home whose sandboxes are those of the registry; a turn is settled once it ends."""

    replica = ""
    counts = None
    unreadable: Mapping[str, str] = MappingProxyType({})

    def __init__(self, registry: SandboxRegistry[Any]) -> None:
        self.registry = registry

    async def open(self) -> None:
        """Do nothing: memory is always there."""

    async def take_turn(
        self,
        name: str,  # noqa: ARG002
        turn: Callable[[*ArgumentsT], ResultT],
        *args: *ArgumentsT,
    ) -> ResultT:
        """Apply a turn; nobody else can come in between."""
        return turn(*args)

    async def load_all(self) -> None:
        """Do nothing: all sandboxes are available."""

    async def wait_for_change(self, name: str, seconds: float) -> None:
        """Wait until a sandbox has changed, or for seconds."""
        sandbox = self.registry.get(name)
        if sandbox is not None:
            await sandbox.wait_for_change(seconds)

    async def check(self) -> str:
        """Return no warning; memory is always there."""
        return ""

    async def close(self) -> None:
        """Do nothing: nothing is under way."""
