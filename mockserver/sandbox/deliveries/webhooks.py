"""Webhooks: endpoints with their secrets, and the events sent to them, ids only."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import Operation
from mockserver.sandbox.ids import random_bits

SECRET_PREFIX = "whsec_"  # noqa: S105  # of every secret (Standard Webhooks)
SECRET_BYTES = 32  # of a generated secret; Standard Webhooks allows 24 to 64
ROTATION_PERIOD = timedelta(minutes=10)
"""How long the secret before the current one signs as well (documented by Kustom)."""


class EventType(StrEnum):
    """Type of an event that an endpoint may receive."""

    ORDER_CREATED = "order.created"
    CAPTURE_CREATED = "capture.created"
    REFUND_CREATED = "refund.created"


MOVEMENT_EVENTS: Mapping[Operation, tuple[EventType, str]] = {
    Operation.CAPTURE: (EventType.CAPTURE_CREATED, "capture_id"),
    Operation.REFUND: (EventType.REFUND_CREATED, "refund_id"),
}
"""The event of an accepted operation, and the key of the created id in its data."""


class WebhookEndpoint(Struct, frozen=True, kw_only=True):
    """A URL that receives events.

    Attributes:
        secret: signs every webhook; ``whsec_`` and base64.
        previous_secret: signs as well until ``previous_until``, after a rotation.
    """

    url: str
    secret: str
    events: tuple[EventType, ...] = tuple(EventType)
    previous_secret: str = ""
    previous_until: datetime | None = None

    def secrets_at(self, now: datetime) -> Sequence[str]:
        """Return the secrets that sign at a time, the current one first."""
        if self.previous_until is None or now >= self.previous_until:
            return (self.secret,)
        return (self.secret, self.previous_secret)


def build_endpoints(
    specs: Iterable[Mapping[str, object]],
    seed: str,
    old: Iterable[WebhookEndpoint],
    now: datetime,
) -> tuple[WebhookEndpoint, ...]:
    """Build the endpoints that replace the old ones; a changed secret rotates.

    Args:
        specs: keys ``url``, ``secret`` and ``events``; only ``url`` is required.
        seed: a secret that is left out is that of the old endpoint, or from the seed.
        old: the endpoints so far.
        now: the time of the rotation.
    """
    old_by_url = {endpoint.url: endpoint for endpoint in old}
    return tuple(_build_endpoint(spec, seed, old_by_url, now) for spec in specs)


def _build_endpoint(
    spec: Mapping[str, object], seed: str, old: Mapping[str, WebhookEndpoint], now: datetime
) -> WebhookEndpoint:
    url = str(spec["url"])
    names = spec.get("events")
    events = tuple(map(EventType, names if isinstance(names, list) else EventType))
    before = old.get(url)
    default = before.secret if before else generate_secret(seed, url)
    secret = str(spec.get("secret", default))
    if before is None:
        return WebhookEndpoint(url=url, secret=secret, events=events)
    if before.secret == secret:
        return replace(before, events=events)
    return WebhookEndpoint(
        url=url,
        secret=secret,
        events=events,
        previous_secret=before.secret,
        previous_until=now + ROTATION_PERIOD,
    )


def generate_secret(seed: str, url: str) -> str:
    """Generate the secret of an endpoint; equal seeds and URLs give equal secrets."""
    parts = (random_bits(seed, f"webhooks/{url}", number) for number in (0, 1))
    key = b"".join(part.to_bytes(SECRET_BYTES // 2) for part in parts)
    return SECRET_PREFIX + b64encode(key).decode()


def event_of(accepted: Acceptance) -> tuple[EventType, Mapping[str, str]] | None:
    """Return the event of an accepted operation, if there is one, and its own ids."""
    row = MOVEMENT_EVENTS.get(accepted.operation)
    if row is None or accepted.created_id is None:
        return None
    event, key = row
    return event, {key: accepted.created_id}


def build_event_body(
    event_id: str, merchant_id: str, event: EventType, data: Mapping[str, str], now: datetime
) -> str:
    """Write an event as the body of a webhook: compact JSON with the documented envelope."""
    envelope = {
        "id": event_id,
        "merchant_id": merchant_id,
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S.%f}000Z",  # nanoseconds
        "type": event,
        "data": data,
    }
    return json.dumps(envelope, separators=(",", ":"))
