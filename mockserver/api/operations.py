"""The functions that serve each operation: from a body to a command, from an order to JSON.

Method, path, schemas and statuses come from the domain's table of operations.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import asdict

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
from mockserver.domain.operation import OPERATIONS, ORDERS_PATH, Operation, OperationInfo
from mockserver.domain.order import Order


class Row(OperationInfo, frozen=True):
    """An operation with the functions that serve it.

    A change has ``command``, which reads a checked body and the ids of the path;
    ``read_at_once`` makes the command of a body in which all is as documented. A read
    has ``view``, which shows an order or a part of it as JSON values.
    """

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


_PARSERS: Mapping[Operation, Callable[[commands.Body, commands.Ids], Command]] = {
    Operation.ACKNOWLEDGE: _plain(Acknowledge),
    Operation.UPDATE_AUTHORIZATION: commands.update_authorization,
    Operation.CANCEL: _plain(Cancel),
    Operation.UPDATE_CUSTOMER_DETAILS: commands.update_customer_details,
    Operation.EXTEND_AUTHORIZATION_TIME: _plain(ExtendAuthorizationTime),
    Operation.UPDATE_MERCHANT_REFERENCES: commands.update_merchant_references,
    Operation.RELEASE_REMAINING_AUTHORIZATION: _plain(ReleaseRemainingAuthorization),
    Operation.ADD_ORDER_SHIPPING_INFO: commands.add_order_shipping_info,
    Operation.CAPTURE: commands.capture_order,
    Operation.ADD_CAPTURE_SHIPPING_INFO: commands.add_capture_shipping_info,
    Operation.TRIGGER_SEND_OUT: commands.trigger_send_out,
    Operation.EXTEND_DUE_DATE: commands.extend_due_date,
    Operation.REFUND: commands.refund_order,
}
_STRICT_PARSERS: Mapping[Operation, Callable[[bytes], Command | None]] = {
    Operation.UPDATE_AUTHORIZATION: commands.reader_of(UpdateAuthorization),
    Operation.CAPTURE: commands.reader_of(CaptureOrder),
    Operation.REFUND: commands.reader_of(RefundOrder),
}
_VIEWS: Mapping[Operation, Callable[[Order, commands.Ids, Assumptions], Any]] = {
    Operation.LIST_CAPTURES: _captures,
    Operation.GET_CAPTURE: _capture,
    Operation.GET_EXTEND_DUE_DATE_OPTIONS: _options,
    Operation.GET_REFUND: _refund,
}

ROWS: Mapping[Operation, Row] = {
    info.operation: Row(
        **asdict(info),
        command=_PARSERS.get(info.operation),
        read_at_once=_STRICT_PARSERS.get(info.operation),
        view=_VIEWS.get(info.operation),
    )
    for info in OPERATIONS
}
ROUTES = RouteTable((row.method, ORDERS_PATH + row.path, row) for row in ROWS.values())
