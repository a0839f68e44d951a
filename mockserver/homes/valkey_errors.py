"""What an error of Valkey or Redis means for the turns that met it."""

from collections.abc import Sequence
from typing import NamedTuple

from valkey.exceptions import (
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
)
from valkey.exceptions import ConnectionError as StoreConnectionError
from valkey.exceptions import TimeoutError as StoreTimeoutError

from mockserver.homes.store import StoreError

AWAY = (StoreConnectionError, StoreTimeoutError, BusyLoadingError, ReadOnlyError, OSError)
"""Errors of a store that may come back."""

STORE = "the store of the sandboxes"
MAYBE_MADE = "a change may have been made, so repeat it with its idempotency key"


class Meaning(NamedTuple):
    """What an error means: its types and the start of its text choose the first that fits."""

    types: type[BaseException] | tuple[type[BaseException], ...]
    start: str
    reason: str
    detail: str


MEANINGS: Sequence[Meaning] = (
    Meaning(BusyLoadingError, "", "store_unavailable", f"{STORE} is loading its data"),
    Meaning(ReadOnlyError, "", "store_unavailable", f"{STORE} is a copy that only reads"),
    Meaning(AWAY, "", "store_unavailable", f"{STORE} does not answer"),
    Meaning(OutOfMemoryError, "", "store_full", f"{STORE} is full"),
    Meaning(Exception, "MISCONF", "store_full", f"{STORE} cannot write to its disk"),
    Meaning(
        Exception, "WRONGTYPE", "store_unreadable",
        f"{STORE} has a value of another type in place of this sandbox; delete it there",
    ),
    Meaning(
        NoPermissionError, "", "store_refused",
        f"{STORE} does not permit what this server needs; correct the rights of its user",
    ),
    Meaning(BaseException, "", "store_refused", f"{STORE} refused a command of this server"),
)  # fmt: skip


def store_error(error: BaseException, *, is_sent: bool = False) -> StoreError:
    """Return what is raised for an error.

    Args:
        error: the error of the client of the store.
        is_sent: a commit was sent, so that it may be written.
    """
    text = str(error) or type(error).__name__
    meaning = next(
        row for row in MEANINGS if isinstance(error, row.types) and text.startswith(row.start)
    )
    is_unknown = is_sent and isinstance(error, AWAY)
    detail = f"{meaning.detail}; {MAYBE_MADE}" if is_unknown else meaning.detail
    return StoreError(meaning.reason, detail, text)
