"""Endpoint table: parser or serializer of each operation.

Methods, paths, schemas and statuses come from the domain's table of operations.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import asdict

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.authorization import check_due_date_extendable
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
from mockserver.domain.decision import find_capture, find_refund
from mockserver.domain.operation import ALL_OPERATIONS, Operation, OperationInfo
from mockserver.domain.order import Order
from mockserver.http.merchant import command_parsing, order_serializer
from mockserver.http.router import Router


class Endpoint(OperationInfo, frozen=True):
    """An endpoint of the merchant API: operation, method, path, parser and serializer.

    Attributes:
        parse_command: for changes; parses a validated body and the ids of the path.
        parse_strict: parses a body that is exactly as documented in one step.
        serialize: for reads of a part of an order; returns JSON values.
    """

    parse_command: Callable[[command_parsing.Body, command_parsing.PathIds], Command] | None = (
        None
    )
    parse_strict: Callable[[bytes], Command | None] | None = None
    serialize: Callable[[Order, command_parsing.PathIds, Assumptions], Any] | None = None


def _captures(order: Order, _ids: command_parsing.PathIds, assumptions: Assumptions) -> Any:  # noqa: ANN401
    return order_serializer.serialize_captures(order, assumptions)


def _capture(order: Order, ids: command_parsing.PathIds, assumptions: Assumptions) -> Any:  # noqa: ANN401
    capture = find_capture(order, ids["capture_id"], Operation.GET_CAPTURE)
    return order_serializer.serialize_capture(order, capture, assumptions)


def _options(order: Order, ids: command_parsing.PathIds, _assumptions: Assumptions) -> Any:  # noqa: ANN401
    find_capture(order, ids["capture_id"], Operation.GET_EXTEND_DUE_DATE_OPTIONS)
    check_due_date_extendable(order, Operation.GET_EXTEND_DUE_DATE_OPTIONS)
    return order_serializer.serialize_due_date_options(order)


def _refund(order: Order, ids: command_parsing.PathIds, assumptions: Assumptions) -> Any:  # noqa: ANN401
    return order_serializer.serialize_single_refund(
        find_refund(order, ids["refund_id"]), assumptions
    )


def _ignore_body(command: Callable[[], Command]) -> Callable[[Any, Any], Command]:
    """Build a parser that ignores the body."""
    return lambda _body, _ids: command()


_PARSERS: Mapping[
    Operation, Callable[[command_parsing.Body, command_parsing.PathIds], Command]
] = {
    Operation.ACKNOWLEDGE: _ignore_body(Acknowledge),
    Operation.UPDATE_AUTHORIZATION: command_parsing.parse_update_authorization,
    Operation.CANCEL: _ignore_body(Cancel),
    Operation.UPDATE_CUSTOMER_DETAILS: command_parsing.parse_update_customer_details,
    Operation.EXTEND_AUTHORIZATION_TIME: _ignore_body(ExtendAuthorizationTime),
    Operation.UPDATE_MERCHANT_REFERENCES: command_parsing.parse_update_merchant_references,
    Operation.RELEASE_REMAINING_AUTHORIZATION: _ignore_body(ReleaseRemainingAuthorization),
    Operation.ADD_ORDER_SHIPPING_INFO: command_parsing.parse_add_order_shipping_info,
    Operation.CAPTURE: command_parsing.parse_capture,
    Operation.ADD_CAPTURE_SHIPPING_INFO: command_parsing.parse_add_capture_shipping_info,
    Operation.TRIGGER_SEND_OUT: command_parsing.parse_trigger_send_out,
    Operation.EXTEND_DUE_DATE: command_parsing.parse_extend_due_date,
    Operation.REFUND: command_parsing.parse_refund,
}
_STRICT_PARSERS: Mapping[Operation, Callable[[bytes], Command | None]] = {
    Operation.UPDATE_AUTHORIZATION: command_parsing.strict_parser(UpdateAuthorization),
    Operation.CAPTURE: command_parsing.strict_parser(CaptureOrder),
    Operation.REFUND: command_parsing.strict_parser(RefundOrder),
}
_VIEWS: Mapping[Operation, Callable[[Order, command_parsing.PathIds, Assumptions], Any]] = {
    Operation.LIST_CAPTURES: _captures,
    Operation.GET_CAPTURE: _capture,
    Operation.GET_EXTEND_DUE_DATE_OPTIONS: _options,
    Operation.GET_REFUND: _refund,
}

ENDPOINT_BY_OPERATION: Mapping[Operation, Endpoint] = {
    info.operation: Endpoint(
        **asdict(info),
        parse_command=_PARSERS.get(info.operation),
        parse_strict=_STRICT_PARSERS.get(info.operation),
        serialize=_VIEWS.get(info.operation),
    )
    for info in ALL_OPERATIONS
}
MERCHANT_ROUTER = Router(
    (endpoint.method, endpoint.full_path, endpoint)
    for endpoint in ENDPOINT_BY_OPERATION.values()
)
