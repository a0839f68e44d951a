"""A delivery as a frozen value, its attempts, and its state, derived from both."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.order import Order
from mockserver.sandbox.faults.actions import Action

FiredActions: TypeAlias = tuple[tuple[str, Action], ...]

FIRST_SUCCESS, LAST_SUCCESS = 200, 299


class DeliveryKind(StrEnum):
    """What a delivery is for."""

    PUSH = "push"
    VALIDATION = "validation"
    ADDRESS_UPDATE = "address_update"
    COUNTRY_CHANGE = "country_change"
    SHIPPING_OPTION_UPDATE = "shipping_option_update"
    NOTIFICATION = "notification"
    WEBHOOK = "webhook"


UPDATE_CALLBACKS = (
    DeliveryKind.ADDRESS_UPDATE,
    DeliveryKind.COUNTRY_CHANGE,
    DeliveryKind.SHIPPING_OPTION_UPDATE,
)
"""Callbacks whose response changes the checkout order, in the order in which they are made."""

CALLBACKS = frozenset((DeliveryKind.VALIDATION, *UPDATE_CALLBACKS))
"""Kinds whose response is waited for; they are made once, when they are needed."""


class DeliveryState(StrEnum):
    """State of a delivery, derived from its attempts and its order."""

    SCHEDULED = "scheduled"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


class Attempt(Struct, frozen=True):
    """One attempt to send a delivery.

    Attributes:
        status: ``None`` without a response.
        faults: the fault rules that took effect, each with its action.
        has_location: whether the response named where to go on.
    """

    at: datetime
    status: int | None
    seconds: float
    error: str = ""
    faults: tuple[str, ...] = ()
    has_location: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the merchant answered 2xx."""
        return self.status is not None and FIRST_SUCCESS <= self.status <= LAST_SUCCESS


class Delivery(Struct, frozen=True, kw_only=True):
    """A call to the merchant.

    Attributes:
        due: the times at which it is still to be sent, earliest first.
        held: why it is not sent on its own; empty if it is.
        body: what is sent; empty for a push.
        event_id: the id of the event of a webhook, which is its ``webhook-id``.
        fired: names and actions of the fault rules that fired when it was due, while a
            delay or a reordering puts it off.
        is_reordered: whether it waits for the next delivery to the same URL.
        timeout: seconds within which the merchant must answer; ``None`` is that of the kind.
        dropped_attempts: number of attempts before those that are kept.
    """

    delivery_id: str
    kind: DeliveryKind
    order_id: str
    url: str
    created_at: datetime
    due: tuple[datetime, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    held: str = ""
    method: str = "POST"
    body: str = ""
    event_id: str = ""
    fired: FiredActions = ()
    is_reordered: bool = False
    timeout: float | None = None
    dropped_attempts: int = 0

    @property
    def attempt_count(self) -> int:
        """Number of all attempts."""
        return self.dropped_attempts + len(self.attempts)

    @property
    def due_at(self) -> datetime | None:
        """When it is sent next."""
        return self.due[0] if self.due else None

    @property
    def succeeded(self) -> bool:
        """Whether the latest attempt succeeded; a callback is answered by any status."""
        if not self.attempts:
            return False
        latest = self.attempts[-1]
        return latest.succeeded or (self.kind in CALLBACKS and latest.status is not None)


def is_stopped(delivery: Delivery, order: Order | None, assumptions: Assumptions) -> bool:
    """Return whether a delivery is no longer sent on its own."""
    match delivery.kind:
        case DeliveryKind.PUSH:
            return _is_push_stopped(delivery, order, assumptions)
        case DeliveryKind.NOTIFICATION:
            return any(attempt.status == FIRST_SUCCESS for attempt in delivery.attempts)
        case _:
            return any(attempt.succeeded for attempt in delivery.attempts)


def _is_push_stopped(delivery: Delivery, order: Order | None, assumptions: Assumptions) -> bool:
    """Return whether a push is stopped (documented: once acknowledged)."""
    if order is None:
        return True
    if assumptions.push_stops_on == "acknowledge_or_2xx" and delivery.succeeded:
        return True
    handled = order.acknowledged_at or order.captures or order.cancelled_at
    if assumptions.push_after_acknowledge == "first_still_sent" and not delivery.attempts:
        return False
    return bool(handled)


def derive_delivery_state(
    delivery: Delivery, order: Order | None, assumptions: Assumptions
) -> DeliveryState:
    """Derive the state; a delivered push may still be due again."""
    stopped = is_stopped(delivery, order, assumptions)
    if delivery.held and not stopped:
        return DeliveryState.HELD
    if delivery.succeeded:
        return DeliveryState.DELIVERED
    if stopped:
        return DeliveryState.CANCELLED
    return DeliveryState.SCHEDULED if delivery.due else DeliveryState.FAILED
