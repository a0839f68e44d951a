"""Schedules of deliveries on the sandbox's clock, and their timeouts in real time."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import accumulate

from mockserver.sandbox.deliveries.delivery import UPDATE_CALLBACKS, DeliveryKind

PUSH_MINUTES = (2, 5, 15, 30, 60)
PUSH_INTERVAL = timedelta(hours=4)
PUSH_PERIOD = timedelta(hours=48)
WEBHOOK_GAPS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000)  # seconds; Svix's default

NOTIFICATION_INTERVAL = timedelta(minutes=10)  # documented by Klarna, until answered 200
NOTIFICATION_PERIOD = timedelta(hours=24)

TIMEOUTS: Mapping[DeliveryKind, float] = {
    DeliveryKind.PUSH: 5.0,  # recorded in a log of 2018
    DeliveryKind.VALIDATION: 10.0,  # documented by Kustom; 3 s unless a response is required
    **dict.fromkeys(UPDATE_CALLBACKS, 10.0),  # assumed, as a validation
    DeliveryKind.NOTIFICATION: 5.0,  # assumed, as a push
    DeliveryKind.WEBHOOK: 15.0,  # Svix's default
}
"""Seconds within which the merchant must answer."""


class PushMode(StrEnum):
    """When the first push of a completed checkout order is sent.

    ``NOW`` sends it before the completion is answered, ``WITH_CONFIRMATION`` at the same
    moment, so that push and confirmation page reach the shop together.
    """

    SCHEDULE = "schedule"
    NOW = "now"
    WITH_CONFIRMATION = "with_confirmation"
    HOLD = "hold"


def _schedule(first_offsets: Sequence[timedelta]) -> tuple[timedelta, ...]:
    offsets = list(first_offsets)
    while offsets[-1] + PUSH_INTERVAL < PUSH_PERIOD:
        offsets.append(offsets[-1] + PUSH_INTERVAL)
    return tuple(offsets)


_FIRST_PUSHES = [timedelta(minutes=minutes) for minutes in PUSH_MINUTES]
PUSH_SCHEDULES: Mapping[str, tuple[timedelta, ...]] = {
    "offsets": _schedule(_FIRST_PUSHES),
    "gaps": _schedule(list(accumulate(_FIRST_PUSHES))),
}
"""Times of the pushes after completion, by the assumption ``push_schedule``."""

WEBHOOK_SCHEDULES: Mapping[str, tuple[timedelta, ...]] = {
    "svix_default": tuple(timedelta(seconds=s) for s in accumulate(WEBHOOK_GAPS)),
    "once": (timedelta(),),
}
"""Times of a webhook after its event, by the assumption ``webhook_schedule``."""

NOTIFICATION_SCHEDULE = tuple(
    NOTIFICATION_INTERVAL * number
    for number in range(NOTIFICATION_PERIOD // NOTIFICATION_INTERVAL + 1)
)
"""Times of a fraud notification after the end of the review."""
