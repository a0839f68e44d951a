"""Session of the hosted payment page: the checkout page at an address of the provider."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

SESSION_PLACEHOLDER, ORDER_PLACEHOLDER = "{{session_id}}", "{{order_id}}"
"""Placeholders in the merchant URLs of a session (documented by Kustom)."""


class SessionStatus(StrEnum):
    """The status of a session, derived from its checkout order."""

    WAITING = "WAITING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


class HostedSession(Struct, frozen=True):
    """A session; a checkout order has at most one.

    Attributes:
        merchant_urls: where the shopper goes afterwards, by kind, such as ``success``.
    """

    session_id: str
    merchant_urls: Mapping[str, str]

    def merchant_url(self, kind: str, order_id: str) -> str | None:
        """Return a merchant URL with the placeholders replaced."""
        url = self.merchant_urls.get(kind)
        if url is None:
            return None
        with_session = url.replace(SESSION_PLACEHOLDER, self.session_id)
        return with_session.replace(ORDER_PLACEHOLDER, order_id)
