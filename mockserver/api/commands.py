"""From JSON to commands: the only place that spells request fields.

A body in which all is as documented is read and checked in one step, by the types of the
command (:func:`reader_of`). Any other is read field by field, after it has passed its
schema, which is more tolerant: ``null`` counts as not given, numbers are taken for
references and tracking numbers, whole floats for integers, unknown fields are ignored
(the last two read off clients, the first two assumed).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from msgspec import DecodeError, ValidationError, convert
from msgspec.json import Decoder

from mockserver.domain.commands import (
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    CaptureOrder,
    Command,
    ExtendDueDate,
    RefundOrder,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.order import ADDRESS_FIELDS, ECHOED_LINE_FIELDS, OrderLine

Body: TypeAlias = Mapping[str, Any]
Ids: TypeAlias = Mapping[str, str]
AnyCommand = TypeVar("AnyCommand", bound=Command)

_SHIPPING_INFO_KEYS = (
    "shipping_company", "shipping_method", "tracking_number", "tracking_uri",
    "return_shipping_company", "return_tracking_number", "return_tracking_uri",
)  # fmt: skip


def reader_of(kind: type[AnyCommand]) -> Callable[[bytes], AnyCommand | None]:
    """Make a function that reads a JSON text as a command.

    It gives ``None`` for all that is not exactly as documented, be it right or wrong:
    an unknown field, ``null`` or a number for a text, too much, no JSON.
    """
    decode = Decoder(kind).decode

    def read(text: bytes) -> AnyCommand | None:
        try:
            return decode(text)
        except (DecodeError, UnicodeDecodeError):
            return None

    return read


def capture_order(body: Body, _ids: Ids) -> CaptureOrder:
    """Read the body of ``capture``."""
    return CaptureOrder(
        captured_amount=int(body["captured_amount"]),
        description=body.get("description") or "",
        order_lines=order_lines(body.get("order_lines")),
        reference=_text(body.get("reference")),
        shipping_info=_shipping_info(body.get("shipping_info")),
    )


def refund_order(body: Body, _ids: Ids) -> RefundOrder:
    """Read the body of ``refund``."""
    return RefundOrder(
        refunded_amount=int(body["refunded_amount"]),
        description=body.get("description") or "",
        order_lines=order_lines(body.get("order_lines")),
        reference=_text(body.get("reference")),
    )


def update_authorization(body: Body, _ids: Ids) -> UpdateAuthorization:
    """Read the body of ``update_authorization``."""
    return UpdateAuthorization(
        order_amount=int(body["order_amount"]),
        order_lines=order_lines(body["order_lines"]),
    )


def update_customer_details(body: Body, _ids: Ids) -> UpdateCustomerDetails:
    """Read the body of ``update_customer_details``."""
    given = body.get("shipping_address") or {}
    return UpdateCustomerDetails(shipping_address=_texts(given, ADDRESS_FIELDS))


def update_merchant_references(body: Body, _ids: Ids) -> UpdateMerchantReferences:
    """Read the body of ``update_merchant_references``."""
    return UpdateMerchantReferences(
        merchant_reference1=_text(body.get("merchant_reference1")),
        merchant_reference2=_text(body.get("merchant_reference2")),
    )


def add_order_shipping_info(body: Body, _ids: Ids) -> AddOrderShippingInfo:
    """Read the body of ``add_order_shipping_info``."""
    return AddOrderShippingInfo(shipping_info=_shipping_info(body["shipping_info"]))


def add_capture_shipping_info(body: Body, ids: Ids) -> AddCaptureShippingInfo:
    """Read the body of ``add_capture_shipping_info``."""
    return AddCaptureShippingInfo(
        capture_id=ids["capture_id"],
        shipping_info=_shipping_info(body["shipping_info"]),
    )


def trigger_send_out(_body: Body, ids: Ids) -> TriggerSendOut:
    """Read the path of ``trigger_send_out``."""
    return TriggerSendOut(capture_id=ids["capture_id"])


def extend_due_date(body: Body, ids: Ids) -> ExtendDueDate:
    """Read the body of ``extend_due_date``."""
    return ExtendDueDate(
        capture_id=ids["capture_id"],
        number_of_days=int(body["number_of_days"]),
    )


def order_lines(given: list[Body] | None) -> tuple[OrderLine, ...]:
    """Read order lines; left-out amounts are 0, a left-out type is ``physical``.

    Lines that are all written as documented are read at once, others field by field.
    """
    if not given:
        return ()
    try:
        return convert(given, tuple[OrderLine, ...])
    except ValidationError:  # a number for a reference, null, 1.0, something to give back
        return tuple([_order_line(each) for each in given])


def _order_line(given: Body) -> OrderLine:
    return OrderLine(
        reference=_text(given.get("reference")),
        type=given.get("type") or "physical",
        name=given["name"],
        quantity=int(given["quantity"]),
        quantity_unit=given.get("quantity_unit") or "",
        unit_price=int(given["unit_price"]),
        total_amount=int(given["total_amount"]),
        total_discount_amount=int(given.get("total_discount_amount") or 0),
        tax_rate=int(given.get("tax_rate") or 0),
        total_tax_amount=int(given.get("total_tax_amount") or 0),
        extra=_echoed(given) or None,
    )


def _echoed(given: Body) -> Mapping[str, object]:
    return {
        key: _without_unknown(given[key], ECHOED_LINE_FIELDS[key])
        for key in given
        if key in ECHOED_LINE_FIELDS and given[key]
    }


def _without_unknown(value: Any, known: frozenset[str]) -> object:  # noqa: ANN401  # JSON
    if not isinstance(value, dict):
        return value
    return {key: below for key, below in value.items() if key in known}


def _shipping_info(given: list[Body] | None) -> tuple[Mapping[str, str], ...]:
    return tuple(_texts(each, _SHIPPING_INFO_KEYS) for each in given or ())


def _texts(given: Body, keys: tuple[str, ...]) -> dict[str, str]:
    found = ((key, _text(given.get(key))) for key in keys)
    return {key: text for key, text in found if text is not None}


def _text(value: object) -> str | None:
    """Take a text, or a whole number (``12.0`` is one) for a text."""
    if value is None or isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, float) else str(value)
