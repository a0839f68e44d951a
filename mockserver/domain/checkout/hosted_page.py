"""Open a session of the hosted payment page, and derive its status; pure functions."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.checkout.bad_values import BadValue, bad_value_refusal, url_note
from mockserver.domain.checkout.checkout import (
    Checkout,
    CheckoutStatus,
    Fields,
    derive_checkout_status,
)
from mockserver.domain.checkout.hosted_session import (
    ORDER_PLACEHOLDER,
    SESSION_PLACEHOLDER,
    HostedSession,
    SessionStatus,
)
from mockserver.domain.errors import Reason
from mockserver.domain.operation import Operation
from mockserver.domain.refusal import Refusal

ENDS_BEFORE_ORDER = timedelta(hours=1)
"""How long before its checkout order a session ends (documented by Kustom)."""


def open_session(
    checkout: Checkout, session_id: str, fields: Fields, now: datetime, assumptions: Assumptions
) -> Checkout:
    """Return the checkout order with a session, in place of an earlier one.

    Raises:
        Refusal: the checkout order is not incomplete, or a merchant URL is bad.
    """
    operation = Operation.CREATE_HOSTED_SESSION
    status = derive_checkout_status(checkout, now, assumptions)
    if status is not CheckoutStatus.INCOMPLETE:
        order_id = checkout.order_id
        raise Refusal(
            Reason.HOSTED_SESSION_NOT_FOUND, operation, order_id=order_id, status=status
        )
    urls: Fields = fields.get("merchant_urls", {})
    bad_values = [
        BadValue(("merchant_urls", name), note, actual=url)
        for name, url in urls.items()
        if (note := _note(url, assumptions))
    ]
    if bad_values:
        raise bad_value_refusal(bad_values, operation, assumptions)
    return replace(checkout, session=HostedSession(session_id, urls))


def _note(url: str, assumptions: Assumptions) -> str:
    placeholders = (SESSION_PLACEHOLDER, ORDER_PLACEHOLDER)
    return url_note(url, placeholders, refuses_local=assumptions.local_urls == "refused")


def session_end(checkout: Checkout) -> datetime:
    """Return when the session of a checkout order ends."""
    return checkout.expires_at - ENDS_BEFORE_ORDER


def derive_session_status(
    checkout: Checkout, now: datetime, assumptions: Assumptions
) -> SessionStatus:
    """Derive the status of a session from that of its checkout order.

    Raises:
        Refusal: it has ended.
    """
    status = derive_checkout_status(checkout, now, assumptions)
    if status is CheckoutStatus.COMPLETE:
        return SessionStatus.COMPLETED
    if status is not CheckoutStatus.INCOMPLETE or now >= session_end(checkout):
        raise Refusal(
            Reason.HOSTED_SESSION_NOT_FOUND, Operation.READ_HOSTED_SESSION, status=status
        )
    return SessionStatus.IN_PROGRESS if checkout.shopper else SessionStatus.WAITING
