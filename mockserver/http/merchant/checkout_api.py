"""Checkout API: create, read, update and abort, each answered with the whole order."""

from collections.abc import Callable, Mapping

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import CHECKOUTS_PATH, Operation, OperationInfo
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.merchant.checkout_cache import CheckoutCache, encode_checkout
from mockserver.http.merchant.checkout_parsing import parse_checkout_fields
from mockserver.http.merchant.command_parsing import PathIds
from mockserver.http.merchant.exchange import Exchange
from mockserver.http.merchant.responses import provider_json_response
from mockserver.http.messages import Request, Response
from mockserver.sandbox import checkouts
from mockserver.sandbox.memory_sizes import measure_checkout
from mockserver.sandbox.sandbox import Sandbox

CHECKOUT_HEADERS: Mapping[str, str] = {
    "Cache-Control": "max-age=0, no-cache, no-store",
    "Pragma": "no-cache",
}
"""Sent with every response of the checkout API (recorded)."""


def respond_to_checkout(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: OperationInfo,
    ids: PathIds,
    pages: PageAddresses,
    cache: CheckoutCache,
) -> Response:
    """Execute an operation of the checkout API and render the checkout order.

    Raises:
        Refusal: the operation is refused; nothing is changed.
    """
    operation = endpoint.operation
    checkout = _APPLY[operation](sandbox, exchange.request, endpoint, ids)
    exchange.entry.order_id = checkout.order_id
    is_new = operation is Operation.CREATE_CHECKOUT
    if not endpoint.is_read:
        created_id = checkout.order_id if is_new else None
        exchange.entry.result = Acceptance(operation, created_id)
    base_url = exchange.request.base_url
    page_url = pages.build(sandbox, checkout.order_id, base_url)
    # Only reads repeat: a new version is often replaced before it is read.
    encode = cache.encode if endpoint.is_read else encode_checkout
    body = encode(checkout, sandbox.assumptions, page_url)
    response = provider_json_response(
        endpoint.success, body, exchange.entry.correlation_id, CHECKOUT_HEADERS
    )
    if is_new:
        response.headers["Location"] = f"{base_url}{CHECKOUTS_PATH}/{checkout.order_id}"
    return response


def _create(
    sandbox: Sandbox, request: Request, endpoint: OperationInfo, _ids: PathIds
) -> Checkout:
    fields = parse_checkout_fields(request, endpoint, sandbox.assumptions)
    return checkouts.create_checkout(sandbox, fields, size=measure_checkout(fields))


def _read(
    sandbox: Sandbox, _request: Request, _endpoint: OperationInfo, ids: PathIds
) -> Checkout:
    return checkouts.read_checkout(sandbox, ids["order_id"])


def _update(
    sandbox: Sandbox, request: Request, endpoint: OperationInfo, ids: PathIds
) -> Checkout:
    # An unknown or expired order is named before a bad value, so that clients which send
    # everything again on 404 do not stop at the 400.
    checkouts.check_updatable(sandbox, ids["order_id"])
    fields = parse_checkout_fields(request, endpoint, sandbox.assumptions)
    size = measure_checkout(fields)
    return checkouts.update_checkout(sandbox, ids["order_id"], fields, size=size)


def _abort(
    sandbox: Sandbox, _request: Request, _endpoint: OperationInfo, ids: PathIds
) -> Checkout:
    return checkouts.abort_checkout(sandbox, ids["order_id"])


_APPLY: Mapping[Operation, Callable[[Sandbox, Request, OperationInfo, PathIds], Checkout]] = {
    Operation.CREATE_CHECKOUT: _create,
    Operation.READ_CHECKOUT: _read,
    Operation.UPDATE_CHECKOUT: _update,
    Operation.ABORT_CHECKOUT: _abort,
}
