"""The protocol of a home: where sandboxes live, and how a turn on one is settled there."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, TypeVarTuple

from mockserver.sandbox.registry import SandboxRegistry


class StoreCounts:
    """What a home did since the server was started; ``seconds`` were spent on commits."""

    def __init__(self) -> None:
        self.turns = self.commits = self.conflicts = self.errors = 0
        self.seconds = 0.0


ArgumentsT = TypeVarTuple("ArgumentsT")
ResultT = TypeVar("ResultT")


class Home(Protocol):
    """Where sandboxes live.

    Attributes:
        registry: the sandboxes that this process has loaded, by name.
        replica: name of this server among those that share the sandboxes; empty if none do.
    """

    registry: SandboxRegistry[Any]
    replica: str

    @property
    def counts(self) -> StoreCounts | None:
        """What it did, if it has a store."""

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Why stored sandboxes could not be read, by name."""

    async def open(self) -> None:
        """Get ready for turns.

        Raises:
            StoreError: the sandboxes are out of reach; says what to do.
        """

    async def take_turn(
        self,
        name: str,
        turn: Callable[[*ArgumentsT], ResultT],
        *args: *ArgumentsT,
    ) -> ResultT:
        """Apply a turn to a sandbox and settle it: all of its changes, or none.

        Args:
            name: the sandbox; it need not exist.
            turn: reads and changes this sandbox in the registry, and none other, without
                awaiting. It may be called again, on the state that others left meanwhile,
                so it must have no other effect.
            args: its arguments.

        Returns:
            What the turn returned.

        Raises:
            StoreError: it could not be settled.
        """

    async def load_all(self) -> None:
        """Make all sandboxes available in the registry, for a reader of several."""

    async def wait_for_change(self, name: str, seconds: float) -> None:
        """Wait until a sandbox has changed, or might have, or for seconds."""

    async def check(self) -> str:
        """Check that turns can be settled.

        Returns:
            A warning for the operator; empty if there is none.

        Raises:
            StoreError: they cannot.
        """

    async def close(self) -> None:
        """Settle what is under way."""
