"""The request of a delivery: headers and body, with fresh signatures of a webhook.

The timestamp that a signature covers is real time, because receivers compare it with
their own clock; the times in the body are the sandbox's.
"""

from collections.abc import Iterable

from msgspec import Struct

from mockserver.http.connection import SERVER_HEADER
from mockserver.sandbox.clock import wall_clock
from mockserver.sandbox.deliveries.delivery import Delivery, DeliveryKind
from mockserver.sandbox.sandbox import Sandbox

FORGED_SECRET = "whsec_Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk"  # noqa: S105
REMOVED_ENDPOINT = "the endpoint of this webhook was removed"


class OutgoingRequest(Struct, frozen=True):
    """What is sent; ``held`` says why it cannot be."""

    headers: dict[str, str]
    body: str = ""
    held: str = ""


def build_request(
    sandbox: Sandbox, delivery: Delivery, *, forged: bool = False
) -> OutgoingRequest:
    """Build the request of a delivery, as it would be sent now.

    Args:
        sandbox: has the endpoints of webhooks.
        delivery: the call.
        forged: sign a webhook with a secret that the merchant does not have.
    """
    headers = {"User-Agent": SERVER_HEADER}
    if delivery.body:
        headers["Content-Type"] = "application/json"
    if delivery.kind is DeliveryKind.VALIDATION:  # recorded
        headers["Klarna-Correlation-Id"] = sandbox.ids.derive_call_id(delivery.delivery_id)
    if delivery.kind is not DeliveryKind.WEBHOOK:
        return OutgoingRequest(headers, delivery.body)
    endpoints = {endpoint.url: endpoint for endpoint in sandbox.webhooks}
    endpoint = endpoints.get(delivery.url)
    if endpoint is None:
        return OutgoingRequest(headers, delivery.body, REMOVED_ENDPOINT)
    secrets = (FORGED_SECRET,) if forged else endpoint.secrets_at(sandbox.clock.now())
    has_own_id = sandbox.assumptions.webhook_id == "own"
    message_id = f"msg_{delivery.delivery_id}" if has_own_id else delivery.event_id
    signed = _signed_headers(message_id, delivery.body, secrets)
    return OutgoingRequest({**headers, **signed}, delivery.body)


def _signed_headers(message_id: str, body: str, secrets: Iterable[str]) -> dict[str, str]:
    """Sign a webhook by Standard Webhooks, once with each secret."""
    from standardwebhooks import Webhook  # noqa: PLC0415  # 20 ms, and few use webhooks

    now = wall_clock()
    signatures = (Webhook(s).sign(message_id, now, body) for s in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
