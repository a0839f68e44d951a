"""Turns on the customer tokens of a sandbox: read, order, cancel.

A token is part of the checkout order that created it. Renewals are rare, so a token is
searched among all checkout orders.
"""

from typing import NamedTuple

from mockserver.domain.checkout import token_orders
from mockserver.domain.checkout.checkout import Checkout, Fields
from mockserver.domain.checkout.customer_token import CustomerToken
from mockserver.domain.decision import Acceptance
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.checkouts import capture_at_once
from mockserver.sandbox.deliveries.emission import emit_event
from mockserver.sandbox.deliveries.webhooks import EventType
from mockserver.sandbox.execution import Execution
from mockserver.sandbox.idempotency import Receipt, add_receipt, digest_json, shorten_key
from mockserver.sandbox.sandbox import Sandbox


class TokenHolder(NamedTuple):
    """A token with the checkout order that created it, and the order of that."""

    token: CustomerToken
    checkout: Checkout
    order: Order


def find_token(sandbox: Sandbox, token_id: str, operation: Operation) -> TokenHolder:
    """Find a customer token.

    Raises:
        Refusal: there is none of this id.
    """
    for checkout in sandbox.checkouts.values():
        token, order = checkout.token, sandbox.orders.get(checkout.order_id)
        if token is not None and token.token_id == token_id and order is not None:
            return TokenHolder(token, checkout, order)
    raise Refusal(Reason.TOKEN_NOT_FOUND, operation)


def cancel_token(sandbox: Sandbox, token_id: str) -> None:
    """Cancel a customer token.

    Raises:
        Refusal: there is none of this id.
    """
    holder = find_token(sandbox, token_id, Operation.UPDATE_CUSTOMER_TOKEN)
    sandbox.put_checkout(token_orders.cancel_token(holder.checkout, holder.token), 0)


def create_token_order(
    sandbox: Sandbox,
    token_id: str,
    fields: Fields,
    idempotency_key: str | None,
    *,
    captures: bool = False,
) -> Execution:
    """Create an order with a customer token, once for each idempotency key.

    A refusal is not stored: the same key is decided again (assumed).

    Args:
        sandbox: where.
        token_id: the token.
        fields: what the merchant sent.
        idempotency_key: the idempotency key, if one was sent.
        captures: whether the order is captured at once.

    Raises:
        Refusal: there is no such token, it is not active, a value is bad, or there is no
            room; nothing is changed.
    """
    operation, now = Operation.CREATE_TOKEN_ORDER, sandbox.clock.now()
    holder = find_token(sandbox, token_id, operation)
    name = f"{token_id}/{operation}/{shorten_key(idempotency_key or '')}"
    digest = digest_json(fields)
    receipt = sandbox.receipts.get(name) if idempotency_key else None
    if receipt is not None and not receipt.is_expired(now):
        changed = receipt.fingerprint != digest
        return Execution(receipt.result, None, None, replayed=True, body_changed=changed)
    order_id, assumptions = sandbox.ids.new_order_id(), sandbox.assumptions
    new = token_orders.start_token_order(
        holder.checkout, holder.token, order_id, fields, now, assumptions
    )
    reference = sandbox.ids.new_klarna_reference()
    order = token_orders.build_token_order(new, holder.order, reference, assumptions)
    sandbox.add(order)
    emit_event(sandbox, EventType.ORDER_CREATED, order_id)
    if captures:
        capture_at_once(sandbox, order)
    accepted = Acceptance(operation, order_id)
    if idempotency_key:
        add_receipt(sandbox.receipts, name, Receipt(digest, accepted, now))
    return Execution(accepted, None, sandbox.orders[order_id])
