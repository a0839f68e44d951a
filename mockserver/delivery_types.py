"""JSON shapes of deliveries in the control API: pushes, callbacks, webhooks, endpoints.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares
them with ``schemas/control.schema.json`` and with the responses of a server. Times are
ISO 8601 texts in UTC on the sandbox's clock.
"""

from typing import Literal, TypedDict


class DeliveryAttempt(TypedDict):
    """Attempt to send a delivery; ``status`` is ``None`` if no response came.

    ``milliseconds`` is how long it took, in real time; ``faults`` lists the fault rules that
    fired, each with its action.
    """

    at: str
    status: int | None
    milliseconds: float
    error: str | None
    faults: list[str]


class DeliveryEntry(TypedDict):
    """Call to the merchant, and its latest 50 attempts, oldest first.

    ``reason`` says why it is held or cancelled; ``body`` is ``None`` if none is sent;
    ``curl`` is a command that makes the same call; ``due_at`` is when the next attempt is
    due, ``None`` if none is; ``attempt_count`` counts all attempts.
    """

    id: str
    kind: Literal[
        "push",
        "validation",
        "address_update",
        "country_change",
        "shipping_option_update",
        "notification",
        "webhook",
    ]
    order_id: str
    state: Literal["scheduled", "delivered", "failed", "held", "cancelled"]
    reason: str | None
    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    curl: str
    created_at: str
    due_at: str | None
    attempt_count: int
    attempts: list[DeliveryAttempt]


class AwaitDeliveriesResult(TypedDict):
    """Matching deliveries; ``satisfied`` is false if too few came in time."""

    satisfied: bool
    deliveries: list[DeliveryEntry]


class WebhookEndpointDetails(TypedDict):
    """Endpoint that receives webhooks, and the secret that signs them.

    ``previous_secret`` is the secret before a change, which signs as well until
    ``previous_until``.
    """

    url: str
    secret: str
    events: list[Literal["order.created", "capture.created", "refund.created"]]
    previous_secret: str | None
    previous_until: str | None
