"""Commands: one frozen value per operation that changes an order.

A command is a parsed request, without JSON, headers and path. Commands compare by value,
so a changed body under a known idempotency key is detected.
"""

from typing import ClassVar, TypeAlias

from msgspec import Struct

from mockserver.domain.limits import Amount, Text
from mockserver.domain.operation import Operation
from mockserver.domain.order import Address, Lines, ShippingInfo


class Acknowledge(Struct, frozen=True):
    """Confirm that the order was received; stops the provider's pushes."""

    operation: ClassVar = Operation.ACKNOWLEDGE


class UpdateAuthorization(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Set a new total (minor units) and new lines; both replace, nothing is merged."""

    operation: ClassVar = Operation.UPDATE_AUTHORIZATION
    order_amount: Amount
    order_lines: Lines


class Cancel(Struct, frozen=True):
    """Cancel the whole order, before any capture."""

    operation: ClassVar = Operation.CANCEL


class UpdateCustomerDetails(Struct, frozen=True):
    """Change fields of the shipping address; an empty text clears a field."""

    operation: ClassVar = Operation.UPDATE_CUSTOMER_DETAILS
    shipping_address: Address


class ExtendAuthorizationTime(Struct, frozen=True):
    """Move the expiry to today plus the account's days."""

    operation: ClassVar = Operation.EXTEND_AUTHORIZATION_TIME


class UpdateMerchantReferences(Struct, frozen=True):
    """Overwrite merchant references; None leaves a reference unchanged."""

    operation: ClassVar = Operation.UPDATE_MERCHANT_REFERENCES
    merchant_reference1: str | None
    merchant_reference2: str | None


class ReleaseRemainingAuthorization(Struct, frozen=True):
    """Release the authorization that is not captured."""

    operation: ClassVar = Operation.RELEASE_REMAINING_AUTHORIZATION


class AddOrderShippingInfo(Struct, frozen=True):
    """Append tracking data to the order."""

    operation: ClassVar = Operation.ADD_ORDER_SHIPPING_INFO
    shipping_info: tuple[ShippingInfo, ...]


class CaptureOrder(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Capture an amount (minor units) for a shipment."""

    operation: ClassVar = Operation.CAPTURE
    captured_amount: Amount
    description: Text = ""
    order_lines: Lines = ()
    reference: Text | None = None
    shipping_info: tuple[ShippingInfo, ...] = ()


class AddCaptureShippingInfo(Struct, frozen=True):
    """Append tracking data to a capture."""

    operation: ClassVar = Operation.ADD_CAPTURE_SHIPPING_INFO
    capture_id: str
    shipping_info: tuple[ShippingInfo, ...]


class TriggerSendOut(Struct, frozen=True):
    """Send the customer the invoice of a capture again."""

    operation: ClassVar = Operation.TRIGGER_SEND_OUT
    capture_id: str


class ExtendDueDate(Struct, frozen=True):
    """Extend the due date of a capture."""

    operation: ClassVar = Operation.EXTEND_DUE_DATE
    capture_id: str
    number_of_days: int


class RefundOrder(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Refund an amount (minor units), optionally with the refunded lines."""

    operation: ClassVar = Operation.REFUND
    refunded_amount: Amount
    description: Text = ""
    order_lines: Lines = ()
    reference: Text | None = None


Command: TypeAlias = (
    Acknowledge
    | UpdateAuthorization
    | Cancel
    | UpdateCustomerDetails
    | ExtendAuthorizationTime
    | UpdateMerchantReferences
    | ReleaseRemainingAuthorization
    | AddOrderShippingInfo
    | CaptureOrder
    | AddCaptureShippingInfo
    | TriggerSendOut
    | ExtendDueDate
    | RefundOrder
)
