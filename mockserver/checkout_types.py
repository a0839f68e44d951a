"""JSON shapes of checkout orders: what a merchant reads, and what the control API adds.

Typed dictionaries for type checkers; at run time they are plain ``dict``. A test compares
them with ``schemas/responses`` and ``schemas/control.schema.json``, and with the responses of
a server. Amounts are integers in minor units of the currency (öre, cents), tax rates in basis
points (2500 is 25 %); times are ISO 8601 texts in UTC.
"""

from typing import Literal, NotRequired, Required, TypedDict

from mockserver.delivery_types import DeliveryEntry
from mockserver.merchant_types import MerchantOrder


class CheckoutAddress(TypedDict, total=False):
    """Address as far as the shopper or the merchant filled it in."""

    given_name: str
    family_name: str
    organization_name: str
    title: str
    attention: str
    street_address: str
    street_address2: str
    street_name: str
    street_number: str | int
    house_extension: str
    postal_code: str | int
    city: str
    region: str
    country: str
    email: str
    phone: str | int
    care_of: str


class CheckoutCustomer(TypedDict, total=False):
    """Shopper, beside the address; ``date_of_birth`` is like ``1941-03-21``."""

    type: Literal["person", "organization"]
    gender: Literal["male", "female"]
    date_of_birth: str
    organization_registration_id: str
    vat_id: str


class ProductIdentifiers(TypedDict, total=False):
    """Identifiers of the article of a checkout line."""

    brand: str
    color: str
    category_path: str
    global_trade_item_number: str
    manufacturer_part_number: str
    size: str


class CheckoutSubscription(TypedDict):
    """Interval at which the article of a checkout line is paid again."""

    interval: Literal["DAY", "WEEK", "MONTH", "YEAR"]
    interval_count: int
    name: NotRequired[str]


class CheckoutLine(TypedDict):
    """Line of a checkout order."""

    type: NotRequired[
        Literal[
            "physical",
            "discount",
            "shipping_fee",
            "sales_tax",
            "digital",
            "gift_card",
            "store_credit",
            "surcharge",
        ]
    ]
    reference: NotRequired[str | int]
    name: str
    quantity: int
    quantity_unit: NotRequired[str]
    unit_price: int
    tax_rate: int
    total_amount: int
    total_discount_amount: NotRequired[int]
    total_tax_amount: int
    merchant_data: NotRequired[str]
    product_url: NotRequired[str]
    image_url: NotRequired[str]
    product_identifiers: NotRequired[ProductIdentifiers]
    shipping_attributes: NotRequired[dict[str, object]]
    subscription: NotRequired[CheckoutSubscription]


class DiscountLine(TypedDict):
    """Discount of a checkout order that is not one of its lines."""

    name: str
    quantity: int
    unit_price: int
    tax_rate: int
    total_amount: int
    total_tax_amount: int
    reference: NotRequired[str]
    merchant_data: NotRequired[str]


class MerchantUrls(TypedDict, total=False):
    """Addresses of the shop that the checkout links to or calls."""

    terms: Required[str]
    cancellation_terms: str
    checkout: Required[str]
    confirmation: Required[str]
    push: Required[str]
    validation: str
    shipping_option_update: str
    address_update: str
    country_change: str
    notification: str
    upsell: str
    upsell_validation: str


class SingleCheckbox(TypedDict):
    """The one checkbox of ``options.additional_checkbox``."""

    text: str
    checked: bool
    required: bool


class AdditionalCheckbox(SingleCheckbox):
    """One of the checkboxes of ``options.additional_checkboxes``."""

    id: str


class CheckoutOptions(TypedDict, total=False):
    """Options of a checkout order, with defaults filled in."""

    allow_separate_shipping_address: bool
    date_of_birth_mandatory: bool
    title_mandatory: bool
    national_identification_number_mandatory: bool
    require_validate_callback_success: bool
    show_subtotal_detail: bool
    phone_mandatory: bool
    verify_national_identification_number: bool
    allowed_customer_types: list[Literal["person", "organization"]]
    additional_checkboxes: list[AdditionalCheckbox]
    require_client_validation: bool
    require_client_validation_callback_response: bool
    acquiring_channel: Literal["ECOMMERCE", "MOTO", "IN_STORE", "TELESALES"]
    additional_checkbox: SingleCheckbox
    additional_merchant_terms: str
    color_button: str
    color_button_text: str
    color_checkbox: str
    color_checkbox_checkmark: str
    color_header: str
    color_link: str
    radius_border: str
    shipping_details: str
    tms_configuration_override: str | bool | dict[str, object]
    auto_capture: bool
    enable_discount_module: bool
    show_vat_registration_number_field: bool
    vat_removed: bool
    shipping_in_iframe: bool
    full_checkout: bool
    packstation_enabled: bool
    confirmation_page_upsell: bool


class ExternalPayment(TypedDict):
    """Payment method or checkout of another provider; ``fee`` is an amount."""

    name: str
    redirect_url: str
    image_url: NotRequired[str]
    fee: NotRequired[int]
    description: NotRequired[str]
    countries: NotRequired[list[str]]
    label: NotRequired[Literal["continue", "complete"]]


class ShippingOption(TypedDict):
    """Shipping option that the shopper can choose; ``price`` includes ``tax_amount``."""

    id: str
    name: str
    price: int
    tax_amount: int
    tax_rate: int
    description: NotRequired[str]
    promo: NotRequired[str]
    preselected: NotRequired[bool]
    shipping_method: NotRequired[
        Literal[
            "PickUpStore",
            "Home",
            "BoxReg",
            "BoxUnreg",
            "PickUpPoint",
            "Own",
            "Postal",
            "DHLPackstation",
            "Digital",
        ]
    ]
    delivery_details: NotRequired[dict[str, object]]
    tms_reference: NotRequired[str]
    selected_addons: NotRequired[list[dict[str, object]]]


class CheckoutGui(TypedDict, total=False):
    """How the checkout looks, such as ``disable_autofocus``."""

    options: list[str]


class CheckoutAttachment(TypedDict):
    """Extra data about the purchase; ``body`` is JSON as text."""

    content_type: str
    body: str


class CheckoutOrder(TypedDict):
    """Checkout order as ``GET /checkout/v3/orders/{order_id}`` returns it."""

    order_id: str
    status: Literal["checkout_incomplete", "checkout_complete"]
    purchase_country: str
    purchase_currency: str
    locale: str
    billing_address: CheckoutAddress
    customer: CheckoutCustomer
    shipping_address: CheckoutAddress
    order_amount: int
    order_tax_amount: int
    order_lines: list[CheckoutLine]
    merchant_urls: NotRequired[MerchantUrls]
    html_snippet: str
    started_at: str
    last_modified_at: str
    completed_at: NotRequired[str]
    options: CheckoutOptions
    external_payment_methods: list[ExternalPayment]
    external_checkouts: list[ExternalPayment]
    billing_countries: NotRequired[list[str]]
    shipping_countries: NotRequired[list[str]]
    shipping_options: NotRequired[list[ShippingOption]]
    merchant_reference1: NotRequired[str | int]
    merchant_reference2: NotRequired[str | int]
    merchant_data: NotRequired[str]
    gui: NotRequired[CheckoutGui]
    attachment: NotRequired[CheckoutAttachment]
    recurring_description: NotRequired[str]
    tags: NotRequired[list[str]]
    discount_lines: NotRequired[list[DiscountLine]]
    recurring: NotRequired[bool]
    selected_shipping_option: NotRequired[ShippingOption]
    recurring_token: NotRequired[str]
    merchant_requested: NotRequired[dict[str, object]]


class CheckoutSummary(TypedDict):
    """Checkout order in a few fields; ``page_url`` opens its page in a browser.

    ``aborted`` and ``expired`` are known to the control API only.
    """

    order_id: str
    status: Literal["checkout_incomplete", "checkout_complete", "aborted", "expired"]
    order_amount: int
    started_at: str
    expires_at: str
    page_url: str


class CheckoutDetails(CheckoutSummary):
    """Checkout order and the order it became, ``None`` unless it is complete.

    ``confirmation_url`` is the merchant's, with the order id filled in.
    """

    confirmation_url: str | None
    checkout: CheckoutOrder
    order: MerchantOrder | None


class ValidationResponse(TypedDict):
    """The merchant's response to the ``validation`` callback.

    ``error_text`` is shown to the shopper; ``redirect_url`` is where the shopper is sent.
    """

    result: Literal["skipped", "passed", "not_answered", "refused", "redirected", "failed"]
    error_type: str | None
    error_text: str | None
    redirect_url: str | None


class CheckoutCompletion(CheckoutDetails):
    """Attempt to complete a checkout order, and the deliveries that it caused.

    ``outcome`` is ``not_validated`` if the response to a callback stopped the attempt.
    """

    outcome: Literal["approved", "pending", "declined", "abandoned", "not_validated"]
    validation: ValidationResponse
    deliveries: list[DeliveryEntry]
