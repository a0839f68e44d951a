"""The model's calls as HTTP requests, and HTTP responses as responses of the model."""

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
from tests.support.model.order_model import OrderModel, Response

NOT_NOW = 429  # from here up, the request had no effect and is sent again


def body_of(command: Command) -> Any:  # noqa: ANN401  # JSON
    """Return the JSON body of a command; some operations have none."""
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


def parse_reply(reply: Reply) -> Response | None:
    """Convert a reply; ``None`` if it is damaged or the request has to be repeated."""
    headers = dict(reply.headers)
    accepted = reply.status in {201, 204} and not reply.body
    if accepted:
        result = headers.get("Capture-Id", headers.get("Refund-Id"))
    elif reply.status >= NOT_NOW or b"error_messages" not in reply.body:
        return None
    else:
        result = str(reply.json["error_messages"])
    replayed = headers.get("Mock-Replayed", "")
    return Response(
        accepted=accepted,
        result=result,
        outcome=headers.get("Mock-Allocation", "").partition(";")[0] or None,
        replayed=replayed.startswith("true"),
        differs="differs" in replayed,
    )


def numbers_in(inner: Mapping[str, Any]) -> dict[str, Any]:
    """Read the numbers of an order from the control API's view of it."""
    order, ledger = inner["order"], inner["ledger"]
    outcomes = [allocation["outcome"] for allocation in inner["allocations"]]
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
        "outcomes": outcomes,
        "ledger": ledger,
    }


def numbers_of(model_order: OrderModel, now: datetime, assumed: Assumptions) -> dict[str, Any]:
    """Convert an order of the model to the numbers of that view."""
    shows_refunds = assumed.capture_refunded_amount == "updated"
    numbers = model_order.numbers(now, assumed)
    shared_names = ("status", "authorized", "captured", "refunded", "remaining", "expires")
    return {
        **{name: numbers[name] for name in shared_names},
        "captures": [
            (name, shipment.captured, shipment.returned if shows_refunds else 0)
            for name, shipment in model_order.shipments.items()
        ],
        "refunds": [(name, amount) for name, (amount, _) in model_order.refunds.items()],
        "outcomes": [outcome for _, outcome in model_order.refunds.values()],
        "ledger": {
            "authorized": model_order.authorized,
            "captured": model_order.captured,
            "released": model_order.released or 0,
            "remaining": model_order.remaining,
            "refunded": model_order.refunded,
            "booked": sum(shipment.returned for shipment in model_order.shipments.values()),
        },
    }


def _line(order_line: OrderLine) -> dict[str, Any]:
    sent: dict[str, Any] = line(order_line.reference or "", order_line.total_amount)
    return {**sent, "type": order_line.type}
