"""Fault actions: one value per action; sockets are handled in the HTTP layer."""

import math
from collections.abc import Mapping
from enum import StrEnum
from statistics import NormalDist
from typing import Any, TypeAlias

from msgspec import Struct, field

from mockserver.domain.errors import Reason

NORMAL = NormalDist()
P99_STANDARD_DEVIATIONS = NORMAL.inv_cdf(0.99)  # from the median to the 99th percentile

MAX_DELAY = 100 * 365 * 86_400.0  # seconds; the longest duration allowed


class ConnectionEnd(StrEnum):
    """How a connection ends without a response."""

    RESET = "reset"
    CLOSE = "close"
    HANG = "hang"


class Respond(Struct, frozen=True, tag=True):
    """Send another response; with ``after_commit``, after the change is committed.

    ``seconds`` is the time that a merchant is taken to have needed, without waiting.
    """

    status: int
    error_code: str | None = None
    error_messages: tuple[str, ...] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    after_commit: bool = False
    seconds: float = 0.0

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"{'respond_after' if self.after_commit else 'respond'} {self.status}"


class Refuse(Struct, frozen=True, tag=True):
    """Refuse for a reason of the catalogue."""

    reason: Reason

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"refuse {self.reason}"


class Delay(Struct, frozen=True, tag=True):
    """Delay the request: uniformly between two bounds, or log-normally; in seconds."""

    low: float = 0.0
    high: float = 0.0
    median: float = 0.0
    p99: float = 0.0

    def seconds(self, fraction: float) -> float:
        """Return the delay at a fraction of its distribution, between 0 and 1."""
        if not self.median:
            return self.low + (self.high - self.low) * fraction
        sigma = math.log(self.p99 / self.median) / P99_STANDARD_DEVIATIONS
        return min(self.median * math.exp(sigma * NORMAL.inv_cdf(fraction)), MAX_DELAY)

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "delay"


class RateLimit(Struct, frozen=True, tag=True):
    """Answer 429, with the whole seconds to wait, at least one, in ``Retry-After``."""

    retry_after: int

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"rate_limit {self.retry_after}s"


class Drop(Struct, frozen=True, tag=True):
    """End the connection before the request is executed."""

    end: ConnectionEnd

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"drop {self.end}"


class FailAllocation(Struct, frozen=True, tag=True):
    """Accept a refund, but make its allocation fail, as can happen at the provider."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "fail_allocation"


class LoseAnswer(Struct, frozen=True, tag=True):
    """Commit the change, then end the connection."""

    end: ConnectionEnd

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"lose_answer {self.end}"


class Truncate(Struct, frozen=True, tag=True):
    """Commit, then send only some bytes of the body, with its full Content-Length."""

    body_bytes: int

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"truncate {self.body_bytes}"


class Garbage(Struct, frozen=True, tag=True):
    """Commit, then respond with invalid JSON."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "garbage"


class SlowBody(Struct, frozen=True, tag=True):
    """Commit, then send the body at so many bytes per second."""

    bytes_per_second: int

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"slow_body {self.bytes_per_second}"


class Lose(Struct, frozen=True, tag=True):
    """Do not make the call to the merchant; nobody answers."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "lose"


class Duplicate(Struct, frozen=True, tag=True):
    """Make the call to the merchant several times, one after the other."""

    times: int = 2

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"duplicate {self.times}"


class Reorder(Struct, frozen=True, tag=True):
    """Make the call after the next one of its kind, at the latest at its next due time."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "reorder"


class BadSignature(Struct, frozen=True, tag=True):
    """Sign a webhook with a secret that nobody has."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "bad_signature"


class ResponseDamage(Struct):
    """How a response is damaged when it is sent, and what was really sent.

    One of ``end``, ``body_bytes`` and ``bytes_per_second`` is set. ``sent`` describes what
    was sent.
    """

    end: ConnectionEnd | None = None
    body_bytes: int | None = None
    bytes_per_second: int | None = None
    sent: str = "under way"


Action: TypeAlias = (
    Respond
    | Refuse
    | Delay
    | RateLimit
    | Drop
    | FailAllocation
    | LoseAnswer
    | Truncate
    | Garbage
    | SlowBody
    | Lose
    | Duplicate
    | Reorder
    | BadSignature
)

DELIVERY_ACTIONS = (Lose, Delay, Duplicate, Reorder, BadSignature, Respond)
"""Actions on calls to the merchant; ``Delay`` and ``Respond`` are also for requests."""

ONLY_DELIVERY_ACTIONS = (Lose, Duplicate, Reorder, BadSignature)


def name_action(action: Action) -> str:
    """Name an action without its numbers, such as ``delay`` or ``lose_answer reset``."""
    has_kinds = isinstance(action, Drop | LoseAnswer)
    return str(action) if has_kinds else str(action).partition(" ")[0]


ENDING_ACTIONS = frozenset(("respond", "refuse", "rate_limit", "drop"))
"""Names, without their numbers, of the actions that end a request before it is executed."""

BEFORE_COMMIT = (Delay, RateLimit, Refuse, Drop, FailAllocation)
"""Actions that take effect before the commit; the others take effect after it. A
:class:`Respond` has a field for it."""


def is_before_commit(action: Action) -> bool:
    """Return whether an action takes effect before the commit."""
    return isinstance(action, BEFORE_COMMIT) or (
        isinstance(action, Respond) and not action.after_commit
    )


def ends_request(action: Action) -> bool:
    """Return whether an action ends the request before it is executed."""
    return is_before_commit(action) and not isinstance(action, Delay | FailAllocation)
