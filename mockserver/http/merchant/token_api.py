"""Customer token API: read a token, order with it, cancel it.

Bodies are indented, with blanks around the colons (recorded).
"""

import json
from collections.abc import Callable, Mapping

from mockserver.domain.checkout.customer_token import TokenStatus
from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import Operation, OperationInfo
from mockserver.domain.order import PaymentMethod
from mockserver.http.json_values import JsonObject
from mockserver.http.merchant.checkout_parsing import parse_checkout_fields
from mockserver.http.merchant.command_parsing import PathIds
from mockserver.http.merchant.exchange import Exchange
from mockserver.http.merchant.responses import (
    IDEMPOTENCY_KEY_HEADER,
    RECORDED_HEADERS,
    provider_json_response,
)
from mockserver.http.messages import Response
from mockserver.sandbox import customer_tokens
from mockserver.sandbox.sandbox import Sandbox

CARD = {"brand": "VISA", "expiry_date": "12/2030", "masked_number": "************4242"}
"""What a token shows of the card it pays with."""


def respond_to_token(
    sandbox: Sandbox, exchange: Exchange, endpoint: OperationInfo, ids: PathIds
) -> Response:
    """Carry out an operation on a customer token.

    Raises:
        Refusal: the operation is refused; nothing is changed.
    """
    answer = _ANSWERS[endpoint.operation]
    return answer(sandbox, exchange, endpoint, ids["customer_token"])


def _read(
    sandbox: Sandbox, exchange: Exchange, endpoint: OperationInfo, token_id: str
) -> Response:
    holder = customer_tokens.find_token(sandbox, token_id, endpoint.operation)
    method = holder.order.payment_method
    return _respond(exchange, endpoint, serialize_token(holder.token.status, method))


def serialize_token(status: TokenStatus, method: PaymentMethod) -> JsonObject:
    """Show a customer token."""
    card = {"card": CARD} if method.type == "CARD" else {}
    return {"status": status, "payment_method_type": method.type, **card}


def _create_order(
    sandbox: Sandbox, exchange: Exchange, endpoint: OperationInfo, token_id: str
) -> Response:
    customer_tokens.find_token(sandbox, token_id, endpoint.operation)
    fields = dict(parse_checkout_fields(exchange.request, endpoint, sandbox.assumptions))
    key = exchange.entry.idempotency_key = exchange.request.headers.get(IDEMPOTENCY_KEY_HEADER)
    captures = fields.pop("auto_capture", False)
    execution = customer_tokens.create_token_order(
        sandbox, token_id, fields, key, captures=captures
    )
    exchange.record_execution(execution)
    accepted = execution.result
    assert isinstance(accepted, Acceptance)  # noqa: S101  # refusals are raised
    order = sandbox.orders[str(accepted.created_id)]
    exchange.entry.order_id = order.order_id
    body = serialize_token_order(order.order_id, order.fraud_status, order.payment_method)
    if sandbox.assumptions.token_order_redirect_url == "empty":  # noqa: S105  # a choice
        body["redirect_url"] = ""
    return _respond(exchange, endpoint, body)


def serialize_token_order(
    order_id: str, fraud_status: str, method: PaymentMethod
) -> JsonObject:
    """Show an order with a customer token."""
    return {
        "order_id": order_id,
        "fraud_status": fraud_status,
        "authorized_payment_method": {"type": method.type.lower()},
    }


def _cancel(
    sandbox: Sandbox, exchange: Exchange, endpoint: OperationInfo, token_id: str
) -> Response:
    customer_tokens.find_token(sandbox, token_id, endpoint.operation)
    parse_checkout_fields(exchange.request, endpoint, sandbox.assumptions)
    customer_tokens.cancel_token(sandbox, token_id)
    exchange.entry.result = Acceptance(endpoint.operation)
    headers = {"Klarna-Correlation-Id": exchange.entry.correlation_id, **RECORDED_HEADERS}
    return Response(endpoint.success, b"", headers)


def _respond(exchange: Exchange, endpoint: OperationInfo, body: JsonObject) -> Response:
    text = json.dumps(body, indent=2, separators=(",", " : "))
    return provider_json_response(
        endpoint.success, text.encode(), exchange.entry.correlation_id
    )


_ANSWERS: Mapping[Operation, Callable[[Sandbox, Exchange, OperationInfo, str], Response]] = {
    Operation.READ_CUSTOMER_TOKEN: _read,
    Operation.CREATE_TOKEN_ORDER: _create_order,
    Operation.UPDATE_CUSTOMER_TOKEN: _cancel,
}
