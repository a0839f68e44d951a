"""What a fault does to a call: one small value per action, nothing touches a socket."""

import math
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Any, TypeAlias

from msgspec import Struct, field

from mockserver.domain.errors import Reason

P99 = 2.3263478740408408  # standard deviations from the median to the 99th percentile

LONGEST_DELAY = 100 * 365 * 86_400.0  # seconds; as long as a duration may be


class Cut(StrEnum):
    """How a connection ends without an answer."""

    RESET = "reset"
    CLOSE = "close"
    HANG = "hang"


class Respond(Struct, frozen=True):
    """Answer something else; with ``after``, once the change is committed."""

    status: int
    error_code: str | None = None
    error_messages: tuple[str, ...] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    after: bool = False

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"{'respond_after' if self.after else 'respond'} {self.status}"


class Refuse(Struct, frozen=True):
    """Refuse for a reason of the catalogue."""

    reason: Reason

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"refuse {self.reason}"


class Delay(Struct, frozen=True):
    """Wait first: between two bounds, or (``median``, ``p99``) log-normally; seconds."""

    low: float = 0.0
    high: float = 0.0
    median: float = 0.0
    p99: float = 0.0

    def seconds(self, source: Random) -> float:
        """Draw how long to wait."""
        if not self.median:
            return source.uniform(self.low, self.high)
        sigma = math.log(self.p99 / self.median) / P99
        return min(self.median * math.exp(sigma * source.gauss(0, 1)), LONGEST_DELAY)

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "delay"


class RateLimit(Struct, frozen=True):
    """Answer 429, with the whole seconds to wait, at least one, in ``Retry-After``."""

    retry_after: int

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"rate_limit {self.retry_after}s"


class Drop(Struct, frozen=True):
    """End the connection before anything is done."""

    how: Cut

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"drop {self.how}"


class FailAllocation(Struct, frozen=True):
    """Accept a refund, but let its allocation fail: the provider's own failure."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "fail_allocation"


class LoseAnswer(Struct, frozen=True):
    """Commit the change, then end the connection."""

    how: Cut

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"lose_answer {self.how}"


class Truncate(Struct, frozen=True):
    """Commit, then send only so many bytes of the body, announced in full."""

    length: int

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"truncate {self.length}"


class Garbage(Struct, frozen=True):
    """Commit, then answer JSON that is none."""

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return "garbage"


class SlowBody(Struct, frozen=True):
    """Commit, then send the body at so many bytes per second."""

    rate: int

    def __str__(self) -> str:
        """Name the action as a scenario does."""
        return f"slow_body {self.rate}"


class Delivery(Struct):
    """How a damaged answer is to be sent, and what became of it.

    One of ``cut``, ``length`` (bytes of the body to send) and ``rate`` (bytes per
    second) is set. ``result`` says in words what was delivered.
    """

    cut: Cut | None = None
    length: int | None = None
    rate: int | None = None
    result: str = "under way"


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
)

BEFORE = (Delay, RateLimit, Refuse, Drop, FailAllocation)
"""Actions that act before the write; the others act after the commit, and a
:class:`Respond` says itself."""


def acts_before(action: Action) -> bool:
    """Say whether an action comes before the write."""
    return isinstance(action, BEFORE) or (isinstance(action, Respond) and not action.after)


def answers_at_once(action: Action) -> bool:
    """Say whether a call ends with an action, before anything is written."""
    return acts_before(action) and not isinstance(action, Delay | FailAllocation)
