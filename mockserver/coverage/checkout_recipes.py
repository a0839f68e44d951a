"""Recipes for checkout orders, and for the calls that they cause.

No shop is needed: a fault rule answers in its place.
"""

from collections.abc import Mapping
from typing import Any

from mockserver.coverage.recipe import ORDER, UNKNOWN_ID, Recipe
from mockserver.domain.errors import Reason, find_error_definition
from mockserver.domain.operation import Operation
from mockserver.sandbox.deliveries.delivery import UPDATE_CALLBACKS, DeliveryKind
from mockserver.scenario.spec import Spec

CART_LINE: Spec = {"reference": "C", "name": "Socks", "unit_price": 1000}
PARCEL_OPTION: Spec = {
    "id": "parcel", "name": "Parcel", "price": 4900, "tax_amount": 980, "tax_rate": 2500,
}  # fmt: skip
PICKUP: Spec = {"id": "pickup", "name": "Pick up", "price": 0, "tax_amount": 0, "tax_rate": 0}

CHECKOUT_CALLS: Mapping[Operation, Spec] = {
    Operation.CREATE_CHECKOUT: {"order": "cart", "lines": [CART_LINE]},
    Operation.READ_CHECKOUT: {"order": ORDER},
    Operation.UPDATE_CHECKOUT: {"order": ORDER, "lines": [CART_LINE]},
    Operation.ABORT_CHECKOUT: {"order": ORDER},
}
COMPLETE: Spec = {"complete": {"order": ORDER}}

CALLBACK_RESPONSES: Mapping[str, Spec] = {
    "2xx": {"respond": {"status": 200}},
    "3xx": {"respond": {"status": 301}},
    "4xx": {"respond": {"status": 404}},
    "5xx": {"respond": {"status": 500}},
    "late": {"respond": {"status": 200, "after": "6s"}},
    "unanswered": {"lose": True},
    "repeated": {"duplicate": 2, "respond": {"status": 200}},
}
"""Actions of the fault rule that covers an outcome of a delivery."""


def accepted_checkout(name: str) -> Recipe:
    """Return the recipe of a request for a checkout order that is accepted."""
    return Recipe(({name: CHECKOUT_CALLS[Operation(name)]},), cart={})


def refused_checkout(operation: Operation, reason: Reason) -> Recipe:
    """Return the recipe of a request for a checkout order that is refused."""
    call = dict(CHECKOUT_CALLS[operation])
    before: tuple[Spec, ...] = ()
    if reason is Reason.CHECKOUT_NOT_FOUND:
        call["order"] = UNKNOWN_ID
    elif reason is Reason.CHECKOUT_READ_ONLY:
        before = (COMPLETE,)
    else:
        call["order_amount"] = -1
    status = find_error_definition(reason, operation).status
    return Recipe((*before, {str(operation): call, "response": {"status": status}}), cart={})


def delivery(name: str, outcome: str) -> Recipe:
    """Return the recipe of a call to the merchant that ends in an outcome."""
    kind = DeliveryKind(name)
    faults = {"shop": {"on": name, "calls": 1, "do": CALLBACK_RESPONSES[outcome]}}
    if kind is DeliveryKind.WEBHOOK:
        steps = ({"capture": {"order": ORDER, "lines": ["B"]}}, {"advance": "1s"})
        return Recipe(steps, faults, is_told=True)
    if kind is DeliveryKind.PUSH:
        return Recipe((COMPLETE, {"advance": "2m"}), faults, cart={})
    cart: dict[str, Any] = {"merchant_urls": {name: f"https://shop.example/{name}"}}
    completion: dict[str, Any] = {"order": ORDER, "push": "hold"}
    if kind is DeliveryKind.NOTIFICATION:
        pending: Spec = {"complete": {**completion, "outcome": "pending"}}
        accepted = {"force": {"order": ORDER, "outcome": "accept_fraud"}}
        return Recipe((pending, accepted, {"advance": "10m"}), faults, cart=cart)
    if kind in UPDATE_CALLBACKS:
        cart["shipping_options"] = [PICKUP, PARCEL_OPTION]
        completion |= {"shipping_option": "parcel", "billing_address": {"country": "NO"}}
    return Recipe(({"complete": completion},), faults, cart=cart)
