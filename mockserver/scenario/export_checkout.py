"""Export a checkout order as scenario syntax, with personal data masked."""

from collections.abc import Mapping
from typing import Any

from mockserver.domain.checkout.checkout import CHECKOUT_ADDRESSES, Checkout
from mockserver.domain.checkout.customer_token import CustomerToken, TokenStatus
from mockserver.domain.checkout.hosted_session import HostedSession
from mockserver.sandbox.recordings import MASKED
from mockserver.scenario.export_values import (
    drop_empty,
    format_scenario_time,
    mask_address,
)

RENAMED = {"purchase_country": "country", "purchase_currency": "currency"}
"""Fields whose key in a scenario is that of an order."""


def export_checkout(checkout: Checkout) -> dict[str, Any]:
    """Write a checkout order; ``merchant_data`` may hold a login cookie and is masked."""
    fields = {
        RENAMED.get(name, name): value for name, value in _masked(checkout.fields).items()
    }
    fields["country"], fields["currency"] = (
        fields[key].upper() for key in ("country", "currency")
    )
    modified = checkout.last_modified_at
    state = {
        "modified": format_scenario_time(modified if modified != checkout.started_at else None),
        "completed": format_scenario_time(checkout.completed_at),
        "aborted": format_scenario_time(checkout.aborted_at),
        "shopper": _masked(checkout.shopper),
        "session": checkout.session and _export_session(checkout.session),
        "token": checkout.token and _export_token(checkout.token),
    }
    return drop_empty(
        {
            "order_id": checkout.order_id,
            "started": format_scenario_time(checkout.started_at),
            **fields,
            "state": drop_empty(state),
        },
        keep_empty=("order_lines", "shipping_options", "gui"),
    )


def _export_session(session: HostedSession) -> dict[str, Any]:
    return {"id": session.session_id, "merchant_urls": dict(session.merchant_urls)}


def _export_token(token: CustomerToken) -> dict[str, Any]:
    status = None if token.status is TokenStatus.ACTIVE else token.status.value
    return drop_empty({"id": token.token_id, "status": status})


def _masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    masked = dict(fields)
    for name in CHECKOUT_ADDRESSES:
        if name in masked:
            masked[name] = mask_address(masked[name])
    if "customer" in masked:
        shown = {"type": masked["customer"].get("type")}
        masked["customer"] = drop_empty(shown)
    if masked.get("merchant_data"):
        masked["merchant_data"] = MASKED
    return masked
