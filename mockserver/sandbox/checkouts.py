"""Turns on the checkout orders of a sandbox: create, read, update, abort, complete.

Like the turns on orders these run without awaiting. The checkout API knows no idempotency
keys: creating twice makes two checkout orders.
"""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta

from msgspec.structs import replace

from mockserver.domain.checkout import changes, completion
from mockserver.domain.checkout.checkout import Checkout, Fields, check_checkout_allowed
from mockserver.domain.checkout.completion import (
    Completion,
    attempt_checkout,
    build_completed_order,
)
from mockserver.domain.checkout.customer_token import CustomerToken
from mockserver.domain.checkout.token_orders import creates_token
from mockserver.domain.commands import CaptureOrder
from mockserver.domain.decision import order_not_found
from mockserver.domain.errors import Reason
from mockserver.domain.forced_outcomes import REVIEW_OUTCOMES
from mockserver.domain.operation import Operation
from mockserver.domain.order import Address, FraudStatus, Order, PlannedReview
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.deliveries.delivery import DeliveryKind
from mockserver.sandbox.deliveries.emission import emit_event
from mockserver.sandbox.deliveries.schedules import NOTIFICATION_SCHEDULE
from mockserver.sandbox.deliveries.webhooks import EventType
from mockserver.sandbox.execution import execute
from mockserver.sandbox.sandbox import Sandbox

REVIEW_EVENTS = {
    FraudStatus.ACCEPTED: "FRAUD_RISK_ACCEPTED",
    FraudStatus.REJECTED: "FRAUD_RISK_REJECTED",
    FraudStatus.STOPPED: "FRAUD_RISK_STOPPED",
}
"""The type of the notification by the fraud status after the review."""


def create_checkout(sandbox: Sandbox, fields: Fields, *, size: int = 0) -> Checkout:
    """Create a checkout order.

    Args:
        sandbox: where.
        fields: what the merchant sent.
        size: bytes of the request.

    Raises:
        Refusal: a bad value, or the sandbox is full.
    """
    sandbox.check_room(size, Operation.CREATE_CHECKOUT)
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    order_id = sandbox.ids.new_order_id()
    checkout = changes.start_checkout(order_id, fields, now, assumptions)
    sandbox.put_checkout(checkout, size)
    return checkout


def find_checkout(sandbox: Sandbox, order_id: str, operation: Operation) -> Checkout:
    """Find a checkout order, whatever its status.

    Raises:
        Refusal: there is none of this id.
    """
    checkout = sandbox.checkouts.get(order_id)
    if checkout is None:
        raise Refusal(Reason.CHECKOUT_NOT_FOUND, operation, order_id=order_id)
    return checkout


def read_checkout(sandbox: Sandbox, order_id: str) -> Checkout:
    """Read a checkout order as the merchant may.

    Raises:
        Refusal: there is none of this id, or it is expired.
    """
    operation = Operation.READ_CHECKOUT
    checkout = find_checkout(sandbox, order_id, operation)
    check_checkout_allowed(checkout, operation, sandbox.clock.now(), sandbox.assumptions)
    return checkout


def check_updatable(sandbox: Sandbox, order_id: str) -> None:
    """Check that a checkout order may be updated.

    Raises:
        Refusal: there is none of this id, or it is read-only or expired.
    """
    operation = Operation.UPDATE_CHECKOUT
    checkout = find_checkout(sandbox, order_id, operation)
    check_checkout_allowed(checkout, operation, sandbox.clock.now(), sandbox.assumptions)


def update_checkout(
    sandbox: Sandbox, order_id: str, fields: Fields, *, size: int = 0
) -> Checkout:
    """Update a checkout order.

    Raises:
        Refusal: there is none, it is read-only or expired, a bad value, no room.
    """
    operation = Operation.UPDATE_CHECKOUT
    checkout = find_checkout(sandbox, order_id, operation)
    sandbox.check_room(size, operation)
    now = sandbox.clock.now()
    changed = changes.replace_fields(checkout, fields, now, sandbox.assumptions)
    sandbox.put_checkout(changed, size)
    return changed


def abort_checkout(sandbox: Sandbox, order_id: str) -> Checkout:
    """Abort a checkout order.

    Raises:
        Refusal: there is none, or it is read-only or expired.
    """
    checkout = find_checkout(sandbox, order_id, Operation.ABORT_CHECKOUT)
    changed = changes.mark_aborted(checkout, sandbox.clock.now(), sandbox.assumptions)
    sandbox.put_checkout(changed, 0)
    return changed


def identify_shopper(
    sandbox: Sandbox,
    order_id: str,
    addresses: Mapping[str, Address],
    shipping_option: str | None,
) -> Checkout:
    """Record what a shopper entered: addresses by name, and the id of a shipping option.

    Raises:
        Refusal: there is none, or it is read-only or expired; nothing is changed.
        ChoiceError: no such shipping option; nothing is changed.
    """
    checkout = find_checkout(sandbox, order_id, Operation.UPDATE_CHECKOUT)
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    changed = completion.enter_shopper_details(
        checkout, addresses, shipping_option, now, assumptions
    )
    sandbox.put_checkout(changed, 0)
    return changed


def restore_checkout(
    sandbox: Sandbox, before: Checkout, field_names: Collection[str] = ()
) -> Checkout:
    """Take back what a shopper entered, unless the checkout order was completed meanwhile.

    Args:
        sandbox: where.
        before: the checkout order before the shopper entered anything.
        field_names: fields that were replaced since, and are taken back, too. The others
            stay, because the merchant may have updated them.

    Raises:
        Refusal: there is none of this id.
    """
    checkout = find_checkout(sandbox, before.order_id, Operation.UPDATE_CHECKOUT)
    if checkout.completed_at is None:
        kept = {name: v for name, v in checkout.fields.items() if name not in field_names}
        earlier = {name: v for name, v in before.fields.items() if name in field_names}
        checkout = replace(checkout, fields={**kept, **earlier}, shopper=before.shopper)
        sandbox.put_checkout(checkout, 0)
    return checkout


def complete_checkout(
    sandbox: Sandbox, order_id: str, attempt: Completion
) -> tuple[Checkout, Order | None]:
    """Complete a checkout order as the shopper, or record the failed attempt.

    Returns:
        The checkout order, and the order in order management if the outcome makes one.

    Raises:
        Refusal: there is none, it is read-only or expired, or there is no room; nothing
            is changed.
        ChoiceError: no such shipping option or checkbox, or a required checkbox is not
            ticked; nothing is changed.
    """
    checkout = find_checkout(sandbox, order_id, Operation.UPDATE_CHECKOUT)
    now, assumptions = sandbox.clock.now(), sandbox.assumptions
    changed = attempt_checkout(checkout, attempt, now, assumptions)
    order = None
    if changed.completed_at is not None:
        if creates_token(changed):
            changed = replace(
                changed, token=CustomerToken(sandbox.ids.derive_token_id(order_id))
            )
        reference = sandbox.ids.new_klarna_reference()
        order = build_completed_order(changed, attempt, reference, assumptions)
    sandbox.put_checkout(changed, 0)
    if order is not None:
        try:
            sandbox.add(order)
        except Refusal:  # no room
            sandbox.put_checkout(checkout, 0)
            raise
        emit_event(sandbox, EventType.ORDER_CREATED, order_id)
        if order.planned_review is not None:
            _add_notification(sandbox, changed, order.planned_review)
        if changed.fields.get("options", {}).get("auto_capture"):
            order = capture_at_once(sandbox, order)
    return changed, order


def check_order_visible(sandbox: Sandbox, order_id: str, operation: Operation) -> None:
    """Check that order management knows an order that came about at checkout.

    Raises:
        Refusal: it was completed less than ``order_visible_after`` ago.
    """
    checkout = sandbox.checkouts.get(order_id)
    if checkout is None or checkout.completed_at is None:
        return
    hidden = timedelta(seconds=sandbox.assumptions.order_visible_after)
    if sandbox.clock.now() < checkout.completed_at + hidden:
        raise order_not_found(order_id, operation)


def capture_at_once(sandbox: Sandbox, order: Order) -> Order:
    """Capture a whole order; one that waits for a fraud review stays as it is (assumed)."""
    command = CaptureOrder(captured_amount=order.order_amount, order_lines=order.order_lines)
    execute(sandbox, order.order_id, command)
    return sandbox.orders[order.order_id]


def notify_of_review(sandbox: Sandbox, order_id: str, outcome: str) -> bool:
    """Queue the notification of a review that was forced to end, in place of a planned one.

    Returns:
        Whether there is one to send.
    """
    status, checkout = REVIEW_OUTCOMES.get(outcome), sandbox.checkouts.get(order_id)
    if status is None or checkout is None:
        return False
    now = sandbox.clock.now()
    for delivery in [*sandbox.deliveries]:
        is_same = (delivery.kind, delivery.order_id) == (DeliveryKind.NOTIFICATION, order_id)
        if is_same and not delivery.attempts and delivery.due_at and delivery.due_at > now:
            sandbox.deliveries.remove(delivery.delivery_id)
    return _add_notification(sandbox, checkout, PlannedReview(now, status))


def _add_notification(sandbox: Sandbox, checkout: Checkout, review: PlannedReview) -> bool:
    """Queue the notification of a review, if the checkout order has a URL for it."""
    url = checkout.merchant_url("notification")
    if url is None:
        return False
    event = {
        "order_id": checkout.order_id,
        "event_type": REVIEW_EVENTS[review.fraud_status],
    }
    now = sandbox.clock.now()
    sandbox.deliveries.add(
        DeliveryKind.NOTIFICATION,
        checkout.order_id,
        url,
        now,
        [review.ends_at - now + offset for offset in NOTIFICATION_SCHEDULE],
        body=json.dumps(event, separators=(",", ":")),
    )
    return True
