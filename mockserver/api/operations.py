"""The 18 operations as a table: method, path, body, and what an accepted one answers.

The same rows find the handler, print ``docs/reference/operations.md`` and parametrise the
tests.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from mockserver.api import commands, views
from mockserver.api.routes import RouteTable
from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import (
    Acknowledge,
    Cancel,
    CaptureOrder,
    Command,
    ExtendAuthorizationTime,
    RefundOrder,
    ReleaseRemainingAuthorization,
    UpdateAuthorization,
)
from mockserver.domain.extension import check_due_date
from mockserver.domain.lookup import find_capture, find_refund
from mockserver.domain.operation import Operation
from mockserver.domain.order import Order

PREFIX = "/ordermanagement/v1/orders"


class Row(Struct, frozen=True):
    """One operation on the wire.

    A change has ``command``, which reads a checked body and the ids of the path, and
    ``schema`` where it takes a body; ``read_at_once`` makes the command of a body in
    which all is as documented. A read has ``view``, which shows an order or a part of it
    as JSON values. ``provider_name`` is the operationId of the provider.
    """

    operation: Operation
    provider_name: str
    method: str
    path: str
    success: int
    schema: str | None = None
    command: Callable[[commands.Body, commands.Ids], Command] | None = None
    read_at_once: Callable[[bytes], Command | None] | None = None
    view: Callable[[Order, commands.Ids, Assumptions], Any] | None = None


def _captures(order: Order, _ids: commands.Ids, assumptions: Assumptions) -> Any:  # noqa: ANN401
    return views.captures_view(order, assumptions)


def _capture(order: Order, ids: commands.Ids, assumptions: Assumptions) -> Any:  # noqa: ANN401
    capture = find_capture(order, ids["capture_id"], Operation.GET_CAPTURE)
    return views.capture_view(order, capture, assumptions)


def _options(order: Order, ids: commands.Ids, _assumptions: Assumptions) -> Any:  # noqa: ANN401
    find_capture(order, ids["capture_id"], Operation.GET_EXTEND_DUE_DATE_OPTIONS)
    check_due_date(order, Operation.GET_EXTEND_DUE_DATE_OPTIONS)
    return views.due_date_options_view(order)


def _refund(order: Order, ids: commands.Ids, _assumptions: Assumptions) -> Any:  # noqa: ANN401
    return views.lone_refund_view(find_refund(order, ids["refund_id"]))


def _plain(command: Callable[[], Command]) -> Callable[[Any, Any], Command]:
    """Read nothing: whatever body such an operation is sent is ignored."""
    return lambda _body, _ids: command()


OPERATIONS: tuple[Row, ...] = (
    Row(Operation.GET_ORDER, "getOrder", "GET", "/{order_id}", 200),
    Row(
        Operation.ACKNOWLEDGE, "acknowledgeOrder",
        "POST", "/{order_id}/acknowledge", 204,
        command=_plain(Acknowledge),
    ),
    Row(
        Operation.UPDATE_AUTHORIZATION, "updateAuthorization",
        "PATCH", "/{order_id}/authorization", 204,
        schema="update_authorization", command=commands.update_authorization,
        read_at_once=commands.reader_of(UpdateAuthorization),
    ),
    Row(
        Operation.CANCEL, "cancelOrder",
        "POST", "/{order_id}/cancel", 204,
        command=_plain(Cancel),
    ),
    Row(
        Operation.UPDATE_CUSTOMER_DETAILS, "updateConsumerDetails",
        "PATCH", "/{order_id}/customer-details", 204,
        schema="update_customer_details", command=commands.update_customer_details,
    ),
    Row(
        Operation.EXTEND_AUTHORIZATION_TIME, "extendAuthorizationTime",
        "POST", "/{order_id}/extend-authorization-time", 204,
        command=_plain(ExtendAuthorizationTime),
    ),
    Row(
        Operation.UPDATE_MERCHANT_REFERENCES, "updateMerchantReferences",
        "PATCH", "/{order_id}/merchant-references", 204,
        schema="update_merchant_references",
        command=commands.update_merchant_references,
    ),
    Row(
        Operation.RELEASE_REMAINING_AUTHORIZATION, "releaseRemainingAuthorization",
        "POST", "/{order_id}/release-remaining-authorization", 204,
        command=_plain(ReleaseRemainingAuthorization),
    ),
    Row(
        Operation.ADD_ORDER_SHIPPING_INFO, "appendOrderShippingInfo",
        "POST", "/{order_id}/shipping-info", 204,
        schema="add_shipping_info", command=commands.add_order_shipping_info,
    ),
    Row(
        Operation.CAPTURE, "captureOrder",
        "POST", "/{order_id}/captures", 201,
        schema="capture", command=commands.capture_order,
        read_at_once=commands.reader_of(CaptureOrder),
    ),
    Row(
        Operation.LIST_CAPTURES, "getCaptures",
        "GET", "/{order_id}/captures", 200,
        view=_captures,
    ),
    Row(
        Operation.GET_CAPTURE, "getCapture",
        "GET", "/{order_id}/captures/{capture_id}", 200,
        view=_capture,
    ),
    Row(
        Operation.ADD_CAPTURE_SHIPPING_INFO, "appendShippingInfo",
        "POST", "/{order_id}/captures/{capture_id}/shipping-info", 204,
        schema="add_shipping_info", command=commands.add_capture_shipping_info,
    ),
    Row(
        Operation.TRIGGER_SEND_OUT, "triggerSendOut",
        "POST", "/{order_id}/captures/{capture_id}/trigger-send-out", 204,
        command=commands.trigger_send_out,
    ),
    Row(
        Operation.EXTEND_DUE_DATE, "extendDueDate",
        "PATCH", "/{order_id}/captures/{capture_id}/extend-due-date", 204,
        schema="extend_due_date", command=commands.extend_due_date,
    ),
    Row(
        Operation.GET_EXTEND_DUE_DATE_OPTIONS, "getOptionsForExtendDueDate",
        "GET", "/{order_id}/captures/{capture_id}/extend-due-date-options", 200,
        view=_options,
    ),
    Row(
        Operation.REFUND, "refundOrder",
        "POST", "/{order_id}/refunds", 201,
        schema="refund", command=commands.refund_order,
        read_at_once=commands.reader_of(RefundOrder),
    ),
    Row(
        Operation.GET_REFUND, "get",
        "GET", "/{order_id}/refunds/{refund_id}", 200,
        view=_refund,
    ),
)  # fmt: skip

ROWS: Mapping[Operation, Row] = {row.operation: row for row in OPERATIONS}
ROUTES = RouteTable((row.method, PREFIX + row.path, row) for row in OPERATIONS)
