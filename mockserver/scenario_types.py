"""Shapes of scenario syntax that the Python API takes as keyword arguments.

A test compares them with ``schemas/scenario.schema.json`` and
``schemas/control.schema.json``. Amounts are integers in minor
units of the order's currency (öre, cents).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

CompletionOutcome: TypeAlias = Literal["approved", "pending", "declined", "abandoned"]
"""How a shopper's attempt to complete a checkout order ends."""


PushTiming: TypeAlias = Literal["schedule", "now", "with_confirmation", "hold"]
"""When the first push of a completed checkout order is sent."""


class OrderSpec(TypedDict, total=False):
    """Order in scenario syntax; only ``lines`` is required, everything else has a default.

    Attributes:
        name: name of the order, for the control API only.
        order_id: id; drawn from the seed by default.
        klarna_reference: short reference; drawn from the seed by default.
        lines: what was ordered, such as ``[{"reference": "shirt", "unit_price": 500}]``.
        amount: total; the sum of the lines by default.
        created: when it was placed; the clock's time by default.
        expires: when the authorization ends: a time, or a duration such as ``2d``.
        country: sets currency, locale and shopper.
        currency: such as ``SEK``; the country's by default.
        locale: such as ``sv-SE``; the country's by default.
        payment_method: such as ``CARD``; ``INVOICE`` by default.
        payment_description: its text; derived from the payment method by default.
        number_of_installments: for payment methods that have them.
        selected_shipping_option: shipping option that the shopper chose, as the provider
            returns it.
        fraud_status: status of the fraud review; ``ACCEPTED`` by default.
        merchant_reference1: the merchant's order number.
        merchant_reference2: a second reference of the merchant.
        merchant_data: any text; returned with the order.
        billing_address: the shipping address or a generated one by default.
        shipping_address: the billing address by default.
        customer: more about the shopper, such as ``date_of_birth``.
        captures: captures by name, oldest first.
        refunds: refunds by name, oldest first, after all captures.
        state: state that does not follow from captures and refunds.
    """

    name: str
    order_id: str
    klarna_reference: str
    lines: Required[Sequence[Mapping[str, object]]]
    amount: int
    created: str
    expires: str
    country: str
    currency: str
    locale: str
    payment_method: str
    payment_description: str
    number_of_installments: int
    selected_shipping_option: Mapping[str, object]
    fraud_status: Literal["ACCEPTED", "PENDING", "REJECTED", "STOPPED"]
    merchant_reference1: str | int
    merchant_reference2: str | int
    merchant_data: str
    billing_address: Mapping[str, object]
    shipping_address: Mapping[str, object]
    customer: Mapping[str, str | int]
    captures: Mapping[str, object]
    refunds: Mapping[str, object]
    state: Mapping[str, object]


class CheckoutSpec(TypedDict, total=False):
    """Checkout order in scenario syntax; every key has a default.

    Attributes:
        name: name of the checkout order, for the control API only.
        order_id: id; drawn from the seed by default.
        started: when it was created; the clock's time by default.
        lines: the cart, such as ``[{"reference": "shirt", "unit_price": 500}]``.
        order_lines: the lines as the API takes them, instead of ``lines``.
        country: sets currency and locale.
        currency: such as ``SEK``; the country's by default.
        locale: such as ``sv-SE``; the country's by default.
        order_amount: total; the sum of the lines by default.
        order_tax_amount: tax; that of the lines by default.
        merchant_urls: addresses of the shop; those left out are never called.
        options: options, as the API takes them.
        shipping_options: shipping options, as the API takes them.
        billing_address: what is known of the shopper's address.
        shipping_address: what is known of the shipping address.
        customer: more about the shopper, such as ``date_of_birth``.
        merchant_reference1: the merchant's order number.
        merchant_reference2: a second reference of the merchant.
        merchant_data: any text; returned with the order.
        billing_countries: countries of billing addresses.
        shipping_countries: countries of shipping addresses.
        external_payment_methods: payment methods of other providers.
        external_checkouts: checkouts of other providers.
        discount_lines: discounts that are not among the lines.
        gui: how the checkout looks, as the API takes it.
        attachment: extra data about the purchase, as the API takes it.
        tags: tags, as the API takes them.
        recurring: whether completing it creates a customer token.
        recurring_description: text that the shopper sees about it.
        state: state that does not follow from the other keys.
    """

    name: str
    order_id: str
    started: str
    lines: Sequence[Mapping[str, object]]
    order_lines: Sequence[Mapping[str, object]]
    country: str
    currency: str
    locale: str
    order_amount: int
    order_tax_amount: int
    merchant_urls: Mapping[str, str]
    options: Mapping[str, object]
    shipping_options: Sequence[Mapping[str, object]]
    billing_address: Mapping[str, str | int]
    shipping_address: Mapping[str, str | int]
    customer: Mapping[str, str | int]
    merchant_reference1: str | int
    merchant_reference2: str | int
    merchant_data: str
    billing_countries: Sequence[str]
    shipping_countries: Sequence[str]
    external_payment_methods: Sequence[Mapping[str, object]]
    external_checkouts: Sequence[Mapping[str, object]]
    discount_lines: Sequence[Mapping[str, object]]
    gui: Mapping[str, object]
    attachment: Mapping[str, object]
    tags: Sequence[str]
    recurring: bool
    recurring_description: str
    state: Mapping[str, object]


class CompletionSpec(TypedDict, total=False):
    """What the shopper does to complete a checkout order; every key has a default.

    Attributes:
        outcome: how the attempt ends; by default, the e-mail address decides.
        payment_method: such as ``INVOICE`` (the default) or ``CARD``.
        billing_address: its fields; missing ones are filled in.
        shipping_address: its fields; missing ones are copied from the billing address.
        customer: what the shopper enters about the person, such as ``date_of_birth``.
        shipping_option: id of the option; by default, the preselected or first one.
        checkbox: answer to ``options.additional_checkbox``.
        checkboxes: answers by the ids of ``options.additional_checkboxes``.
        push: when the first push is sent; by default, on the schedule.
        validation: ``skip`` does not ask the merchant's ``validation`` URL.
    """

    outcome: CompletionOutcome
    payment_method: str
    billing_address: Mapping[str, str | int]
    shipping_address: Mapping[str, str | int]
    customer: Mapping[str, str]
    shipping_option: str
    checkbox: bool
    checkboxes: Mapping[str, bool]
    push: PushTiming
    validation: Literal["run", "skip"]
