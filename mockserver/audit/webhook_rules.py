"""Audit rules about webhooks and callbacks (``A5..``): what the shop answers and does."""

import json
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from mockserver.audit.audit_rule import AuditRule, Basis, Scope
from mockserver.audit.findings import Evidence, Severity
from mockserver.audit.history import History, find_movement, is_carried_out
from mockserver.audit.push_rules import REACTION_TIME, has_fault, received_attempts
from mockserver.domain.checkout.validation import REDIRECTS
from mockserver.domain.operation import ACCUMULATING_OPERATIONS, Operation
from mockserver.sandbox.deliveries.delivery import Attempt, Delivery, DeliveryKind
from mockserver.sandbox.deliveries.schedules import TIMEOUTS
from mockserver.sandbox.deliveries.webhooks import ROTATION_PERIOD
from mockserver.sandbox.journal import Entry

UNAUTHORIZED_STATUSES = (401, 403)
FIRST_ERROR = 400


class Webhook(Struct, frozen=True):
    """One attempt to send a webhook."""

    delivery: Delivery
    attempt: Attempt

    @property
    def is_forged(self) -> bool:
        """True if it was signed with a secret that nobody has."""
        return has_fault(self.attempt, "bad_signature")

    @property
    def text(self) -> str:
        """Its event and the id of its delivery."""
        return f"webhook {self.event} ({self.delivery.delivery_id})"

    @property
    def event(self) -> str:
        """The type of its event."""
        return str(json.loads(self.delivery.body)["type"])


def _webhooks(history: History) -> list[Webhook]:
    return [
        Webhook(delivery, attempt)
        for delivery in history.sent(DeliveryKind.WEBHOOK)
        for attempt in received_attempts(delivery)
    ]


def _requests_after(webhook: Webhook, history: History) -> list[Entry]:
    """Return the requests about the order of a webhook that came shortly after it."""
    at = webhook.attempt.at
    entries = history.by_order.get(webhook.delivery.order_id, ())
    return [entry for entry in entries if at < entry.at <= at + REACTION_TIME]


def _forged(history: History) -> Sequence[tuple[Webhook, bool]]:
    """Return the forged webhooks, and whether the shop ignores valid ones of their type."""
    webhooks = _webhooks(history)
    forged = [webhook for webhook in webhooks if webhook.is_forged]
    if not forged:
        return ()
    accepted, used = set(), set()
    for webhook in webhooks:
        if not webhook.is_forged and webhook.attempt.succeeded:
            accepted.add(webhook.event)
            if webhook.event not in used and _requests_after(webhook, history):
                used.add(webhook.event)
    return [(webhook, webhook.event in accepted - used) for webhook in forged]


def _unverified(subject: tuple[Webhook, bool], history: History) -> Evidence | None:
    webhook, is_ignored = subject
    if not webhook.attempt.succeeded or is_ignored:
        return None
    requests = _requests_after(webhook, history)
    effect = f", and {requests[0].operation} followed" if requests else ""
    return Evidence(
        f"{webhook.text} with a wrong signature was answered {webhook.attempt.status}{effect}",
        tuple(requests[:1]),
        Severity.ERROR if requests else Severity.WARNING,
    )


def _repeated(history: History) -> Sequence[Delivery]:
    """Return the webhooks that the shop accepted more than once."""
    return [
        delivery
        for delivery in history.sent(DeliveryKind.WEBHOOK)
        if sum(attempt.succeeded for attempt in received_attempts(delivery)) > 1
    ]


def _not_deduplicated(delivery: Delivery, history: History) -> Evidence | None:
    attempts = received_attempts(delivery)
    start, end = attempts[0].at, attempts[-1].at + REACTION_TIME
    changes = [
        entry
        for entry in history.entries
        if start <= entry.at <= end
        and entry.operation in ACCUMULATING_OPERATIONS
        and is_carried_out(entry)
        and not (entry.created_id and entry.created_id in delivery.body)  # it caused this
    ]
    for effect, count in Counter(map(_effect, changes)).items():
        if count > 1:
            equal = tuple(entry for entry in changes if _effect(entry) == effect)
            return Evidence(
                f"webhook {delivery.event_id} ({delivery.delivery_id}) was accepted"
                f" {len(attempts)} times, and {equal[0].operation} was sent {count} times",
                equal,
            )
    return None


def _effect(entry: Entry) -> object:
    """Return what a change added, to compare it with others."""
    movement = find_movement(entry)
    if movement is not None:
        return movement.intent
    if entry.operation is Operation.ADD_ORDER_SHIPPING_INFO and entry.before and entry.after:
        added = entry.after.shipping_info[len(entry.before.shipping_info) :]
        return entry.path, repr(added)  # it may contain mappings
    return entry.path


def _rotated(history: History) -> Sequence[Webhook]:
    """Return the webhooks that were signed with two secrets."""
    ends = {endpoint.url: endpoint.previous_until for endpoint in history.sandbox.webhooks}
    rotated = []
    for webhook in _webhooks(history):
        end = ends.get(webhook.delivery.url)
        if end and end - ROTATION_PERIOD <= webhook.attempt.at < end and not webhook.is_forged:
            rotated.append(webhook)
    return rotated


def _rotation_refused(webhook: Webhook, history: History) -> Evidence | None:
    if webhook.attempt.status not in UNAUTHORIZED_STATUSES:
        return None
    two = {id(rotated.attempt) for rotated in _rotated(history)}
    single = [other for other in _webhooks(history) if id(other.attempt) not in two]
    url = webhook.delivery.url
    if not any(other.attempt.succeeded and other.delivery.url == url for other in single):
        return None
    return Evidence(
        f"{webhook.text} with two valid signatures was answered"
        f" {webhook.attempt.status}, one with a single signature 2xx",
        (),
    )


def _overtaking(history: History) -> Sequence[tuple[Webhook, Webhook]]:
    """Pair each webhook with an older one of its order that it overtook."""
    first = {webhook.delivery.delivery_id: webhook for webhook in _webhooks(history)[::-1]}
    reordered = [w for w in first.values() if has_fault(w.attempt, "reorder")]
    return [
        (webhook, overtaken)
        for overtaken in reordered
        for webhook in first.values()
        if webhook.delivery.created_at > overtaken.delivery.created_at
        and webhook.delivery.url == overtaken.delivery.url
        and webhook.attempt.at <= overtaken.attempt.at
    ]


def _order_assumed(pair: tuple[Webhook, Webhook], history: History) -> Evidence | None:
    webhook, overtaken = pair
    status = webhook.attempt.status
    if status is None or status < FIRST_ERROR:
        return None
    others = _webhooks(history)
    if not any(other.attempt.succeeded and other.event == webhook.event for other in others):
        return None  # which it never accepts, in no order
    return Evidence(
        f"{webhook.text} was answered {status} before {overtaken.event} had come,"
        " and accepted in other cases",
        (),
    )


def _validations(history: History) -> Sequence[Delivery]:
    return [
        delivery
        for delivery in history.sent(DeliveryKind.VALIDATION)
        if any(not has_fault(attempt, "delay") for attempt in received_attempts(delivery))
    ]


def _late_or_unusable(delivery: Delivery, _history: History) -> Evidence | None:
    limit = delivery.timeout or TIMEOUTS[DeliveryKind.VALIDATION]
    attempt = received_attempts(delivery)[-1]
    callback = f"the validation callback {delivery.delivery_id}"
    if attempt.seconds >= limit:
        return Evidence(f"{callback} was not answered within {limit:g} seconds", ())
    if attempt.status in REDIRECTS and not attempt.has_location:
        detail = f"{callback} was answered {attempt.status} without Location"
        return Evidence(detail, (), Severity.ERROR)
    return None


WEBHOOK_RULES: tuple[AuditRule, ...] = (
    AuditRule(
        "A506", "webhook accepted with a wrong signature", Severity.WARNING,
        "no webhook was forged", _forged, _unverified,
        "Verify the signature over the raw body, compare the time, and answer 401.",
        Basis.STANDARD, "Standard Webhooks; open-mercato 1311, Azuriom Plugin-Shop 284",
        Scope.SANDBOX,
    ),
    AuditRule(
        "A508", "webhook handled twice", Severity.WARNING,
        "no webhook was accepted twice", _repeated, _not_deduplicated,
        "Store the webhook-id in the transaction that does the work.",
        Basis.STANDARD, "Standard Webhooks: the id is for this; open-saas 688, pay 287",
        preview=True,
    ),
    AuditRule(
        "A509", "webhook with two signatures refused", Severity.WARNING,
        "no webhook was signed with two secrets", _rotated, _rotation_refused,
        "Accept a webhook if any of its signatures is right.",
        Basis.DOCUMENTED_BY_KUSTOM, "both secrets sign for 10 minutes after a rotation",
        Scope.SANDBOX, preview=True,
    ),
    AuditRule(
        "A510", "order of webhooks assumed", Severity.WARNING,
        "no webhook overtook another", _overtaking, _order_assumed,
        "Read the present state instead of expecting a sequence.",
        Basis.FIELD_REPORT, "Stripe and Svea promise no sequence of events either",
        preview=True,
    ),
    AuditRule(
        "A511", "validation callback without a usable response", Severity.WARNING,
        "no validation callback was made", _validations, _late_or_unusable,
        "Decide within 3 seconds, without slow look-ups, and name a Location in a redirect.",
        Basis.DOCUMENTED_BY_KUSTOM,
        "time limits of the callback; klarna-checkout-for-woocommerce 149, 253 and 255",
        preview=True,
    ),
)  # fmt: skip
