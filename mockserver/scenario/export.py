"""Export a sandbox as a scenario that reproduces it, with personal data masked.

Credentials are omitted. Ids, times and lines are written in full, so that building the
export draws nothing at random.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from textwrap import indent
from typing import Any

import yaml

from mockserver.domain.assumptions import ASSUMPTIONS
from mockserver.domain.fraud_review import end_due_review
from mockserver.domain.ledger import movements
from mockserver.domain.order import (
    Capture,
    FraudStatus,
    Order,
    OrderLine,
    PlannedReview,
    Refund,
)
from mockserver.sandbox.faults.rules import FaultRule
from mockserver.sandbox.recordings import MASKED
from mockserver.sandbox.sandbox import Sandbox
from mockserver.scenario.export_checkout import export_checkout
from mockserver.scenario.export_values import (
    drop_empty,
    format_scenario_time,
    mask_address,
    mask_customer,
)

MAX_LINE_WIDTH = 1_000_000  # characters; long strings are not folded
INDENTATION = "  "
MAX_NAME_STEM = 90  # characters, so that a number fits into the 100 of a name
DIGITS = 15  # after the decimal point, as the scenario parser accepts


def export_sandbox(sandbox: Sandbox) -> str:
    """Write a sandbox as a scenario in YAML.

    Each order and rule is dumped by itself: libyaml stops all threads while it dumps.
    """
    names = {order_id: name for name, order_id in sandbox.order_names.items()}
    settings: dict[str, Any] = {
        "version": 1,
        "title": f"Export of sandbox {sandbox.display_name}",
        "seed": sandbox.ids.seed,
        "clock": {
            "start": format_scenario_time(sandbox.clock.now()),
            "frozen": sandbox.clock.frozen,
        },
        "assume": {
            name: getattr(sandbox.assumptions, name)
            for name, row in ASSUMPTIONS.items()
            if getattr(sandbox.assumptions, name) != row.default
        },
    }
    orders = {
        names.get(order_id, order_id): order for order_id, order in sandbox.orders.items()
    }
    now = sandbox.clock.now()
    specs = (
        _order(end_due_review(order, now), sandbox.movement_names) for order in orders.values()
    )
    rules = sandbox.faults.rules()
    return "".join(
        [
            dump_yaml(drop_empty(settings)),
            *_dump_section("checkouts", _checkouts(sandbox, names)),
            *_dump_section("orders", zip(orders, specs, strict=True)),
            *_dump_section("faults", ((rule.name, _export_fault_rule(rule)) for rule in rules)),
            *_dump_section("webhooks", _webhooks(sandbox).items()),
        ]
    )


def _dump_section(title: str, items: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield a section of named items as YAML; nothing if there are none."""
    for number, (name, item) in enumerate(items):
        yield f"{title}:\n" * (number == 0) + indent(dump_yaml({name: item}), INDENTATION)


def dump_yaml(value: Mapping[str, Any]) -> str:
    """Write a part of a scenario in YAML."""
    text: str = yaml.dump(
        value, Dumper=_ScenarioDumper, sort_keys=False, allow_unicode=True, width=MAX_LINE_WIDTH
    )
    return text


def _checkouts(sandbox: Sandbox, names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for order_id, checkout in sandbox.checkouts.items():
        yield names.get(order_id, order_id), export_checkout(checkout)


def _order(order: Order, part_names: Mapping[str, str]) -> dict[str, Any]:
    names = _distinct_names(movements(order), part_names)
    state = _export_state(order)
    reviewed = "fraud_status" in state
    capture_times = _capture_times(order)
    return drop_empty(
        {
            "order_id": order.order_id,
            "klarna_reference": order.klarna_reference,
            "amount": order.original_order_amount,
            "lines": _lines(order.order_lines) or [_placeholder_line(order)],
            "created": format_scenario_time(order.created_at),
            "expires": None if "expires" in state else format_scenario_time(order.expires_at),
            "country": order.purchase_country,
            "currency": order.purchase_currency,
            "locale": order.locale,
            "payment_method": order.payment_method.type,
            "payment_description": order.payment_method.description,
            "number_of_installments": order.payment_method.number_of_installments,
            "fraud_status": None if reviewed else order.fraud_status.value,
            "merchant_reference1": order.merchant_reference1,
            "merchant_reference2": order.merchant_reference2,
            "merchant_data": order.merchant_data and MASKED,
            "selected_shipping_option": order.selected_shipping_option,
            "customer": mask_customer(order.customer),
            "billing_address": mask_address(order.billing_address),
            "shipping_address": mask_address(order.shipping_address),
            "captures": {
                names[capture.capture_id]: _capture(capture, order, at)
                for capture, at in zip(order.captures, capture_times, strict=True)
            },
            "refunds": {
                names[refund.refund_id]: _refund(refund, order, names, capture_times)
                for refund in order.refunds
            },
            "state": state,
        },
    )


def _placeholder_line(order: Order) -> dict[str, Any]:
    """Return a line for an order whose lines were all removed by an update."""
    return {"name": "unknown", "unit_price": order.original_order_amount}


def _planned_review(review: PlannedReview) -> dict[str, Any]:
    ends_at, fraud_status = format_scenario_time(review.ends_at), review.fraud_status.value
    return {"ends": ends_at, "fraud_status": fraud_status}


def _export_state(order: Order) -> dict[str, Any]:
    """Return the state that does not follow from the placed order and its captures."""
    amount_changed = order.order_amount != order.original_order_amount
    expiry_changed = order.extended_at is not None or any(
        capture.captured_at >= order.expires_at for capture in order.captures
    )
    reviewed = order.captures and order.fraud_status is not FraudStatus.ACCEPTED
    return drop_empty(
        {
            "amount": order.order_amount if amount_changed else None,
            "lines": None if order.order_lines else [],
            "expires": format_scenario_time(order.expires_at) if expiry_changed else None,
            "fraud_status": order.fraud_status.value if reviewed else None,
            "planned_review": order.planned_review and _planned_review(order.planned_review),
            "reviewed": format_scenario_time(order.fraud_reviewed_at),
            "acknowledged": format_scenario_time(order.acknowledged_at),
            "updated": format_scenario_time(order.authorization_updated_at),
            "extended": format_scenario_time(order.extended_at),
            "released": format_scenario_time(order.released_at),
            "released_amount": order.released_amount or None,
            "cancelled": format_scenario_time(order.cancelled_at),
            "shipping_info": [dict(parcel) for parcel in order.shipping_info] or None,
            "fail_next_allocation": order.fail_next_allocation or None,
        },
        keep_empty=("lines",),
    )


def _capture_times(order: Order) -> Sequence[datetime]:
    """Return the times of the captures, none before the one ahead of it.

    A capture of a scenario may lie in the future of a frozen clock. Captures and refunds
    that follow it have an earlier time then, and would be loaded in another order.
    """
    return list(accumulate((capture.captured_at for capture in order.captures), max))


def _capture(capture: Capture, order: Order, at: datetime) -> dict[str, Any]:
    address = mask_address(capture.shipping_address)
    moved = address != mask_address(order.shipping_address)
    return drop_empty(
        {
            "capture_id": capture.capture_id,
            "at": format_scenario_time(at),
            "amount": capture.captured_amount,
            "description": capture.description,
            "reference": capture.reference,
            "lines": _lines(capture.order_lines),
            "shipping_info": [dict(parcel) for parcel in capture.shipping_info],
            "shipping_address": address if moved else None,
            "sent_out": format_scenario_time(capture.sent_out_at),
            "due_date_extended_by": capture.due_date_extended_by or None,
        },
    )


def _refund(
    refund: Refund, order: Order, names: Mapping[str, str], capture_times: Sequence[datetime]
) -> dict[str, Any]:
    count = refund.earlier_capture_count
    at = max(refund.refunded_at, *capture_times[:count][-1:])
    later = order.captures[count:]
    same_time = later and capture_times[count] <= at
    return drop_empty(
        {
            "refund_id": refund.refund_id,
            "at": format_scenario_time(at),
            "before": names[later[0].capture_id] if same_time else None,
            "amount": refund.refunded_amount,
            "description": refund.description,
            "reference": refund.reference,
            "lines": _lines(refund.order_lines),
            "fail_allocation": refund.allocation.failure_injected or None,
        },
    )


def _distinct_names(
    parts: Iterable[Capture | Refund],
    part_names: Mapping[str, str],
) -> dict[str, str]:
    """Name each capture and refund: by its scenario's name, else by kind and number."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for number, movement in enumerate(parts, start=1):
        kind, part_id = (
            ("capture", movement.capture_id)
            if isinstance(movement, Capture)
            else ("refund", movement.refund_id)
        )
        name = part_names.get(part_id, f"{kind}-{number}")
        repeated = name in used
        names[part_id] = f"{name[:MAX_NAME_STEM]}-{number}" if repeated else name
        used.add(names[part_id])
    return names


def _lines(lines: Sequence[OrderLine]) -> list[dict[str, Any]]:
    return [
        {
            **({} if line.reference is None else {"reference": line.reference}),
            "name": line.name,
            "type": line.type,
            "quantity": line.quantity,
            "quantity_unit": line.quantity_unit,
            "unit_price": line.unit_price,
            "total_amount": line.total_amount,
            "total_discount_amount": line.total_discount_amount,
            "tax_rate": line.tax_rate,
            "total_tax_amount": line.total_tax_amount,
            **(line.extra or {}),
        }
        for line in lines
    ]


def _webhooks(sandbox: Sandbox) -> dict[str, Any]:
    """Write the endpoints without their secrets, which a new sandbox draws from the seed."""
    endpoints = [
        {"url": endpoint.url, "events": list(map(str, endpoint.events))}
        for endpoint in sandbox.webhooks
    ]
    return {"endpoints": endpoints} if endpoints else {}


def _export_fault_rule(rule: FaultRule) -> dict[str, Any]:
    """Write a rule as in its scenario, but times in full, because the clock has moved."""
    times = {
        "from": format_scenario_time(rule.since),
        "until": format_scenario_time(rule.until),
    }
    return {**rule.spec, **drop_empty(times)}


class _ScenarioDumper(yaml.CSafeDumper):
    """YAML dumper without aliases, whose output the scenario parser reads unchanged.

    Fractions have no exponent; unprintable characters and line breaks are escaped.
    """

    def ignore_aliases(self, _data: Any) -> bool:  # noqa: ANN401  # as its base says
        return True


def _fraction(dumper: _ScenarioDumper, value: float) -> yaml.Node:
    text = f"{value:.{DIGITS}f}".rstrip("0")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text + "0" * text.endswith("."))


def _represent_text(dumper: _ScenarioDumper, value: str) -> yaml.Node:
    style = None if value.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


_ScenarioDumper.add_representer(float, _fraction)
_ScenarioDumper.add_representer(str, _represent_text)
