"""What the shopper does at checkout, and the order it makes in order management.

The order has the id of the checkout order. Its country is in upper case, and a chosen
shipping option becomes a line of its own, so that lines and amount still agree.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.authorization import initial_expiry
from mockserver.domain.checkout.checkout import (
    Checkout,
    Fields,
    check_checkout_allowed,
)
from mockserver.domain.checkout.choices import (
    answer_checkboxes,
    check_countries,
    check_customer_type,
    check_required_checkboxes,
    choose_shipping_option,
    with_shipping_option,
)
from mockserver.domain.checkout.streets import completed_address
from mockserver.domain.money import sum_totals
from mockserver.domain.operation import Operation
from mockserver.domain.order import (
    ADDRESS_FIELDS,
    ECHOED_LINE_FIELDS,
    Address,
    FraudStatus,
    Order,
    OrderLine,
    PaymentMethod,
    PlannedReview,
)

ADDRESS_NAMES = ("billing_address", "shipping_address")
ORDER_LINE_FIELDS = tuple(name for name in OrderLine.__struct_fields__ if name != "extra")


ORDER_OPTION_MEMBERS = {
    "id": "id", "name": "name", "shipping_method": "type", "class": "class",
    "carrier": "carrier", "product": "carrier_product", "price": "price",
    "tax_amount": "tax_amount", "tax_rate": "tax_rate", "pickup_location": "location",
    "timeslot": "timeslot", "tms_reference": "tms_reference",
    "selected_addons": "selected_addons",
}  # fmt: skip
"""Members of a shipping option, and of its details, by their names in order management."""


class ShopperOutcome(StrEnum):
    """How an attempt to complete a checkout order ends."""

    APPROVED = "approved"
    PENDING = "pending"
    DECLINED = "declined"
    ABANDONED = "abandoned"


ORDER_OUTCOMES = {
    ShopperOutcome.APPROVED: FraudStatus.ACCEPTED,
    ShopperOutcome.PENDING: FraudStatus.PENDING,
}
"""Outcomes that make an order, and its fraud status."""

_TRIGGER = re.compile(
    r"\+(?:denied|red|pend-(accept|reject)-(\d{2}))(?=[+@])", re.IGNORECASE | re.ASCII
)
_REVIEWS = {"accept": FraudStatus.ACCEPTED, "reject": FraudStatus.REJECTED}


class Completion(Struct, frozen=True, kw_only=True):
    """What the shopper enters and how the attempt ends.

    Attributes:
        customer: fields of the person that the shopper enters, such as ``date_of_birth``.
        shipping_option: the id of the chosen option; ``None`` for the preselected one.
        checkbox: answer to ``options.additional_checkbox``; ``None`` leaves it as the
            merchant sent it.
        checkboxes: answers by the ids of ``options.additional_checkboxes``; what is left
            out stays as the merchant sent it.
    """

    outcome: ShopperOutcome
    payment_method: PaymentMethod
    billing_address: Address
    shipping_address: Address
    customer: Fields = field(default_factory=dict)
    shipping_option: str | None = None
    checkbox: bool | None = None
    checkboxes: Fields = field(default_factory=dict)


def outcome_for_email(email: str) -> ShopperOutcome:
    """Return the outcome that the provider's test e-mail addresses ask for.

    Documented by Klarna for the playground: ``name+denied@…``, ``name+red@…``,
    ``name+pend-accept-05@…``, ``name+pend-reject-05@…`` (a review of so many minutes).
    Case and further parts such as ``name+denied+2@…`` make no difference (assumed).
    """
    match = _TRIGGER.search(email)
    if match is None:
        return ShopperOutcome.APPROVED
    return ShopperOutcome.PENDING if match[1] else ShopperOutcome.DECLINED


def email_trigger(email: str) -> str:
    """Return the part of an e-mail address that decides a completion, or an empty text."""
    match = _TRIGGER.search(email)
    return match[0] if match else ""


def planned_review(email: str, completed_at: datetime) -> PlannedReview | None:
    """Return how the review ends of an order from a test address with a time in minutes."""
    match = _TRIGGER.search(email)
    if match is None or not match[1]:
        return None
    return PlannedReview(
        completed_at + timedelta(minutes=int(match[2])), _REVIEWS[match[1].lower()]
    )


def enter_shopper_details(
    checkout: Checkout,
    addresses: Mapping[str, Address],
    shipping_option: str | None,
    now: datetime,
    assumptions: Assumptions,
) -> Checkout:
    """Record what a shopper entered: addresses by name, and the id of a shipping option.

    Raises:
        Refusal: it is complete, aborted or expired.
        ChoiceError: no such shipping option, or a country that the merchant does not allow.
    """
    check_checkout_allowed(checkout, Operation.UPDATE_CHECKOUT, now, assumptions)
    check_countries(checkout, addresses)
    entered = {name: completed_address(a, assumptions) for name, a in addresses.items()}
    used = replace(checkout, shopper={**checkout.shopper, **entered}, last_modified_at=now)
    return with_shipping_option(used, choose_shipping_option(checkout, shipping_option))


def attempt_checkout(
    checkout: Checkout, completion: Completion, now: datetime, assumptions: Assumptions
) -> Checkout:
    """Apply what the shopper does; the checkout order is complete if payment succeeds.

    Raises:
        Refusal: it is complete, aborted or expired.
        ChoiceError: no such shipping option or checkbox, a country or type of customer that
            the merchant does not allow, or a required checkbox is not ticked though the
            shopper pays.
    """
    addresses = {name: getattr(completion, name) for name in ADDRESS_NAMES}
    used = enter_shopper_details(
        checkout, addresses, completion.shipping_option, now, assumptions
    )
    answers = answer_checkboxes(
        checkout, checkbox=completion.checkbox, checkboxes=completion.checkboxes
    )
    if completion.outcome is not ShopperOutcome.ABANDONED:
        check_required_checkboxes(checkout, answers, assumptions)
    entered = {"customer": completion.customer, "merchant_requested": answers}
    shopper = {**used.shopper, **{name: value for name, value in entered.items() if value}}
    used = replace(used, shopper=shopper)
    check_customer_type(used)
    if completion.outcome not in ORDER_OUTCOMES:
        return used
    return replace(used, completed_at=now)


def completed_amount(checkout: Checkout, assumptions: Assumptions) -> int:
    """Return the amount to pay, with the chosen shipping option where it is added."""
    shipping = _added_shipping(checkout, assumptions)
    return int(checkout.fields["order_amount"] + shipping.get("price", 0))


def completed_tax_amount(checkout: Checkout, assumptions: Assumptions) -> int:
    """Return the tax of :func:`completed_amount`."""
    shipping = _added_shipping(checkout, assumptions)
    return int(checkout.fields["order_tax_amount"] + shipping.get("tax_amount", 0))


def build_completed_order(
    checkout: Checkout,
    completion: Completion,
    klarna_reference: str,
    assumptions: Assumptions,
) -> Order | None:
    """Build the order of a completed checkout order; ``None`` where the outcome makes none."""
    fraud_status = ORDER_OUTCOMES.get(completion.outcome)
    if fraud_status is None or checkout.completed_at is None:
        return None
    fields, created_at = checkout.fields, checkout.completed_at
    lines = tuple(map(_to_order_line, fields["order_lines"]))
    shipping = _added_shipping(checkout, assumptions)
    if shipping:
        lines = (*lines, _shipping_line(shipping))
    country = fields["purchase_country"].upper()
    return Order(
        order_id=checkout.order_id,
        klarna_reference=klarna_reference,
        created_at=created_at,
        expires_at=initial_expiry(created_at, assumptions.authorization_days),
        order_amount=sum_totals(lines),
        original_order_amount=sum_totals(lines),
        order_lines=lines,
        purchase_country=country,
        purchase_currency=fields["purchase_currency"].upper(),
        locale=_order_locale(fields["locale"], country, assumptions),
        payment_method=completion.payment_method,
        customer=checkout.customer,
        billing_address=_order_address(completion.billing_address, assumptions),
        shipping_address=_order_address(completion.shipping_address, assumptions),
        fraud_status=fraud_status,
        planned_review=(
            planned_review(completion.billing_address.get("email", ""), created_at)
            if fraud_status is FraudStatus.PENDING
            else None
        ),
        merchant_reference1=fields.get("merchant_reference1"),
        merchant_reference2=fields.get("merchant_reference2"),
        merchant_data=fields.get("merchant_data"),
        selected_shipping_option=_order_shipping_option(checkout),
    )


def _added_shipping(checkout: Checkout, assumptions: Assumptions) -> Fields:
    """Return the chosen option where the checkout itself adds its price."""
    decided_by_merchant = "shipping_option_update" in checkout.fields.get("merchant_urls", {})
    if decided_by_merchant or assumptions.shipping_price == "never_added":
        return {}
    chosen: Fields = checkout.shopper.get("selected_shipping_option", {})
    return chosen


def _to_order_line(line: Fields) -> OrderLine:
    known = {name: line[name] for name in ORDER_LINE_FIELDS if name in line}
    extra = {name: line[name] for name in ECHOED_LINE_FIELDS if line.get(name)}
    return OrderLine(**known, extra=extra or None)


def _shipping_line(option: Fields) -> OrderLine:
    return OrderLine(
        type="shipping_fee",
        reference=option["id"],
        name=option["name"],
        quantity=1,
        unit_price=option["price"],
        total_amount=option["price"],
        tax_rate=option["tax_rate"],
        total_tax_amount=option["tax_amount"],
    )


def _order_shipping_option(checkout: Checkout) -> Fields | None:
    """Return the chosen option under the names that order management has for its members."""
    option: Fields = checkout.shopper.get("selected_shipping_option", {})
    members = {**option.get("delivery_details", {}), **option}
    shown = {
        name: members[member]
        for member, name in ORDER_OPTION_MEMBERS.items()
        if members.get(member) is not None
    }
    return shown or None


def _order_locale(locale: str, country: str, assumptions: Assumptions) -> str:
    if assumptions.locale_in_order == "as_sent":
        return locale
    return f"{locale.partition('-')[0]}-{country}"


def _order_address(address: Address, assumptions: Assumptions) -> Address:
    completed = completed_address(address, assumptions)
    known = {name: completed[name] for name in ADDRESS_FIELDS if name in completed}
    if "country" in known:
        known["country"] = known["country"].upper()
    return known
