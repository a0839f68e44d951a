"""The protocol of a store: where fields of bytes live, and what is committed to it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct


class StoreError(Exception):
    """Raised when a turn could not be settled; whether it was is not known.

    Attributes:
        reason: ``store_unavailable``, ``store_full``, ``store_refused``,
            ``store_unreadable`` or ``conflict``.
        detail: what happened, for the callers of the server.
        cause: the text of the store, for the log.
    """

    def __init__(self, reason: str, detail: str, cause: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.cause = cause

    @property
    def is_lasting(self) -> bool:
        """Whether it is of no use to try again before somebody has changed something."""
        return self.reason in {"store_refused", "store_unreadable"}


class StoredFields(Struct, frozen=True):
    """The fields of a sandbox; the token names the last commit to it."""

    token: str
    fields: Mapping[str, bytes]


class Commit(Struct, frozen=True, kw_only=True):
    """The changes of one or more turns on a sandbox; without any it checks the token only.

    Attributes:
        name: the sandbox.
        expected: token of the commit that they build on; empty if there is no sandbox.
        token: their own token.
        fields: new values by field.
        removed: fields that are removed.
        entries: ids and values of new journal entries.
        journal_size: maximum number of journal entries.
        replaces: the sandbox is replaced by these fields and entries.
        drops: the sandbox is dropped.
        times_lost: how often the turns lost against another server.
    """

    name: str
    expected: str
    token: str
    fields: Mapping[str, bytes] = {}
    removed: Sequence[str] = ()
    entries: Sequence[tuple[int, bytes]] = ()
    journal_size: int = 0
    replaces: bool = False
    drops: bool = False
    times_lost: int = 0

    @property
    def mode(self) -> str:
        """What is done: ``turn``, ``replace``, ``drop``, or only ``check`` the token."""
        if self.drops:
            return "drop"
        if self.replaces:
            return "replace"
        return "check" if self.is_empty else "turn"

    @property
    def is_empty(self) -> bool:
        """Whether it only checks that nobody else has committed."""
        changes = self.fields or self.removed or self.entries
        return not (changes or self.replaces or self.drops)


class Conflict(Struct, frozen=True):
    """Somebody else committed first.

    Attributes:
        token: of the last commit.
        fields: the newest values of all fields that changed since; ``None`` if removed.
        is_known: whether the fields are all that changed; else the sandbox is loaded again.
        is_reserved: nothing changed, but the next commit is reserved for another server.
    """

    token: str = ""
    fields: Mapping[str, bytes | None] = {}
    is_known: bool = False
    is_reserved: bool = False


Outcome: TypeAlias = Conflict | StoreError | None
"""What became of a commit: ``None`` if it is written."""


class Store(Protocol):
    """Where sandboxes are stored.

    Attributes:
        is_shared: whether other servers use it, too.
        replica: name of this server among them.
    """

    is_shared: bool
    replica: str

    async def open(self) -> None:
        """Check that the store can be used.

        Raises:
            StoreError: it cannot; says what to do.
        """

    async def load(self, name: str) -> StoredFields | None:
        """Return the fields of a sandbox; ``None`` if there is none."""

    async def load_entries(self, name: str) -> list[bytes]:
        """Return the journal entries of a sandbox, oldest first."""

    async def commit(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        """Write commits on different sandboxes: all changes of each, or none of them.

        Returns:
            What became of each. After a :class:`StoreError` it may be written or not.
        """

    async def wait_for_turn(self, name: str, token: str, seconds: float) -> None:
        """Wait until another turn than the one with a token is the last, or for seconds."""

    async def names(self) -> list[str]:
        """Return the names of all sandboxes, least recently used first if that is known."""

    async def announce(self, digest: str) -> None:
        """Note the digest of what new sandboxes of this server are built from."""

    async def check(self) -> str:
        """Check that the store answers.

        Returns:
            The digest that was announced last by any server; empty if that is not known.

        Raises:
            StoreError: it does not.
        """

    async def close(self) -> None:
        """Close the store."""
