"""Turns on sessions of the hosted payment page: open, find.

A session is part of its checkout order, and is searched among all checkout orders.
"""

import re

from mockserver.domain.checkout.bad_values import BadValue, bad_value_refusal, url_note
from mockserver.domain.checkout.checkout import Checkout, Fields
from mockserver.domain.checkout.hosted_page import open_session
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal
from mockserver.sandbox.sandbox import Sandbox

ORDER_ID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_CHECKOUT_URL = "must be the URL of a checkout order"


def create_session(sandbox: Sandbox, fields: Fields, *, size: int = 0) -> Checkout:
    """Open a session for the checkout order that ``payment_session_url`` names.

    Args:
        sandbox: where.
        fields: what the merchant sent.
        size: bytes of the request.

    Raises:
        Refusal: it is no URL, there is no such checkout order, it is not incomplete, a
            merchant URL is bad, or there is no room; nothing is changed.
    """
    operation = Operation.CREATE_HOSTED_SESSION
    url = fields["payment_session_url"]
    order_id = url.rstrip("/").rpartition("/")[2]
    checkout = sandbox.checkouts.get(order_id)
    if checkout is None and url_note(url) and not ORDER_ID_PATTERN.fullmatch(url):
        bad_value = BadValue(("payment_session_url",), NO_CHECKOUT_URL, actual=url)
        raise bad_value_refusal([bad_value], operation, sandbox.assumptions)
    if checkout is None:
        raise Refusal(Reason.HOSTED_SESSION_NOT_FOUND, operation, order_id=order_id)
    sandbox.check_room(size, operation)
    session_id, now = sandbox.ids.derive_session_id(order_id), sandbox.clock.now()
    changed = open_session(checkout, session_id, fields, now, sandbox.assumptions)
    sandbox.put_checkout(changed, size)
    return changed


def find_session(sandbox: Sandbox, session_id: str) -> Checkout:
    """Find the checkout order of a session.

    Raises:
        Refusal: there is none.
    """
    for checkout in sandbox.checkouts.values():
        if checkout.session is not None and checkout.session.session_id == session_id:
            return checkout
    operation = Operation.READ_HOSTED_SESSION
    raise Refusal(Reason.HOSTED_SESSION_NOT_FOUND, operation, session_id=session_id)
