"""The model's calls as a merchant writes them, and answers as a merchant reads them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.commands import (
    AddOrderShippingInfo,
    CaptureOrder,
    Command,
    RefundOrder,
    UpdateAuthorization,
    UpdateCustomerDetails,
    UpdateMerchantReferences,
)
from mockserver.domain.order import OrderLine
from tests.support.merchant import Reply, line
from tests.support.model.order_model import Answer, Life

NOT_NOW = 429  # and what is above: no answer to what was asked, so that one asks again


def body_of(command: Command) -> Any:  # noqa: ANN401  # JSON
    """What is sent; some operations have no body."""
    body: dict[str, Any] | None = None
    match command:
        case CaptureOrder():
            body = {"captured_amount": command.captured_amount}
        case RefundOrder():
            body = {"refunded_amount": command.refunded_amount}
        case UpdateAuthorization():
            total = command.order_amount
            body = {"order_amount": total, "order_lines": [line("ALL", total)]}
        case UpdateCustomerDetails():
            body = {"shipping_address": dict(command.shipping_address)}
        case UpdateMerchantReferences():
            body = {"merchant_reference1": command.merchant_reference1}
        case AddOrderShippingInfo():
            body = {"shipping_info": list(command.shipping_info)}
    if isinstance(command, CaptureOrder | RefundOrder) and body:
        body["order_lines"] = [_line(order_line) for order_line in command.order_lines]
    return body


def answer_in(reply: Reply) -> Answer | None:
    """What the merchant makes of a reply; nothing if it is no proper answer."""
    headers = dict(reply.headers)
    accepted = reply.status in {201, 204} and not reply.body
    if accepted:
        said = headers.get("Capture-Id", headers.get("Refund-Id"))
    elif reply.status >= NOT_NOW or b"error_messages" not in reply.body:
        return None
    else:
        said = str(reply.json["error_messages"])
    replayed = headers.get("Mock-Replayed", "")
    return Answer(
        accepted=accepted,
        said=said,
        verdict=headers.get("Mock-Allocation", "").partition(";")[0] or None,
        replayed=replayed.startswith("true"),
        differs="differs" in replayed,
    )


def numbers_in(inner: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of an order, off the page that the control API shows of it."""
    order, ledger = inner["order"], inner["ledger"]
    verdicts = [allocation["outcome"] for allocation in inner["allocations"]]
    captures = [
        (capture["capture_id"], capture["captured_amount"], capture["refunded_amount"])
        for capture in order["captures"]
    ]
    refunds = [(refund["refund_id"], refund["refunded_amount"]) for refund in order["refunds"]]
    return {
        "status": order["status"],
        "authorized": order["order_amount"],
        "captured": order["captured_amount"],
        "refunded": order["refunded_amount"],
        "remaining": order["remaining_authorized_amount"],
        "expires": datetime.fromisoformat(order["expires_at"]),
        "captures": captures,
        "refunds": refunds,
        "verdicts": verdicts,
        "ledger": ledger,
    }


def numbers_of(life: Life, now: datetime, assumed: Assumptions) -> dict[str, Any]:
    """What that page has to show of a life."""
    shown = assumed.capture_refunded_amount == "updated"
    known = life.numbers(now, assumed)
    kept = ("status", "authorized", "captured", "refunded", "remaining", "expires")
    return {
        **{name: known[name] for name in kept},
        "captures": [
            (name, shipment.taken, shipment.returned if shown else 0)
            for name, shipment in life.shipments.items()
        ],
        "refunds": [(name, amount) for name, (amount, _) in life.refunds.items()],
        "verdicts": [verdict for _, verdict in life.refunds.values()],
        "ledger": {
            "authorized": life.authorized,
            "captured": life.captured,
            "released": life.released or 0,
            "remaining": life.remaining,
            "refunded": life.refunded,
            "booked": sum(shipment.returned for shipment in life.shipments.values()),
        },
    }


def _line(given: OrderLine) -> dict[str, Any]:
    return line(given.reference or "", given.total_amount)
