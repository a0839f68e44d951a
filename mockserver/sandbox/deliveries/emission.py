"""Queue the webhooks of what happens in a sandbox."""

from mockserver.domain.decision import Acceptance
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.deliveries.schedules import PUSH_SCHEDULES, WEBHOOK_SCHEDULES
from mockserver.sandbox.deliveries.webhooks import EventType, build_event_body, event_of
from mockserver.sandbox.sandbox import Sandbox


def emit_event(sandbox: Sandbox, event: EventType, order_id: str, **ids: str) -> None:
    """Queue a webhook for each endpoint that receives this type of event."""
    endpoints = [endpoint for endpoint in sandbox.webhooks if event in endpoint.events]
    if not endpoints:
        return
    assumptions = sandbox.assumptions
    now, event_id = sandbox.clock.now(), sandbox.ids.new_event_id()
    data = {"order_id": order_id, **ids}
    body = build_event_body(event_id, sandbox.display_name, event, data, now)
    offsets = WEBHOOK_SCHEDULES[assumptions.webhook_schedule]
    late = assumptions.order_created_at == "with_first_push"
    if late and event is EventType.ORDER_CREATED:
        first_push = PUSH_SCHEDULES[assumptions.push_schedule][0]
        offsets = tuple(first_push + offset for offset in offsets)
    for endpoint in endpoints:
        sandbox.deliveries.add(
            DeliveryKind.WEBHOOK, order_id, endpoint.url, now, offsets,
            body=body, event_id=event_id,
        )  # fmt: skip


def emit_event_of(sandbox: Sandbox, order_id: str, result: Acceptance | Refusal) -> None:
    """Queue the webhooks of an accepted capture or refund."""
    event = event_of(result) if isinstance(result, Acceptance) else None
    if event is not None:
        emit_event(sandbox, event[0], order_id, **event[1])
