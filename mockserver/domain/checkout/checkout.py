"""Checkout orders as frozen values, their status, and which operation it allows.

What the merchant sent is kept as JSON values, without what the service drops: ``null``,
unknown members. Amounts are minor currency units, times are aware and in UTC.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct, field

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.customer_token import CustomerToken
from mockserver.domain.checkout.hosted_session import HostedSession
from mockserver.domain.errors import Reason
from mockserver.domain.lifecycle import Permission
from mockserver.domain.operation import Operation
from mockserver.domain.provenance import Mark
from mockserver.domain.refusal import Refusal

Fields: TypeAlias = Mapping[str, Any]

LIFETIME = timedelta(hours=48)
"""From the last update or shopper activity to the expiry (documented by Kustom)."""

MERCHANT_FIELDS = (
    "purchase_country", "purchase_currency", "locale", "billing_address", "customer",
    "shipping_address", "order_amount", "order_tax_amount", "order_lines", "merchant_urls",
    "options", "external_payment_methods", "external_checkouts", "billing_countries",
    "shipping_countries", "shipping_options", "merchant_reference1", "merchant_reference2",
    "merchant_data", "gui", "attachment", "recurring_description", "tags", "discount_lines",
    "recurring",
)  # fmt: skip
"""The fields that a merchant sets, in the recorded order of the echo."""

CHECKOUT_ADDRESSES = ("billing_address", "shipping_address")

MERCHANT_URLS = (
    "terms", "cancellation_terms", "checkout", "confirmation", "push", "validation",
    "shipping_option_update", "address_update", "country_change", "notification",
    "upsell", "upsell_validation",
)  # fmt: skip
"""Members of ``merchant_urls``; others are dropped (recorded)."""

CHECKOUT_OPTIONS = (
    "allow_separate_shipping_address", "date_of_birth_mandatory", "title_mandatory",
    "national_identification_number_mandatory", "require_validate_callback_success",
    "show_subtotal_detail", "phone_mandatory", "verify_national_identification_number",
    "allowed_customer_types", "additional_checkboxes", "require_client_validation",
    "require_client_validation_callback_response", "acquiring_channel",
    "additional_checkbox", "additional_merchant_terms", "color_button",
    "color_button_text", "color_checkbox", "color_checkbox_checkmark", "color_header",
    "color_link", "radius_border", "shipping_details", "tms_configuration_override",
    "auto_capture", "enable_discount_module", "show_vat_registration_number_field",
    "vat_removed", "shipping_in_iframe", "full_checkout", "packstation_enabled",
    "confirmation_page_upsell",
)  # fmt: skip
"""Members of ``options``: the first twelve in the recorded order of the echo."""

KNOWN_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "merchant_urls": MERCHANT_URLS,
    "options": CHECKOUT_OPTIONS,
}
"""The members of objects that have no others; others are dropped (recorded)."""

DEFAULT_OPTIONS: Mapping[str, bool] = {
    "allow_separate_shipping_address": False,
    "date_of_birth_mandatory": False,
    "require_validate_callback_success": False,
}
"""The options that come back when none was sent (recorded).

In Germany a separate shipping address is allowed by default (documented by Klarna).
"""

ORDER_ID_PLACEHOLDER = "{checkout.order.id}"
"""Placeholder of the order's id in merchant URLs; replaced when a URL is used."""

READABLE_AFTER_COMPLETION: Mapping[str, timedelta] = {
    "2h": timedelta(hours=2),
    "48h": timedelta(hours=48),
    "forever": timedelta.max,
}


class CheckoutStatus(StrEnum):
    """The status of a checkout order, derived from what happened and the time."""

    INCOMPLETE = "checkout_incomplete"
    COMPLETE = "checkout_complete"
    ABORTED = "aborted"
    EXPIRED = "expired"


class Checkout(Struct, frozen=True, kw_only=True):
    """A checkout order.

    Attributes:
        fields: what the merchant set, by the names of :data:`MERCHANT_FIELDS`.
        token: the customer token that the completion created, if it did.
        session: its session of the hosted payment page, if it has one.
        shopper: what the shopper set: addresses, ``customer``,
            ``selected_shipping_option``, ``merchant_requested``. Empty until the shopper has
            identified.
    """

    order_id: str
    fields: Fields
    started_at: datetime
    last_modified_at: datetime
    shopper: Fields = field(default_factory=dict)
    completed_at: datetime | None = None
    aborted_at: datetime | None = None
    token: CustomerToken | None = None
    session: HostedSession | None = None

    @property
    def expires_at(self) -> datetime:
        """When it expires, unless it is completed, updated or used before."""
        return self.last_modified_at + LIFETIME

    @property
    def return_url(self) -> str | None:
        """Where the shopper goes after a purchase: the session's URL, or ``confirmation``."""
        success = self.session and self.session.merchant_url("success", self.order_id)
        return success or self.merchant_url("confirmation")

    @property
    def options(self) -> Fields:
        """The options that the merchant sent, over the defaults."""
        in_germany = self.fields["purchase_country"].upper() == "DE"
        defaults = {**DEFAULT_OPTIONS, "allow_separate_shipping_address": in_germany}
        return {**defaults, **self.fields.get("options", {})}

    @property
    def customer(self) -> Fields:
        """The person: what the merchant sent, then what the shopper entered."""
        return {**self.fields.get("customer", {}), **self.shopper.get("customer", {})}

    def merchant_url(self, kind: str) -> str | None:
        """Return a merchant URL with the placeholder replaced."""
        url = self.fields.get("merchant_urls", {}).get(kind)
        return url and str(url).replace(ORDER_ID_PLACEHOLDER, self.order_id)


def derive_checkout_status(
    checkout: Checkout, now: datetime, assumptions: Assumptions
) -> CheckoutStatus:
    """Derive the status; expiry needs no timer."""
    if checkout.completed_at is not None:
        readable_for = READABLE_AFTER_COMPLETION[assumptions.completed_checkout_readable]
        is_readable = now - checkout.completed_at < readable_for
        return CheckoutStatus.COMPLETE if is_readable else CheckoutStatus.EXPIRED
    if now >= checkout.expires_at:
        return CheckoutStatus.EXPIRED
    if checkout.aborted_at is None:
        return CheckoutStatus.INCOMPLETE
    if assumptions.aborted_status == "gone_404":
        return CheckoutStatus.EXPIRED
    return CheckoutStatus.ABORTED


def _row(complete: Permission, aborted: Permission) -> Mapping[CheckoutStatus, Permission]:
    return {
        CheckoutStatus.INCOMPLETE: Permission(None, Mark.DOCUMENTED_BY_KUSTOM),
        CheckoutStatus.COMPLETE: complete,
        CheckoutStatus.ABORTED: aborted,
        CheckoutStatus.EXPIRED: Permission(
            Reason.CHECKOUT_NOT_FOUND, Mark.DOCUMENTED_BY_KUSTOM
        ),
    }


CHECKOUT_LIFECYCLE: Mapping[Operation, Mapping[CheckoutStatus, Permission]] = {
    Operation.READ_CHECKOUT: _row(
        complete=Permission(None, Mark.DOCUMENTED_BY_KUSTOM),
        aborted=Permission(None, Mark.ASSUMED),
    ),
    Operation.UPDATE_CHECKOUT: _row(
        complete=Permission(Reason.CHECKOUT_READ_ONLY, Mark.RECORDED),
        aborted=Permission(Reason.CHECKOUT_READ_ONLY, Mark.ASSUMED),
    ),
    Operation.ABORT_CHECKOUT: _row(
        complete=Permission(Reason.CHECKOUT_READ_ONLY, Mark.DOCUMENTED_BY_KUSTOM),
        aborted=Permission(Reason.CHECKOUT_READ_ONLY, Mark.ASSUMED),
    ),
}
"""Operation, status, response."""


def check_checkout_allowed(
    checkout: Checkout, operation: Operation, now: datetime, assumptions: Assumptions
) -> None:
    """Look an operation up in the table.

    Raises:
        Refusal: the table refuses it in the status of the checkout order.
    """
    status = derive_checkout_status(checkout, now, assumptions)
    reason = CHECKOUT_LIFECYCLE[operation][status].reason
    if reason is not None:
        raise Refusal(reason, operation, order_id=checkout.order_id, status=status)
