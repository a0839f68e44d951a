"""A sandbox as a scenario that reproduces it: the bug report becomes the regression test.

Personal data is masked, credentials are left out. What a rule or an order was made from
is written as it was; ids, times and lines are written out, so that nothing is drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import yaml

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.ledger import changes
from mockserver.domain.order import Capture, FraudStatus, Order, OrderLine, Refund
from mockserver.sandbox.faults import Rule
from mockserver.sandbox.sandbox import Sandbox

MASKED = "masked"
MASKS: Mapping[str, str] = {
    "given_name": MASKED,
    "family_name": MASKED,
    "organization_name": MASKED,
    "attention": MASKED,
    "street_address": MASKED,
    "street_address2": MASKED,
    "email": "masked@example.com",
    "phone": MASKED,
}
"""Personal data of an address, and what is written instead; what is empty stays empty."""

CUSTOMER_KEPT = ("type",)
WIDEST = 1_000_000  # characters; texts are not folded
DIGITS = 15  # of a fraction, as scenarios read it


def export(sandbox: Sandbox) -> str:
    """Write a sandbox as a scenario in YAML."""
    names = {order_id: name for name, order_id in sandbox.order_names.items()}
    scenario: dict[str, Any] = {
        "version": 1,
        "title": f"Export of sandbox {sandbox.name}",
        "seed": sandbox.ids.seed,
        "clock": {"start": _time(sandbox.clock.now()), "frozen": sandbox.clock.frozen},
        "assume": {
            name: getattr(sandbox.assumptions, name)
            for name, row in ASSUMPTIONS.items()
            if getattr(sandbox.assumptions, name) != row.default
        },
        "orders": {
            names.get(each.order_id, each.order_id): _order(each, sandbox.part_names)
            for each in sandbox.orders.values()
        },
        "faults": {each.name: _fault(each) for each in sandbox.faults.rules()},
    }
    return yaml.dump(
        _drop_empty(scenario),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=WIDEST,
    )


def masked_address(address: Mapping[str, str]) -> dict[str, str]:
    """Hide who somebody is and where they live; the place stays."""
    return {key: text and MASKS.get(key, text) for key, text in address.items()}


def masked_customer(customer: Mapping[str, str]) -> dict[str, str]:
    """Hide everything about a customer but the kind."""
    return {key: text if key in CUSTOMER_KEPT else MASKED for key, text in customer.items()}


def _order(order: Order, part_names: Mapping[str, str]) -> dict[str, Any]:
    names = _distinct_names(changes(order), part_names)
    now = _standing(order)
    reviewed = "fraud_status" in now
    return _drop_empty(
        {
            "order_id": order.order_id,
            "klarna_reference": order.klarna_reference,
            "amount": order.original_order_amount,
            "lines": _lines(order.order_lines) or [_stand_in(order)],
            "created": _time(order.created_at),
            "expires": None if "expires" in now else _time(order.expires_at),
            "country": order.purchase_country,
            "currency": order.purchase_currency,
            "locale": order.locale,
            "payment_method": order.payment_method.type,
            "fraud_status": None if reviewed else order.fraud_status.value,
            "merchant_reference1": order.merchant_reference1,
            "merchant_reference2": order.merchant_reference2,
            "merchant_data": order.merchant_data,
            "customer": masked_customer(order.customer),
            "billing_address": masked_address(order.billing_address),
            "shipping_address": masked_address(order.shipping_address),
            "captures": {
                names[each.capture_id]: _capture(each, order) for each in order.captures
            },
            "refunds": {
                names[each.refund_id]: _refund(each, order, names) for each in order.refunds
            },
            "state": now,
        },
    )


def _stand_in(order: Order) -> dict[str, Any]:
    """A line for an order that has lost all of its own to an update."""
    return {"name": "unknown", "unit_price": order.original_order_amount}


def _standing(order: Order) -> dict[str, Any]:
    """What does not follow from how an order was placed, and from its captures."""
    changed = order.order_amount != order.original_order_amount
    moved = order.extended_at is not None or any(
        each.captured_at >= order.expires_at for each in order.captures
    )
    reviewed = order.captures and order.fraud_status is not FraudStatus.ACCEPTED
    return _drop_empty(
        {
            "amount": order.order_amount if changed else None,
            "lines": None if order.order_lines else [],
            "expires": _time(order.expires_at) if moved else None,
            "fraud_status": order.fraud_status.value if reviewed else None,
            "acknowledged": _time(order.acknowledged_at),
            "updated": _time(order.authorization_updated_at),
            "extended": _time(order.extended_at),
            "released": _time(order.released_at),
            "released_amount": order.released_amount or None,
            "cancelled": _time(order.cancelled_at),
            "shipping_info": [dict(each) for each in order.shipping_info] or None,
            "fail_next_allocation": order.fail_next_allocation or None,
        },
        keep_empty=("lines",),
    )


def _capture(capture: Capture, order: Order) -> dict[str, Any]:
    address = masked_address(capture.shipping_address)
    moved = address != masked_address(order.shipping_address)
    return _drop_empty(
        {
            "capture_id": capture.capture_id,
            "at": _time(capture.captured_at),
            "amount": capture.captured_amount,
            "description": capture.description,
            "reference": capture.reference,
            "lines": _lines(capture.order_lines),
            "shipping_info": [dict(each) for each in capture.shipping_info],
            "shipping_address": address if moved else None,
            "sent_out": _time(capture.sent_out_at),
            "due_date_extended_by": capture.due_date_extended_by or None,
        },
    )


def _refund(refund: Refund, order: Order, names: Mapping[str, str]) -> dict[str, Any]:
    later = order.captures[refund.captures_before :]
    at_once = later and later[0].captured_at <= refund.refunded_at
    return _drop_empty(
        {
            "refund_id": refund.refund_id,
            "at": _time(refund.refunded_at),
            "before": names[later[0].capture_id] if at_once else None,
            "amount": refund.refunded_amount,
            "description": refund.description,
            "reference": refund.reference,
            "lines": _lines(refund.order_lines),
            "fail_allocation": refund.allocation.made_to_fail or None,
        },
    )


def _distinct_names(
    parts: Iterable[Capture | Refund],
    part_names: Mapping[str, str],
) -> dict[str, str]:
    """Name every capture and refund: as its scenario did, else by kind and number."""
    names: dict[str, str] = {}
    for number, each in enumerate(parts, start=1):
        kind, part_id = (
            ("capture", each.capture_id)
            if isinstance(each, Capture)
            else ("refund", each.refund_id)
        )
        name = part_names.get(part_id, f"{kind}-{number}")
        names[part_id] = f"{name}-{number}" if name in names.values() else name
    return names


def _lines(lines: Sequence[OrderLine]) -> list[dict[str, Any]]:
    return [
        {
            **({} if each.reference is None else {"reference": each.reference}),
            "name": each.name,
            "type": each.type,
            "quantity": each.quantity,
            "quantity_unit": each.quantity_unit,
            "unit_price": each.unit_price,
            "total_amount": each.total_amount,
            "total_discount_amount": each.total_discount_amount,
            "tax_rate": each.tax_rate,
            "total_tax_amount": each.total_tax_amount,
            **(each.extra or {}),
        }
        for each in lines
    ]


def _fault(rule: Rule) -> dict[str, Any]:
    """Write a rule as it was written; its times in full, as the clock has moved."""
    times = {"from": _time(rule.since), "until": _time(rule.until)}
    return {**rule.written, **_drop_empty(times)}


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _drop_empty(
    values: Mapping[str, Any],
    keep_empty: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Leave out what is not set, and empty lists, mappings and texts."""
    return {
        key: value
        for key, value in values.items()
        if value not in (None, [], {}, ()) or (key in keep_empty and value is not None)
    }


class _Dumper(yaml.SafeDumper):
    """Writes values out wherever they stand, and in a way that scenarios are read.

    Fractions have no exponent; odd characters, line ends among them, are escaped.
    """

    def ignore_aliases(self, _data: Any) -> bool:  # noqa: ANN401  # as its base says
        return True


def _fraction(dumper: _Dumper, value: float) -> yaml.Node:
    text = f"{value:.{DIGITS}f}".rstrip("0")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text + "0" * text.endswith("."))


def _words(dumper: _Dumper, value: str) -> yaml.Node:
    style = None if value.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


_Dumper.add_representer(float, _fraction)
_Dumper.add_representer(str, _words)
