"""Orders, order lines, captures and refunds as frozen values.

Values are frozen; a change makes a new one. Amounts are whole minor currency units
(öre, cents), tax rates are basis points (2500 is 25 %), times are aware and in UTC.
Totals and remainders are derived, never stored. What the provider only echoes
(addresses, customer, shipping info) stays a plain mapping. Values have no reference cycles,
so the garbage collector does not track them (``gc=False``).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field

from mockserver.domain.allocation.explanation import Allocation
from mockserver.domain.limits import (
    Discount,
    LineAmount,
    LineType,
    Quantity,
    TaxAmount,
    TaxRate,
    Text,
    Unit,
)

Address: TypeAlias = Mapping[str, str]
ShippingInfo: TypeAlias = Mapping[str, str]

ADDRESS_FIELDS = (
    "given_name", "family_name", "organization_name", "title", "attention",
    "street_address", "street_address2", "postal_code", "city", "region", "country",
    "email", "phone",
)  # fmt: skip
"""The fields of an address, in the recorded order."""

ECHOED_LINE_FIELDS: Mapping[str, frozenset[str]] = {
    "product_url": frozenset(),
    "image_url": frozenset(),
    "merchant_data": frozenset(),
    "product_identifiers": frozenset(
        (
            "brand", "category_path", "color", "global_trade_item_number",
            "manufacturer_part_number", "size",
        ),
    ),
    "subscription": frozenset(("interval", "interval_count", "name")),
}  # fmt: skip
"""Fields of an order line that are only echoed, with the keys of those that are objects."""


class FraudStatus(StrEnum):
    """The outcome of the provider's risk review."""

    ACCEPTED = "ACCEPTED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"
    STOPPED = "STOPPED"


class PlannedReview(Struct, frozen=True, gc=False):
    """When a fraud review ends by itself, and the status that the order then has."""

    ends_at: datetime
    fraud_status: FraudStatus


class PaymentMethod(Struct, frozen=True, gc=False):
    """How the shopper paid: a provider's type such as ``INVOICE``, and free text."""

    type: str
    description: str
    number_of_installments: int | None = None


class OrderLine(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """One line of an order, capture or refund; amounts include tax.

    ``extra`` has the fields that are only echoed, if there are any.
    """

    name: Text
    quantity: Quantity
    unit_price: LineAmount
    total_amount: LineAmount
    reference: Text | None = None
    type: LineType = "physical"
    quantity_unit: Unit = ""
    total_discount_amount: Discount = 0
    tax_rate: TaxRate = 0
    total_tax_amount: TaxAmount = 0
    extra: Mapping[str, object] | None = None


Lines: TypeAlias = Annotated[tuple[OrderLine, ...], Meta(max_length=1000)]
"""Lines of a request body."""


@lru_cache(1024)
def _set_of(references: tuple[str, ...]) -> frozenset[str]:
    """Return a set; captures with the same references share it."""
    return frozenset(references)


class Capture(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A shipment: money taken for some lines of the order."""

    capture_id: str
    klarna_reference: str
    captured_amount: int
    captured_at: datetime
    description: str = ""
    order_lines: tuple[OrderLine, ...] = ()
    reference: str | None = None
    billing_address: Address = field(default_factory=dict)
    shipping_address: Address = field(default_factory=dict)
    shipping_info: tuple[ShippingInfo, ...] = ()
    due_date_extended_by: int = 0  # days
    sent_out_at: datetime | None = None

    @property
    def references(self) -> frozenset[str]:
        """The references of its lines, against which refunds are matched."""
        return _set_of(tuple([line.reference for line in self.order_lines if line.reference]))


class Refund(Struct, frozen=True, gc=False, kw_only=True):
    """A refund with the allocation that was decided when it was accepted.

    ``earlier_capture_count`` is the number of captures before it. Times do not order
    captures and refunds, because a clock may be frozen.
    """

    refund_id: str
    refunded_amount: int
    refunded_at: datetime
    allocation: Allocation
    earlier_capture_count: int
    description: str = ""
    order_lines: tuple[OrderLine, ...] = ()
    reference: str | None = None


_CAPTURED_AMOUNT = attrgetter("captured_amount")
_REFUNDED_AMOUNT = attrgetter("refunded_amount")


class Order(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An order with its captures and refunds."""

    order_id: str
    klarna_reference: str
    created_at: datetime
    expires_at: datetime
    order_amount: int
    original_order_amount: int
    order_lines: tuple[OrderLine, ...]
    purchase_country: str
    purchase_currency: str
    locale: str
    payment_method: PaymentMethod
    customer: Mapping[str, str] = field(default_factory=dict)
    billing_address: Address = field(default_factory=dict)
    shipping_address: Address = field(default_factory=dict)
    fraud_status: FraudStatus = FraudStatus.ACCEPTED
    fraud_reviewed_at: datetime | None = None
    planned_review: PlannedReview | None = None
    merchant_reference1: str | None = None
    merchant_reference2: str | None = None
    merchant_data: str | None = None
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refund, ...] = ()
    shipping_info: tuple[ShippingInfo, ...] = ()
    selected_shipping_option: Mapping[str, object] | None = None
    acknowledged_at: datetime | None = None
    authorization_updated_at: datetime | None = None
    extended_at: datetime | None = None
    cancelled_at: datetime | None = None
    released_at: datetime | None = None
    released_amount: int = 0
    fail_next_allocation: bool = False

    @property
    def captured_amount(self) -> int:
        """The sum of all captures."""
        captures = self.captures
        if len(captures) == 1:  # the usual case, of which every request asks twice
            return captures[0].captured_amount
        return sum(map(_CAPTURED_AMOUNT, captures))

    @property
    def refunded_amount(self) -> int:
        """The sum of all refunds, allocated or not."""
        return sum(map(_REFUNDED_AMOUNT, self.refunds))

    @property
    def remaining_authorized_amount(self) -> int:
        """The amount that is authorized and not captured.

        A cancelled order keeps it, as recorded; a released order has none.
        """
        if self.released_at is not None:
            return 0
        return self.order_amount - self.captured_amount

    @property
    def booked_by_capture(self) -> Mapping[str, int]:
        """The amount of refunds booked on each capture, by capture id."""
        booked: Counter[str] = Counter()
        for refund in self.refunds:
            for booking in refund.allocation.booked:
                booked[booking.capture_id] += booking.amount
        return booked

    def get_capture(self, capture_id: str) -> Capture | None:
        """Find a capture by its id."""
        return next((c for c in self.captures if c.capture_id == capture_id), None)

    def get_refund(self, refund_id: str) -> Refund | None:
        """Find a refund by its id."""
        return next((r for r in self.refunds if r.refund_id == refund_id), None)
