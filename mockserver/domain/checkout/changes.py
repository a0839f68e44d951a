"""Create, update and abort a checkout order; pure functions."""

from datetime import datetime

from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import check_values
from mockserver.domain.checkout.checkout import (
    CHECKOUT_ADDRESSES,
    Checkout,
    Fields,
    check_checkout_allowed,
)
from mockserver.domain.checkout.choices import (
    choose_shipping_option,
    option_ids,
    with_shipping_option,
)
from mockserver.domain.operation import Operation


def start_checkout(
    order_id: str, fields: Fields, now: datetime, assumptions: Assumptions
) -> Checkout:
    """Create a checkout order from the fields of a request.

    Raises:
        Refusal: a bad value.
    """
    check_values(fields, Operation.CREATE_CHECKOUT, assumptions)
    return Checkout(order_id=order_id, fields=fields, started_at=now, last_modified_at=now)


def replace_fields(
    checkout: Checkout, fields: Fields, now: datetime, assumptions: Assumptions
) -> Checkout:
    """Replace the fields that were sent; lists and objects are replaced whole.

    Addresses are ignored once the shopper has identified (documented by Kustom). A chosen
    shipping option follows the list. If it is no longer there, another one is chosen; but
    none if ``shipping_option_update`` is set, so that the merchant is asked about the next.

    Raises:
        Refusal: it is complete, aborted or expired, or a value would be bad.
    """
    check_checkout_allowed(checkout, Operation.UPDATE_CHECKOUT, now, assumptions)
    ignored = [name for name in CHECKOUT_ADDRESSES if name in checkout.shopper]
    changes = {name: value for name, value in fields.items() if name not in ignored}
    merged = {**checkout.fields, **changes}
    check_values(merged, Operation.UPDATE_CHECKOUT, assumptions)
    changed = replace(checkout, fields=merged, last_modified_at=now)
    chosen = checkout.shopper.get("selected_shipping_option")
    if chosen is None:
        return changed
    is_withdrawn = chosen["id"] not in option_ids(changed)
    if is_withdrawn and changed.merchant_url("shipping_option_update"):
        return with_shipping_option(changed, {})
    return with_shipping_option(changed, choose_shipping_option(changed))


def mark_aborted(checkout: Checkout, now: datetime, assumptions: Assumptions) -> Checkout:
    """Abort a checkout order.

    Raises:
        Refusal: it is complete, aborted or expired.
    """
    check_checkout_allowed(checkout, Operation.ABORT_CHECKOUT, now, assumptions)
    return replace(checkout, aborted_at=now, last_modified_at=now)
