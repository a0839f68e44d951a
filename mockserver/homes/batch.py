"""Turns on one sandbox that are settled together."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.sandbox.journal import IncompleteJournalError

if TYPE_CHECKING:
    import asyncio

    from mockserver.homes.store import Commit
    from mockserver.homes.tracked import TrackedSandbox


class TurnResult(NamedTuple):
    """What a turn returned or raised."""

    value: Any = None
    error: BaseException | None = None


class Waiting(NamedTuple):
    """A turn that waits to be applied, and its result future."""

    turn: Callable[..., Any]
    args: tuple[Any, ...]
    future: "asyncio.Future[Any]"

    def apply(self) -> TurnResult:
        """Apply the turn.

        Raises:
            IncompleteJournalError: the turn needs the journal entries, which are not loaded.
        """
        try:
            return TurnResult(self.turn(*self.args))
        except IncompleteJournalError:
            raise
        except Exception as error:  # noqa: BLE001  # raised where the result is awaited
            return TurnResult(error=error)

    def resolve(self, result: TurnResult) -> None:
        """Pass on a result, unless the client left meanwhile."""
        if self.future.done():
            return
        if result.error is None:
            self.future.set_result(result.value)
        else:
            self.future.set_exception(result.error)


class Batch:
    """Turns on one sandbox that are settled together.

    Attributes:
        name: the sandbox.
        turns: the turns, oldest first.
        results: what they returned when they were last applied.
        tracked: the sandbox after them, if there is one.
        commit: its changes, until they are written, or lost against another server.
        times_lost: how often they did.
        is_loaded: whether the sandbox was looked for in the store; it may be absent there.
        unreadable_token: token of the last commit to it, if it cannot be read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.turns: list[Waiting] = []
        self.results: list[TurnResult] = []
        self.tracked: TrackedSandbox | None = None
        self.commit: Commit | None = None
        self.times_lost = 0
        self.is_loaded = False
        self.unreadable_token: str | None = None

    def apply(self) -> None:
        """Apply the turns that somebody still waits for.

        Raises:
            IncompleteJournalError: a turn needs the journal entries, which are not loaded.
        """
        self.turns = [waiting for waiting in self.turns if not waiting.future.done()]
        self.results = [waiting.apply() for waiting in self.turns]

    def lose(self) -> None:
        """Give up the commit: another server was faster."""
        self.commit, self.is_loaded, self.unreadable_token = None, False, None
        self.times_lost += 1

    def resolve(self, error: Exception | None = None) -> None:
        """Pass on the results, or an error instead of them."""
        if error is not None:
            self.results = [TurnResult(error=error)] * len(self.turns)
        for waiting, result in zip(self.turns, self.results, strict=True):
            waiting.resolve(result)
