"""Read and change orders: the 18 operations of the Order Management API."""

import orjson

from mockserver.domain.lifecycle import derive_status
from mockserver.domain.operation import ORDERS_PATH
from mockserver.domain.refusal import Refusal
from mockserver.http.merchant import fault_injection
from mockserver.http.merchant.endpoints import Endpoint
from mockserver.http.merchant.exchange import Exchange
from mockserver.http.merchant.order_cache import OrderCache
from mockserver.http.merchant.request_parsing import parse_command
from mockserver.http.merchant.responses import (
    IDEMPOTENCY_KEY_HEADER,
    accepted_response,
    provider_json_response,
    refusal_response,
)
from mockserver.http.messages import Response
from mockserver.sandbox.checkouts import check_order_visible
from mockserver.sandbox.execution import Execution, execute, replay_key
from mockserver.sandbox.sandbox import Sandbox


def respond_to_order(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: Endpoint,
    ids: dict[str, str],
    cache: OrderCache,
) -> Response:
    """Read or change an order, and render the response.

    Raises:
        Refusal: there is no such order, or the operation is withdrawn.
    """
    if sandbox.assumptions.order_visible_after:
        check_order_visible(sandbox, ids["order_id"], endpoint.operation)
    if endpoint.parse_command is None:
        return _respond_to_read(sandbox, exchange, endpoint, ids, cache)
    return _respond_to_change(sandbox, exchange, endpoint, ids)


def _respond_to_read(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: Endpoint,
    ids: dict[str, str],
    cache: OrderCache,
) -> Response:
    """Build the response to a read of an order or a part of it."""
    order = sandbox.get_order(ids["order_id"], endpoint.operation)
    if endpoint.serialize is not None:
        body = orjson.dumps(endpoint.serialize(order, ids, sandbox.assumptions))
    else:
        status = derive_status(order, sandbox.clock.now(), sandbox.assumptions)
        body = cache.encode(order, status, sandbox.assumptions)
    return provider_json_response(endpoint.success, body, exchange.entry.correlation_id)


def _respond_to_change(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: Endpoint,
    ids: dict[str, str],
) -> Response:
    """Parse and execute the command of a request, and build its response."""
    execution = _parse_and_execute(sandbox, exchange, endpoint, ids)
    exchange.record_execution(execution)
    result, correlation_id = execution.result, exchange.entry.correlation_id
    if isinstance(result, Refusal):
        return refusal_response(result, correlation_id, sandbox.assumptions)
    return accepted_response(
        endpoint.success,
        result,
        correlation_id=correlation_id,
        transaction_id=sandbox.ids.new_request_id(),
        order_url=f"{exchange.request.base_url}{ORDERS_PATH}/{exchange.entry.order_id}",
    )


def _parse_and_execute(
    sandbox: Sandbox, exchange: Exchange, endpoint: Endpoint, ids: dict[str, str]
) -> Execution:
    """Execute the command of a request; a known key is replayed even for an invalid body."""
    request, order_id = exchange.request, ids["order_id"]
    key = exchange.entry.idempotency_key = request.headers.get(IDEMPOTENCY_KEY_HEADER)
    try:
        command = parse_command(request, endpoint, ids)
    except Refusal as refusal:
        replay = replay_key(sandbox, order_id, endpoint.operation, key) if key else None
        return replay or Execution(refusal.with_traceback(None), None, None)
    return execute(
        sandbox,
        order_id,
        command,
        key,
        fail_allocation=fault_injection.fails_allocation(exchange.fired),
    )
