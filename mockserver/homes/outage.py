"""Log when turns begin to fail because of their store, and when they succeed again."""

import logging

from mockserver.homes.store import StoreError

OUTAGES = frozenset({"store_unavailable", "store_full", "store_refused"})
"""Reasons that are those of the store as a whole."""

log = logging.getLogger("kustom_mock")


class Outage:
    """What keeps turns from being settled.

    Attributes:
        reason: of the last failure; empty once a turn was settled.
    """

    def __init__(self) -> None:
        self.reason = ""

    def note(self, error: Exception) -> None:
        """Log the error of a turn, unless the one before it failed for the same reason."""
        if not isinstance(error, StoreError):
            log.error("crash while turns on a sandbox were settled", exc_info=error)
        elif error.reason in OUTAGES and error.reason != self.reason:
            self.reason = error.reason
            cause = f" ({error.cause})" if error.cause else ""
            log.error("%s: %s%s", error.reason, error.detail, cause)

    def end(self) -> None:
        """Log that turns are settled again."""
        self.reason = ""
        log.warning("the store of the sandboxes takes changes again")
