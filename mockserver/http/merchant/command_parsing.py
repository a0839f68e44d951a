"""Parse request bodies into commands; the only module that knows the request fields.

A body that is exactly as documented is parsed and validated in one step by the types of its
command (:func:`strict_parser`). Any other body is validated by its schema, which is more
tolerant, and then parsed field by field: ``null`` counts as absent, numbers are accepted as
references and tracking numbers (both assumed), whole floats are accepted as integers, and
unknown fields are ignored (both read off clients).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from msgspec import DecodeError, ValidationError, convert
from msgspec.json import Decoder

from mockserver.domain.commands import (
    AddCaptureShippingInfo,
    AddOrderShippingInfo,
    CaptureOrder,
    ExtendDueDate,
    RefundOrder,
    TriggerSendOut,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.order import ADDRESS_FIELDS, ECHOED_LINE_FIELDS, OrderLine

Body: TypeAlias = Mapping[str, Any]
PathIds: TypeAlias = Mapping[str, str]
CommandWithLines: TypeAlias = CaptureOrder | RefundOrder | UpdateAuthorization
CommandT = TypeVar("CommandT", bound=CommandWithLines)

_SHIPPING_INFO_KEYS = (
    "shipping_company", "shipping_method", "tracking_number", "tracking_uri",
    "return_shipping_company", "return_tracking_number", "return_tracking_uri",
)  # fmt: skip


def strict_parser(kind: type[CommandT]) -> Callable[[bytes], CommandT | None]:
    """Build a strict parser of one command.

    Returns:
        A function that returns ``None`` for anything that is not exactly as documented, valid
        or not: unknown fields, ``null``, a number for a text, invalid JSON.
    """
    decode = Decoder(kind).decode

    def parse(text: bytes) -> CommandT | None:
        try:
            command = decode(text)
        except (DecodeError, UnicodeDecodeError):
            return None
        return command if _needs_no_parsing(command) else None

    return parse


def _needs_no_parsing(command: CommandWithLines) -> bool:
    """Return whether nothing in a decoded body has to be filtered field by field."""
    if isinstance(command, CaptureOrder) and command.shipping_info:
        return False
    return not _have_extra(command.order_lines)


def _have_extra(lines: tuple[OrderLine, ...]) -> bool:
    """Return whether a body has our own field ``extra``, which is unknown to the provider."""
    for line in lines:  # noqa: SIM110  # on the path of every refund: half the time of any()
        if line.extra is not None:
            return True
    return False


def parse_capture(body: Body, _ids: PathIds) -> CaptureOrder:
    """Parse the body of ``capture``."""
    return CaptureOrder(
        captured_amount=int(body["captured_amount"]),
        description=body.get("description") or "",
        order_lines=parse_order_lines(body.get("order_lines")),
        reference=_optional_text(body.get("reference")),
        shipping_info=_shipping_info(body.get("shipping_info")),
    )


def parse_refund(body: Body, _ids: PathIds) -> RefundOrder:
    """Parse the body of ``refund``."""
    return RefundOrder(
        refunded_amount=int(body["refunded_amount"]),
        description=body.get("description") or "",
        order_lines=parse_order_lines(body.get("order_lines")),
        reference=_optional_text(body.get("reference")),
    )


def parse_update_authorization(body: Body, _ids: PathIds) -> UpdateAuthorization:
    """Parse the body of ``update_authorization``."""
    return UpdateAuthorization(
        order_amount=int(body["order_amount"]),
        order_lines=parse_order_lines(body["order_lines"]),
    )


def parse_update_customer_details(body: Body, _ids: PathIds) -> UpdateCustomerDetails:
    """Parse the body of ``update_customer_details``."""
    address = body.get("shipping_address") or {}
    return UpdateCustomerDetails(shipping_address=_texts(address, ADDRESS_FIELDS))


def parse_update_merchant_references(body: Body, _ids: PathIds) -> UpdateMerchantReferences:
    """Parse the body of ``update_merchant_references``."""
    return UpdateMerchantReferences(
        merchant_reference1=_optional_text(body.get("merchant_reference1")),
        merchant_reference2=_optional_text(body.get("merchant_reference2")),
    )


def parse_add_order_shipping_info(body: Body, _ids: PathIds) -> AddOrderShippingInfo:
    """Parse the body of ``add_order_shipping_info``."""
    return AddOrderShippingInfo(shipping_info=_shipping_info(body["shipping_info"]))


def parse_add_capture_shipping_info(body: Body, path_ids: PathIds) -> AddCaptureShippingInfo:
    """Parse the body of ``add_capture_shipping_info``."""
    return AddCaptureShippingInfo(
        capture_id=path_ids["capture_id"],
        shipping_info=_shipping_info(body["shipping_info"]),
    )


def parse_trigger_send_out(_body: Body, path_ids: PathIds) -> TriggerSendOut:
    """Parse the path of ``trigger_send_out``."""
    return TriggerSendOut(capture_id=path_ids["capture_id"])


def parse_extend_due_date(body: Body, path_ids: PathIds) -> ExtendDueDate:
    """Parse the body of ``extend_due_date``."""
    return ExtendDueDate(
        capture_id=path_ids["capture_id"],
        number_of_days=int(body["number_of_days"]),
    )


def parse_order_lines(lines: list[Body] | None) -> tuple[OrderLine, ...]:
    """Parse order lines; absent amounts are 0, an absent type is ``physical``.

    Lines that are exactly as documented are converted in one step, others field by field.
    """
    if not lines:
        return ()
    try:
        converted = convert(lines, tuple[OrderLine, ...])
    except ValidationError:  # a number for a reference, null, 1.0, an echoed field
        converted = ()
    if converted and not _have_extra(converted):
        return converted
    return tuple([_order_line(line) for line in lines])


def _order_line(line: Body) -> OrderLine:
    return OrderLine(
        reference=_optional_text(line.get("reference")),
        type=line.get("type") or "physical",
        name=line["name"],
        quantity=int(line["quantity"]),
        quantity_unit=line.get("quantity_unit") or "",
        unit_price=int(line["unit_price"]),
        total_amount=int(line["total_amount"]),
        total_discount_amount=int(line.get("total_discount_amount") or 0),
        tax_rate=int(line.get("tax_rate") or 0),
        total_tax_amount=int(line.get("total_tax_amount") or 0),
        extra=_echoed(line) or None,
    )


def _echoed(line: Body) -> Mapping[str, object]:
    return {
        key: _known_keys_only(line[key], ECHOED_LINE_FIELDS[key])
        for key in line
        if key in ECHOED_LINE_FIELDS and line[key]
    }


def _known_keys_only(value: Any, allowed_keys: frozenset[str]) -> object:  # noqa: ANN401  # JSON
    if not isinstance(value, dict):
        return value
    return {key: value[key] for key in value if key in allowed_keys}


def _shipping_info(parcels: list[Body] | None) -> tuple[Mapping[str, str], ...]:
    return tuple(_texts(parcel, _SHIPPING_INFO_KEYS) for parcel in parcels or ())


def _texts(values: Body, keys: tuple[str, ...]) -> dict[str, str]:
    texts = ((key, _optional_text(values.get(key))) for key in keys)
    return {key: text for key, text in texts if text is not None}


def _optional_text(value: object) -> str | None:
    """Return text unchanged, and an integer (``12.0`` counts as one) as text."""
    if value is None or isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, float) else str(value)
