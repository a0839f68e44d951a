"""Hosted payment page API: open a session for a checkout order, and read it."""

import orjson

from mockserver.domain.checkout.checkout import Checkout
from mockserver.domain.checkout.hosted_page import derive_session_status, session_end
from mockserver.domain.checkout.hosted_session import SessionStatus
from mockserver.domain.decision import Acceptance
from mockserver.domain.operation import SESSIONS_PATH, Operation, OperationInfo
from mockserver.http.checkout_page.page_address import PageAddresses
from mockserver.http.json_values import JsonObject, format_time
from mockserver.http.merchant.checkout_parsing import parse_checkout_fields
from mockserver.http.merchant.command_parsing import PathIds
from mockserver.http.merchant.exchange import Exchange
from mockserver.http.merchant.responses import provider_json_response
from mockserver.http.messages import Response
from mockserver.sandbox import hosted_sessions
from mockserver.sandbox.memory_sizes import measure_checkout
from mockserver.sandbox.sandbox import Sandbox


def respond_to_session(
    sandbox: Sandbox,
    exchange: Exchange,
    endpoint: OperationInfo,
    ids: PathIds,
    pages: PageAddresses,
) -> Response:
    """Carry out an operation on a session.

    Raises:
        Refusal: the operation is refused; nothing is changed.
    """
    if endpoint.operation is Operation.READ_HOSTED_SESSION:
        checkout = hosted_sessions.find_session(sandbox, ids["session_id"])
        now, assumptions = sandbox.clock.now(), sandbox.assumptions
        body = serialize_session(checkout, derive_session_status(checkout, now, assumptions))
    else:
        checkout = _create(sandbox, exchange, endpoint)
        base_url = exchange.request.base_url
        page_url = pages.build(sandbox, checkout.order_id, base_url)
        body = serialize_created_session(checkout, base_url, page_url)
    exchange.entry.order_id = checkout.order_id
    text = orjson.dumps(body)
    return provider_json_response(endpoint.success, text, exchange.entry.correlation_id)


def _create(sandbox: Sandbox, exchange: Exchange, endpoint: OperationInfo) -> Checkout:
    fields = parse_checkout_fields(exchange.request, endpoint, sandbox.assumptions)
    checkout = hosted_sessions.create_session(sandbox, fields, size=measure_checkout(fields))
    exchange.entry.result = Acceptance(endpoint.operation, _session_id(checkout))
    return checkout


def serialize_created_session(checkout: Checkout, base_url: str, page_url: str) -> JsonObject:
    """Show a new session: where it is read, and the page that the shopper is sent to."""
    session_id = _session_id(checkout)
    return {
        "session_id": session_id,
        "session_url": f"{base_url}{SESSIONS_PATH}/{session_id}",
        "redirect_url": page_url,
        "expires_at": format_time(session_end(checkout)),
    }


def serialize_session(checkout: Checkout, status: SessionStatus) -> JsonObject:
    """Show a session."""
    is_complete = status is SessionStatus.COMPLETED
    view: JsonObject = {
        "session_id": _session_id(checkout),
        "status": status,
        "updated_at": format_time(checkout.completed_at or checkout.last_modified_at),
        "expires_at": format_time(session_end(checkout)),
    }
    return {**view, "order_id": checkout.order_id} if is_complete else view


def _session_id(checkout: Checkout) -> str:
    assert checkout.session is not None  # noqa: S101  # by the turns on sessions
    return checkout.session.session_id
