"""Eviction: which sandbox is dropped when the server is full.

Pure functions over a few facts, so that every implementation of the place where
sandboxes live can share them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

PROTECTION = timedelta(hours=1)
"""A changed sandbox is protected for this long after its last use (real time)."""


class Usage(Struct, frozen=True):
    """What eviction considers of a sandbox.

    ``is_changed`` is false while building the sandbox again would restore all of it.
    """

    name: str
    last_used_at: datetime
    is_changed: bool


class Eviction(Struct, frozen=True):
    """A sandbox that was dropped by the server, with the time (real) and the reason.

    ``owner`` is the digest of the secret that the sandbox belonged to.
    """

    name: str
    at: datetime
    reason: str
    owner: bytes | None = None


def choose_evictable(usages: Iterable[Usage], now: datetime) -> str | None:
    """Choose the sandbox to evict.

    Args:
        usages: all sandboxes, least recently used first.
        now: the real time.

    Returns:
        The name of the first unchanged sandbox, else of the first one that has not been
        used for an hour; ``None`` if all of them are protected.
    """
    unused = None
    for usage in usages:
        if not usage.is_changed:
            return usage.name
        if unused is None and now - usage.last_used_at >= PROTECTION:
            unused = usage.name
    return unused


def is_expired(usage: Usage, now: datetime, time_to_live: timedelta | None) -> bool:
    """Return whether a sandbox was not used for its time to live."""
    return time_to_live is not None and now - usage.last_used_at >= time_to_live
