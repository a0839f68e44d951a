"""Create and cancel a customer token, and build orders with it; pure functions."""

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import check_values
from mockserver.domain.checkout.checkout import Checkout, Fields
from mockserver.domain.checkout.completion import (
    Completion,
    ShopperOutcome,
    build_completed_order,
)
from mockserver.domain.checkout.customer_token import CustomerToken, TokenStatus
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Permission
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order
from mockserver.domain.provenance import Mark
from mockserver.domain.refusal import Refusal

INHERITED_FIELDS = ("purchase_country", "locale")
"""What, with the customer, an order has from the checkout order that created its token."""


TOKEN_LIFECYCLE: Mapping[Operation, Mapping[TokenStatus, Permission]] = {
    Operation.READ_CUSTOMER_TOKEN: {
        TokenStatus.ACTIVE: Permission(None, Mark.DOCUMENTED_BY_KUSTOM),
        TokenStatus.CANCELLED: Permission(None, Mark.DOCUMENTED_BY_KUSTOM),
    },
    Operation.CREATE_TOKEN_ORDER: {
        TokenStatus.ACTIVE: Permission(None, Mark.DOCUMENTED_BY_KUSTOM),
        TokenStatus.CANCELLED: Permission(Reason.TOKEN_NOT_ACTIVE, Mark.ASSUMED),
    },
    Operation.UPDATE_CUSTOMER_TOKEN: {
        TokenStatus.ACTIVE: Permission(None, Mark.DOCUMENTED_BY_KUSTOM),
        TokenStatus.CANCELLED: Permission(None, Mark.ASSUMED),
    },
}
"""Operation, status of the token, answer."""


def check_token_allows(token: CustomerToken, operation: Operation) -> None:
    """Look an operation up in the table.

    Raises:
        Refusal: the table refuses it in the status of the token.
    """
    reason = TOKEN_LIFECYCLE[operation][token.status].reason
    if reason is not None:
        raise Refusal(reason, operation, status=token.status)


def creates_token(checkout: Checkout) -> bool:
    """Return whether completing a checkout order creates a token (documented by Kustom)."""
    return bool(checkout.fields.get("recurring"))


def cancel_token(checkout: Checkout, token: CustomerToken) -> Checkout:
    """Return the checkout order with its token cancelled.

    Raises:
        Refusal: the table refuses it in the status of the token.
    """
    check_token_allows(token, Operation.UPDATE_CUSTOMER_TOKEN)
    return replace(checkout, token=replace(token, status=TokenStatus.CANCELLED))


def start_token_order(
    checkout: Checkout,
    token: CustomerToken,
    order_id: str,
    fields: Fields,
    now: datetime,
    assumptions: Assumptions,
) -> Checkout:
    """Check an order with a token, and return it as a completed checkout order.

    Args:
        checkout: the checkout order that created the token.
        token: the token.
        order_id: id of the new order.
        fields: what the merchant sent.
        now: the time of the sandbox.
        assumptions: those in force.

    Raises:
        Refusal: the token is not active, or a value is bad.
    """
    operation = Operation.CREATE_TOKEN_ORDER
    check_token_allows(token, operation)
    check_values(fields, operation, assumptions)
    inherited = {name: checkout.fields[name] for name in INHERITED_FIELDS}
    return Checkout(
        order_id=order_id,
        fields={**inherited, "customer": checkout.customer, **fields},
        started_at=now,
        last_modified_at=now,
        completed_at=now,
    )


def build_token_order(
    new: Checkout, first_order: Order, klarna_reference: str, assumptions: Assumptions
) -> Order:
    """Build an order with a token; payment and addresses are those of the first order."""
    completion = Completion(
        outcome=ShopperOutcome.APPROVED,
        payment_method=first_order.payment_method,
        billing_address=first_order.billing_address,
        shipping_address=new.fields.get("shipping_address", first_order.shipping_address),
    )
    order = build_completed_order(new, completion, klarna_reference, assumptions)
    assert order is not None  # noqa: S101  # approved
    return order
